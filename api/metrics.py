"""Figures for Prometheus: is the chain moving, is the book level with it, does anything wait too long. Sums over all
companies, nothing of one; for the operator's own network all the same (deploy/Caddyfile passes it to nobody)."""

from __future__ import annotations

import time
from collections.abc import Iterator

from fastapi import APIRouter
from starlette.responses import PlainTextResponse

from api.deps import App, Wired
from ledger.acts import State
from ledger.errors import GoldTicketError
from ledger.ports import Store
from ledger.records import Cursor, Leg, Transaction

router = APIRouter(include_in_schema=False)

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
WAITING = (State.AWAITING, State.COMPLETE, State.RELAYED)

Figure = tuple[str, str, float | None]
"""Name with labels, what it is, value; None where it can't be had now."""


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(app: Wired) -> PlainTextResponse:
    """Prometheus text format 0.0.4. What can't be had now is left out; `goldticket_chain_up` and `goldticket_book_up`
    say why."""
    lines: list[str] = []
    told = set()
    for name, what, value in _figures(app):
        plain = name.partition("{")[0]
        if plain not in told:
            told.add(plain)
            lines += [f"# HELP {plain} {what}", f"# TYPE {plain} gauge"]
        if value is not None:
            lines.append(f"{name} {value:.15g}")
    return PlainTextResponse("\n".join(lines) + "\n", media_type=MEDIA_TYPE)


def _figures(app: App) -> Iterator[Figure]:
    height, age = _chain(app)
    book = _book(app)
    yield "goldticket_chain_up", "1 when a node answers", float(height is not None)
    yield "goldticket_chain_block", "The chain's last block", height
    yield (
        "goldticket_chain_block_age_seconds",
        "Seconds since the chain's last block, by this machine's clock",
        age,
    )
    yield "goldticket_book_up", "1 when the database answers", float(book is not None)
    found = book or {}
    yield "goldticket_book_block", "The last block taken into the book", found.get("block")
    lag = None if height is None or "block" not in found else max(0.0, height - found["block"])
    yield "goldticket_book_lag_blocks", "Blocks between the two", lag
    for state in WAITING:
        yield f'goldticket_legs{{state="{state}"}}', "Parts of acts that are not final", found.get(state)
    yield (
        "goldticket_outbox_oldest_seconds",
        "How long the first complete part has waited",
        found.get("oldest"),
    )
    yield "goldticket_transactions_unmined", "Transactions sent and not mined", found.get("unmined")
    yield "goldticket_work_failing", "1 when relay or watcher stand still", float(bool(app.failure))


def _chain(app: App) -> tuple[float | None, float | None]:
    try:
        head = app.chain.head()
    except GoldTicketError:
        return None, None
    return float(head.number), float(max(0, int(time.time()) - head.time))


def _book(app: App) -> dict[str, float] | None:
    try:
        return app.book.read(lambda store: _counts(store, int(time.time())))
    except GoldTicketError:
        return None


def _counts(store: Store, now: int) -> dict[str, float]:
    cursor = store.get(Cursor, 1)
    first = store.find(Leg, state=str(State.COMPLETE), order="queue", limit=1)
    states = {str(state): float(store.count(Leg, state=str(state))) for state in WAITING}
    return {
        "block": float(cursor.block if cursor else 0),
        "oldest": float(max(0, now - first[0].changed_at)) if first else 0.0,
        "unmined": float(store.count(Transaction, state="sent")),
        **states,
    }
