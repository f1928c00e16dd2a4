"""A relayer that chooses moment, order, gas and shape of what others have signed.

given complete acts in another order, too early, again, or at the worst moment
    it should carry out each once, or refuse it
given ids that somebody would like to have taken, or that were cut
    it should find them empty
given acts larger than any rule allows
    it should refuse them for little gas
given too little gas
    it should revert as a whole rather than let one item fail (test_relay, here on a node)
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.abi import calldata
from tests.support.actors import HUAIYUE, LANGONG, LANWAN, SUHENG, WANYUE, WUZE, XICHUAN
from tests.support.attempts import nothing_changes, receipt_draft, refusals, why
from tests.support.drafts import Offer
from tests.support.expect import expect_refusal, refused
from tests.support.world import DUE, FACE, World

PART = FACE // 8
MANY = 10_000
FEW = 100_000
"""Gas above what the calldata itself costs."""


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def test_an_unfreeze_is_replayed(world: World, ticket: bytes) -> None:
    """The same order is ordered again; the act that once lifted it lifts it no more."""
    order = b"\5" * 32
    world.freeze(ticket, order, FACE)
    lift = world.panel_draft("Unfreeze", ticket=ticket, order=order)
    world.send(lift.data).expect()
    world.freeze(ticket, order, FACE)
    with nothing_changes(world):
        assert refusals(world, lift.data) == ["StaleSequence"]
    with refused("NotEnough", free=0):
        world.transfer(WANYUE, ticket, (WUZE, PART))


def test_a_freeze_is_replayed_after_it_was_lifted(world: World, ticket: bytes) -> None:
    order = world.panel_draft("Freeze", ticket=ticket, order=b"\5" * 32, amount=FACE, end=DUE)
    world.send(order.data).expect()
    world.unfreeze(ticket, b"\5" * 32)
    with nothing_changes(world):
        assert refusals(world, order.data) == ["StaleSequence"]


def test_the_old_limit_is_relayed_last(world: World, ticket: bytes) -> None:
    """Two limits signed one after the other for the same number: the first mined holds, the other never comes."""
    fields: dict[str, Any] = {"core": LANGONG.id, "expiry": DUE, "sequence": 1}
    old = world.draft("SetLimit", [HUAIYUE], amount=100 * FACE, **fields)
    new = world.draft("SetLimit", [HUAIYUE], amount=FACE, **fields)
    world.send(new.data).expect()
    with nothing_changes(world):
        assert refusals(world, old.data) == ["StaleSequence"]
        _, results = world.relay([old.data, new.data])
        assert [result.ok for result in results] == [False, False]
    with refused("LimitExceeded"):
        world.issue(LANGONG, WANYUE)


def test_the_id_of_a_child_is_occupied(world: World, ticket: bytes) -> None:
    """By a stranger's withdrawal, by another offer, by a lock: nobody but the holder reaches an id of its children."""
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    own = world.issue(LANGONG, SUHENG)
    child = offer.child(0)
    named: dict[str, Any] = {"offer": offer.digest, "indexes": [0]}
    world.act("Withdraw", [SUHENG], ticket=own, **named)  # under its own ticket: another id
    with nothing_changes(world):
        assert refusals(
            world,
            world.draft("Withdraw", [SUHENG], ticket=ticket, **named).data,
            world.draft("Withdraw", [WUZE], ticket=ticket, **named).data,
            calldata("returnLock", child),
            world.draft(
                "Receipt", [HUAIYUE], lock=child, bank=LANWAN.id, value=PART, ref=child, registration=child
            ).data,
        ) == ["NotHolder", "NotHolder", "NotLocked", "NotLocked"]
    world.send(offer.transfer(offer.accept(WUZE))).expect()
    assert world.ticket(child).party == WUZE.id


def test_the_id_of_an_issuance_is_occupied(world: World) -> None:
    """Only the debtor of that very act can end it beforehand; what was issued is not withdrawn any more."""
    issue = world.issue_draft(LANGONG, WANYUE)
    withdraw = world.message("WithdrawIssue", issue=issue.digest)
    tried = [
        world.draft("WithdrawIssue", [WANYUE], issue.message, message=withdraw).data,
        world.draft("WithdrawIssue", [LANGONG], {**issue.message, "face": FACE + 1}, message=withdraw).data,
    ]
    with nothing_changes(world):
        assert refusals(world, *tried) == ["WrongParty", "IssueDiffers"]
    world.send(issue.data).expect()
    with nothing_changes(world):
        done = world.draft("WithdrawIssue", [LANGONG], issue.message, message=withdraw)
        assert refusals(world, done.data, issue.data) == ["AlreadyIssued", "AlreadyIssued"]


def test_truncated_ids(world: World, ticket: bytes) -> None:
    """The lower half gone, the upper half gone, one byte short, the root for the child and the child for the root."""
    [child] = world.transfer(WANYUE, ticket, (WUZE, PART))
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    for cut in (child[:16] + bytes(16), bytes(16) + child[16:], child[:31] + b"\0", child[1:] + b"\0"):
        tried = [
            world.draft("WithdrawAll", [WUZE], ticket=cut, version=0).data,
            world.lock_draft(WUZE, cut, LANWAN, PART).data,
            world.draft("Withdraw", [WUZE], ticket=cut, offer=b"\1" * 32, indexes=[0]).data,
        ]
        with nothing_changes(world):
            assert set(refusals(world, *tried)) <= {"NotHolder", "UnknownTicket"}
    for cut in (lock[:16] + bytes(16), bytes(16) + lock[16:], lock[:31] + b"\0"):
        draft = receipt_draft(world, lock, HUAIYUE, lock=cut)
        with nothing_changes(world):
            assert refusals(world, draft.data, calldata("returnLock", cut)) == ["NotLocked"] * 2


def test_a_child_is_relayed_before_its_parent(world: World, ticket: bytes) -> None:
    """Refused, and not spent: after its parent the very same act takes effect."""
    first = world.offer(WANYUE, ticket, [(WUZE, PART)])
    second = world.offer(WUZE, first.child(0), [(XICHUAN, PART // 2)])
    third = world.lock_draft(XICHUAN, second.child(0), LANWAN, PART // 2)
    acts = [third.data, second.transfer(second.accept(XICHUAN)), first.transfer(first.accept(WUZE))]
    with nothing_changes(world):
        assert refusals(world, *acts[:2]) == ["UnknownTicket", "UnknownTicket"]
    _, results = world.relay([*acts, *acts[::-1]])
    assert [result.ok for result in results] == [False, False, True, False, True, True]
    expect_refusal(results[3].refusal, "AlreadyDone")
    assert world.ticket(third.made).value == PART // 2


def test_too_little_gas_for_an_item(world: World, ticket: bytes) -> None:
    """Whatever the relayer brings: the item takes effect, or the whole transaction never was."""
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    data = world.relay_data([(offer.transfer(offer.accept(WUZE)), 80_000)])
    seen = set()
    for gas in range(60_000, 160_000, 4_000):
        with world.scratch():
            before = world.ticket(ticket).value
            receipt = world.send(data, gas=gas)
            assert not receipt.all("Refused")
            assert (world.ticket(ticket).value == before - PART) == receipt.status
            seen.add(why(receipt) if receipt.refusal else "done")
    assert seen >= {"done", "TooLittleGas"}


def test_an_offer_of_10000_children(world: World, ticket: bytes) -> None:
    """Refused before anything is walked through: hardly more gas than its calldata costs."""
    children = [(WUZE, 10_000)] * MANY
    offer = world.offer(WANYUE, ticket, children)
    data = offer.transfer(offer.accept(WUZE, [0]))
    assert len(data) > 32 * MANY
    with nothing_changes(world):
        receipt = world.send(data)
    assert why(receipt) == "BadChildren"
    assert receipt.gas_used < cost_of(data) + FEW


def test_an_acceptance_of_5000_children_in_full(world: World, ticket: bytes) -> None:
    """As much as a transaction carries, all of it really signed for; the first 256 are looked at."""
    offer = world.offer(WANYUE, ticket, [(WUZE, 10_000)] * (MANY // 2))
    data = offer.transfer(offer.accept(WUZE))
    with nothing_changes(world):
        receipt = world.send(data)
    assert why(receipt) == "BadChildren"
    assert receipt.gas_used < cost_of(data) + FEW


def cost_of(data: bytes) -> int:
    return 21_000 + sum(16 if byte else 4 for byte in data)


def test_other_acts_of_10000_items(world: World, ticket: bytes) -> None:
    line = {"ticket": ticket, "amount": 1, "paidAt": world.now}
    leg = {"issuance": ticket[:16], "amount": 1}
    invoice = {"fingerprint": ticket, "total": FACE, "amount": 1}
    money: dict[str, Any] = {"bank": HUAIYUE.id, "ref": world.salt()}
    void: dict[str, Any] = {"issuance": ticket[:16], "issue": world.issues[ticket[:16]]}
    drafts = [
        world.draft("Withdraw", [WANYUE], ticket=ticket, offer=ticket, indexes=list(range(MANY))),
        world.draft("Fund", [HUAIYUE], total=MANY, legs=[leg] * MANY, **money),
        world.draft("PayOut", [HUAIYUE], lines=[line] * MANY, **money),
        world.draft("Void", [LANGONG, WANYUE], tickets=[ticket] * MANY, **void),
        world.issue_draft(LANGONG, WANYUE, invoices=[invoice] * MANY),
    ]
    for draft in drafts:
        with nothing_changes(world):
            receipt = world.send(draft.data)
        assert why(receipt) == "TooMany", draft.primary
        # hashing what was signed goes through the array once, a few hundred gas for each item
        assert receipt.gas_used < cost_of(draft.data) + 600 * MANY, draft.primary


def test_an_offer_with_the_children_of_another_one(world: World, ticket: bytes) -> None:
    """What a receiver signed for one offer opens nothing in another, alike as they may be."""
    one = world.offer(WANYUE, ticket, [(WUZE, PART)])
    message = world.message("Offer", ticket=ticket, version=0, children=one.message["children"])
    two = Offer(world.domain, message, WANYUE)
    with nothing_changes(world), refused("NotASigner"):
        world.send(two.transfer(one.accept(WUZE))).expect()
    world.send(one.transfer(one.accept(WUZE))).expect()
    assert world.ticket(two.child(0)).value == 0
