"""What people, clerks and the gateway itself ask a book for, in a small one and in a large one.

The API's own functions answer, without HTTP: what they cost beside the queries is the same at any size.
"""

from __future__ import annotations

import contextlib
import json
import random
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from api import acts, settle, transfer
from api.deps import Reading
from api.pages import Paging
from api.stream_legs import changed_after
from ledger.book.db import SqlBook
from ledger.clock import SystemClock, shanghai_date
from ledger.outcome import expire
from ledger.records import Act, Leg, User
from ledger.service import Service
from ledger.signatures import HeldKeys
from ledger.tickets import by_number
from ledger.work.outbox import Outbox
from scripts.bench_steps.filled import EACH, NOW, Past, fill, require_like_the_book
from scripts.bench_steps.generated import DOMAIN
from scripts.bench_steps.reckoning import percentile
from scripts.bench_steps.town import CLEARING

SMALL = 10_000
TIMES = 200
WARM = 20
"""Of each query, not counted."""
MISSED = 100
"""Legs that have changed since a listener to the stream was last there."""

Query = Callable[[], object]


def compared(tickets: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Query → milliseconds {"p50": [small, large], "p95": …, "cpu": …, "ratio": of the CPU}; and the larger file."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="goldticket-bench-") as folder:
        for size in (SMALL, tickets):
            say(f"{size:,} tickets")
            file = Path(folder) / f"book-{size}.sqlite"
            begun = time.perf_counter()
            past = fill(file, size, say)
            say(f"filled in {time.perf_counter() - begun:.0f} s, {file.stat().st_size / 2**30:.2f} GiB")
            with contextlib.closing(SqlBook(str(file))) as book:
                found[size] = measured(book, past)
        bytes_ = file.stat().st_size
    small, large = found[SMALL], found[tickets]
    times = {
        name: {
            "p50": [small[name][0], large[name][0]],
            "p95": [small[name][1], large[name][1]],
            "cpu": [small[name][2], large[name][2]],
            "ratio": round(large[name][2] / small[name][2], 2),
        }
        for name in small
    }
    return {"tickets": [SMALL, tickets], "gib": round(bytes_ / 2**30, 2), "ms": times}


def points(found: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Query → p95 in the small and in the large book, for a picture."""
    return {name: tuple(one["p95"]) for name, one in found["ms"].items()}


def measured(book: SqlBook, past: Past, times: int = TIMES) -> dict[str, tuple[float, float, float]]:
    """Query → (p50, p95, median of the CPU time) in milliseconds."""
    require_like_the_book(json.dumps(_some_act(book, past).message, separators=(",", ":"), sort_keys=True))
    return {name: _timed(query, times) for name, query in questions(book, past).items()}


def _some_act(book: SqlBook, past: Past) -> Act:
    return book.read(lambda store: store.need(Act, past.act(3, 0)))


def _timed(query: Query, times: int) -> tuple[float, float, float]:
    took, cpu = [], []
    for place in range(times + WARM):
        # the clock counts who else is on the machine as well, CPU time leaves out the disk
        begun, spent = time.perf_counter(), time.thread_time()
        query()
        if place >= WARM:
            cpu.append((time.thread_time() - spent) * 1000)
            took.append((time.perf_counter() - begun) * 1000)
    return round(percentile(took, 50), 3), round(percentile(took, 95), 3), round(percentile(cpu, 50), 3)


def questions(book: SqlBook, past: Past) -> dict[str, Query]:
    """What is asked, each time about something else."""
    pick = random.Random(7)  # noqa: S311 - the same questions each time, no secret
    service = Service(DOMAIN, HeldKeys(), SystemClock())
    first = Paging(50, "")

    def of(party: int) -> Reading:
        user = User("u", party, "somebody", ["maker", "checker"], b"", "", 0)
        return Reading(cast(Any, SimpleNamespace(book=book, service=service)), user)

    def anyone() -> Reading:
        return of(past.holder(pick.randrange(past.issuances), 3))

    def number() -> int:
        return pick.randrange(past.issuances)

    def ticket(ask: Callable[[bytes, Reading], object], place: int) -> object:
        n = number()
        return ask(past.ticket(n, place), of(past.holder(n, place)))

    def act() -> object:
        n = number()
        return acts.get_act(past.act(n, 1), of(past.holder(n, 1)))

    today = shanghai_date(NOW)
    since = NOW - (MISSED // EACH) * (past.issued(1) - past.issued(0))
    month = today + timedelta(days=30)
    return {
        "wallet, a holder's": lambda: transfer.wallet(anyone(), first),
        "wallet, the hub's": lambda: transfer.wallet(of(past.hub), first),
        "ticket": lambda: ticket(transfer.get_ticket, 6),
        "lineage": lambda: ticket(transfer.lineage, 1),
        "ticket by number": lambda: book.read(lambda s: by_number(s, f"GT-{number() + 1:06d}-1-2")),
        "act": act,
        "inbox": lambda: acts.list_acts(anyone(), first, waiting=True),
        "inbox, the hub's": lambda: acts.list_acts(of(past.hub), first, waiting=True),
        "due within 30 days": lambda: settle.maturities(
            of(past.core(number())), first, first=today, last=month
        ),
        "due tomorrow, the bank's": lambda: settle.maturities(
            of(CLEARING), first, date=today + timedelta(days=1)
        ),
        "outbox": lambda: book.read(lambda s: Outbox().next(s, 1, NOW, ["key"], 1_000)),
        "anything expired?": lambda: book.read(lambda s: expire(s, NOW)),
        "last in the queue": lambda: book.read(lambda s: s.find(Leg, order="-queue", limit=1)),
        "stream, from where it broke": lambda: book.read(lambda s: changed_after(since - 1, s)),
    }
