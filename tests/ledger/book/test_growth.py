"""What a company is shown costs the same, however long its history is.

given a company with ten, or two thousand, records of every kind that it was party to
    when it reads an undertaking, or a file, or a ticket by its number, or the lines that came back, imports payables or
    issues from all that are free
        it should be told the same as when all its records are gone through
        it should read as many rows, in as many statements, in the short book as in the long one
        the database should not walk through the records either, but where it says so below
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.pages import Paging, page
from ledger import payable_store, privacy, settle_payouts
from ledger.access import laid_open
from ledger.book.db import SqlBook
from ledger.book.store import SqlStore
from ledger.ids import Uscc, child_id
from ledger.money import Fen
from ledger.payables import Invoice, Payable
from ledger.records import (
    Act,
    Issuance,
    Leg,
    Participant,
    PayableRow,
    ReturnedLine,
    Seat,
    StoredDocument,
    Ticket,
)
from tests.support.books import new_book
from tests.support.memory import MemoryStore

CORE, BANK, OTHER_BANK, HOLDER, STRANGER = 1, 2, 3, 4, 5
SHORT, LONG, FOREIGN = 10, 2_000, 9_999
DAY, INVOICE = date(2027, 5, 23), Invoice("", "1", Fen(5))


def digest(number: int, salt: bytes = b"") -> bytes:
    return random.Random(salt + number.to_bytes(4, "big")).randbytes(32)


def issuance(number: int, core: int = CORE, bank: int = BANK) -> Issuance:
    end, id_ = 1_900_000_000, digest(number)[:16]
    amounts = (Fen(1_000), end, end + number, end, 0, 5, 2, 0)
    return Issuance(id_, number, digest(number), core, HOLDER, bank, *amounts, digest(number, b"paper"), 0)


def ticket(of: Issuance, party: int, path: str = "") -> Ticket:
    id_ = of.id + (digest(of.number, path.encode())[:16] if path else bytes(16))
    return Ticket(id_, of.id, None, party, Fen(500), 5, path, 1, 0)


def paper(of: Issuance, *parties: int) -> StoredDocument:
    return StoredDocument(of.undertaking, "undertaking", "text/html", b"", [*parties], 0)


def company(id_: int) -> Participant:
    return Participant(id_, f"uscc{id_}", 2, CORE, bytes(32))


def history(store: Any, count: int) -> None:
    """`count` issuances with a ticket of the holder, an offer to it, and a line that came back and was paid."""
    for number in range(count):
        one = issuance(number)
        held = ticket(one, HOLDER)
        store.put(one)
        store.put(held)
        store.put(ticket(one, HOLDER, "1"))
        offer = digest(number, b"offer")
        store.put(Act(offer, "Offer", {}, {}, CORE, "", held.id, number, 0))
        store.put(
            Leg(child_id(held.id, offer, 0), offer, 0, HOLDER, Fen(5), "awaiting", {}, 0, number, number)
        )
        store.put(ReturnedLine(digest(number, b"ref"), held.id, BANK, Fen(5), "", number, HOLDER, True))
        used = offer if number else b""
        payable = Payable(Uscc("岚工"), Uscc(f"供{number}"), "", "", "", DAY, (INVOICE,), Fen(5), DAY)
        fields = payable_store.to_json(payable)
        store.put(PayableRow("岚工", f"供{number}", "1", Fen(5), "2027-05-23", fields, 0, used))
    store.put(issuance(FOREIGN, OTHER_BANK, OTHER_BANK))
    store.put(ReturnedLine(bytes(32), ticket(issuance(0), HOLDER).id, BANK, Fen(5), "", 0, HOLDER))
    for party in (CORE, BANK, OTHER_BANK, HOLDER, STRANGER):
        store.put(company(party))


def returned(store: Any, party: int) -> list[Any]:
    def waits(line: ReturnedLine) -> bool:
        return settle_payouts.waits_for(store, party, line)

    either = ({"bank": party}, {"party": [party, 0]})
    order: Any = {"order": "at", "keep": waits, "either": either}
    return page(store, ReturnedLine, Paging(50, ""), lambda line: line, **order, ended=False).items


ASKED: dict[str, Callable[[Any], object]] = {
    "undertaking of a holder": lambda s: privacy.sees_document(s, HOLDER, paper(issuance(7), CORE)),
    "undertaking of nobody": lambda s: privacy.sees_document(s, STRANGER, paper(issuance(7), CORE)),
    "undertaking of another": lambda s: privacy.sees_document(
        s, HOLDER, paper(issuance(FOREIGN), OTHER_BANK)
    ),
    "file for its bank": lambda s: privacy.sees_profile(s, BANK, company(HOLDER)),
    "file for no bank": lambda s: privacy.sees_profile(s, STRANGER, company(HOLDER)),
    "file for another bank": lambda s: privacy.sees_profile(s, OTHER_BANK, company(HOLDER)),
    "ticket by its number": lambda s: privacy.seen_ticket(s, HOLDER, "GT-000007-1").id,
    "returned to the holder": lambda s: [line.ref for line in returned(s, HOLDER)],
    "returned to the bank": lambda s: [line.ref for line in returned(s, BANK)],
    "returned to nobody": lambda s: [line.ref for line in returned(s, STRANGER)],
    "payables known of a file's suppliers": lambda s: [
        *payable_store.known(s, "岚工", ["供7", "供8", "供0", "-"])
    ],
    "payables that are free": lambda s: [one.supplier for one in payable_store.free_ones(s, "岚工")],
}
NEIGHBOURS = 2
"""Rows of another issuance that are looked at where a party has none of this one: ids are random."""
A_FEW = 60
"""Steps that those cost."""
WALKED = {"file for another bank", "payables that are free"}
"""Answers for which the database goes through a company's records itself, in one statement: a bank that asks for the
file of a company that it does not pay; an issue act over all payables that are free."""


class Counting(SqlStore):
    """Counts what a store asks for and what it is handed."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection, writable=False)
        self.rows, self.statements = 0, 0

    def _run(self, statement: Any, values: Any) -> None:
        super()._run(statement, values)
        self.statements += 1

    def find(self, *args: Any, **where: Any) -> Any:
        found = super().find(*args, **where)
        self.rows += len(found)
        return found


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[SqlBook]]:
    """A short one and a long one."""
    with (
        filled(tmp_path_factory.mktemp("a"), SHORT) as short,
        filled(tmp_path_factory.mktemp("b"), LONG) as long,
    ):
        yield [short, long]


@contextmanager
def filled(folder: Path, count: int) -> Iterator[SqlBook]:
    with closing(new_book(folder)) as book:
        book.write(lambda store: history(store, count))
        yield book


def cost(book: SqlBook, asked: Callable[[Any], object]) -> tuple[object, int, int, int]:
    """The answer, the rows handed over, the statements, and the steps of the database's own machine."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    with book.reading() as connection, closing(Counting(connection)) as store:
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(step, 1)
        try:
            answer = asked(store)
        finally:
            driver.set_progress_handler(None, 0)
        return answer, store.rows, store.statements, steps[0]


@pytest.mark.parametrize("name", ASKED)
def test_a_long_history_costs_no_more(books: list[SqlBook], name: str) -> None:
    (before, rows, statements, steps), long = (cost(book, ASKED[name]) for book in books)
    assert long[0] == before
    assert long[1] <= rows + NEIGHBOURS
    assert long[2] == statements
    assert statements <= 10
    assert name in WALKED or long[3] <= steps + A_FEW, (steps, long[3])


# ---- the same answers as by going through everything


def sees_profile(store: Any, party: int, subject: Participant) -> bool:
    ids = {one.issuance for one in store.find(Ticket, party=subject.id)}
    paid = any(store.need(Issuance, id_).clearing_bank == party for id_ in ids)
    return party in (subject.id, subject.clearing_bank) or paid


def sees_document(store: Any, party: int, document: StoredDocument) -> bool:
    held = {one.issuance for one in store.find(Ticket, party=party)}
    legs = store.find(Leg, party=party)
    ids = held | {leg.id[:16] for leg in legs if laid_open(store, store.need(Act, leg.act))}
    behind = [store.get(Issuance, id_) for id_ in ids]
    return party in document.parties or any(
        one is not None and one.undertaking == document.hash and one.debtor in document.parties
        for one in behind
    )


def waiting(store: Any, party: int) -> set[bytes]:
    ids = {one.issuance for one in store.find(Ticket, party=party)}
    banks = {store.need(Issuance, id_).clearing_bank for id_ in ids} | {party}
    kept = [line for bank in banks for line in store.find(ReturnedLine, bank=bank, ended=False)]
    return {line.ref for line in kept if party in (line.bank, store.need(Ticket, line.ticket).party)}


def some(store: Any, rnd: random.Random) -> list[StoredDocument]:
    """A small world of companies that know each other by chance."""
    papers = []
    for party in range(1, 8):
        store.put(replace(company(party), clearing_bank=rnd.randrange(1, 8)))
    for number in range(rnd.randrange(1, 6)):
        one = issuance(number, rnd.randrange(1, 8), rnd.randrange(1, 8))
        if rnd.random() < 0.3:
            one = replace(one, undertaking=digest(0, b"paper"))
        store.put(one)
        papers.append(paper(one, *{one.debtor, rnd.randrange(1, 8)} - {rnd.randrange(1, 20)}))
        for path in ("", "1", "2", "1-1")[: rnd.randrange(1, 5)]:
            held = ticket(one, rnd.randrange(8), path)
            store.put(held)
            if held.party and rnd.random() < 0.5:
                party = rnd.choice([0, held.party])  # noted or not
                ref = digest(number, b"ref" + path.encode())
                store.put(
                    ReturnedLine(ref, held.id, one.clearing_bank, Fen(5), "", 0, party, rnd.random() < 0.3)
                )
            offer = digest(number, b"offer" + path.encode())
            maker, receiver = rnd.randrange(1, 8), rnd.randrange(1, 8)
            state = rnd.choice(["draft", "awaiting", "final"])
            store.put(Act(offer, "Offer", {}, {}, maker, "", held.id, 0, 0))
            store.put(Seat(offer, 0, b"", "party", maker, "", bytes(32), rnd.random() < 0.5))
            store.put(Leg(child_id(held.id, offer, 0), offer, 0, receiver, Fen(5), state, {}, 0, 0))
    return papers


def agree(store: Any, papers: list[StoredDocument]) -> int:
    told = 0
    for party in range(1, 8):
        for subject in store.find(Participant):
            wanted = sees_profile(store, party, subject)
            told += wanted
            assert privacy.sees_profile(store, party, subject) == wanted
        for document in papers:
            wanted = sees_document(store, party, document)
            told += wanted
            assert privacy.sees_document(store, party, document) == wanted
        assert {line.ref for line in returned(store, party)} == waiting(store, party)
    return told


def test_nobody_sees_more_or_less_than_before(tmp_path: Path) -> None:
    told = 0
    for seed in range(60):
        store = MemoryStore()
        told += agree(store, some(store, random.Random(seed)))
    with closing(new_book(tmp_path)) as book:
        papers = book.write(lambda store: some(store, random.Random(7)))
        assert agree_in(book, papers) > 10
    assert 1_000 < told < 60 * 7 * 12


def agree_in(book: SqlBook, papers: list[StoredDocument]) -> int:
    return book.read(lambda store: agree(store, papers))
