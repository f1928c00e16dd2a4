"""The book in a database: `SqlBook("sqlite:///data/book.db")`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from ledger.book.engines import explain, parse_dsn, reader_engine, writer_engine
from ledger.book.store import SqlStore
from ledger.book.tables import journal, projection
from ledger.book.writer import Writer

T = TypeVar("T")


class SqlBook:
    """`ledger.ports.Book` over SQLite (a path or ``sqlite:///path``) or PostgreSQL (``postgresql://…``).

    Any thread may call. Raises `ledger.book.errors.BookUnavailable` when the database can't be reached or
    written; then nothing of the work was written.
    """

    def __init__(self, dsn: str) -> None:
        self.url = parse_dsn(dsn)
        self._writing = writer_engine(self.url)
        self._reading = reader_engine(self.url)
        try:
            with self._writing.begin() as connection:
                projection.create_all(connection)
                journal.create_all(connection)
        except Exception as error:
            self._dispose()
            raise explain(error, self.url) from error
        self._writer = Writer(self._writing)

    def write(self, work: Callable[[SqlStore], T]) -> T:
        """Returns what `work` returns once it is on the disk, or raises what it raises with nothing written."""
        return self.submit(work).result()

    def submit(self, work: Callable[[SqlStore], T]) -> Future[T]:
        """As `write`, without waiting: the future is done once it is on the disk."""
        return self._writer.submit(work)

    def read(self, work: Callable[[SqlStore], T]) -> T:
        """Runs `work` on a snapshot; a writer neither waits for it nor disturbs it."""
        try:
            with self._reading.begin() as connection:
                store = SqlStore(connection)
                try:
                    return work(store)
                finally:
                    store.close()
        except Exception as error:
            told = explain(error, self.url)
            if told is error:
                raise
            raise told from error

    def close(self) -> None:
        """Writes what is waiting, then lets go of the database. A second call does nothing."""
        self._writer.close()
        self._dispose()

    def _dispose(self) -> None:
        self._writing.dispose()
        self._reading.dispose()
