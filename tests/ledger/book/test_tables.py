"""Tables from records.

given the records
    it should make one table for each, named in snake case, with its key and indexes
    it should keep projection and journal apart: no table in both, no foreign key at all
    when an annotation is unknown it should refuse
given a value of JSON
    it should always be the same text
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.book.tables import TABLES, column_type, dump_json, journal, projection
from ledger.records import JOURNAL, PROJECTION, Act, StoredDocument, Ticket


@pytest.mark.parametrize("hint", [float, object, Any, int | str, int | str | None, set[int], complex])
def test_an_annotation_without_a_column_type_is_refused(hint):
    with pytest.raises(TypeError):
        column_type(hint)


def test_projection_and_journal_know_nothing_of_each_other():
    assert not set(projection.tables) & set(journal.tables)
    for table in (*projection.tables.values(), *journal.tables.values()):
        assert not table.foreign_keys


def test_each_record_has_its_table():
    assert set(TABLES) == {*PROJECTION, *JOURNAL}
    assert {TABLES[record].metadata for record in PROJECTION} == {projection}
    assert {TABLES[record].metadata for record in JOURNAL} == {journal}
    assert TABLES[StoredDocument].name == "stored_document"


@pytest.mark.parametrize("record", [*PROJECTION, *JOURNAL], ids=lambda record: record.__name__)
def test_columns_are_the_fields(record):
    table = TABLES[record]
    assert [column.name for column in table.columns] == [field.name for field in fields(record)]
    keys = [field.name for field in fields(record) if field.metadata.get("key")]
    assert keys
    assert [column.name for column in table.primary_key.columns] == keys
    indexed = {(field.name,) for field in fields(record) if field.metadata.get("index")}
    within = {(outer, f.name) for f in fields(record) for outer in f.metadata.get("within", ())}
    until = {(outer,) for f in fields(record) for outer in f.metadata.get("until", ())}
    found = {tuple(column.name for column in index.columns) for index in table.indexes}
    assert found == indexed | within | until


def test_only_what_may_be_empty_is_nullable():
    assert [column.name for column in TABLES[Ticket].columns if column.nullable] == ["parent"]
    assert not any(column.nullable for column in TABLES[Act].columns)


def test_no_key_counts_by_itself():
    assert all(column.autoincrement is False for table in TABLES.values() for column in table.primary_key)
    assert isinstance(TABLES[Ticket].c.tier.type, sa.BigInteger)


def test_json_has_one_text():
    assert dump_json({"b": 1, "a": ["岚", None]}) == '{"a":["岚",null],"b":1}'
    assert dump_json({"a": ["岚", None], "b": 1}) == dump_json({"b": 1, "a": ["岚", None]})
