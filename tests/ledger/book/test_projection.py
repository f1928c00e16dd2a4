"""The projection's life.

given a book made with another layout or other rules
    it should throw the projection away, old tables too, and keep the journal
given a rebuilt projection in a file of its own
    when it is behind           it should refuse and change nothing
    when copying fails          it should leave the old one as it was
    when it is swapped in       it should replace every record; readers see old or new, never half
    when it is asked for a journal's record it should have none
"""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from ledger.book import projection
from ledger.book.db import SqlBook
from ledger.book.errors import BookUnavailable
from ledger.book.projection import ProjectionBehind
from ledger.money import MAX_FEN, Fen
from ledger.records import Audit, Cursor, Log, Opening, Participant


def fill(book: SqlBook, block: int, cores: int) -> None:
    def work(store):
        store.put(Cursor(1, block, b"\x01" * 32, 5))
        for core in range(cores):
            store.put(Opening(core, limit=Fen(MAX_FEN), used=Fen(block)))
        store.put(Log(block, 0, "Issued", {"face": "100"}, b"tx", 5, b""))

    book.write(work)


@pytest.fixture
def rebuilt(tmp_path):
    book = SqlBook.fresh_projection(tmp_path / "rebuilt.db")
    yield book
    book.close()


# ---- negative -------------------------------------------------------------------------------------


def test_one_that_is_behind_is_refused(sql_book, rebuilt):
    fill(sql_book, block=9, cores=3)
    fill(rebuilt, block=8, cores=1)
    with pytest.raises(ProjectionBehind, match=r"block 8.*block 9"):
        sql_book.replace_projection(rebuilt)
    assert sql_book.read(lambda s: s.count(Opening)) == 3
    sql_book.replace_projection(rebuilt, even_if_behind=True)
    assert sql_book.read(lambda s: s.need(Cursor, 1)).block == 8


def test_a_swap_that_fails_leaves_the_old_one(sql_book, rebuilt):
    fill(sql_book, block=1, cores=3)
    fill(rebuilt, block=2, cores=1)
    with rebuilt.exclusive() as connection:
        connection.execute(sa.text("DROP TABLE replacement"))
    with pytest.raises(BookUnavailable, match="replacement"):
        sql_book.replace_projection(rebuilt)
    assert sql_book.read(lambda s: s.need(Cursor, 1)).block == 1
    assert sql_book.read(lambda s: s.count(Opening)) == 3
    fill(sql_book, block=2, cores=4)


def test_a_projection_alone_has_no_journal(rebuilt):
    with pytest.raises(BookUnavailable, match="audit"):
        rebuilt.read(lambda s: s.count(Audit))


def test_a_swap_inside_a_write_is_refused(sql_book, rebuilt):
    with pytest.raises(RuntimeError, match="inside a write"):
        sql_book.write(lambda _: sql_book.replace_projection(rebuilt))


# ---- layout ---------------------------------------------------------------------------------------


def test_opening_again_keeps_everything(dsn, sql_book):
    fill(sql_book, block=7, cores=2)
    sql_book.close()
    again = SqlBook(dsn)
    assert not again.projection_reset
    assert again.read(lambda s: s.need(Cursor, 1)).block == 7
    again.close()


def test_other_rules_throw_the_projection_away_and_keep_the_journal(dsn, sql_book, monkeypatch):
    fill(sql_book, block=7, cores=2)
    sql_book.write(lambda s: s.put(Audit("1", 1, "wang", 1, "sign", "", {})))
    with sql_book.exclusive() as connection:
        connection.execute(sa.text("CREATE TABLE left_over (id INTEGER)"))
        names = ["left_over", *sorted(projection.projection.tables)]
        connection.execute(sa.update(projection._layout).values(tables=names))
    sql_book.close()
    monkeypatch.setattr(projection, "RULES", projection.RULES + 1)
    again = SqlBook(dsn)
    assert again.projection_reset
    assert again.read(lambda s: s.get(Cursor, 1)) is None
    assert again.read(lambda s: s.count(Opening)) == 0
    assert again.read(lambda s: s.count(Audit)) == 1
    with again.reading() as connection:
        assert not sa.inspect(connection).has_table("left_over")
    again.close()
    once_more = SqlBook(dsn)
    assert not once_more.projection_reset
    once_more.close()


def test_the_fingerprint_follows_layout_indexes_and_rules(monkeypatch):
    before = projection.fingerprint()
    assert before == projection.fingerprint()
    table = projection.projection.tables["cursor"]
    index = sa.Index("ix_cursor_time", table.c.time)
    assert projection.fingerprint() != before
    table.indexes.remove(index)
    assert projection.fingerprint() == before
    other = sa.MetaData()
    sa.Table("cursor", other, sa.Column("id", sa.BigInteger, primary_key=True))
    with monkeypatch.context() as patch:
        patch.setattr(projection, "projection", other)
        assert projection.fingerprint() != before
    monkeypatch.setattr(projection, "RULES", 99)
    assert projection.fingerprint() != before


# ---- swap -----------------------------------------------------------------------------------------


def test_the_rebuilt_one_takes_the_place(sql_book, rebuilt):
    fill(sql_book, block=3, cores=9)
    sql_book.write(lambda s: s.put(Participant(1, "91340100MA9DEM0A3H", 1, 2, b"")))
    sql_book.write(lambda s: s.put(Audit("1", 1, "wang", 1, "sign", "", {})))
    fill(rebuilt, block=4, cores=2500)
    sql_book.replace_projection(rebuilt)
    for kind in (Cursor, Opening, Log, Participant):
        ask = lambda s, kind=kind: s.find(kind)  # noqa: E731
        assert sql_book.read(ask) == rebuilt.read(ask)
    assert sql_book.read(lambda s: s.count(Audit)) == 1
    fill(sql_book, block=5, cores=1)
    sql_book.replace_projection(sql_book_copy(rebuilt, 6))
    assert sql_book.read(lambda s: s.need(Cursor, 1)).block == 6


def sql_book_copy(rebuilt: SqlBook, block: int) -> SqlBook:
    fill(rebuilt, block=block, cores=1)
    return rebuilt


def test_readers_see_old_or_new_and_writers_wait(sql_book, rebuilt):
    fill(sql_book, block=1, cores=1)
    fill(rebuilt, block=2, cores=1000)
    seen, done = set(), threading.Event()

    def look():
        while not done.is_set():
            seen.add(sql_book.read(lambda s: (s.need(Cursor, 1).block, s.count(Opening), s.count(Log))))

    watchers = [threading.Thread(target=look) for _ in range(2)]
    [watcher.start() for watcher in watchers]
    sql_book.replace_projection(rebuilt)
    sql_book.write(lambda s: s.put(Audit("1", 1, "wang", 1, "sign", "", {})))
    done.set()
    [watcher.join(30) for watcher in watchers]
    assert seen <= {(1, 1, 1), (2, 1000, 1)}


def test_a_fresh_one_forgets_what_was_in_the_file(tmp_path):
    first = SqlBook.fresh_projection(tmp_path / "p.db")
    fill(first, block=1, cores=1)
    first.close()
    second = SqlBook.fresh_projection(tmp_path / "p.db")
    assert second.read(lambda s: s.get(Cursor, 1)) is None
    second.close()
