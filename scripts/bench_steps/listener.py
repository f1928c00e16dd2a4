"""Listens to the gateway's stream in a thread: when each leg was told to be final."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit


@contextlib.contextmanager
def listening(url: str, key: str) -> Iterator[dict[str, float]]:
    """Leg → moment (`time.monotonic`) at which it was told to be final; fills itself until the end."""
    final: dict[str, float] = {}
    parts = urlsplit(url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80)) as line:
        ask = (
            "GET /v1/acts/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            f"Authorization: Bearer {key}\r\n\r\n"
        )
        line.sendall(ask.encode())
        begun = threading.Event()
        thread = threading.Thread(target=_read, args=(line, final, begun), daemon=True)
        thread.start()
        begun.wait(10)
        yield final
        line.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _read(line: socket.socket, final: dict[str, float], begun: threading.Event) -> None:
    rest = b""
    with contextlib.suppress(OSError):
        while found := line.recv(1 << 18):
            begun.set()
            *whole, rest = (rest + found).split(b"\n")
            now = time.monotonic()
            for text in whole:
                if text.startswith(b"data: "):
                    legs = json.loads(text[6:])["legs"]
                    final.update((leg["leg"], now) for leg in legs if leg["state"] == "final")
