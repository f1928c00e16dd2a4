"""Old answers are forgotten.

given answers younger than the days that are kept, or a gateway that keeps them for ever
    it should forget none
given older ones
    it should forget them, the oldest first, a lot at a time, and their keys are new again
given nothing more to forget
    it should look again after a minute, not at each step
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.ids import keccak256
from ledger.records import Answer, Audit
from ledger.service import Service
from ledger.typed import Domain
from ledger.work import forgetting
from ledger.work.forgetting import DAY, PAUSE, Forgetting
from tests.support.books import fresh_book

NOW = 1_800_000_000


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> int:
        return self.time


@pytest.fixture
def book() -> Any:
    found = fresh_book()

    def work(store: Any) -> None:
        for age in (0, 29, 31, 32, 40):
            store.add(Answer("scope", f"{age} days", b"h", 201, "{}", NOW - age * DAY))
        store.add(Audit("a", NOW - 90 * DAY, "user", 1, "draft", "act", {}))

    found.write(work)
    return found


def kept(book: Any) -> list[str]:
    return [answer.key for answer in book.read(lambda store: store.find(Answer, order="at"))]


def test_young_ones_stay(book: Any) -> None:
    assert Forgetting(book, Clock(), 41).step() == 0
    assert Forgetting(book, Clock(), 0).step() == 0
    assert len(kept(book)) == 5


def test_old_ones_go_a_lot_at_a_time(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "LOT", 2)
    work = Forgetting(book, Clock(), 30)
    assert work.step() == 2
    assert kept(book) == ["31 days", "29 days", "0 days"]
    assert [work.step(), work.step()] == [1, 0]
    assert kept(book) == ["29 days", "0 days"]
    assert book.read(lambda store: store.count(Audit)) == 1


def test_it_looks_once_a_minute(book: Any) -> None:
    clock = Clock()
    work = Forgetting(book, clock, 30)
    assert (work.step(), work.step()) == (3, 0)
    book.write(lambda store: store.add(Answer("scope", "50 days", b"h", 201, "{}", NOW - 50 * DAY)))
    clock.time += PAUSE - 1
    assert work.step() == 0
    clock.time += 1
    assert work.step() == 1
    assert kept(book) == ["29 days", "0 days"]


def test_a_forgotten_key_is_a_new_one(book: Any) -> None:
    clock = Clock()
    service = Service(Domain(1, "0x" + "11" * 20, keccak256(b"")), None, clock)  # type: ignore[arg-type]

    def ask(text: str) -> Any:
        return book.write(lambda store: service.once(store, "scope", "40 days", b"body", lambda: (201, text)))

    book.write(lambda store: store.delete(Answer, "scope", "40 days"))
    assert ask("first").body == ask("second").body == "first"
    clock.time += 31 * DAY
    Forgetting(book, clock, 30).step()
    assert (ask("third").body, ask("fourth").again) == ("third", True)
