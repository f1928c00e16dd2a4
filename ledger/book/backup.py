"""The journal in one file, and a book made from it.

What can be made anew from the chain is left out: a restored book has an empty projection, which the watcher fills.
SQLite is copied by its own backup (a gateway may go on writing), PostgreSQL by pg_dump (one snapshot).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from ledger.book.db import SqlBook
from ledger.book.engines import explained, parse_dsn
from ledger.book.errors import BookUnavailable
from ledger.book.tables import projection
from ledger.ports import Store
from ledger.records import Lease

LAYOUT = "projection_layout"


class BackupFailed(BookUnavailable):
    """The database's own program could not do it."""

    code = "backup-failed"
    title = "The book could not be saved or put back"


def dump(dsn: str, file: Path) -> None:
    """Writes the journal of a book to `file`, which only its owner can read. Raises BookUnavailable, BackupFailed."""
    url = parse_dsn(dsn)
    file.touch(mode=0o600)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(Path(str(url.database)), file)
        return
    names = [f"--exclude-table-data=public.{name}" for name in sorted([*projection.tables, LAYOUT])]
    _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", *names, f"--file={file}")


def load(file: Path, dsn: str) -> None:
    """Makes a book of a dump, in a database where nothing is yet, and brings it up to this program's step. Raises
    BackupFailed when something is there, or the dump is of the other kind of database."""
    url = parse_dsn(dsn)
    with file.open("rb") as dumped:
        is_sqlite = dumped.read(6) == b"SQLite"
    if is_sqlite != (url.get_backend_name() == "sqlite"):
        kind = "SQLite" if is_sqlite else "PostgreSQL"
        raise BackupFailed(f"{file} was saved from {kind}: give the address of a new {kind} database")
    if is_sqlite:
        _place_file(file, Path(str(url.database)))
    else:
        _require_empty(url)
        _run(
            url,
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            file,
        )
    with closing(SqlBook(dsn)) as book:
        book.write(_without_owners)


def _without_owners(store: Store) -> None:
    """Whoever had a lease when the dump was made has it no more."""
    for lease in store.find(Lease):
        store.put(replace(lease, owner="", until=0))


def _copy_sqlite(source: Path, file: Path) -> None:
    if not source.is_file():
        raise BackupFailed(f"there is no book at {source}: check GOLDTICKET_HOME and GOLDTICKET_DSN")
    with (
        explained(sa.URL.create("sqlite", database=str(source))),
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as book,
        closing(sqlite3.connect(file)) as copy,
    ):
        book.backup(copy)
        there = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for name in sorted(there & {*projection.tables, LAYOUT}):
            copy.execute(f'DELETE FROM "{name}"')  # noqa: S608
        copy.commit()
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("VACUUM")


def _place_file(file: Path, path: Path) -> None:
    if path.exists():
        raise BackupFailed(f"{path} is there already: move it away first, so that nothing is lost by mistake")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    shutil.copyfile(file, path)


def _require_empty(url: sa.URL) -> None:
    with explained(url):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            found = sa.inspect(connection).get_table_names()
    if found:
        raise BackupFailed(
            f"the database {url.database} has tables already ({', '.join(sorted(found)[:3])} …): give an empty one"
        )


def _run(url: sa.URL, program: str, *words: str | Path) -> None:
    """The password goes by the environment: arguments are there for everybody on the machine to see."""
    plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    env = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    try:
        done = subprocess.run(  # noqa: S603
            [program, f"--dbname={plain}", *map(str, words)],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise BackupFailed(
            f"{program} is not on this machine: install PostgreSQL's client programs"
        ) from error
    if done.returncode:
        raise BackupFailed(f"{program} said: {done.stderr.strip()[-500:]}", program=program)
