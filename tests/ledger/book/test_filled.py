"""A journal of an earlier version with a whole town's affairs in it, brought forward.

given `filled-0001.json.gz`: every row of the journal of a ledger where every operation succeeded once, at step 0001
    when this version opens it, in SQLite or PostgreSQL
        it should keep every row and every value of columns that are still there, and read all of them as records
"""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from ledger.book.db import SqlBook
from ledger.book.engines import parse_dsn, writer_engine
from ledger.book.migrations import HEAD, configuration, revision
from ledger.book.tables import table_name
from ledger.records import JOURNAL

FILE = Path(__file__).parent / "filled-0001.json.gz"
FILLED: dict[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()))


@pytest.fixture
def engine(dsn):
    made = writer_engine(parse_dsn(dsn))
    yield made
    made.dispose()


def value(kind: sa.types.TypeEngine[Any], found: Any) -> Any:
    """What is written to a column of this type, or was read from it, in one form for both databases."""
    if isinstance(found, dict):
        return bytes.fromhex(found["hex"])
    if isinstance(found, memoryview):
        return bytes(found)
    if found is not None and isinstance(kind, sa.Boolean):
        return bool(found)
    if found is not None and isinstance(kind, sa.Numeric | sa.CHAR) and not isinstance(kind, sa.Text):
        return int(found)
    return found


def rows(connection: sa.Connection, table: sa.Table, names: list[str]) -> list[str]:
    columns = [table.c[name] for name in names]
    return sorted(
        repr([value(column.type, one) for column, one in zip(columns, row, strict=True)])
        for row in connection.execute(sa.select(*columns))
    )


def test_every_row_and_value_comes_along(dsn, engine):
    meta, before = sa.MetaData(), {}
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0001")
        for name, filled in FILLED.items():
            table = sa.Table(name, meta, autoload_with=connection)
            for row in filled["rows"]:
                given = {}
                for column, found in zip(filled["columns"], row, strict=True):
                    kind = table.c[column].type
                    plain = isinstance(kind, sa.CHAR) and connection.dialect.name == "sqlite"
                    given[column] = found if plain else value(kind, found)
                connection.execute(sa.insert(table).values(given))
            before[name] = rows(connection, table, filled["columns"])
            assert len(before[name]) == len(filled["rows"])
    with closing(SqlBook(dsn)) as book:
        counted = {
            table_name(kind): len(book.read(lambda store, kind=kind: store.find(kind))) for kind in JOURNAL
        }
    with engine.begin() as connection:
        assert revision(connection) == HEAD
        now = sa.MetaData()
        now.reflect(connection)
        for name, filled in FILLED.items():
            old, new = meta.tables[name], now.tables[name]
            kept = [column for column in filled["columns"] if column in new.c]
            gone = [at for at, column in enumerate(filled["columns"]) if column not in new.c]
            assert counted[name] == len(filled["rows"]), name
            assert len(gone) <= 1, f"{name} loses columns: say here where their values went"
            if not gone:
                assert rows(connection, new, kept) == before[name], name
            assert set(old.primary_key.columns.keys()) == set(new.primary_key.columns.keys())
        raws = connection.execute(sa.text("SELECT hash, raw FROM signed_bytes")).all()
    at = FILLED["transaction"]["columns"]
    wanted = {
        (row[at.index("hash")]["hex"], row[at.index("raw")]["hex"]) for row in FILLED["transaction"]["rows"]
    }
    assert {(bytes(hash_).hex(), bytes(raw).hex()) for hash_, raw in raws} == wanted
