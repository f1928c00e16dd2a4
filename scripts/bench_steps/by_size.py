"""What an operation costs the gateway as the book grows: intake, and the chain's event into the projection.

In this process and without a node, so that nothing but the book's size differs; CPU time, not the clock's.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ledger.book.db import SqlBook
from ledger.bulk import Brought, Given, Intake
from ledger.clock import SystemClock
from ledger.events import Event
from ledger.ids import child_id, keccak256
from ledger.ports import Block, Store
from ledger.records import User
from ledger.service import Service
from ledger.signatures import HeldKeys
from ledger.users import create_user
from ledger.work.blocks import reads, take_in
from scripts.bench_steps.generated import DOMAIN, town_in
from scripts.bench_steps.town import BANK, Split, Town

AT_ONCE = 1_000


def measured(sizes: Sequence[int], count: int = 3_000) -> dict[int, float]:
    """Tickets in the book → CPU microseconds an operation."""
    return {size: _one(size, count) for size in sizes}


def _one(size: int, count: int) -> float:
    with (
        tempfile.TemporaryDirectory(prefix="goldticket-bench-") as folder,
        contextlib.closing(SqlBook(str(Path(folder) / "book.sqlite"))) as book,
    ):
        town = town_in(book, min(1_000, size), size)
        service = Service(DOMAIN, HeldKeys(), SystemClock())
        intake = Intake(book, service)
        user = book.write(lambda s: create_user(s, BANK, "hub", ("maker", "checker"), "", 1)[0])
        spent = [_lot(book, intake, user, town, start) for start in range(0, count + AT_ONCE, AT_ONCE)]
        # the first lot warms up
        return sum(spent[1:]) / count * 1e6


def _lot(book: SqlBook, intake: Intake, user: User, town: Town, start: int) -> float:
    splits = [town.split(number, "size") for number in range(start, start + AT_ONCE)]
    items = [_item(split) for split in splits]
    events = [_event(split, start, place) for place, split in enumerate(splits)]
    begun = time.process_time()

    def work(store: Store) -> None:
        for item in items:
            intake.take(store, user, item)

    book.submit(work, intake.ready(items), len(items)).result()
    block = Block(2 + start // AT_ONCE, keccak256(b"block %d" % start), b"", town.now)
    legs = [event.args["child"] for event in events]
    book.submit(lambda store: take_in(store, events, block), reads(events, legs), len(events)).result()
    return time.process_time() - begun


def _item(split: Split) -> Brought:
    given = [Given(split.holder_signature, 0), Given(split.receiver_signature, 1)]
    return Brought("Offer", split.offer, given, split.digest)


def _event(split: Split, start: int, place: int) -> Event:
    child = split.offer["children"][0]
    args = {
        "parent": split.offer["ticket"],
        "child": child_id(split.offer["ticket"], split.digest, 0),
        "to": child["to"],
        "value": child["value"],
    }
    block = 2 + start // AT_ONCE
    return Event("Transferred", args, block, keccak256(b"tx %d" % (block * 10 + place // 100)), place, 5)
