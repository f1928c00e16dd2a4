"""Databases for tests on the PostgreSQL server that GOLDTICKET_TEST_POSTGRES names (`scripts/test --postgres DSN` sets
it): each book its own, copied from one template, emptied and used again, dropped at the end."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache

import sqlalchemy as sa

from ledger.book.db import SqlBook
from ledger.book.engines import parse_dsn
from ledger.book.tables import journal, projection

SERVER = os.environ.get("GOLDTICKET_TEST_POSTGRES", "")
"""A DSN whose user may create databases; empty: the tests run without PostgreSQL."""


@contextmanager
def database(*, empty: bool = False) -> Iterator[str]:
    """The DSN of a database with a book's tables, or with nothing in it; nobody else's until the end."""
    name = _empty() if empty else _free.pop() if _free else _copy()
    try:
        yield dsn(name)
    finally:
        _hang_up(name)
        if empty:
            _bare.append(name)
        elif _cleared(name):
            _free.append(name)


def dsn(name: str) -> str:
    """The address of a database of the server."""
    return parse_dsn(SERVER).set(database=name).render_as_string(hide_password=False)


def run(statement: str) -> None:
    """A statement of the server's owner, outside a transaction."""
    with _server().connect() as connection:
        connection.exec_driver_sql(statement)


@cache
def _server() -> sa.Engine:
    return sa.create_engine(parse_dsn(SERVER), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)


def _empty() -> str:
    """Emptied and used again: to drop a database and to make one takes ten times as long."""
    if not _bare:
        return _made(f"gt_{uuid.uuid4().hex}", "template0")
    with _inside(_bare[-1]) as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    return _bare.pop()


def _copy() -> str:
    return _made(f"gt_{uuid.uuid4().hex}", _template())


@cache
def _template() -> str:
    """One for each process: nobody may be connected to a template while it is copied."""
    name = _made(f"gt_template_{uuid.uuid4().hex}", "template0")
    with closing(SqlBook(dsn(name))):
        pass
    return name


def _made(name: str, template: str) -> str:
    run(f"CREATE DATABASE {name} TEMPLATE {template}")
    _all.append(name)
    return name


def _cleared(name: str) -> bool:
    """Whether only the rows had to go. A test that changed the tables leaves a database that nobody takes again."""
    with _inside(name) as connection:
        there = set(sa.inspect(connection).get_table_names())
        if there != {*journal.tables, *projection.tables, *_KEPT}:
            return False
        connection.exec_driver_sql(f"TRUNCATE {', '.join(_quoted(there - _KEPT))}")
    return True


_KEPT = frozenset({"alembic_version", "projection_layout"})


def _quoted(names: set[str]) -> list[str]:
    return [f'"{name}"' for name in sorted(names)]


@contextmanager
def _inside(name: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(parse_dsn(dsn(name)), poolclass=sa.NullPool)
    with engine.begin() as connection:
        yield connection


def _hang_up(name: str) -> None:
    run(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        " AND backend_type = 'client backend'"
    )


_all: list[str] = []
_free: list[str] = []
_bare: list[str] = []


def drop_all() -> None:
    """At the end of the run."""
    while _all:
        run(f"DROP DATABASE IF EXISTS {_all.pop()} WITH (FORCE)")
