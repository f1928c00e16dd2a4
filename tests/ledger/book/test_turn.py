"""Whose turn it is to write a SQLite file.

given a process that writes without a pause
    when another one wants to write
        it should come to its turn after one of the other's, however often that one comes
    when it holds the file and does not end
        it should be told what holds it, within the patience, and nothing should be written
    when it is killed
        it should get its turn at once
given two processes that count the same row up
    it should count each of their steps
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from ledger.book.db import SqlBook
from ledger.book.errors import BookUnavailable
from ledger.book.turn import Turn
from ledger.records import Lease

ROOT = Path(__file__).parents[3]
_COUNTS = """
import sys
from dataclasses import replace
from ledger.book.db import SqlBook
from ledger.records import Lease
book = SqlBook(sys.argv[1])
def step(store):
    store.put(replace(store.need(Lease, "count"), nonce=store.need(Lease, "count").nonce + 1))
for _ in range(int(sys.argv[2])):
    book.write(step)
book.close()
"""
_HOLDS = """
import sys, time
from ledger.book.turn import Turn
with Turn(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def test_who_holds_it_too_long_is_named(tmp_path):
    file = str(tmp_path / "book.sqlite")
    with closing(Turn(file)) as first, closing(Turn(file, patience=0.05)) as second:
        with first, pytest.raises(BookUnavailable, match=r"book\.sqlite.*has held it for 0\.05 s"), second:
            pytest.fail("two at a time")
        with second:
            pass


def test_a_killed_process_holds_nothing(tmp_path):
    file = str(tmp_path / "book.sqlite")
    holder = subprocess.Popen([sys.executable, "-c", _HOLDS, file], stdout=subprocess.PIPE, cwd=ROOT)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with closing(Turn(file, patience=0.5)) as turn, turn:
        pass


def test_nobody_goes_twice_before_another(tmp_path):
    file = str(tmp_path / "book.sqlite")
    order: list[str] = []
    done = threading.Event()

    def often() -> None:
        turn = Turn(file)
        while not done.is_set():
            with turn:
                order.append("often")
                time.sleep(0.005)
        turn.close()

    busy = threading.Thread(target=often)
    busy.start()
    turn = Turn(file)
    try:
        for _ in range(5):
            time.sleep(0.02)
            before = len(order)
            with turn:
                # the one under way, and one more that had passed the gate before
                assert len(order) - before <= 2
    finally:
        done.set()
        busy.join()
        turn.close()


def test_two_processes_lose_no_step(tmp_path):
    dsn = f"sqlite:///{tmp_path / 'book.sqlite'}"
    book = SqlBook(dsn)
    book.write(lambda store: store.put(Lease("count", "", 0, 0, 0)))
    others = [subprocess.Popen([sys.executable, "-c", _COUNTS, dsn, "100"], cwd=ROOT) for _ in range(2)]
    assert [other.wait(60) for other in others] == [0, 0]
    assert book.read(lambda store: store.need(Lease, "count")).nonce == 200
    book.close()
