"""Whose turn it is to write one SQLite file, where several processes do.

SQLite's own waiting looks again after pauses that grow to 100 ms, and who writes often takes the file from who waits.
Here who waits looks again each millisecond, and who has just written comes after him: the next one stands at the gate.
"""

from __future__ import annotations

import fcntl
import os
import time
from types import TracebackType
from typing import IO

from ledger.book.errors import BookUnavailable

PATIENCE = 10.0
"""Seconds for which one process waits for the others."""
PAUSE = 0.001
"""Seconds between two looks."""


class Turn:
    """A context in which no other process that asks for its turn writes the file. Not for two threads at once."""

    def __init__(self, file: str, patience: float = PATIENCE) -> None:
        self._file = file
        self._patience = patience
        self._gate, self._turn = (_opened(f"{file}-{name}") for name in ("gate", "turn"))

    def __enter__(self) -> None:
        """Raises BookUnavailable when another process does not come to an end."""
        until = time.monotonic() + self._patience
        self._take(self._gate, until)
        try:
            self._take(self._turn, until)
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Lets go of the files; the locks end with the process in any case. A second call does nothing."""
        self._gate.close()
        self._turn.close()

    def _take(self, lock: IO[bytes], until: float) -> None:
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise BookUnavailable(
                        f"the book {self._file} can't be written: another process has held it for "
                        f"{self._patience:g} s; stop that one, or wait and try again",
                        book=self._file,
                    ) from None
            time.sleep(PAUSE)


def _opened(path: str) -> IO[bytes]:
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))
