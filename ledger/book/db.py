"""The book in a database: `SqlBook("sqlite:///data/book.db")`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from ledger.book.engines import explained, parse_dsn, reader_engine, writer_engine
from ledger.book.migrations import upgrade_on
from ledger.book.projection import ATTACHED, prepare, remove_file, replace_projection
from ledger.book.store import SqlStore
from ledger.book.turn import Turn
from ledger.book.writer import Listener, Loads, Writer
from ledger.ports import Store

T = TypeVar("T")


class SqlBook:
    """`ledger.ports.Book` over SQLite (a path or ``sqlite:///path``) or PostgreSQL (``postgresql://…``).

    Any thread may call. Raises `ledger.book.errors.BookUnavailable` when the database can't be reached or
    written; then nothing of the work was written. `projection_reset`: whether opening it threw away a projection of
    an older layout.
    """

    def __init__(self, dsn: str, *, only_projection: bool = False) -> None:
        self.url = parse_dsn(dsn)
        # A projection alone can be rebuilt: it need not wait for the disk.
        self._writing = writer_engine(self.url, synchronous="OFF" if only_projection else "FULL")
        self._reading = reader_engine(self.url)
        try:
            with explained(self.url), self._writing.begin() as connection:
                if not only_projection:
                    upgrade_on(connection)
                self.projection_reset = prepare(connection)
        except BaseException:
            self._dispose()
            raise
        shared = self.url.get_backend_name() == "postgresql"
        self._turn = None if shared or only_projection else Turn(str(self.url.database))
        self._writer = Writer(self._writing, shared=shared, turn=self._turn)

    @classmethod
    def fresh_projection(cls, path: str | Path) -> SqlBook:
        """An empty projection in a file of its own, for a rebuild or a comparison. What was at `path` is deleted."""
        remove_file(Path(path))
        return cls(str(path), only_projection=True)

    def write(self, work: Callable[[Store], T], loads: Loads | None = None) -> T:
        """Returns what `work` returns once it is on the disk, or raises what it raises with nothing written. `loads`:
        see `ledger.book.writer.Writer.submit`."""
        return self.submit(work, loads).result()

    def submit(self, work: Callable[[Store], T], loads: Loads | None = None, weight: int = 1) -> Future[T]:
        """As `write`, without waiting: the future is done once it is on the disk. Cancelled while it waits, the work is
        not begun. `loads`, `weight`: for works of many acts, see `ledger.book.writer.Writer.submit`."""
        return self._writer.submit(work, loads, weight)

    def listen(self, kind: type, listener: Listener) -> Callable[[], None]:
        """Tells what this process changes, and on PostgreSQL also what others do once somebody attends to them; see
        `ledger.book.writer.Writer.listen`."""
        return self._writer.listen(kind, listener)

    def tell(self, kind: type, keys: list[tuple[Any, ...]]) -> None:
        """Tells the listeners what another process has changed; no keys: it may have changed some."""
        self._writer.tell(kind, keys)

    def attend(self) -> bool:
        """See `ledger.book.writer.Writer.attend`."""
        return self._writer.attend()

    def read(self, work: Callable[[Store], T]) -> T:
        """Runs `work` on a snapshot; a writer neither waits for it nor disturbs it."""
        with self.reading() as connection, closing(SqlStore(connection, writable=False)) as store:
            return work(store)

    def replace_projection(self, rebuilt: SqlBook, *, even_if_behind: bool = False) -> None:
        """Swaps in the projection of `rebuilt`; see `ledger.book.projection.replace_projection`."""
        replace_projection(self, rebuilt, even_if_behind=even_if_behind)

    @contextmanager
    def exclusive(self, attach: str | None = None) -> Iterator[sa.Connection]:
        """A transaction on a connection of its own while the writer waits; on SQLite perhaps with another file
        attached (which can only be done outside a transaction)."""
        with self._writer.paused(), explained(self.url), self._writing.connect() as connection:
            driver: Any = connection.connection.driver_connection
            if attach:
                driver.execute(f"ATTACH DATABASE ? AS {ATTACHED}", [attach])
            try:
                with connection.begin():
                    yield connection
            finally:
                if attach:
                    driver.execute(f"DETACH DATABASE {ATTACHED}")

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection on one snapshot, for SQL that the store does not know."""
        with explained(self.url), self._reading.begin() as connection:
            yield connection

    def close(self) -> None:
        """Writes what is waiting, then lets go of the database. A second call does nothing."""
        self._writer.close()
        self._dispose()
        if self._turn is not None:
            self._turn.close()

    def _dispose(self) -> None:
        for engine in (self._writing, self._reading):
            # what a thread still reads by is closed when it comes back
            event.listen(
                engine.pool, "checkin", lambda connection, _record: connection and connection.close()
            )
            engine.dispose()
