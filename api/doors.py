"""Several processes answer requests, this one relays and watches: Python runs one thread of a process at a time, so a
gateway on one process has no use for a second core.

All of them listen on one socket, and the system gives each connection to one of them. They write to one book, in
turns; a line to each tells it what the others change.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

import structlog

from api.line import FAILURE, LEGS, READY, Line
from ledger.errors import Unavailable
from ledger.settings import Settings
from ledger.wiring import App

log = structlog.get_logger()

LOOK = 0.25
"""Seconds between two looks whether all are there."""
PATIENCE = 60.0
"""Seconds in which a process has to come up."""
GRACE = 10.0
"""Seconds in which it may end what it is about."""
MOST_PAUSE = 10.0
"""Seconds between the end of a process and the start of the next one, at most."""
WELL = 60.0
"""Seconds after which a process that answers has run well: what ended it then is not what ended those before."""


class DoorClosed(Unavailable):
    """A process that answers requests does not come up."""

    code = "door-closed"
    title = "The gateway can't answer requests"


@dataclass
class _Door:
    process: subprocess.Popen[bytes]
    line: Line
    ready: threading.Event = field(default_factory=threading.Event)


@dataclass
class _Place:
    """Of one process among several. `pause`: seconds before the next one starts if this one ends; `again`: when that
    is, None while it runs."""

    door: _Door
    since: float
    pause: float = LOOK
    again: float | None = None


class Doors:
    """The processes that answer for one application. `listening`: where requests come in; `now`: seconds of a clock
    that never goes back."""

    def __init__(
        self, app: App, listening: socket.socket, count: int, now: Callable[[], float] = monotonic
    ) -> None:
        self._app = app
        self._listening = listening
        self._now = now
        self._told = ""
        self._places: list[_Place] = []
        try:
            for _ in range(count):
                self._places.append(_Place(self._open(), now()))
            for place in self._places:
                self._await(place.door)
        except BaseException:
            self.close()
            raise

    def look(self) -> None:
        """Puts another process in the place of one that has ended, soon, or later and later if it ends again and
        again; tells all why the work stands still."""
        for place in self._places:
            if place.again is None and place.door.process.poll() is not None:
                self._ended(place)
            if place.again is not None and self._now() >= place.again:
                place.door, place.since, place.again = self._open(), self._now(), None
        if self._app.failure != self._told:
            self._told = self._app.failure
            for place in self._places:
                place.door.line.say(FAILURE, self._told.encode())

    def close(self) -> None:
        """Ends all of them; what they are about may come to its end."""
        doors = [place.door for place in self._places]
        for door in doors:
            door.process.terminate()
        for door in doors:
            try:
                door.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                door.process.kill()
                door.process.wait()
            door.line.close()

    # ---- inside

    def _ended(self, place: _Place) -> None:
        door, now = place.door, self._now()
        if door.ready.is_set() and now - place.since >= WELL:
            place.pause = LOOK
        place.again = now + place.pause
        log.error(
            "a process that answers requests has ended, another one follows",
            status=door.process.returncode,
            seconds=place.pause,
        )
        place.pause = min(MOST_PAUSE, place.pause * 2)
        door.line.close()

    def _open(self) -> _Door:
        mine, theirs = socket.socketpair()
        numbers = self._listening.fileno(), theirs.fileno()
        process = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "api.door", *map(str, numbers)],
            pass_fds=numbers,
            env={**os.environ, **_environment(self._app.settings)},
            start_new_session=True,  # Ctrl-C is for the process that ends the others
        )
        theirs.close()
        ready = threading.Event()

        def heard(kind: bytes, content: bytes) -> None:
            if kind == LEGS:
                self._app.wake()
            elif kind == READY:
                ready.set()

        line = Line(mine, self._app.book, heard)
        line.say(FAILURE, self._told.encode())
        return _Door(process, line, ready)

    def _await(self, door: _Door) -> None:
        for _ in range(int(PATIENCE / LOOK)):
            if door.ready.wait(LOOK):
                return
            if door.process.poll() is not None:
                break
        raise DoorClosed(
            "A process that answers requests did not come up; its reason stands above. Without GOLDTICKET_PROCESSES "
            "one process does everything.",
            status=door.process.poll(),
        )


def serve_apart(app: App, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Until SIGINT or SIGTERM."""
    doors = Doors(app, listening, app.settings.processes - 1)
    try:
        with _ended_by_signals() as ended:
            ready()
            while not ended.wait(LOOK):
                doors.look()
    finally:
        doors.close()


@contextmanager
def _ended_by_signals() -> Iterator[threading.Event]:
    ended = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _environment(settings: Settings) -> dict[str, str]:
    """What the command line has said, for processes that read the environment."""
    return {"GOLDTICKET_HOME": str(settings.home), "GOLDTICKET_OBSERVE": str(settings.observe).lower()}
