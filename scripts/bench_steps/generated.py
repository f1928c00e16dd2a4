"""A book of any size without a chain: participants, keys, issuances and tickets written straight into it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ledger.book.db import SqlBook
from ledger.ids import keccak256
from ledger.money import Fen
from ledger.ports import Store
from ledger.records import Cursor, Governance, Issuance, Opening, Participant, SignerKey, Ticket
from ledger.typed import Domain
from scripts.bench_steps.town import (
    BANK,
    CLEARING,
    CORE,
    DAY,
    FACE,
    FIRST,
    MINIMUM,
    REGISTRAR,
    Town,
    code,
    person,
)

DOMAIN = Domain(31337, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", keccak256(b"bench"))
AT_ONCE = 20_000


def town_in(book: SqlBook, size: int, tickets: int) -> Town:
    """`size` holders and receivers, `tickets` tickets in the book in all; those of the town are spread among them."""
    now = int(time.time())
    people = [person(FIRST + i) for i in range(2 * size)]
    book.write(lambda store: _governed(store, now))
    _write(book, (record for who in people for record in _participant(who.party, who.address, 2)))
    _write(book, _tickets(people[0].party, size, tickets, now))
    step = max(1, tickets // size)
    found = [_id(number) for number in range(0, step * size, step)]
    return Town(DOMAIN, people[:size], people[size:], found, now)


def _governed(store: Store, now: int) -> None:
    store.put(Cursor(1, 1, keccak256(b"block"), now))
    store.put(Governance(1, [REGISTRAR, BANK, CLEARING], 2, months=6))
    for party, roles in ((REGISTRAR, 16), (BANK, 4), (CLEARING, 12), (CORE, 1)):
        for record in _participant(party, person(party).address, roles):
            store.put(record)
    store.put(Opening(CORE, Fen(FACE * 10**7), Fen(0), now + 300 * DAY))


def _participant(party: int, address: str, roles: int) -> Iterator[object]:
    yield Participant(party, code(party), roles, CLEARING, keccak256(b"profile"))
    yield SignerKey(address, party, 3)


def _tickets(first: int, size: int, count: int, now: int) -> Iterator[object]:
    step = max(1, count // size)
    for number in range(count):
        ticket = _id(number)
        # the town's own tickets lie among the others'
        holder = first + (number // step) % size
        yield Issuance(
            ticket[:16],
            number + 1,
            ticket,
            CORE,
            holder,
            CLEARING,
            Fen(FACE),
            now + 150 * DAY,
            now + 150 * DAY,
            now + 140 * DAY,
            3 * DAY,
            10,
            MINIMUM,
            0,
            ticket,
            now,
        )
        yield Ticket(ticket, ticket[:16], None, holder, Fen(FACE), 10, "", 1, now)


def _id(number: int) -> bytes:
    return keccak256(b"generated %d" % number)[:16] + bytes(16)


def _write(book: SqlBook, records: Iterator[object]) -> None:
    lot: list[object] = []
    for record in records:
        lot.append(record)
        if len(lot) >= AT_ONCE:
            _put(book, lot)
            lot = []
    _put(book, lot)


def _put(book: SqlBook, lot: list[object]) -> None:
    def work(store: Store) -> None:
        for record in lot:
            store.put(record)

    book.submit(work, loads=lambda _: None, weight=len(lot)).result()
