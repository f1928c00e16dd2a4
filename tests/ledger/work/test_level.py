"""Whether the book is level.

given a book that is many blocks behind when the process begins
    it should say how far it has come and how far it has to go, until it is there; then never again
given a book a few blocks behind, or a chain that does not answer
    it should say nothing
"""

from __future__ import annotations

from ledger.errors import Unavailable
from ledger.records import Cursor
from ledger.work.level import NEAR, Level
from tests.support.memory import MemoryBook


class Height:
    """A chain of so many final blocks; None: no node answers."""

    def __init__(self, height: int | None) -> None:
        self.height = height

    def final_height(self, confirmations: int = 0) -> int:
        if self.height is None:
            raise Unavailable("No node answers.")
        return self.height - confirmations


def at(book: MemoryBook, block: int) -> None:
    book.write(lambda store: store.put(Cursor(1, block)))


def test_behind_until_it_is_there() -> None:
    book, chain = MemoryBook(), Height(1_000)
    level = Level(book, chain, 3)  # type: ignore[arg-type]
    target = 1_000 - 3 - NEAR
    assert level.behind() == (0, target)
    at(book, 500)
    chain.height = 2_000
    assert level.behind() == (500, target), "a moving goal would never be reached"
    at(book, target)
    assert level.behind() is None
    chain.height = 9_000
    assert level.behind() is None


def test_a_few_blocks_are_nothing() -> None:
    book = MemoryBook()
    at(book, 95)
    assert Level(book, Height(95 + NEAR)).behind() is None  # type: ignore[arg-type]


def test_a_chain_that_does_not_answer() -> None:
    chain = Height(None)
    level = Level(MemoryBook(), chain)  # type: ignore[arg-type]
    assert level.behind() is None
    chain.height = 1_000
    assert level.behind() == (0, 1_000 - NEAR)
