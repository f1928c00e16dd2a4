"""The journal's steps.

given the steps there are
    it should lead to exactly the tables that the records ask for, on each engine
    it should end at the step that the code names
given a journal of a later version
    it should refuse, name both steps, and change nothing
given a journal of an earlier version with something in it
    it should keep what is there, and give new fields their meaning
    it should note whose a returned line is, where the projection is there to tell
given a journal that is up to date
    it should do nothing
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ledger.book.db import SqlBook
from ledger.book.engines import parse_dsn, writer_engine
from ledger.book.errors import BookTooNew, BookUnavailable
from ledger.book.migrations import HEAD, configuration, revision, upgrade
from ledger.book.projection import prepare
from ledger.book.tables import TABLES, fen_writer, journal
from ledger.money import Fen
from ledger.records import ReturnedLine, SignedBytes, Ticket, Transaction


@pytest.fixture
def engine(dsn):
    made = writer_engine(parse_dsn(dsn))
    yield made
    made.dispose()


def test_a_journal_of_a_later_version_is_refused(dsn, engine):
    upgrade(dsn)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for opening in (upgrade, SqlBook):
        with pytest.raises(BookTooNew, match=rf"9999.*{HEAD}.*newer"):
            opening(dsn)
    with engine.begin() as connection:
        assert revision(connection) == "9999"


def test_a_place_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BookUnavailable):
        upgrade(str(tmp_path / "file" / "book.db"))


def test_the_steps_lead_to_the_records(dsn, engine):
    upgrade(dsn)
    with engine.begin() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or name in journal.tables}
        context = MigrationContext.configure(connection, opts=options)
        difference = compare_metadata(context, journal)
    assert difference == [], 'after changing a record: python -m ledger.book.migrations "what and why"'


def test_the_code_names_the_last_step(dsn, engine):
    with engine.begin() as connection:
        script = ScriptDirectory.from_config(configuration(connection))
    assert script.get_current_head() == HEAD


def test_upgrading_again_does_nothing(dsn, engine):
    with engine.begin() as connection:
        assert revision(connection) is None
    upgrade(dsn)
    upgrade(dsn)
    with engine.begin() as connection:
        assert revision(connection) == HEAD


def test_what_was_there_stays(dsn, engine):
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0001")
        columns = "hash, relayer, nonce, raw, legs, state, block, gas, created_at"
        connection.execute(
            sa.text(
                f"INSERT INTO \"transaction\" ({columns}) VALUES (:h, 'r', 7, :h, '[]', 'sent', 0, 0, 5)"
            ),
            {"h": b"\1" * 32},
        )
    with closing(SqlBook(dsn)) as book:
        kept = book.read(lambda store: store.need(Transaction, b"\1" * 32))
        raw = book.read(lambda store: store.need(SignedBytes, b"\1" * 32)).raw
    assert (kept.nonce, kept.state, kept.kind, raw) == (7, "sent", "relay", b"\1" * 32)


@pytest.mark.parametrize("there", [True, False])
def test_a_returned_line_is_its_holder_s(dsn, engine, there):
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0004")
        if there:
            prepare(connection)
            wallet = Ticket(b"t", b"i", None, 7, Fen(5), 5, "", 1, 0)
            connection.execute(sa.insert(TABLES[Ticket]).values(asdict(wallet)))
        for ticket in (b"t", b"gone"):
            connection.execute(
                sa.text(
                    "INSERT INTO returned_line (ref, ticket, bank, amount, reason, at, ended) "
                    "VALUES (:r, :t, 3, :amount, '', 5, :no)"
                ),
                {"r": b"r", "t": ticket, "amount": fen_writer(engine.dialect)(5), "no": False},
            )
    with closing(SqlBook(dsn)) as book:
        parties = {line.ticket: line.party for line in book.read(lambda store: store.find(ReturnedLine))}
    assert parties == {b"t": 7 if there else 0, b"gone": 0}
