"""What other processes change in one PostgreSQL database, told as soon as they commit (LISTEN and NOTIFY).

A notice stands in the transaction that it tells of, so it comes when that is committed, and only then. Where the line
was broken notices are lost: whoever listens is then told to look for himself.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
import structlog

from ledger.book.engines import alive
from ledger.records import Leg

log = structlog.get_logger()

Touched = Mapping[type, Mapping[tuple[Any, ...], None]]
Told = Callable[[type, list[tuple[Any, ...]]], None]
"""Is given a kind and keys of records of it; no keys: some may have been missed."""

ANNOUNCED = (Leg,)
"""Kinds that others are told of. Their keys are one field of bytes."""
CHANNEL = "goldticket"
MOST_KEYS = 100
"""In one notice; PostgreSQL takes 8,000 bytes."""
PATIENCE = 2.0
"""Seconds for which somebody who wants to listen waits until the line stands."""
LOOK = 0.5
"""Seconds between two looks whether to end."""
AGAIN = 1.0
"""Seconds until a line that was lost is tried again."""


class Neighbours:
    """One process's place among those that share a database. `told`: is called in a thread of its own."""

    def __init__(self, url: sa.URL, told: Told) -> None:
        self._url = url
        self._told = told
        self._me = secrets.token_hex(8)
        self._begin = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stands, self._closed = threading.Event(), threading.Event()

    # ---- telling

    def announce(self, connection: sa.Connection, touched: Touched) -> None:
        """Within the transaction that has touched these."""
        keys = list(touched.get(Leg, ()))
        notices = [
            f"{self._me} {','.join(key[0].hex() for key in keys[at : at + MOST_KEYS])}"
            for at in range(0, len(keys), MOST_KEYS)
        ]
        if notices:
            connection.execute(_NOTIFY, {"channel": CHANNEL, "notices": notices})

    # ---- listening

    def attend(self) -> None:
        """Begins to listen, if nothing does yet; waits a little until it is so."""
        with self._begin:
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="book-neighbours", daemon=True)
                self._thread.start()
        self._stands.wait(PATIENCE)

    def close(self) -> None:
        """Ends the thread."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(4 * LOOK)

    def _listen(self) -> None:
        engine = sa.create_engine(
            self._url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool, connect_args=alive(self._url)
        )
        while not self._closed.is_set():
            try:
                with engine.connect() as connection:
                    connection.exec_driver_sql(f"LISTEN {CHANNEL}")
                    for kind in ANNOUNCED:
                        self._told(kind, [])
                    self._stands.set()
                    for notice in self._notices(connection):
                        self._take(notice)
            except Exception as error:
                if not self._closed.is_set():
                    log.warning("the other gateways are not heard for now", message=str(error))
            self._stands.clear()
            self._closed.wait(AGAIN)

    def _notices(self, connection: sa.Connection) -> Iterator[str]:
        driver: Any = connection.connection.driver_connection
        while not self._closed.is_set():
            for notice in driver.notifies(timeout=LOOK):
                yield notice.payload

    def _take(self, notice: str) -> None:
        sender, _, keys = notice.partition(" ")
        if sender != self._me:
            self._told(Leg, [(bytes.fromhex(key),) for key in keys.split(",")])


_NOTIFY = sa.text("SELECT pg_notify(:channel, notice) FROM unnest(CAST(:notices AS text[])) AS notice")
