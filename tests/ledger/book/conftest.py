"""Where a book under test lives: a file, and PostgreSQL too where GOLDTICKET_TEST_POSTGRES names a server
(postgresql://user@host/database); each test gets a database of its own there."""

from __future__ import annotations

from contextlib import closing, contextmanager

import pytest

from ledger.book.db import SqlBook
from tests.support import postgres
from tests.support.books import new_book_file
from tests.support.memory import MemoryBook

ENGINES = ["sqlite", *(["postgresql"] if postgres.SERVER else [])]


@pytest.fixture(params=ENGINES)
def dsn(request, tmp_path):
    """Where nothing is yet."""
    with place(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def sql_book(dsn, tmp_path):
    if dsn.startswith("sqlite"):
        new_book_file(tmp_path)
    with closing(SqlBook(dsn)) as made:
        yield made


@pytest.fixture(params=["memory", *ENGINES])
def book(request, tmp_path):
    """Every book there is: what holds for one has to hold for all."""
    if request.param == "memory":
        yield MemoryBook()
        return
    with place(request.param, tmp_path, tables=True) as dsn, closing(SqlBook(dsn)) as made:
        yield made


@contextmanager
def place(engine, folder, *, tables=False):
    if engine == "postgresql":
        with postgres.database(empty=not tables) as dsn:
            yield dsn
        return
    if tables:
        new_book_file(folder)
    yield f"sqlite:///{folder}/book.db"
