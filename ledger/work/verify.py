"""Is the book what the chain says? Rebuild from genesis, compare everything at one block.

Three readings of the same facts: the live projection, a projection made anew from all events, and the contract's
storage words. Besides, what must hold whatever happens: per issuance the values add up to face, nobody was paid more
than there is, and the limit in use is what is issued and not funded. The live book is read on one snapshot, page by
page, so that a gateway may go on working and a large book needs no more memory than a small one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from ledger.ports import Book, Chain, Store
from ledger.records import (
    PROJECTION,
    Cursor,
    Issuance,
    Lock,
    Log,
    Opening,
    Participant,
    SignerKey,
    Ticket,
)
from ledger.work.blocks import Span, project, reads
from ledger.work.calldata import find_all

MOST_BLOCKS = 2_000
"""Blocks read from the chain at once."""
PAGE = 2_000
"""Records read at once."""
MOST_TOLD = 1_000
"""Differences that are told one by one."""

Progress = Callable[[int, int], None]
"""Told (blocks read, blocks in all)."""
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Report:
    """What was compared at which block, and every difference as a sentence. `sums`: totals in fen by name."""

    block: int
    hash: bytes
    events: int
    records: int
    words: int
    differences: tuple[str, ...]
    sums: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Nothing differs."""
        return not self.differences


def verify(
    book: Book, fresh: Book, chain: Chain, first: int, progress: Progress = lambda done, total: None
) -> Report:
    """Compares the live book, an empty `fresh` one rebuilt here, and the chain, at the live book's last block."""
    return book.read(lambda live: _verify(live, fresh, chain, first, progress))


def _verify(live: Store, fresh: Book, chain: Chain, first: int, progress: Progress) -> Report:
    cursor = live.get(Cursor, 1) or Cursor(1, first - 1)
    differences = _same_block(chain, cursor, first)
    events = rebuild(fresh, chain, first, cursor.block, progress)
    records, found = fresh.read(lambda anew: _compare(live, anew))
    differences += found
    words = 0
    for page in _storage_pages(live):
        count, found = chain.compare(page, cursor.block)
        words += count
        differences += found
    sums, found = reckon(live)
    differences += found
    # the node may have changed its mind while it was asked
    differences += [found for found in _same_block(chain, cursor, first) if found not in differences]
    return Report(cursor.block, cursor.hash, events, records, words, tuple(differences[:MOST_TOLD]), sums)


def _same_block(chain: Chain, cursor: Cursor, first: int) -> list[str]:
    if cursor.block < first:
        return []
    there = chain.block(cursor.block)
    if there is not None and there.hash == cursor.hash:
        return []
    return [f"block {cursor.block} has another hash on the chain than in the book"]


def rebuild(fresh: Book, chain: Chain, first: int, last: int, progress: Progress) -> int:
    """Projects all events of blocks first…last into an empty book, with its cursor; their number."""
    count, begin, span = 0, first, Span(MOST_BLOCKS)
    while begin <= last:
        end = min(begin + span.blocks - 1, last)
        events = span.read(chain, begin, end)
        if events is None:
            continue
        block = chain.block(end)
        cursor = Cursor(1, end, block.hash if block else b"", block.time if block else 0)

        def work(store: Store, events: Any = events, cursor: Cursor = cursor) -> None:
            project(store, events)
            store.put(cursor)

        fresh.write(work, reads(events, journal=False))
        count += len(events)
        begin = end + 1
        progress(begin - first, last - first + 1)
    return count


def invariants(store: Store) -> list[str]:
    """What must hold of the book by itself, as sentences about what does not."""
    return reckon(store)[1]


def reckon(store: Store) -> tuple[dict[str, int], list[str]]:
    """The book's totals in fen, and what does not add up, as sentences."""
    value: dict[bytes, int] = defaultdict(int)
    taken: dict[bytes, int] = defaultdict(int)
    wrong: list[str] = []
    for page in pages(store, Ticket):
        for ticket in page:
            value[ticket.issuance] += ticket.value
            taken[ticket.issuance] += ticket.taken
            if ticket.taken > ticket.value:
                wrong.append(f"ticket 0x{ticket.id.hex()}: {ticket.taken} fen paid out of {ticket.value}")
    used: dict[int, int] = defaultdict(int)
    sums = {"face": 0, "value": sum(value.values()), "funded": 0, "paid_out": sum(taken.values()), "void": 0}
    for page in pages(store, Issuance):
        for issuance in page:
            wrong += _issuance(issuance, value[issuance.id], taken[issuance.id])
            sums["face"] += issuance.face
            sums["funded"] += issuance.paid
            sums["void"] += issuance.face if issuance.void else 0
            if not issuance.void:
                used[issuance.debtor] += issuance.face - issuance.paid
    for opening in store.find(Opening):
        if opening.used != used[opening.core]:
            wrong.append(f"core {opening.core}: {opening.used} fen in use, {used[opening.core]} outstanding")
    return sums, wrong


def _issuance(issuance: Issuance, total: int, taken: int) -> list[str]:
    wrong, name = [], f"issuance 0x{issuance.id.hex()}"
    if total != issuance.face:
        wrong.append(f"{name}: its tickets add up to {total} fen, its face is {issuance.face}")
    if not taken <= issuance.paid <= issuance.face:
        wrong.append(f"{name}: {taken} fen paid out, {issuance.paid} funded, face {issuance.face}")
    return wrong


def pages(store: Store, kind: type[Any]) -> Iterator[list[Any]]:
    """All records of a kind in the order of their keys, page by page."""
    after: Key | None = None
    while found := store.find(kind, after=after, limit=PAGE):
        yield found
        if len(found) < PAGE:
            return
        after = _key(kind, found[-1])


def _storage_pages(store: Store) -> Iterator[list[object]]:
    """Records that have words in storage; a locked ticket together with its lock, a participant with its keys."""
    for kind in PROJECTION:
        if kind in (Cursor, Log, Lock, SignerKey):
            continue
        for page in pages(store, kind):
            locked = [record.id for record in page if isinstance(record, Ticket) and record.locked]
            people = [record.id for record in page if isinstance(record, Participant)]
            yield [
                *page,
                *(find_all(store, Lock, "id", locked) if locked else []),
                *(find_all(store, SignerKey, "party", people) if people else []),
            ]
    yield from pages(store, Lock)


def _compare(live: Store, anew: Store) -> tuple[int, list[str]]:
    """Every record of the projection but the cursor: how many the live book has, and where the other differs."""
    count, wrong = 0, []
    for kind in PROJECTION:
        if kind is not Cursor:
            mine = _Records(live, kind)
            wrong += _differences(kind, mine, _Records(anew, kind))
            count += mine.count
    return count, sorted(wrong)


class _Records:
    """Records of a kind in key order, one after the other."""

    def __init__(self, store: Store, kind: type[Any]) -> None:
        self._records = (record for page in pages(store, kind) for record in page)
        self._kind = kind
        self.count = 0
        self.next()

    def next(self) -> None:
        self.record: object | None = next(self._records, None)
        self.key = None if self.record is None else _key(self._kind, self.record)
        self.count += self.record is not None


def _differences(kind: type[Any], mine: _Records, anew: _Records) -> list[str]:
    wrong = []
    while mine.key is not None or anew.key is not None:
        key = min(k for k in (mine.key, anew.key) if k is not None)
        left = mine.record if mine.key == key else None
        right = anew.record if anew.key == key else None
        if left != right:
            wrong.append(
                f"{kind.__name__} {_named(key)}: the book differs from a rebuild from the chain's events"
            )
        for side, there in ((mine, left), (anew, right)):
            if there is not None:
                side.next()
    return wrong


def _key(kind: type[Any], record: object) -> Key:
    return tuple(getattr(record, f.name) for f in fields(kind) if f.metadata.get("key"))


def _named(key: Sequence[Any]) -> str:
    return ", ".join(f"0x{part.hex()}" if isinstance(part, bytes) else str(part) for part in key)
