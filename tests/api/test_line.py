"""A line between two processes of one gateway.

given two books, each at one end
    when one of them tells of changed legs
        it should be told at the other end, once, and not come back
    when an end is in the middle of two lines
        it should pass on what comes by one to the other
    when more waits than is kept
        it should tell that some are missing
    when one end closes
        it should be heard at the other
"""

from __future__ import annotations

import queue
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from api import line
from api.line import END, FAILURE, LEGS, Keys, Line
from ledger.records import Leg

ONE, TWO = [(bytes([n]) * 32,) for n in (1, 2)]


class Book:
    """Listeners only."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Keys], None]] = []
        self.told: queue.Queue[Keys] = queue.Queue()

    def listen(self, kind: type, listener: Callable[[Keys], None]) -> Callable[[], None]:
        assert kind is Leg
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def tell(self, kind: type, keys: Keys) -> None:
        self.told.put(keys)
        for listener in list(self.listeners):
            listener(keys)


class Ends:
    """`books[0]` in the middle, a line from it to each of the others."""

    def __init__(self, count: int, stack: ExitStack) -> None:
        self.books = [Book() for _ in range(count + 1)]
        self.heard: list[queue.Queue[tuple[bytes, bytes]]] = [queue.Queue() for _ in range(count + 1)]
        self.lines: list[Line] = []
        for place in range(1, count + 1):
            mine, theirs = socket.socketpair()
            for end, at in ((mine, 0), (theirs, place)):
                made = Line(end, self.books[at], lambda *said, at=at: self.heard[at].put(said))
                self.lines.append(stack.enter_context(closing(made)))


@pytest.fixture
def ends(request: Any) -> Iterator[Ends]:
    with ExitStack() as stack:
        yield Ends(getattr(request, "param", 1), stack)


def test_what_changes_here_is_told_there_once(ends: Ends) -> None:
    ends.books[0].tell(Leg, [ONE, TWO])
    assert ends.books[1].told.get(timeout=5) == [ONE, TWO]
    assert ends.heard[1].get(timeout=5) == (LEGS, ONE[0] + TWO[0])
    ends.books[1].tell(Leg, [TWO])
    ends.books[0].told.get(timeout=5)
    assert ends.books[0].told.get(timeout=5) == [TWO]
    ends.lines[0].say(FAILURE, "节点不应答".encode())
    assert ends.heard[1].get(timeout=5) == (FAILURE, "节点不应答".encode())
    assert [book.told.qsize() for book in ends.books] == [0, 1]  # the other's own, and nothing that came back


@pytest.mark.parametrize("ends", [2], indirect=True)
def test_who_is_in_the_middle_passes_on(ends: Ends) -> None:
    ends.books[1].tell(Leg, [ONE])
    assert ends.books[0].told.get(timeout=5) == [ONE]
    assert ends.books[2].told.get(timeout=5) == [ONE]
    assert ends.heard[0].get(timeout=5) == (LEGS, ONE[0])


def test_that_some_are_missing_is_told(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "MOST_WAITING", 0)
    ends.books[0].tell(Leg, [ONE])
    ends.lines[0].say(FAILURE, b"")
    assert ends.heard[1].get(timeout=5) == (FAILURE, b"")
    assert ends.books[1].told.get(timeout=5) == []


def test_the_end_is_heard(ends: Ends) -> None:
    ends.lines[0].close()
    assert ends.heard[1].get(timeout=5) == (END, b"")
    ends.lines[1].say(FAILURE, b"late")  # nobody hears it, and nobody is hurt
    assert ends.books[0].listeners == []
