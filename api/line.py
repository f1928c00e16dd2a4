"""A line between two processes of one gateway: what one changes in the book, the other one's listeners are told.

Each end has a thread that reads and one that writes, so that nobody who changes something waits for the other process.
A message is one byte of kind, four bytes of length, and the content.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any, Protocol

from ledger.records import Leg

READY, LEGS, FAILURE, END = b"R", b"L", b"F", b"E"
"""Kinds of message: the process answers requests; ids of legs that changed, none when some may have been missed; why
the work in the background stands still, in UTF-8; the other process is gone (which nobody sends)."""

_HEAD = struct.Struct(">cI")
_ID = 32
MOST_WAITING = 1_000
"""Messages that wait for the other process. Ids of legs beyond them are dropped; it is told that some are missing."""

Keys = list[tuple[Any, ...]]
Heard = Callable[[bytes, bytes], None]


class TellingBook(Protocol):
    """A book that tells what changes, and can be told."""

    def listen(self, kind: type, listener: Callable[[Keys], None]) -> Callable[[], None]: ...

    def tell(self, kind: type, keys: Keys) -> None: ...


class Line:
    """One end. `heard`: is given kind and content of each message, after the book has been told; from a thread of its
    own, as everything that comes in."""

    def __init__(self, end: socket.socket, book: TellingBook, heard: Heard) -> None:
        self._end = end
        self._book = book
        self._heard = heard
        self._waiting: queue.Queue[tuple[bytes, bytes] | None] = queue.Queue()
        self._missed = self._closed = False
        self._reader = threading.Thread(target=self._read, name="line-reads", daemon=True)
        self._writer = threading.Thread(target=self._write, name="line-writes", daemon=True)
        self._quiet = book.listen(Leg, self._changed)
        self._reader.start()
        self._writer.start()

    def say(self, kind: bytes, content: bytes = b"") -> None:
        """Sends a message, some time; not when the other process is gone."""
        self._waiting.put((kind, content))

    def close(self) -> None:
        """Ends it; the other end hears of that. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._quiet()
        self._waiting.put(None)
        self._writer.join(5)
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._reader.join(5)
        self._end.close()

    def _changed(self, keys: Keys) -> None:
        if threading.current_thread() is self._reader:
            return  # the other process has told it
        if self._waiting.qsize() < MOST_WAITING:
            self.say(LEGS, b"".join(key[0] for key in keys))
        else:
            self._missed = True

    def _write(self) -> None:
        while (message := self._waiting.get()) is not None:
            missed, self._missed = self._missed, False
            try:
                for kind, content in [message, (LEGS, b"")][: 1 + missed]:
                    self._end.sendall(_HEAD.pack(kind, len(content)) + content)
            except OSError:
                return

    def _read(self) -> None:
        with contextlib.suppress(OSError), self._end.makefile("rb") as incoming:
            while len(head := incoming.read(_HEAD.size)) == _HEAD.size:
                kind, length = _HEAD.unpack(head)
                content = incoming.read(length)
                if kind == LEGS:
                    ids = [content[at : at + _ID] for at in range(0, length, _ID)]
                    self._book.tell(Leg, [(id_,) for id_ in ids])
                self._heard(kind, content)
        self._heard(END, b"")
