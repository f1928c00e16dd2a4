"""Connections to SQLite and PostgreSQL, set so that what is committed stays and readers see a snapshot."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError

from ledger.book.errors import BookUnavailable

BUSY_MS = 10_000
"""How long one process waits for another that writes to the same file."""

_WRITER_LOCK = 0x676F6C64
"""PostgreSQL's advisory lock of whoever writes: one writer at a time there too."""


def parse_dsn(dsn: str) -> sa.URL:
    """The URL of a book: ``sqlite:///data/book.db``, a plain path, or ``postgresql://user@host/name``."""
    if "://" not in dsn:
        return sa.URL.create("sqlite", database=dsn)
    try:
        url = sa.make_url(dsn)
    except ArgumentError as error:
        raise BookUnavailable(f"the book's address is not an address: {error}") from error
    name = url.get_backend_name()
    if name == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if name != "sqlite":
        raise BookUnavailable(
            f"the book can't live in {name}; use sqlite:///path or postgresql://…", engine=name
        )
    return url


def writer_engine(url: sa.URL, *, synchronous: str = "FULL") -> sa.Engine:
    """Begins with the write lock in hand, so that two writers queue and never deadlock."""
    if url.get_backend_name() == "postgresql":
        engine = _postgres(url)
        event.listen(engine, "begin", _take_writer_lock)
        return engine
    _make_file(url)
    return _sqlite(url, "BEGIN IMMEDIATE", "journal_mode=WAL", f"synchronous={synchronous}", _CACHE, _LOG)


def reader_engine(url: sa.URL) -> sa.Engine:
    """Reads one snapshot in a transaction, and can't write."""
    if url.get_backend_name() == "postgresql":
        engine = _postgres(url)
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return _sqlite(url, "BEGIN", "query_only=ON")


_CACHE = "cache_size=-65536"  # KiB; random keys touch many pages in one group
_LOG = "wal_autocheckpoint=16384"
"""Pages (64 MiB) that the log collects before a commit brings them into the file: with SQLite's 1,000 a page that many
commits change is brought there again and again. What is committed is on the disk either way: the log is."""
IDLE_MS = 30_000
"""How long a writer may say nothing in the middle of its work. One whose machine froze or vanished would keep the lock,
and all others waiting, until its connection is found dead: two hours by most systems' settings."""
ALIVE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""So that a server which is gone without a word is found out within 20 seconds."""


def _take_writer_lock(connection: sa.Connection) -> None:
    idle = f"set_config('idle_in_transaction_session_timeout', '{IDLE_MS}', true)"
    connection.exec_driver_sql(f"SELECT {idle}, pg_advisory_xact_lock({_WRITER_LOCK})")


def alive(url: sa.URL) -> dict[str, int]:
    """Arguments of a connection, but for those that the address gives itself."""
    return {name: value for name, value in ALIVE.items() if name not in url.query}


def _postgres(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(
            url, pool_pre_ping=True, pool_size=10, max_overflow=40, connect_args=alive(url)
        )
    except ModuleNotFoundError as error:
        raise BookUnavailable(
            "a book in PostgreSQL needs the psycopg package: pip install 'goldticket[postgres]'"
        ) from error


def _sqlite(url: sa.URL, begin: str, *pragmas: str) -> sa.Engine:
    # No isolation level: Python's own guesses about transactions would break savepoints.
    arguments = {"isolation_level": None, "check_same_thread": False, "timeout": BUSY_MS / 1000}
    engine = sa.create_engine(url, connect_args=arguments, pool_size=40, max_overflow=-1)

    def connected(connection: Any, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _make_file(url: sa.URL) -> None:
    """An empty file that only its owner reads; SQLite gives its side files the same rights."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise BookUnavailable("the book needs a file of its own, for instance sqlite:///data/book.db")
    path = Path(url.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise BookUnavailable(
            f"the book {path} can't be written: {error.strerror}; check that the folder exists and is yours",
            path=str(path),
        ) from error


def explain(error: BaseException, url: sa.URL) -> BaseException:
    """A database's error as one that says what to do; any other error unchanged."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if cause is None or not _is_driver_error(cause):
        return error
    text = str(cause).strip()
    where = url.render_as_string(hide_password=True)
    hint = next((advice for sign, advice in _ADVICE if sign in text), "")
    return BookUnavailable(f"the book {where} does not take this: {text}{hint}", book=where, reason=text)


@contextmanager
def explained(url: sa.URL) -> Iterator[None]:
    """Raises what `explain` makes of an error inside."""
    try:
        yield
    except Exception as error:
        told = explain(error, url)
        if told is error:
            raise
        raise told from error


_ADVICE = (
    (
        "locked",
        f"; another process has held it for {BUSY_MS // 1000} s: stop that one, or wait and try again",
    ),
    ("readonly", "; it was opened for reading only: check the rights of the file and its folder"),
    ("unable to open", "; check that the folder exists and is yours"),
    ("not a database", "; the file is something else: give another path, or put back a copy of the book"),
    ("malformed", "; the file is damaged: put back a copy of the book"),
    ("disk is full", "; make room on the disk"),
    ("refused", "; is PostgreSQL running there?"),
    ("connection failed", "; is PostgreSQL running there?"),
)


def _is_driver_error(error: BaseException) -> bool:
    """Whether the database is at fault. (A constraint broken or SQL misspelt is ours, and stays what it is.)"""
    if not isinstance(error, sqlite3.Error) and not type(error).__module__.startswith("psycopg"):
        return False
    names = {kind.__name__ for kind in type(error).__mro__}
    return "OperationalError" in names or type(error).__name__ == "DatabaseError"
