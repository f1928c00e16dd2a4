"""TRANSFER: one offer, many receivers, each child by itself; withdrawing one, withdrawing all.

given an offer
    it should refuse one of an unknown ticket, not of its holder, of an old version, past its deadline
    it should refuse it when the issuance is fully funded, void or no longer transferable, and when depth is used up
    it should refuse a ticket that was paid in part
    it should refuse more than 100 children, an index twice or outside, and no acceptance at all
    it should refuse a changed child, a changed order, or hashes that are not the offer's
given an acceptance
    it should refuse another signer, a receiver that is no supplier, is the debtor, or offers to itself
    it should refuse a signature over other children, another value or trade, or another offer
given a child
    it should refuse 0, below the minimum, more than is free, and a remainder below the minimum
    it should refuse a child that was withdrawn, and say of one that is there that it was done already
    when some children are refused
        it should let the others take effect and name the refused
    when none takes effect
        it should revert with the first reason
given several offers out of one ticket
    it should let both go on until the value is used
given 10 tiers
    it should pass on with one depth less each, down to 0
given a withdrawal
    it should need the holder, be idempotent, and leave other children and what has taken effect alone
    when all offers are withdrawn
        it should end them by the version, once each, until versions are used up
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.support.actors import (
    CHANGLI,
    CHUHENG,
    HEYI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    SUHENG,
    WANYUE,
    WUZE,
    XICHUAN,
    YONGTUO,
    Party,
    Role,
    party,
)
from tests.support.drafts import child_of
from tests.support.expect import expect_refusal, refused
from tests.support.layout import Ticket, joined
from tests.support.world import DAY, DUE, FACE, TRANSFERABLE_UNTIL, World

MINIMUM = 10_000
PART = FACE // 8


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


# ---- the offer


def test_unknown_ticket(world: World, ticket: bytes) -> None:
    with refused("UnknownTicket", ticket=b"\1" * 32):
        world.transfer(WANYUE, b"\1" * 32, (WUZE, PART))
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    with refused("UnknownTicket", ticket=lock):
        world.transfer(WANYUE, lock, (WUZE, PART))


def test_only_the_holder_offers(world: World, ticket: bytes) -> None:
    for thief in (SUHENG, LANGONG, HUAIYUE):
        with refused("NotHolder", ticket=ticket, party=thief.id):
            world.transfer(thief, ticket, (WUZE, PART))
    with refused("NotASigner"):
        world.transfer(party("stranger", 99, "", Role(0)), ticket, (WUZE, PART))


def test_old_version_and_deadline(world: World, ticket: bytes) -> None:
    with refused("StaleVersion", ticket=ticket, given=1, current=0):
        world.transfer(WANYUE, ticket, (WUZE, PART), version=1)
    with refused("Expired", deadline=world.now - 1):
        world.transfer(WANYUE, ticket, (WUZE, PART), deadline=world.now - 1)
    world.transfer(WANYUE, ticket, (WUZE, PART), deadline=world.now)


def test_until_the_issuance_ends(world: World, ticket: bytes) -> None:
    other = world.issue(LANGONG, WANYUE)
    world.fund((other, FACE))
    with refused("FullyFunded", issuance=other[:16]):
        world.transfer(WANYUE, other, (WUZE, PART))
    void = world.issue(LANGONG, WANYUE)
    world.void(LANGONG, WANYUE, void)
    with refused("IssuanceVoid", issuance=void[:16]):
        world.transfer(WANYUE, void, (WUZE, PART))
    world.until(TRANSFERABLE_UNTIL - 1)
    world.transfer(WANYUE, ticket, (WUZE, PART))
    world.advance(1)
    with refused("NoLongerTransferable", issuance=ticket[:16], until=TRANSFERABLE_UNTIL):
        world.transfer(WANYUE, ticket, (WUZE, PART))


def test_paid_in_part(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE, transferableUntil=DUE)
    world.fund((ticket, FACE // 2))
    paid = world.read("tickets", ticket) | joined((0, 168), (Ticket.PAID, 8))
    there = world.poked(paid, "tickets", ticket)
    with refused("PaidInPart", ticket=ticket):
        there.transfer(WANYUE, ticket, (WUZE, PART))


def test_children_that_do_not_fit_the_array(world: World, ticket: bytes) -> None:
    with refused("BadChildren", found=101):
        world.transfer(WANYUE, ticket, *[(WUZE, MINIMUM)] * 101)
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (XICHUAN, PART)])
    with refused("BadChildren", found=0):
        world.send(offer.transfer()).expect()
    twice = offer.accept(WUZE)
    with refused("DuplicateIndex", index=0):
        world.send(offer.transfer(twice, twice)).expect()
    outside = offer.accept(WUZE)
    outside["legs"][0]["index"] = 200
    with refused("BadChildren", found=200):
        world.send(offer.transfer(outside)).expect()


def test_100_children(world: World, ticket: bytes) -> None:
    children = world.transfer(WANYUE, ticket, *[(WUZE, MINIMUM)] * 100)
    assert [world.ticket(child).value for child in children] == [MINIMUM] * 100


def forged(offer: Any, receiver: Party, **changed: Any) -> bytes:
    acceptance = offer.accept(receiver)
    acceptance["legs"][0].update(changed)
    return bytes(offer.transfer(acceptance))


@pytest.mark.parametrize("changed", [{"value": PART + 1}, {"trade": b"\1" * 32}, {"salt": b"\1" * 32}])
def test_a_changed_child_is_another_offer(world: World, ticket: bytes, changed: dict[str, Any]) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (XICHUAN, PART)])
    with refused("NotASigner"):
        world.send(forged(offer, WUZE, **changed)).expect()


def test_places_in_the_array_cannot_be_swapped(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (XICHUAN, PART)])
    with refused("NotASigner"):
        world.send(forged(offer, WUZE, index=1)).expect()


# ---- the acceptance


def test_only_the_receiver_accepts(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (XICHUAN, PART)])
    with refused("WrongParty", found=XICHUAN.id, expected=WUZE.id):
        world.send(offer.transfer(offer.accept(WUZE, signer=XICHUAN))).expect()
    with refused("WrongRight"):
        world.send(offer.transfer(offer.accept(WUZE, signer=WUZE.checker))).expect()
    with refused("BadSignatureLength", length=0):
        world.send(offer.transfer({**offer.accept(WUZE), "signatures": b""})).expect()
    with refused("BadSignature"):
        world.send(offer.transfer({**offer.accept(WUZE), "signatures": bytes(64)})).expect()


@pytest.mark.parametrize("receiver", [LANGONG, LANWAN, HUAIYUE, WANYUE])
def test_who_may_not_receive(world: World, ticket: bytes, receiver: Party) -> None:
    with refused("NotAReceiver", party=receiver.id):
        world.transfer(WANYUE, ticket, (receiver, PART))


def test_a_core_that_supplies_does_not_receive_its_own_debt(world: World) -> None:
    both = party("both", 15, "91340100MA9DEM333A", Role.CORE | Role.SUPPLIER)
    world.admit(both)
    world.limit(both)
    ticket = world.issue(both, WANYUE)
    with refused("NotAReceiver", party=both.id):
        world.transfer(WANYUE, ticket, (both, PART))
    world.transfer(WANYUE, world.issue(LANGONG, WANYUE), (both, PART))


def test_an_acceptance_is_of_one_offer_and_its_own_children(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (WUZE, 2 * PART)])
    other = world.offer(WANYUE, ticket, [(WUZE, PART), (WUZE, 2 * PART)])
    with refused("NotASigner"):
        world.send(
            offer.transfer({**offer.accept(WUZE), "signatures": other.accept(WUZE)["signatures"]})
        ).expect()
    only_first = offer.accept(WUZE, [0])
    with refused("NotASigner"):
        world.send(offer.transfer({**offer.accept(WUZE), "signatures": only_first["signatures"]})).expect()
    world.send(offer.transfer(only_first)).expect()
    assert world.ticket(offer.child(1)).party == 0
    world.send(offer.transfer(offer.accept(WUZE, [1]))).expect()


# ---- the child


def test_values_that_cannot_be(world: World, ticket: bytes) -> None:
    with refused("BelowMinimum", value=0, minimum=MINIMUM):
        world.transfer(WANYUE, ticket, (WUZE, 0))
    with refused("BelowMinimum", value=MINIMUM - 1, minimum=MINIMUM):
        world.transfer(WANYUE, ticket, (WUZE, MINIMUM - 1))
    with refused("NotEnough", ticket=ticket, free=FACE, value=FACE + 1):
        world.transfer(WANYUE, ticket, (WUZE, FACE + 1))
    with refused("RemainderBelowMinimum", remainder=MINIMUM - 1, minimum=MINIMUM):
        world.transfer(WANYUE, ticket, (WUZE, FACE - MINIMUM + 1))
    world.transfer(WANYUE, ticket, (WUZE, FACE - MINIMUM))
    world.transfer(WANYUE, ticket, (WUZE, MINIMUM))
    assert world.ticket(ticket).value == 0
    with refused("NotEnough", free=0):
        world.transfer(WANYUE, ticket, (WUZE, MINIMUM))


def test_the_smallest_minimum_is_one_fen(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE, 10, minimum=0)
    with refused("BelowMinimum", value=0, minimum=1):
        world.transfer(WANYUE, ticket, (WUZE, 0))
    assert world.ticket(world.transfer(WANYUE, ticket, (WUZE, 9))[0]).value == 9


def test_transferred(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (XICHUAN, 2 * PART)])
    receipt = world.send(offer.transfer(offer.accept(WUZE), offer.accept(XICHUAN))).expect()
    assert [event.args for event in receipt.all("Transferred")] == [
        {"parent": ticket, "child": offer.child(0), "to": WUZE.id, "value": PART},
        {"parent": ticket, "child": offer.child(1), "to": XICHUAN.id, "value": 2 * PART},
    ]
    assert world.ticket(offer.child(0)) == Ticket(WUZE.id, PART, 0, 9, 0, 0)
    assert world.ticket(ticket) == Ticket(WANYUE.id, 5 * PART, 0, 10, 0, 0)


def test_each_child_by_itself(world: World, ticket: bytes) -> None:
    children = [(WUZE, PART), (XICHUAN, PART), (HEYI, FACE), (LANWAN, PART), (WUZE, PART)]
    offer = world.offer(WANYUE, ticket, children)
    world.send(offer.transfer(offer.accept(XICHUAN))).expect()
    receivers = (WUZE, XICHUAN, HEYI, LANWAN)
    receipt = world.send(offer.transfer(*(offer.accept(who) for who in receivers))).expect()
    assert [event["child"] for event in receipt.all("Transferred")] == [offer.child(0), offer.child(4)]
    reasons = {event["child"]: event["reason"] for event in receipt.all("LegRefused")}
    assert set(reasons) == {offer.child(1), offer.child(2), offer.child(3)}
    expect_refusal(reasons[offer.child(1)], "AlreadyDone", child=offer.child(1))
    expect_refusal(reasons[offer.child(2)], "NotEnough", free=5 * PART, value=FACE)
    expect_refusal(reasons[offer.child(3)], "NotAReceiver", party=LANWAN.id)
    assert world.ticket(ticket).value == 5 * PART


def test_none_takes_effect(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (LANWAN, PART)])
    world.send(offer.transfer(offer.accept(WUZE))).expect()
    with refused("NotAReceiver", party=LANWAN.id):
        world.send(offer.transfer(offer.accept(LANWAN), offer.accept(WUZE))).expect()
    with refused("AlreadyDone", child=offer.child(0)):
        world.send(offer.transfer(offer.accept(WUZE))).expect()


def test_offers_do_not_block_each_other(world: World, ticket: bytes) -> None:
    first = world.offer(WANYUE, ticket, [(WUZE, 5 * PART)])
    second = world.offer(WANYUE, ticket, [(XICHUAN, 5 * PART)])
    third = world.offer(WANYUE, ticket, [(HEYI, 3 * PART)])
    world.send(second.transfer(second.accept(XICHUAN))).expect()
    with refused("NotEnough", free=3 * PART, value=5 * PART):
        world.send(first.transfer(first.accept(WUZE))).expect()
    world.send(third.transfer(third.accept(HEYI))).expect()


def test_a_child_is_spent_by_an_act_signed_before_its_parent_was_mined(world: World, ticket: bytes) -> None:
    first = world.offer(WANYUE, ticket, [(WUZE, PART)])
    second = world.offer(WUZE, first.child(0), [(CHUHENG, PART)], version=0)
    world.send(first.transfer(first.accept(WUZE))).expect()
    world.send(second.transfer(second.accept(CHUHENG))).expect()
    assert world.ticket(second.child(0)).party == CHUHENG.id


def test_ten_tiers_and_no_further(world: World, ticket: bytes) -> None:
    holders = [WANYUE, SUHENG, YONGTUO, WUZE, XICHUAN, HEYI, CHUHENG, CHANGLI, WANYUE, SUHENG, YONGTUO]
    at = ticket
    for depth, (holder, receiver) in enumerate(pairwise(holders)):
        at = world.transfer(holder, at, (receiver, PART))[0]
        assert world.ticket(at).depth == 9 - depth
    with refused("DepthExhausted", ticket=at):
        world.transfer(YONGTUO, at, (WUZE, PART))


def test_maker_and_checker_on_both_sides(world: World, ticket: bytes) -> None:
    child = world.transfer(WANYUE, ticket, (WUZE, PART), pair=True)[0]
    assert world.ticket(child).party == WUZE.id


# ---- withdrawing


def test_withdrawn_children_never_take_effect(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (XICHUAN, PART), (HEYI, PART)])
    world.send(offer.transfer(offer.accept(HEYI))).expect()
    with refused("NotHolder", ticket=ticket, party=WUZE.id):
        world.withdraw(WUZE, offer, 0)
    with refused("BadSignatureCount"):
        world.act("Withdraw", [], ticket=ticket, offer=offer.digest, indexes=[0])
    with refused("TooMany", found=101, most=100):
        world.withdraw(WANYUE, offer, *range(101))
    receipt = world.withdraw(WANYUE, offer, 0, 2)
    assert receipt.one("ChildWithdrawn").args == {"parent": ticket, "child": offer.child(0)}
    assert world.withdraw(WANYUE, offer, 0, 2).logs == ()
    with refused("Withdrawn", child=offer.child(0)):
        world.send(offer.transfer(offer.accept(WUZE))).expect()
    world.send(offer.transfer(offer.accept(XICHUAN))).expect()
    assert world.ticket(offer.child(2)).party == HEYI.id


def test_withdrawing_reaches_the_own_ticket_only(world: World, ticket: bytes) -> None:
    """The tombstone stands at an id below the withdrawer's own ticket, whatever offer it names."""
    mine = world.transfer(WANYUE, ticket, (WUZE, PART))[0]
    offer = world.offer(WANYUE, ticket, [(XICHUAN, PART)])
    world.act("Withdraw", [WUZE], ticket=mine, offer=offer.digest, indexes=[0])
    assert world.ticket(child_of(mine, offer.digest, 0)).flags == Ticket.WITHDRAWN
    world.send(offer.transfer(offer.accept(XICHUAN))).expect()


def test_all_offers_at_once(world: World, ticket: bytes) -> None:
    done = world.transfer(WANYUE, ticket, (WUZE, PART))[0]
    offer = world.offer(WANYUE, ticket, [(XICHUAN, PART)])
    with refused("NotHolder", ticket=ticket, party=WUZE.id):
        world.withdraw_all(WUZE, ticket)
    with refused("StaleVersion", given=1, current=0):
        world.withdraw_all(WANYUE, ticket, version=1)
    event = world.withdraw_all(WANYUE, ticket).one("OffersWithdrawn")
    assert event.args == {"ticket": ticket, "version": 1}
    with refused("StaleVersion", ticket=ticket, given=0, current=1):
        world.send(offer.transfer(offer.accept(XICHUAN))).expect()
    assert world.ticket(done).party == WUZE.id
    world.transfer(WANYUE, ticket, (XICHUAN, PART))


def test_versions_used_up(world: World, ticket: bytes) -> None:
    last = world.poked(world.read("tickets", ticket) | 0xFFFF << 144, "tickets", ticket)
    with refused("VersionsExhausted", ticket=ticket):
        last.withdraw_all(WANYUE, ticket)


def test_withdrawing_has_a_deadline_too(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(XICHUAN, PART)])
    with refused("Expired"):
        world.withdraw(WANYUE, offer, 0, deadline=world.now - 1)
    with refused("Expired"):
        world.withdraw_all(WANYUE, ticket, deadline=world.now - DAY)
