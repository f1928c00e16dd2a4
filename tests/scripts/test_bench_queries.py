"""The book that the bench asks, and its questions.

given offers that are written otherwise than the book writes them: it should refuse to measure
given a small past
  it should be one that the ledger could have had: the parts of every issuance add up to its face, each ticket has its
  parent, and each leg is a ticket
  it should find something for every question, and time it
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.book.db import SqlBook
from ledger.records import Issuance, Leg, Reservation, Seat, Signature, Ticket
from scripts.bench_steps import filled, queries
from scripts.bench_steps.filled import Past

TICKETS = 2_000
OFFER = {"children": [], "salt": "0x" + "00" * 32, "ticket": "0x" + "11" * 32, "version": "0"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqlBook, Past]]:
    file: Path = tmp_path_factory.mktemp("past") / "book.sqlite"
    past = filled.fill(file, TICKETS, lambda _: None)
    with closing(SqlBook(str(file))) as book:
        yield book, past


def test_other_offers_are_refused() -> None:
    with pytest.raises(ValueError, match="correct `filled`"):
        filled.require_like_the_book(json.dumps({**OFFER, "deadline": "1"}))  # with spaces


def test_a_past_that_could_have_been(asked: tuple[SqlBook, Past]) -> None:
    book, _ = asked
    tickets = book.read(lambda store: {one.id: one for one in store.find(Ticket)})
    legs = book.read(lambda store: store.find(Leg))
    assert len(tickets) == TICKETS
    assert len(legs) == TICKETS * 9 // 10 == book.read(lambda store: store.count(Reservation))
    assert {leg.id for leg in legs} <= tickets.keys()
    assert all(one.parent in tickets for one in tickets.values() if one.parent is not None)
    for issuance in book.read(lambda store: store.find(Issuance)):
        assert sum(one.value for one in tickets.values() if one.issuance == issuance.id) == issuance.face
    open_seats = book.read(lambda store: store.count(Seat, done=False))
    assert book.read(lambda store: store.count(Seat)) - open_seats == book.read(lambda s: s.count(Signature))


def test_every_question_has_an_answer(asked: tuple[SqlBook, Past]) -> None:
    book, past = asked
    found = queries.measured(book, past, times=2)
    assert all(0 < p50 <= p95 for p50, p95, _ in found.values()), found
    asking = queries.questions(book, past)
    assert asking["wallet, the hub's"]().items  # type: ignore[attr-defined]
    assert asking["due within 30 days"]().maturities  # type: ignore[attr-defined]
    assert asking["outbox"]()
    assert 0 < len(asking["stream, from where it broke"]()) <= 2 * queries.MISSED  # type: ignore[arg-type]
