"""Four validators and a gateway while a steady load of acts runs, on every engine whose program is here.

given one validator that is killed, the one that the gateway asks first
    acts should go on being final; the gateway should leave it within seconds, and return when it is back and level
given two that are killed
    nothing should become final and nothing be lost; the API should accept, and say that it waits for the network
    when one is back: everything accepted should become final
given one that is paused, one that is wiped, all killed at once
    acts should go on, or go on again, without one lost
given validators parted two and two, and healed
    what was accepted should become final, the book follow the canonical chain
given a node that lies: hides logs, lags, repeats itself, serves another chain
    it should be named and left, and the book stay right
at the end: each act is final exactly once, and book, rebuild and storage agree
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from ledger.records import Log, Ticket
from tests.network.life import PART, Life, life_on

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def life(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with life_on(engine_name, tmp_path_factory.mktemp(engine_name)) as found:
        yield found


@pytest.fixture(autouse=True)
def _loaded(life: Life) -> Iterator[None]:
    """The load runs during each test; all nodes are level before."""
    life.between.lie = ""
    life.level()
    life.go()
    yield
    life.rest()


def test_one_killed(life: Life) -> None:
    life.goes_on(3)
    life.network.kill(0)
    left = life.until(lambda: not life.healthy(0), "the dead node is left", within=15)
    assert left < 8
    life.goes_on(6)
    life.network.start(0)
    life.until(lambda: life.healthy(0), "the gateway returns to it")


def test_two_killed(life: Life) -> None:
    life.goes_on(3)
    life.network.kill(0)
    life.network.kill(1)
    time.sleep(6)  # blocks that were made already become final
    before, accepted = life.final(), len(life.accepted)
    life.until(
        lambda: any("waiting for the network" in note for note in life.notes()), "it says that it waits", 40
    )
    life.until(lambda: len(life.accepted) > accepted + 3, "the API goes on accepting")
    assert life.final() == before, "two of four make no block"
    assert life.app.failure == "" or "no node" not in life.app.failure
    life.network.start(0)
    life.goes_on(len(life.accepted) - before, within=240)
    life.network.start(1)
    assert not any("waiting" in note for note in life.notes())


def test_one_paused(life: Life) -> None:
    life.goes_on(2)
    life.network.pause(0)
    left = life.until(lambda: not life.healthy(0), "the silent node is left", within=20)
    assert left < 12
    life.goes_on(5)
    life.network.start(0)
    life.until(lambda: life.healthy(0), "the gateway returns to it")


def test_one_wiped(life: Life) -> None:
    life.goes_on(2)
    life.network.wipe(3)
    life.goes_on(3)
    life.network.start(3)
    life.level()


def test_parted_two_and_two(life: Life) -> None:
    life.goes_on(2)
    life.network.part([0, 1], [2, 3])
    time.sleep(12)
    life.network.heal()
    life.goes_on(5)


def test_all_killed_at_once(life: Life) -> None:
    life.goes_on(2)
    for number in range(4):
        life.network.kill(number)
    accepted = len(life.accepted)
    life.until(lambda: len(life.accepted) > accepted, "the API goes on accepting")
    life.network.start_all()
    life.goes_on(5, within=240)  # QBFT doubles its patience with each round that fails


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        ("hide-logs", "hides"),
        ("lag", "behind the others"),
        ("repeat", "to another request|is without an answer"),
        ("other-chain", "it serves chain 5"),
    ],
)
def test_a_node_that_lies(life: Life, lie: str, says: str) -> None:
    life.goes_on(2)
    life.between.lie = lie
    life.until(lambda: any(re.search(says, note) for note in life.notes()), f"{lie} is named", within=30)
    life.goes_on(3)
    life.between.lie = ""
    if lie == "hide-logs":
        life.app.rpc.peers.forgive(life.between.url)


def test_at_the_end_everything_is_there_once(life: Life) -> None:
    life.settled()
    logs = life.app.book.read(lambda store: store.find(Log, name="Transferred"))
    made = Counter(bytes.fromhex(log.args["child"][2:]) for log in logs)
    assert {made[child] for child in life.accepted} == {1}
    children = life.app.book.read(lambda store: [store.need(Ticket, child) for child in life.accepted])
    assert {child.value for child in children} == {PART}
    assert life.differences() == ()
    assert [fault for fault in life.faults if "503" not in fault] == []
