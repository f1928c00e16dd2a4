"""What acts cost, to the unit of gas; with sole signers and through `relay` unless said otherwise, as a transaction.

given the committed figures in gas.json
    it should find every act at exactly its figure (UPDATE_GAS=1 writes new ones, for review with the change)
    it should hold the ceilings that the design promises
given the first rule of measuring
    it should count the intrinsic gas of calldata (EIP-2028) and start with everything cold (EIP-2929)
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.actors import (
    CHANGLI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    REGISTRAR,
    SOLE,
    WANYUE,
    WUZE,
    Party,
    Role,
    party,
)
from tests.support.world import DUE, FACE, World, ready_world

FIGURES = Path(__file__).with_name("gas.json")
MANY = 50
SHARE = 1_000_000
DECLARED = 200_000
CEILINGS = {
    "split, alone, sent directly": 78_000,
    "split, each of 50 in a batch, distinct parties": 60_000,
    "split, each of 50 in a batch, same parties": 46_000,
    "child, each of 50 of one offer, one receiver": 31_000,
    "child, each of 50 of one offer, 50 receivers": 41_000,
    "issue, one invoice": 170_000,
}


def _supplier(world: World, number: int) -> Party:
    """A supplier with one sole key."""
    who = party(f"gas {number}", 15 + number, f"91999999MA9GAS{number:03d}X", Role.SUPPLIER)
    world.admit(who, signers=[REGISTRAR, LANWAN, who.sole], keys=[{"key": who.sole.address, "right": SOLE}])
    return who


def _measure(world: World, calls: list[bytes], each: int = 1, declared: int = DECLARED) -> int:
    """Gas of one relay transaction, shared by its items and rounded up."""
    receipt, results = world.cold().relay([(call, declared) for call in calls], gas=30_000_000)
    assert all(result.ok for result in results), results
    return -(-receipt.gas_used // each)


def _split(world: World, holder: Party, ticket: bytes, *receivers: Party) -> bytes:
    offer = world.offer(holder, ticket, [(to, SHARE) for to in receivers], pair=False)
    return offer.transfer(*(offer.accept(to) for to in dict.fromkeys(receivers)))


def split_alone(world: World) -> int:
    ticket = world.issue(LANGONG, WANYUE)
    return _measure(world, [_split(world, WANYUE, ticket, WUZE)])


def split_direct(world: World) -> int:
    """Without relay, as the holder or anybody else may send it: nothing to isolate it from."""
    ticket = world.issue(LANGONG, WANYUE)
    return world.cold().send(_split(world, WANYUE, ticket, WUZE)).expect().gas_used


def split_distinct(world: World) -> int:
    holders = [_supplier(world, i) for i in range(MANY)]
    receivers = [_supplier(world, MANY + i) for i in range(MANY)]
    calls = [
        _split(world, holder, world.issue(LANGONG, holder), receiver)
        for holder, receiver in zip(holders, receivers, strict=True)
    ]
    return _measure(world, calls, MANY)


def split_distinct_one_issuance(world: World) -> int:
    holders = [_supplier(world, i) for i in range(MANY)]
    receivers = [_supplier(world, MANY + i) for i in range(MANY)]
    root = world.issue(LANGONG, WANYUE, FACE * 10)
    tickets = world.transfer(WANYUE, root, *((holder, 2 * SHARE) for holder in holders))
    calls = [_split(world, *item) for item in zip(holders, tickets, receivers, strict=True)]
    return _measure(world, calls, MANY)


def split_same(world: World) -> int:
    ticket = world.issue(LANGONG, WANYUE)
    return _measure(world, [_split(world, WANYUE, ticket, WUZE) for _ in range(MANY)], MANY)


def fan_out_one(world: World) -> int:
    ticket = world.issue(LANGONG, WANYUE)
    return _measure(world, [_split(world, WANYUE, ticket, *[WUZE] * MANY)], MANY, 3_000_000)


def fan_out_many(world: World) -> int:
    ticket = world.issue(LANGONG, WANYUE)
    receivers = [_supplier(world, i) for i in range(MANY)]
    return _measure(world, [_split(world, WANYUE, ticket, *receivers)], MANY, 3_000_000)


def issue(world: World) -> int:
    world.issue(LANGONG, CHANGLI)
    return _measure(world, [world.issue_draft(LANGONG, WANYUE, signers=[LANGONG.sole, WANYUE.sole]).data])


def lock(world: World) -> int:
    ticket = world.issue(LANGONG, WANYUE)
    return _measure(
        world, [world.lock_draft(WANYUE, ticket, LANWAN, SHARE, signers=[WANYUE.sole, LANWAN.sole]).data]
    )


def release(world: World) -> int:
    id = world.lock(WANYUE, world.issue(LANGONG, WANYUE), LANWAN, SHARE)
    fields = {"lock": id, "bank": LANWAN.id, "value": SHARE, "ref": world.salt()}
    receipt = world.draft("Receipt", [HUAIYUE.sole], registration=world.salt(), **fields)
    return _measure(world, [receipt.data])


def fund(world: World) -> int:
    legs = [{"issuance": world.issue(LANGONG, WANYUE)[:16], "amount": FACE}]
    fields = {"bank": HUAIYUE.id, "ref": world.salt(), "total": FACE, "legs": legs}
    return _measure(world, [world.draft("Fund", [HUAIYUE.sole], **fields).data])


def pay_out(world: World) -> int:
    ticket = world.issue(LANGONG, WANYUE)
    world.fund((ticket, FACE))
    world.until(DUE)
    lines = [{"ticket": ticket, "amount": FACE, "paidAt": DUE}]
    fields = {"bank": HUAIYUE.id, "ref": world.salt(), "lines": lines}
    return _measure(world, [world.draft("PayOut", [HUAIYUE.sole], **fields).data])


def admit(world: World) -> int:
    who = party("newcomer", 15, "91999999MA9GAS999X", Role.SUPPLIER)
    signers = [REGISTRAR.sole, LANWAN.sole, who.sole]
    keys = [{"key": who.sole.address, "right": SOLE}]
    return _measure(world, [world.admit_draft(who, signers=signers, keys=keys).data], declared=400_000)


CASES: dict[str, Callable[[World], int]] = {
    "split, alone, sent directly": split_direct,
    "split, alone": split_alone,
    "split, each of 50 in a batch, distinct parties": split_distinct,
    "split, each of 50 in a batch, distinct parties, one issuance": split_distinct_one_issuance,
    "split, each of 50 in a batch, same parties": split_same,
    "child, each of 50 of one offer, one receiver": fan_out_one,
    "child, each of 50 of one offer, 50 receivers": fan_out_many,
    "issue, one invoice": issue,
    "lock": lock,
    "release": release,
    "fund, one leg": fund,
    "pay out, one line": pay_out,
    "admit, one key": admit,
}


@pytest.fixture(scope="module")
def figures() -> dict[str, int]:
    """A world of its own for each case, so that no figure depends on what ran before."""
    measured = {name: case(ready_world()) for name, case in CASES.items()}
    if os.environ.get("UPDATE_GAS"):
        FIGURES.write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n")
    return measured


def test_figures_are_the_committed_ones(figures: dict[str, int]) -> None:
    assert figures == json.loads(FIGURES.read_text())


@pytest.mark.parametrize("name", CEILINGS)
def test_ceilings_hold(figures: dict[str, int], name: str) -> None:
    assert figures[name] <= CEILINGS[name]


def test_intrinsic_gas_is_counted(world: World) -> None:
    data = world.relay_data([])
    receipt = world.cold().send(data)
    calldata_gas = sum(16 if byte else 4 for byte in data)
    assert 21_000 + calldata_gas < receipt.gas_used < 21_000 + calldata_gas + 2_000
