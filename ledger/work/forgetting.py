"""Answers to requests are kept so that a repeated request gets the first one. Nobody repeats a request after weeks, and
a thousand acts in one request are answered with 300 KB: old answers go, a few at a time, whenever there is time.

What was done stands in the acts, signatures and the audit trail, which stay.
"""

from __future__ import annotations

from ledger.ports import Book, Clock, Store
from ledger.records import Answer

DAY = 86_400
LOT = 50
"""Answers in one transaction."""
PAUSE = 60
"""Seconds until it is looked again, when there was nothing more to forget."""


class Forgetting:
    """`days`: for how long an answer is kept; 0: for ever."""

    def __init__(self, book: Book, clock: Clock, days: int) -> None:
        self._book = book
        self._clock = clock
        self._days = days
        self._next = 0

    def step(self) -> int:
        """Forgets one lot, if it is time to look; how many."""
        now = self._clock.now()
        if not self._days or now < self._next:
            return 0
        before = now - self._days * DAY
        if self._book.read(lambda store: _old(store, before)):
            gone = self._book.write(lambda store: _forget(store, before))
        else:
            gone = 0
        self._next = now if gone == LOT else now + PAUSE
        return gone


def _old(store: Store, before: int, most: int = 1) -> list[Answer]:
    return [answer for answer in store.find(Answer, order="at", limit=most) if answer.at < before]


def _forget(store: Store, before: int) -> int:
    found = _old(store, before, LOT)
    for answer in found:
        store.delete(Answer, answer.scope, answer.key)
    return len(found)
