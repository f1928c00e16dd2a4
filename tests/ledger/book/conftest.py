"""Where a book under test lives: a file, and PostgreSQL too where GOLDTICKET_TEST_POSTGRES names a server
(postgresql://user@host/database); each test gets a schema of its own there."""

from __future__ import annotations

import os
import uuid
from contextlib import closing, contextmanager

import pytest
import sqlalchemy as sa

from ledger.book.db import SqlBook
from ledger.book.engines import parse_dsn
from tests.support.books import new_book_file
from tests.support.memory import MemoryBook

POSTGRES = os.environ.get("GOLDTICKET_TEST_POSTGRES", "")
ENGINES = ["sqlite", *(["postgresql"] if POSTGRES else [])]


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
    with place(request.param, tmp_path, empty=True) as dsn, closing(SqlBook(dsn)) as made:
        yield made


@contextmanager
def place(engine, folder, *, empty=False):
    if engine == "sqlite":
        if empty:
            new_book_file(folder)
        yield f"sqlite:///{folder}/book.db"
        return
    url, schema = parse_dsn(POSTGRES), f"test_{uuid.uuid4().hex}"
    server = sa.create_engine(url)
    with server.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    mine = url.update_query_dict({"options": f"-csearch_path={schema}"})
    yield mine.render_as_string(hide_password=False)
    with server.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    server.dispose()
