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


class DoorClosed(Unavailable):
    """A process that answers requests does not come up."""

    code = "door-closed"
    title = "The gateway can't answer requests"


@dataclass
class _Door:
    process: subprocess.Popen[bytes]
    line: Line
    ready: threading.Event = field(default_factory=threading.Event)


class Doors:
    """The processes that answer for one application. `listening`: where requests come in."""

    def __init__(self, app: App, listening: socket.socket, count: int) -> None:
        self._app = app
        self._listening = listening
        self._told = ""
        self._doors: list[_Door] = []
        try:
            for _ in range(count):
                self._doors.append(self._open())
            for door in self._doors:
                self._await(door)
        except BaseException:
            self.close()
            raise

    def look(self) -> None:
        """Puts another process in the place of one that has ended, and tells all why the work stands still."""
        for place, door in enumerate(self._doors):
            if door.process.poll() is not None:
                log.error("a process that answers requests has ended", status=door.process.returncode)
                door.line.close()
                self._doors[place] = self._open()
        if self._app.failure != self._told:
            self._told = self._app.failure
            for door in self._doors:
                door.line.say(FAILURE, self._told.encode())

    def close(self) -> None:
        """Ends all of them; what they are about may come to its end."""
        for door in self._doors:
            door.process.terminate()
        for door in self._doors:
            try:
                door.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                door.process.kill()
                door.process.wait()
            door.line.close()

    # ---- inside

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
