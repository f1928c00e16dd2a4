"""A book of any size with its whole past, for queries: millions of rows written straight into SQLite.

Ten tickets for each issuance: the root, four parts of it, and five parts of one of those; so two offers, nine legs
with their seats, signatures and reservations. Holders have a hundred tickets each at any size, a core a thousand
issuances, and one company, the hub, has every two hundredth ticket. Left out, since none of the queries asks for
them: the log of events, audit, answers, transactions.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any

from ledger import typed
from ledger.book.db import SqlBook
from ledger.book.tables import dump_json, table_name
from ledger.ids import keccak256
from ledger.ports import Store
from ledger.records import (
    Act,
    Cursor,
    Governance,
    Issuance,
    Leg,
    Participant,
    Reservation,
    Seat,
    Signature,
    Ticket,
)
from scripts.bench_steps.town import BANK, CLEARING, DAY, FACE, FIRST, MINIMUM, REGISTRAR, code

Row = tuple[Any, ...]
Say = Callable[[str], None]

EACH = 10
"""Tickets of an issuance."""
PARENT = (0, 0, 0, 0, 0, 1, 1, 1, 1, 1)
"""Of the ticket at each place of an issuance; the first one is the root."""
PARTS = ((1, 2, 3, 4), (5, 6, 7, 8, 9))
"""Children of an issuance's two offers."""
PATHS = ("", "1", "2", "3", "4", "1-1", "1-2", "1-3", "1-4", "1-5")
VALUES = tuple(FACE * part // 50 for part in (10, 0, 10, 10, 10, 2, 2, 2, 2, 2))
NOW = 1_795_000_000
YEAR = 365 * DAY
UNDER_WAY = 100
"""The last issuances, whose second offers are complete and wait for the relay, at any size."""
AWAITED = 200
"""Of so many second offers one still waits for its receivers' signatures."""
AT_ONCE = 50_000
_CACHE_KIB = 1_200_000


class Past:
    """Who and what is in a book of `tickets` tickets; the same for the same size."""

    def __init__(self, tickets: int) -> None:
        self.issuances = tickets // EACH
        self.holders = max(10, tickets // 100)
        self.cores = max(1, self.issuances // 1_000)
        self.hub = FIRST + self.cores + self.holders

    def issuance(self, number: int) -> bytes:
        return keccak256(b"past %d" % number)[:16]

    def ticket(self, number: int, place: int) -> bytes:
        head = self.issuance(number)
        return head + (keccak256(head + bytes([place]))[:16] if place else bytes(16))

    def act(self, number: int, which: int) -> bytes:
        return keccak256(b"past offer %d %d" % (number, which))

    def holder(self, number: int, place: int) -> int:
        ticket = number * EACH + place
        return self.hub if ticket % 200 == 3 else FIRST + self.cores + ticket * 7_919 % self.holders

    def core(self, number: int) -> int:
        return FIRST + number % self.cores

    def issued(self, number: int) -> int:
        """UTC seconds: evenly over the year that ends now."""
        return NOW - YEAR + number * YEAR // self.issuances

    def state(self, number: int, which: int) -> str:
        """Of an offer's legs."""
        if which and number >= self.issuances - UNDER_WAY:
            return "complete"
        return "awaiting" if which and number % AWAITED == 7 else "final"


def fill(file: Path, tickets: int, say: Say) -> Past:
    """Makes a book in a file that is not there yet."""
    past = Past(tickets)
    with contextlib.closing(SqlBook(str(file))) as book:
        book.write(lambda store: _governed(store))
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as raw:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}", "threads=2"):
            raw.execute(f"PRAGMA {pragma}")
        indexes = raw.execute("SELECT name, sql FROM sqlite_master WHERE type='index' AND sql NOT NULL")
        later = [(name, sql) for name, sql in indexes]
        for name, _ in later:
            raw.execute(f'DROP INDEX "{name}"')
        for kind, rows in _everything(past):
            _insert(raw, kind, rows, say)
        # a sorted index is made in a fraction of the time that millions of entries in any order take
        say(f"{len(later)} indexes")
        for _, sql in later:
            raw.execute(sql)
    return past


def _insert(raw: sqlite3.Connection, kind: type[Any], rows: Iterator[Row], say: Say) -> None:
    names = [field.name for field in fields(kind)]
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    sql = f'INSERT INTO "{table_name(kind)}" ({columns}) VALUES ({marks})'  # noqa: S608 - our own names
    raw.execute("BEGIN")
    done = 0
    while lot := list(islice(rows, AT_ONCE)):
        raw.executemany(sql, lot)
        done += len(lot)
        if done % 2_000_000 == 0:
            say(f"{done:,} {kind.__name__}")
    raw.execute("COMMIT")


def _governed(store: Store) -> None:
    store.put(Cursor(1, 1, keccak256(b"block"), NOW))
    store.put(Governance(1, [REGISTRAR, BANK, CLEARING], 2, months=6))


def _everything(past: Past) -> Iterator[tuple[type[Any], Iterator[Row]]]:
    yield Participant, _participants(past)
    yield Issuance, _issuances(past)
    yield Ticket, _tickets(past)
    yield Act, _acts(past)
    yield Leg, _legs(past)
    yield Seat, _seats(past)
    yield Signature, _signatures(past)
    yield Reservation, _reservations(past)


def _participants(past: Past) -> Iterator[Row]:
    for party in range(1, past.hub + 1):
        roles = {REGISTRAR: 16, BANK: 4, CLEARING: 12}.get(party, 1 if party < FIRST + past.cores else 2)
        yield (party, code(party), roles, CLEARING, bytes(32), 0, 0, False, 0, 0)


def _fen(value: int) -> str:
    return f"{value:029d}"


def _issuances(past: Past) -> Iterator[Row]:
    for n in range(past.issuances):
        issued, id_ = past.issued(n), past.issuance(n)
        due = (issued + 150 * DAY) // DAY * DAY - 8 * 3_600  # midnight in Shanghai
        first = (past.core(n), past.holder(n, 0), CLEARING, _fen(FACE), due, due, due - 5 * DAY, 3 * DAY)
        rest = (10, MINIMUM, 0, bytes(32), issued, _fen(0), False, False, False, 0, 0)
        yield (id_, n + 1, past.act(n, 9), *first, *rest)


def _tickets(past: Past) -> Iterator[Row]:
    for n in range(past.issuances):
        id_, issued = past.issuance(n), past.issued(n)
        ids = [past.ticket(n, place) for place in range(EACH)]
        for place in range(EACH):
            parent = ids[PARENT[place]] if place else None
            path, holder, value = PATHS[place], past.holder(n, place), _fen(VALUES[place])
            tier = 1 + bool(path) + ("-" in path)
            born = (10 - tier, path, tier, issued, 0, False, False, False, False)
            yield (ids[place], id_, parent, holder, value, *born, _fen(0), 0, PARENT.count(place))


def _acts(past: Past) -> Iterator[Row]:
    for n in range(past.issuances):
        issued = past.issued(n)
        for which in (0, 1):
            ticket, holder = past.ticket(n, which), past.holder(n, which)
            children = ",".join(
                _CHILD % (salt, past.holder(n, place), salt, VALUES[place])
                for place in PARTS[which]
                for salt in (f"0x{n:060x}{place:04x}",)
            )
            message = _OFFER % (children, issued + 5 * DAY, f"0x{n:064x}", ticket.hex())
            id_, until = past.act(n, which), issued + 5 * DAY
            yield (id_, "Offer", message, "{}", holder, "somebody", ticket, issued, until)


_CHILD = '{"salt":"%s","to":"%d","trade":"%s","value":"%d"}'
_OFFER = '{"children":[%s],"deadline":"%d","salt":"%s","ticket":"0x%s","version":"0"}'


def require_like_the_book(message: str) -> None:
    """Raises ValueError when offers are written otherwise than the book writes them."""
    import json

    plain = typed.message_from_json("Offer", json.loads(message))
    if dump_json(typed.message_to_json("Offer", plain)) != message:
        raise ValueError("the generated offers are not what the book would write; correct `filled`")


def _legs(past: Past) -> Iterator[Row]:
    for n in range(past.issuances):
        issued = past.issued(n)
        for which, places in enumerate(PARTS):
            act, state = past.act(n, which), past.state(n, which)
            queue = 0 if state == "awaiting" else n * 2 + which + 1
            # who is to answer still has time
            until = issued + 5 * DAY if state == "final" else NOW + 3_600 + n % (5 * DAY)
            for at, place in enumerate(places):
                party, value = past.holder(n, place), _fen(VALUES[place])
                yield past.ticket(n, place), act, at, party, value, state, "{}", until, issued + 2, queue


def _seats(past: Past) -> Iterator[Row]:
    for n in range(past.issuances):
        for which, places in enumerate(PARTS):
            act, done = past.act(n, which), past.state(n, which) != "awaiting"
            yield act, 0, b"", "party", past.holder(n, which), "", act, True
            for at, place in enumerate(places, 1):
                leg = past.ticket(n, place)
                yield act, at, leg, "party", past.holder(n, place), "", leg, done


def _signatures(past: Past) -> Iterator[Row]:
    for n in range(past.issuances):
        issued = past.issued(n)
        for which, places in enumerate(PARTS):
            act, signed = past.act(n, which), len(places) if past.state(n, which) != "awaiting" else 0
            for at, place in enumerate((which, *places[:signed])):
                address = f"0x{past.holder(n, place):040x}"
                yield act, at, address, 3, act + act, "somebody", issued + 1


def _reservations(past: Past) -> Iterator[Row]:
    for n in range(past.issuances):
        issued = past.issued(n)
        for which, places in enumerate(PARTS):
            ticket, ended = past.ticket(n, which), past.state(n, which) == "final"
            for place in places:
                yield past.ticket(n, place), ticket, _fen(VALUES[place]), issued + 5 * DAY, ended
