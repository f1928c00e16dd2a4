"""Whether the book has caught up since this process began: until then what it does not find may stand in a block that
it has not taken in."""

from __future__ import annotations

from ledger.errors import GoldTicketError
from ledger.ports import Book, Chain
from ledger.records import Cursor

NEAR = 10
"""Blocks behind the head that are the usual course of things."""


class Level:
    """Of one process. Once level it stays so: a network that goes on faster than the book is another matter, which
    `/v1/ready` shows as its lag."""

    def __init__(self, book: Book, chain: Chain, confirmations: int = 0) -> None:
        self._book = book
        self._chain = chain
        self._confirmations = confirmations
        self._target: int | None = None
        self._reached = False

    def behind(self) -> tuple[int, int] | None:
        """(block taken in, block to reach) while the book is being filled; None once it is level, or while the chain
        does not say."""
        if self._reached:
            return None
        try:
            if self._target is None:
                self._target = self._chain.final_height(self._confirmations) - NEAR
            cursor = self._book.read(lambda store: store.get(Cursor, 1))
        except GoldTicketError:
            return None
        block = cursor.block if cursor else 0
        self._reached = block >= self._target
        return None if self._reached else (block, self._target)
