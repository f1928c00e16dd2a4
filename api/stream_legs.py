"""What one person may be told of legs that have changed, a lot of them at a time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from functools import partial

from fastapi.concurrency import run_in_threadpool

from api.act_view import sees_whole
from api.deps import App
from ledger.access import visible
from ledger.ids import to_hex
from ledger.ports import Book, Store
from ledger.records import Act, Cursor, Leg, Seat, User
from ledger.users import require_access

MOST_LEGS = 1_000
"""In one event, and of one look into the book."""


async def lots(book: Book, changed: dict[bytes, None], back_to: int | None) -> AsyncIterator[list[bytes]]:
    """Ids of legs to be looked at, so many at a time: what has changed since a moment, then what was heard of."""
    after: object = None if back_to is None else back_to - 1
    while after is not None:
        found = await run_in_threadpool(book.read, partial(changed_after, after))
        if found:
            yield [leg.id for leg in found]
        after = (found[-1].changed_at, found[-1].id) if len(found) == MOST_LEGS else None
    heard = list(changed)
    changed.clear()
    for start in range(0, len(heard), MOST_LEGS):
        yield heard[start : start + MOST_LEGS]


def changed_after(after: object, store: Store) -> list[Leg]:
    """The next ones behind a moment, or behind (moment, id of a leg)."""
    return store.find(Leg, order="changed_at", after=after, limit=MOST_LEGS)


async def told(app: App, caller: User, ids: list[bytes]) -> tuple[int, str]:
    """When it was looked up, in the ledger's time, and the data of one event, "" when the caller may see nothing of it.
    Raises InvalidApiKey when the caller's key was revoked meanwhile."""
    return await run_in_threadpool(app.book.read, lambda store: _shown(store, app, caller, ids))


def moment_of(store: Store, app: App) -> int:
    """Whatever changes from now on gets no earlier time than this."""
    cursor = store.get(Cursor, 1)
    return min(cursor.time, app.service.now(store)) if cursor else 0


def _shown(store: Store, app: App, caller: User, ids: Iterable[bytes]) -> tuple[int, str]:
    require_access(store, caller)
    moment = moment_of(store, app)
    legs = _seen(store, caller, store.find(Leg, id=list(ids)))
    if not legs:
        return moment, ""
    shown = [{"act": to_hex(leg.act), "leg": to_hex(leg.id), "state": leg.state} for leg in legs]
    return moment, json.dumps({"legs": shown}, separators=(",", ":"))


def _seen(store: Store, caller: User, legs: list[Leg]) -> list[Leg]:
    """Those of acts that the caller brought or may see, as far as it sees into them."""
    ids = list({leg.act for leg in legs})
    acts = {act.id: act for act in store.find(Act, id=ids)}
    others = [id_ for id_, act in acts.items() if caller.id != act.user and caller.party != act.party]
    # not asked for by party: a company may have signed millions
    signing = {seat.act for seat in store.find(Seat, act=others) if seat.party == caller.party}
    sees: dict[bytes, tuple[bool, bool]] = {}
    found = []
    for leg in legs:
        act = acts[leg.act]
        if act.user == caller.id:
            found.append(leg)
            continue
        near = caller.party in (act.party, leg.party) or act.id in signing or "parties" in act.extra
        if not near:
            continue
        if act.id not in sees:
            sees[act.id] = visible(store, caller, act), sees_whole(store, caller, act)
        may, whole = sees[act.id]
        if may and (whole or leg.party == caller.party):
            found.append(leg)
    return found
