"""Acts that participants sent to the chain themselves, drafted elsewhere: the book takes them in, whatever they ended.

given complete acts that this gateway has never seen
    when they end what their signers are found by (a lock, a replacement, an issuance, an issue act)
        it should adopt them for their parties all the same, and not stop
given one transaction that carries such acts, refused ones and calls that are no act
    it should adopt what took effect and nothing else
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ledger.records import Act, Cursor
from tests.support.abi import calldata
from tests.support.actors import HUAIYUE, LANGONG, LANWAN, NANHUAI, SUHENG, WANYUE, WUZE
from tests.support.drafts import Draft
from tests.support.gateway import Gateway
from tests.support.world import DAY, FACE, World

PART = FACE // 8


@pytest.fixture
def world(gateway: Gateway) -> World:
    return gateway.world


def parties(gateway: Gateway) -> Mapping[str, list[int]]:
    """Kind of each adopted act, and for whom."""
    acts = gateway.book.read(lambda store: store.find(Act))
    return {act.kind: act.extra["parties"] for act in acts if act.extra.get("adopted")}


def receipt(world: World, lock: Draft) -> Draft:
    known: dict[str, Any] = {
        "lock": lock.made,
        "value": PART,
        "ref": world.salt(),
        "registration": world.salt(),
    }
    return world.draft("Receipt", [HUAIYUE], bank=LANWAN.id, **known)


def test_what_ends_with_its_own_block(gateway: Gateway, world: World) -> None:
    issue = world.issue_draft(LANGONG, WANYUE)
    unmade = world.issue_draft(LANGONG, SUHENG)
    never = world.issue_draft(LANGONG, WUZE)
    for made in (issue, unmade):
        gateway.chain.foreign(made.data)
    released = world.lock_draft(WANYUE, issue.made, LANWAN, PART)
    cancelled = world.lock_draft(WANYUE, issue.made, NANHUAI, PART)
    never_again = {"salt": world.salt(), "deadline": world.now + DAY}
    void: dict[str, Any] = {"issuance": unmade.made[:16], "tickets": [unmade.made]}
    for made in (
        released,
        cancelled,
        receipt(world, released),
        world.draft("CancelLock", [WANYUE, NANHUAI], lock=cancelled.made),
        world.draft("Void", [LANGONG, SUHENG], world.issues[unmade.made[:16]], **void),
        world.draft("WithdrawIssue", [LANGONG], never.message, {**never_again, "issue": never.digest}),
    ):
        gateway.chain.foreign(made.data)
        gateway.settle()
    found = parties(gateway)
    assert found["Receipt"] == [LANWAN.id, HUAIYUE.id, WANYUE.id]
    assert found["CancelLock"] == [NANHUAI.id, HUAIYUE.id, WANYUE.id]
    assert found["Void"] == [HUAIYUE.id, LANGONG.id, SUHENG.id]
    assert found["WithdrawIssue"] == [LANGONG.id, WUZE.id]
    assert gateway.book.read(lambda store: store.need(Cursor, 1)).block == gateway.chain.head().number
    assert gateway.verify().clean


def test_a_mixed_transaction_of_somebody_else(gateway: Gateway, world: World) -> None:
    issue, forged = (
        world.issue_draft(LANGONG, WANYUE),
        world.issue_draft(LANGONG, SUHENG, signers=[WANYUE] * 2),
    )
    calls = [b"", calldata("separator"), forged.data, issue.data, calldata("relay", [])]
    gateway.chain.foreign(world.relay_data(calls))
    gateway.settle()
    assert parties(gateway) == {"Issue": [LANGONG.id, WANYUE.id]}
    assert gateway.ticket(issue.made).value == FACE
