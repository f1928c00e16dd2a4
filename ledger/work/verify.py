"""Is the book what the chain says? Rebuild from genesis, compare everything at one block.

Three readings of the same facts: the live projection, a projection made anew from all events, and the contract's
storage words. Besides, what must hold whatever happens: per issuance the values add up to face, nobody was paid more
than there is, and the limit in use is what is issued and not funded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ledger.events import Event
from ledger.ports import Book, Chain, Store
from ledger.records import PROJECTION, Cursor, Issuance, Opening, Ticket
from ledger.work.blocks import project

MOST_BLOCKS = 2_000
"""Blocks read from the chain at once."""

Progress = Callable[[int, int], None]
"""Told (blocks read, blocks in all)."""


@dataclass(frozen=True)
class Report:
    """What was compared at which block, and every difference as a sentence."""

    block: int
    hash: bytes
    events: int
    records: int
    words: int
    differences: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Nothing differs."""
        return not self.differences


def verify(
    book: Book, fresh: Book, chain: Chain, first: int, progress: Progress = lambda done, total: None
) -> Report:
    """Compares the live book, an empty `fresh` one rebuilt here, and the chain, at the live book's last block."""
    cursor = book.read(lambda store: store.get(Cursor, 1)) or Cursor(1, first - 1)
    there = chain.block(cursor.block)
    differences = []
    if cursor.block >= first and (there is None or there.hash != cursor.hash):
        differences.append(f"block {cursor.block} has another hash on the chain than in the book")
    events = rebuild(fresh, chain, first, cursor.block, progress)
    mine, anew = book.read(_records), fresh.read(_records)
    differences += _compare(mine, anew)
    words, found = chain.compare([r for records in mine.values() for r in records.values()], cursor.block)
    differences += found
    differences += book.read(invariants)
    return Report(
        cursor.block, cursor.hash, events, sum(len(r) for r in mine.values()), words, tuple(differences)
    )


def rebuild(fresh: Book, chain: Chain, first: int, last: int, progress: Progress) -> int:
    """Projects all events of blocks first…last into an empty book, with its cursor; their number."""
    count = 0
    for end, events in _ranges(chain, first, last):
        block = chain.block(end)

        def work(store: Store, events: list[Event] = events, end: int = end, block: Any = block) -> None:
            project(store, events)
            store.put(Cursor(1, end, block.hash if block else b"", block.time if block else 0))

        fresh.write(work)
        count += len(events)
        progress(end - first + 1, last - first + 1)
    return count


def invariants(store: Store) -> list[str]:
    """What must hold of the book by itself, as sentences about what does not."""
    wrong: list[str] = []
    by_issuance: dict[bytes, list[Ticket]] = defaultdict(list)
    for ticket in store.find(Ticket):
        by_issuance[ticket.issuance].append(ticket)
        if ticket.taken > ticket.value:
            wrong.append(f"ticket 0x{ticket.id.hex()}: {ticket.taken} fen paid out of {ticket.value}")
    used: dict[int, int] = defaultdict(int)
    for issuance in store.find(Issuance):
        tickets = by_issuance[issuance.id]
        total = sum(t.value for t in tickets)
        taken = sum(t.taken for t in tickets)
        name = f"issuance 0x{issuance.id.hex()}"
        if total != issuance.face:
            wrong.append(f"{name}: its tickets add up to {total} fen, its face is {issuance.face}")
        if not taken <= issuance.paid <= issuance.face:
            wrong.append(f"{name}: {taken} fen paid out, {issuance.paid} funded, face {issuance.face}")
        if not issuance.void:
            used[issuance.debtor] += issuance.face - issuance.paid
    for opening in store.find(Opening):
        if opening.used != used[opening.core]:
            wrong.append(f"core {opening.core}: {opening.used} fen in use, {used[opening.core]} outstanding")
    return wrong


def _ranges(chain: Chain, first: int, last: int) -> Iterator[tuple[int, list[Event]]]:
    for begin in range(first, last + 1, MOST_BLOCKS):
        end = min(begin + MOST_BLOCKS - 1, last)
        yield end, chain.events(begin, end)


Records = dict[type, dict[tuple[Any, ...], object]]


def _records(store: Store) -> Records:
    """Every record of the projection by table and key, but the cursor."""
    found: Records = {}
    for kind in PROJECTION:
        if kind is not Cursor:
            records: list[object] = store.find(kind)
            found[kind] = {_key(kind, record): record for record in records}
    return found


def _key(kind: type, record: object) -> tuple[Any, ...]:
    return tuple(getattr(record, f.name) for f in fields(kind) if f.metadata.get("key"))


def _compare(mine: Records, anew: Records) -> list[str]:
    wrong = []
    for kind in mine:
        for key in mine[kind].keys() | anew[kind].keys():
            if mine[kind].get(key) != anew[kind].get(key):
                wrong.append(
                    f"{kind.__name__} {_named(key)}: the book differs from a rebuild from the chain's events"
                )
    return sorted(wrong)


def _named(key: Sequence[Any]) -> str:
    return ", ".join(f"0x{part.hex()}" if isinstance(part, bytes) else str(part) for part in key)
