"""The table of gas against the contract, everything cold, maker and checker signing for everybody.

given an act of each kind, and acts with many elements
    it should take effect with the table's gas as an item of `relay`
    it should use half of it at least, where nothing comes back for storage given free
given every kind of act
    it should have a line in the table
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ledger import kinds
from ledger.chain.transactions import intrinsic_gas
from ledger.work import gas
from tests.support.abi import calldata
from tests.support.actors import CHANGLI, HEYI, HUAIYUE, LANGONG, LANWAN, SUHENG, WANYUE, WUZE, Party
from tests.support.drafts import Signer
from tests.support.every_act import prepare
from tests.support.world import DUE, FACE, GRACE, World, ready_world

SHARE = 1_000_000
REFUNDING = ("VetoRecovery", "CompleteRecovery", "CancelLock", "Unfreeze", "VetoReplacement", "ChangePanel")
"""They give storage free; what comes back makes them look cheaper than what they need."""
STATEFUL = ("Stop", "Close", "SetPolicy", "SetLimit", "Halt", "ReturnLock", "ReportOverdue")
"""Dearer the first time than any other time."""


def pair(who: Party) -> Party:
    return replace(who, pair=True)


@pytest.fixture(scope="module")
def world() -> World:
    return ready_world()


def holds(world: World, kind: str, data: bytes, given: int) -> None:
    """Enough in the worst case, and not more than twice of what is used."""
    _, [result] = world.cold().relay([(data, given)])
    assert result.ok, f"{kind}: {given} is too little ({result.refusal})"
    used = world.cold().send(data).expect().gas_used - intrinsic_gas(data)
    if kind not in REFUNDING + STATEFUL:
        assert 2 * used >= given, f"{kind}: {given} is given, {used} used"


def given_for(kind: str, message: dict[str, Any], signers: Sequence[Signer]) -> int:
    return gas.of_act(kind, message, sum(2 if isinstance(who, Party) else 1 for who in signers))


def test_every_kind_has_a_line() -> None:
    assert gas.COSTS.keys() == kinds.KINDS.keys() - {"Offer"}


def test_each_kind(world: World) -> None:
    with world.scratch():
        for act in prepare(world):
            if act.primary == "PayOut":
                continue
            signers = [pair(who) if isinstance(who, Party) else who for who in act.signers]
            made = act.draft(world, signers)
            holds(world, act.primary, made.data, given_for(act.primary, act.message, signers))


def test_acts_that_nobody_signs(world: World) -> None:
    with world.scratch():
        ticket = world.issue(LANGONG, WANYUE)
        lock = world.lock(WANYUE, ticket, LANWAN, SHARE)
        world.until(DUE + GRACE + 86_400)
        holds(world, "ReturnLock", calldata("returnLock", lock), gas.of_act("ReturnLock", {}, 0))
        data = calldata("reportOverdue", ticket[:16])
        holds(world, "ReportOverdue", data, gas.of_act("ReportOverdue", {}, 0))


@pytest.mark.parametrize("count", [1, 3, 40])
def test_children_of_an_offer(world: World, count: int) -> None:
    with world.scratch():
        receivers = [pair(who) for who in (WUZE, HEYI, SUHENG, CHANGLI)]
        children = [(receivers[i % 4], SHARE) for i in range(count)]
        offer = world.offer(pair(WANYUE), world.issue(LANGONG, WANYUE), children, pair=True)
        for taken in {1, count}:
            accepted = [offer.accept(receivers[i % 4], [i]) for i in range(taken)]
            given = gas.of_transfer(taken, count - taken, 2 + 2 * taken)
            holds(world, "Offer", offer.transfer(*accepted), given)


@pytest.mark.parametrize("count", [1, 8])
def test_many_elements(world: World, count: int) -> None:
    with world.scratch():
        invoices = [{"fingerprint": world.salt(), "total": SHARE, "amount": SHARE} for _ in range(count)]
        tickets = [world.issue(LANGONG, WANYUE, SHARE) for _ in range(count)]
        issue = world.issue_draft(
            LANGONG, WANYUE, SHARE * count, [pair(LANGONG), pair(WANYUE)], invoices=invoices
        )
        holds(world, "Issue", issue.data, gas.of_act("Issue", issue.message, 4))
        bank = {"bank": HUAIYUE.id, "ref": world.salt()}
        legs = [{"issuance": ticket[:16], "amount": SHARE} for ticket in tickets]
        fund = world.draft("Fund", [pair(HUAIYUE)], total=SHARE * count, legs=legs, **bank)
        holds(world, "Fund", fund.data, gas.of_act("Fund", fund.message, 2))
        parts = world.transfer(WANYUE, tickets[0], (WUZE, SHARE // 2))
        assert parts
        for ticket in tickets:
            world.fund((ticket, SHARE))
        world.until(DUE)
        lines = [{"ticket": ticket, "amount": 1_000, "paidAt": DUE} for ticket in sorted(tickets)]
        pay = world.draft("PayOut", [pair(HUAIYUE)], lines=lines, **bank)
        holds(world, "PayOut", pay.data, gas.of_act("PayOut", pay.message, 2))


def test_voids_of_many_tickets(world: World) -> None:
    with world.scratch():
        root = world.issue(LANGONG, WANYUE, FACE)
        issue = world.issues[root[:16]]
        signers = [pair(LANGONG), pair(WANYUE)]
        void = world.draft("Void", signers, issue, issuance=root[:16], tickets=[root])
        holds(world, "Void", void.data, gas.of_act("Void", void.message, 4))
