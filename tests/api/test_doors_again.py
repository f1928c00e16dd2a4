"""When another process takes the place of one that has ended.

given a process that ends again and again
    it should be started again later and later, ten seconds apart at most, and each end be one line in the log
    it should not keep the others from being looked after
given one that had run well before it ended
    it should be started again soon, as the first time
given one that ran for long without ever answering
    it should count as one that can't start
"""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from api.doors import LOOK, MOST_PAUSE, WELL, Doors, _Door


class Process:
    returncode: int | None = None

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, seconds: float = 0.0) -> None:
        pass

    terminate = kill = wait


class Line:
    closed = False

    def say(self, kind: bytes, content: bytes = b"") -> None:
        pass

    def close(self) -> None:
        self.closed = True


class Watched(Doors):
    """Doors on processes that end when a test says so, and a clock that it moves."""

    def __init__(self, count: int) -> None:
        self.time, self.started = 1_000.0, 0
        super().__init__(cast(Any, SimpleNamespace(failure="")), cast(Any, None), count, lambda: self.time)

    def _open(self) -> _Door:
        self.started += 1
        ready = threading.Event()
        ready.set()
        return _Door(cast(Any, Process()), cast(Any, Line()), ready)

    def end(self, place: int = 0, ran: float = 0.0) -> float:
        """A process ends after it ran for so long; the seconds until there is another one."""
        self.time += ran
        begun, before = self.time, self.started
        cast(Any, self._places[place].door.process).returncode = 1
        with capture_logs() as told:
            while self.started == before:
                self.look()
                self.time += LOOK
        assert [line["status"] for line in told] == [1], "one line for each end"
        assert told[0]["seconds"] == self.time - LOOK - begun
        return float(told[0]["seconds"])


def test_it_is_tried_later_and_later() -> None:
    doors = Watched(1)
    assert [doors.end() for _ in range(8)] == [0.25, 0.5, 1, 2, 4, 8, MOST_PAUSE, MOST_PAUSE]
    assert doors.end(ran=WELL - 1) == MOST_PAUSE


def test_what_ran_well_is_soon_there_again() -> None:
    doors = Watched(1)
    assert [doors.end() for _ in range(5)][-1] == 4
    assert doors.end(ran=WELL) == LOOK
    assert doors.end() == 2 * LOOK


def test_what_never_answered_did_not_run_well() -> None:
    doors = Watched(1)
    pauses = []
    for _ in range(3):
        doors._places[0].door.ready.clear()
        pauses.append(doors.end(ran=2 * WELL))
    assert pauses == [0.25, 0.5, 1]


def test_the_others_are_looked_after() -> None:
    doors = Watched(2)
    assert [doors.end(0) for _ in range(4)][-1] == 2
    cast(Any, doors._places[0].door.process).returncode = 1
    doors.look()
    shut = doors._places[0].door
    assert cast(Any, shut.line).closed
    assert doors.end(1) == LOOK
    assert doors._places[0].door is shut, "not yet"
    doors.time += MOST_PAUSE
    doors.look()
    assert doors._places[0].door is not shut


@pytest.mark.parametrize("count", [1, 3])
def test_each_place_has_one_process(count: int) -> None:
    doors = Watched(count)
    assert doors.started == count
    for _ in range(5):
        doors.look()
    assert doors.started == count
