"""Odd calldata: whatever somebody writes into a transaction, scripts/recount reads it as the contract does.

given an act whose empty array stands nowhere
    it should be recounted like any other
given every act of a long life, and random changes of its calldata tried before it
    it should judge each as the contract does, direct or in a relay
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.support import abi
from tests.support.actors import HEYI, SOLE, Key
from tests.support.blocks import recorded_world
from tests.support.recounting import Judge, KeepingOutput, recount
from tests.support.scenario import live
from tests.support.world import World

EDGES = [0, 1, 2, 3, 4, 31, 32, 63, 64, 96, 100, 101, 128, 160, 192, 224, 256]
EDGES += [
    2**bits - less for bits in (16, 40, 48, 64, 96, 160, 255, 256) for less in (0, 1, 4, 32, 36, 64, 256)
]
STEPS = [-64, -32, -4, -1, 1, 4, 32, 64, 128]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("tests.support.blocks.Recorder", KeepingOutput)
    return recorded_world()


def judged(world: World) -> Any:
    evm: Any = world.evm
    return Judge(recount.Chain(evm.chain_id, world.address, evm.number, evm.kept)).run()


def test_an_empty_array_that_stands_nowhere(recorded: World) -> None:
    """The contract follows offsets modulo 2^256, and finds no items beyond the end of calldata."""
    fresh = Key("heyi fresh")
    add = [{"key": fresh.address, "right": SOLE}]
    made = recorded.draft("ChangeSigners", [HEYI, fresh], party=HEYI.id, add=add, remove=[], sequence=0)
    data = bytearray(made.data)
    place = 4 + 2 * 32 + 2 * 32  # behind the selector, the heads of act and signatures, and party and add
    data[place : place + 32] = (2**256 - 2**200).to_bytes(32, "big")
    recorded.send(bytes(data)).expect()
    assert judged(recorded).differences == []


class Fuzzer:
    """Tries changed calldata before each transaction of a world, and undoes it; `taken`: how often it took effect."""

    def __init__(self, world: World, seed: int, tries: int) -> None:
        self.random, self.tries, self.taken = random.Random(seed), tries, 0
        self._world, self._send = world, world.send
        self._evm: Any = world.evm
        self._judge = Judge(recount.Chain(self._evm.chain_id, world.address, 10**9, []))
        self._seen = 0

    def send(self, data: bytes, *rest: Any) -> Any:
        """In the place of `World.send`."""
        self._catch_up()
        relay = abi.function_name(data) == "relay"
        for _ in range(self.tries):
            changed = self.changed(data)
            self._try(changed if relay or self.random.random() < 0.5 else self._world.relay_data([changed]))
        return self._send(data, *rest)

    def changed(self, data: bytes) -> bytes:
        """One to three words changed, or bytes cut off or put on."""
        found, pick = bytearray(data), self.random
        for _ in range(pick.choice([1, 1, 1, 2, 3])):
            place = 4 + 32 * pick.randrange(max(1, len(found) // 32))
            word = int.from_bytes(found[place : place + 32], "big")
            what = pick.random()
            if what < 0.05:
                del found[-pick.randrange(1, 200) :]
            elif what < 0.1:
                found += pick.randbytes(pick.choice([1, 32, 64]))
            else:
                flipped = word ^ 1 << pick.randrange(256)
                new = pick.choice([pick.choice(EDGES), word + pick.choice(STEPS), flipped])
                found[place : place + 32] = (new % 2**256).to_bytes(32, "big")
        return bytes(found)

    def _catch_up(self) -> None:
        for block in self._evm.kept[self._seen :]:
            self._judge._transaction(block["transactions"][0], block)
        self._seen = len(self._evm.kept)
        assert self._judge.differences == []

    def _try(self, data: bytes) -> None:
        with pytest.MonkeyPatch.context() as patch, self._world.scratch():
            patch.setattr(recount.Books, "keep", lambda books: None)
            outcome = self._evm.send(self._world.address, data)
            block = self._evm.kept[-1]
            self._judge._transaction(block["transactions"][0], block)
            self.taken += bool(outcome.ok and outcome.logs)
            for ledger in self._judge.ledgers.values():
                ledger.books.set_back()
            assert self._judge.differences == [], data.hex()


@pytest.mark.parametrize(
    ("seed", "tries"), [(1, 50), pytest.param(2, 1_000, marks=pytest.mark.slow)], ids=["fast", "slow"]
)
def test_changed_calldata_is_judged_alike(
    recorded: World, monkeypatch: pytest.MonkeyPatch, seed: int, tries: int
) -> None:
    fuzzer = Fuzzer(recorded, seed, tries)
    monkeypatch.setattr(recorded, "send", fuzzer.send)
    live(recorded)
    assert fuzzer.taken > tries
