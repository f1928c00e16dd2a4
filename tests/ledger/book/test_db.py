"""The book in a database.

given an address that can't be a book, or a file that is not one, is held or is newer
    it should say so, with the way out
given several works in one group
    when one raises           it should undo that one alone, and tell only its caller
    when the commit fails     it should tell all of them that nothing was written
    when the program dies     nothing that was answered is lost
given a file
    when it is written      each commit should wait for the disk, and the log be brought into it in large lots
given a reader
    it should see one snapshot, whatever is written meanwhile, and never half a work
given many threads
    it should lose no write
given a closed book
    it should have written what was waiting, and take no more
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event

from ledger.book import engines
from ledger.book.db import SqlBook
from ledger.book.errors import BookUnavailable
from ledger.errors import Conflict
from ledger.money import Fen
from ledger.records import Answer, Audit, Opening


def audit(number: int, user: str = "wang") -> Audit:
    return Audit(f"{number:06d}", number, user, 1, "sign", "", {})


class Held:
    """Keeps the writer busy, so that what is submitted meanwhile becomes one group."""

    def __init__(self, book: SqlBook) -> None:
        self._go = threading.Event()
        started = threading.Event()

        def hold(_store):
            started.set()
            assert self._go.wait(30)

        self._future = book.submit(hold)
        assert started.wait(30)

    def release(self) -> None:
        self._go.set()
        self._future.result(30)


# ---- what can't be opened -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mysql://localhost/book", "mysql"),
        ("sqlite://", "file of its own"),
        ("sqlite:///:memory:", "file of its own"),
        ("postgres ql://x", "address"),
    ],
)
def test_an_address_that_is_none_of_a_book(address, words):
    with pytest.raises(BookUnavailable, match=words):
        SqlBook(address)


def test_a_folder_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BookUnavailable, match=r"can't be written.*check"):
        SqlBook(str(tmp_path / "file" / "book.db"))


def test_a_file_that_is_something_else(tmp_path):
    (tmp_path / "book.db").write_bytes(b"PK" + b"not a database" * 100)
    with pytest.raises(BookUnavailable, match=r"not a database.*another path"):
        SqlBook(str(tmp_path / "book.db"))


def test_a_file_that_another_process_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_MS", 50)
    path = tmp_path / "book.db"
    SqlBook(str(path)).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BookUnavailable, match=r"locked.*another process"):
        SqlBook(str(path))
    other.execute("ROLLBACK")
    other.close()
    SqlBook(str(path)).close()


def test_a_write_while_another_process_holds_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_MS", 50)
    book = SqlBook(str(tmp_path / "book.db"))
    other = sqlite3.connect(tmp_path / "book.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BookUnavailable, match=r"nothing was written.*locked"):
        book.write(lambda s: s.put(audit(1)))
    assert book.read(lambda s: s.count(Audit)) == 0
    other.execute("ROLLBACK")
    other.close()
    book.write(lambda s: s.put(audit(1)))
    assert book.read(lambda s: s.count(Audit)) == 1
    book.close()


def test_a_password_is_never_told():
    with pytest.raises(BookUnavailable) as told:
        SqlBook("postgresql://clerk:verysecret@127.0.0.1:1/book?connect_timeout=2")
    assert "verysecret" not in str(told.value)
    assert "verysecret" not in str(told.value.evidence)


@pytest.mark.skipif(os.name != "posix", reason="rights of files")
def test_only_the_owner_reads_the_file(tmp_path):
    book = SqlBook(str(tmp_path / "deep" / "book.db"))
    book.write(lambda s: s.put(audit(1)))
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "deep").iterdir()} == {0}
    book.close()


# ---- groups ---------------------------------------------------------------------------------------


def test_one_that_raises_is_undone_alone(sql_book):
    def spoil(store):
        store.put(audit(2))
        store.put(Opening(2, limit=Fen(5)))
        raise LookupError("not this one")

    held = Held(sql_book)
    first = sql_book.submit(lambda s: s.add(audit(1)))
    second = sql_book.submit(spoil)
    again = sql_book.submit(lambda s: s.add(audit(1)))
    third = sql_book.submit(lambda s: (s.put(audit(3)), s.count(Audit))[1])
    held.release()
    assert first.result(30) is None
    with pytest.raises(LookupError, match="not this one"):
        second.result(30)
    with pytest.raises(Conflict):
        again.result(30)
    assert third.result(30) == 2
    assert sql_book.read(lambda s: s.find(Audit)) == [audit(1), audit(3)]
    assert sql_book.read(lambda s: s.count(Opening)) == 0


def test_what_waits_shares_one_commit(sql_book):
    commits = []
    event.listen(sql_book._writing, "commit", commits.append)
    held = Held(sql_book)
    waiting = [sql_book.submit(lambda s, i=i: s.put(audit(i))) for i in range(60)]
    held.release()
    [future.result(30) for future in waiting]
    assert len(commits) == 3  # the one that held, fifty, ten


def test_a_commit_that_fails_is_told_to_all(sql_book):
    commits = []

    def fail_the_second(_connection):
        commits.append(1)
        if len(commits) == 2:
            raise OSError("the disk is gone")

    event.listen(sql_book._writing, "commit", fail_the_second)
    held = Held(sql_book)
    waiting = [sql_book.submit(lambda s, i=i: s.put(audit(i))) for i in range(3)]
    held.release()
    for future in waiting:
        with pytest.raises(BookUnavailable, match=r"nothing was written.*disk is gone"):
            future.result(30)
    assert sql_book.read(lambda s: s.count(Audit)) == 0
    sql_book.write(lambda s: s.put(audit(1)))
    assert sql_book.read(lambda s: s.count(Audit)) == 1


def test_what_is_cancelled_while_it_waits_is_not_begun(sql_book):
    held = Held(sql_book)
    waiting = [sql_book.submit(lambda s, i=i: s.put(audit(i))) for i in range(3)]
    assert waiting[1].cancel()
    held.release()
    waiting[2].result(30)
    assert sql_book.read(lambda s: s.find(Audit)) == [audit(0), audit(2)]
    sql_book.write(lambda s: s.put(audit(3)))


def test_an_error_of_the_database_inside_a_work_spoils_no_other(sql_book):
    def misspelt(store):
        store.put(audit(2))
        store._cursor.execute("SELECT x FROM nowhere")

    held = Held(sql_book)
    waiting = [
        sql_book.submit(work) for work in (lambda s: s.put(audit(1)), misspelt, lambda s: s.put(audit(3)))
    ]
    held.release()
    with pytest.raises(Exception, match="nowhere"):
        waiting[1].result(30)
    waiting[2].result(30)
    assert sql_book.read(lambda s: s.find(Audit)) == [audit(1), audit(3)]


def test_an_exit_inside_a_work_undoes_the_group_and_the_writer_goes_on(sql_book):
    def leave(store):
        store.put(audit(2))
        raise SystemExit(1)

    held = Held(sql_book)
    waiting = [sql_book.submit(lambda s: s.put(audit(1))), sql_book.submit(leave)]
    held.release()
    for future in waiting:
        with pytest.raises(BookUnavailable, match="nothing was written"):
            future.result(30)
    assert sql_book.read(lambda s: s.count(Audit)) == 0
    sql_book.write(lambda s: s.put(audit(3)))
    assert sql_book.read(lambda s: s.find(Audit)) == [audit(3)]


# ---- durability -----------------------------------------------------------------------------------

_WRITES_AND_TELLS = """
import sys, threading
from ledger.book.db import SqlBook
from ledger.records import Audit
book = SqlBook(sys.argv[1])
def work(thread):
    for i in range(100000):
        book.write(lambda s: s.add(Audit(f"{thread}-{i}", i, "li", 1, "sign", "", {})))
        sys.stdout.write(f"{thread}-{i}\\n"); sys.stdout.flush()
for thread in range(3):
    threading.Thread(target=work, args=(thread,)).start()
"""


def test_what_was_answered_survives_a_kill(dsn):
    SqlBook(dsn).close()
    root = Path(__file__).parents[3]
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITES_AND_TELLS, dsn], stdout=subprocess.PIPE, cwd=root
    )
    told = [writer.stdout.readline() for _ in range(30)]
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read()
    writer.stdout.close()
    writer.wait(30)
    names = {line.decode().strip() for line in told} | {line.decode() for line in rest.split(b"\n")[:-1]}
    book = SqlBook(dsn)
    kept = {row.id for row in book.read(lambda s: s.find(Audit))}
    book.close()
    assert len(names) >= 30
    assert names <= kept


# ---- readers and threads --------------------------------------------------------------------------


def test_a_reader_sees_one_snapshot(sql_book):
    sql_book.write(lambda s: s.put(audit(1)))

    def look(store):
        before = store.count(Audit)
        sql_book.write(lambda s: s.put(audit(2)))
        return before, store.count(Audit), store.get(Audit, audit(2).id)

    assert sql_book.read(look) == (1, 1, None)
    assert sql_book.read(lambda s: s.count(Audit)) == 2


def test_a_reader_does_not_see_what_is_not_committed(sql_book):
    def work(store):
        store.put(audit(1))
        return sql_book.read(lambda s: s.count(Audit))

    assert sql_book.write(work) == 0


def test_eight_threads_lose_no_write(sql_book):
    def count_up(_):
        for _ in range(25):
            sql_book.write(lambda s: s.put(Opening(1, sequence=s.need(Opening, 1).sequence + 1)))
            value = sql_book.read(lambda s: (s.need(Opening, 1).sequence, s.need(Opening, 1).sequence))
            assert value[0] == value[1]

    sql_book.write(lambda s: s.put(Opening(1)))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(8)))
    assert sql_book.read(lambda s: s.need(Opening, 1)).sequence == 200


def test_one_of_many_threads_wins_a_key(sql_book):
    def claim(who: int):
        try:
            sql_book.write(lambda s: s.add(Answer("key:/v1/acts", "k", b"", 0, str(who), 0)))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(claim, range(8)))
    assert sum(won) == 1
    assert sql_book.read(lambda s: s.need(Answer, "key:/v1/acts", "k")).body == str(won.index(True))


def test_two_books_on_one_database_take_turns(dsn, sql_book):
    other = SqlBook(dsn)
    sql_book.write(lambda s: s.put(Opening(1)))

    def count_up(book):
        for _ in range(20):
            book.write(lambda s: s.put(Opening(1, sequence=s.need(Opening, 1).sequence + 1)))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count_up, [sql_book, other]))
    other.close()
    assert sql_book.read(lambda s: s.need(Opening, 1)).sequence == 40


# ---- the end --------------------------------------------------------------------------------------


def test_closing_writes_what_waits_and_takes_no_more(dsn):
    book = SqlBook(dsn)
    held = Held(book)
    waiting = [book.submit(lambda s, i=i: s.put(audit(i))) for i in range(70)]
    held._go.set()
    book.close()
    assert all(future.done() for future in waiting)
    with pytest.raises(BookUnavailable, match="closed"):
        book.write(lambda s: None)
    book.close()
    again = SqlBook(dsn)
    assert again.read(lambda s: s.count(Audit)) == 70
    again.close()


def test_what_is_read_while_it_closes_is_closed_afterwards(dsn):
    book = SqlBook(dsn)
    with book.reading() as connection:
        driver = connection.connection.driver_connection
        book.close()
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    with pytest.raises(Exception, match="closed"):
        driver.execute("SELECT 1")


def test_each_commit_waits_for_the_disk(tmp_path):
    engine = engines.writer_engine(engines.parse_dsn(str(tmp_path / "book.db")))
    with engine.begin() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "wal_autocheckpoint")
        }
    engine.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 16_384}
