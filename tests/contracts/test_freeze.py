"""FREEZE: orders of courts hold an amount; they never take.

given an order
    it should need the panel, name a ticket, have an amount, a number and an end ahead
    it should stand once, and at most 4 of them a ticket; an ended one makes room
given a frozen ticket
    it should let only what is free be passed on, locked or paid out
    when more is frozen than is there
        it should hold what is there, and what comes back later (轮候)
    when a line was paid before the order
        it should not reduce that line
    when the order ends or is lifted
        it should hold nothing any more
given an order to hand money to the court
    it should lift and pay out in one relay
given existing children and locks
    it should not follow them
"""

from __future__ import annotations

import pytest

from tests.support.actors import HUAIYUE, LANGONG, LANWAN, PANEL, WANYUE, WUZE
from tests.support.expect import refused
from tests.support.layout import Ticket
from tests.support.world import DAY, DUE, FACE, World

PART = FACE // 8
ORDER, SECOND = b"\7" * 32, b"\x08" * 32


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def test_an_order_needs_the_panel(world: World, ticket: bytes) -> None:
    with refused("PanelTooSmall", found=2, threshold=3):
        world.freeze(ticket, ORDER, PART, members=PANEL[:2])
    with refused("StaleSequence", given=1, current=0):
        world.freeze(ticket, ORDER, PART, sequence=1)
    with refused("Expired"):
        world.freeze(ticket, ORDER, PART, deadline=world.now - 1)
    world.freeze(ticket, ORDER, PART)
    with refused("PanelTooSmall"):
        world.unfreeze(ticket, ORDER, members=[LANWAN])
    with refused("StaleSequence", given=0, current=1):
        world.unfreeze(ticket, ORDER, sequence=0)


def test_an_order_that_cannot_be(world: World, ticket: bytes) -> None:
    with refused("UnknownTicket", ticket=b"\1" * 32):
        world.freeze(b"\1" * 32, ORDER, PART)
    with refused("BadAmount"):
        world.freeze(ticket, ORDER, 0)
    with refused("BadAmount"):
        world.freeze(ticket, bytes(32), PART)
    with refused("OrderEnded", end=world.now, nowAt=world.now):
        world.freeze(ticket, ORDER, PART, world.now)
    with refused("UnknownOrder", ticket=ticket, order=ORDER):
        world.unfreeze(ticket, ORDER)
    with refused("UnknownOrder"):
        world.unfreeze(ticket, bytes(32))


def test_at_most_4_running_orders(world: World, ticket: bytes) -> None:
    numbers = [bytes([n]) * 32 for n in range(1, 6)]
    for days, number in enumerate(numbers[:4], 1):
        world.freeze(ticket, number, 100, world.now + days * DAY)
    with refused("OrderKnown", ticket=ticket, order=numbers[2]):
        world.freeze(ticket, numbers[2], 100)
    with refused("TooManyOrders", ticket=ticket):
        world.freeze(ticket, numbers[4], 100)
    world.advance(DAY)
    assert world.freeze(ticket, numbers[4], 100).one("Frozen")["slot"] == 0
    world.advance(2 * DAY)
    assert world.freeze(ticket, numbers[2], 100).one("Frozen")["slot"] == 2


def test_frozen(world: World, ticket: bytes) -> None:
    end = world.now + 9 * DAY
    event = world.freeze(ticket, ORDER, PART, end).one("Frozen")
    expected = {"ticket": ticket, "slot": 0, "order": ORDER, "amount": PART, "start": world.now, "end": end}
    assert event.args == {**expected, "evidence": event["evidence"], "sequence": 1}
    assert world.ticket(ticket).flags == Ticket.ORDERED
    with refused("NotEnough", ticket=ticket, free=7 * PART, value=8 * PART):
        world.transfer(WANYUE, ticket, (WUZE, 8 * PART))
    with refused("NotEnough", free=7 * PART):
        world.lock(WANYUE, ticket, LANWAN, 8 * PART)
    world.lock(WANYUE, ticket, LANWAN, 4 * PART)
    world.transfer(WANYUE, ticket, (WUZE, 3 * PART))
    with refused("NotEnough", free=0):
        world.transfer(WANYUE, ticket, (WUZE, PART))


def test_lifted_and_ended(world: World, ticket: bytes) -> None:
    world.freeze(ticket, ORDER, FACE)
    world.freeze(ticket, SECOND, FACE, world.now + DAY)
    first = world.unfreeze(ticket, ORDER).one("Unfrozen")
    assert (first["slot"], first["order"], first["last"], first["sequence"]) == (0, ORDER, False, 3)
    with refused("NotEnough", free=0):
        world.transfer(WANYUE, ticket, (WUZE, PART))
    world.advance(DAY)
    world.transfer(WANYUE, ticket, (WUZE, PART))
    assert world.ticket(ticket).flags == Ticket.ORDERED
    assert world.unfreeze(ticket, SECOND).one("Unfrozen")["last"] is True
    assert world.ticket(ticket).flags == 0


def test_a_later_order_waits_for_what_comes_back(world: World, ticket: bytes) -> None:
    lock = world.lock(WANYUE, ticket, LANWAN, 4 * PART)
    world.freeze(ticket, ORDER, 3 * PART)
    world.freeze(ticket, SECOND, 4 * PART)
    with refused("NotEnough", free=0):
        world.transfer(WANYUE, ticket, (WUZE, PART))
    world.advance(5 * DAY)
    world.return_lock(lock)
    with refused("NotEnough", free=PART, value=2 * PART):
        world.transfer(WANYUE, ticket, (WUZE, 2 * PART))
    world.transfer(WANYUE, ticket, (WUZE, PART))


def test_held_value_is_not_paid_out(world: World, ticket: bytes) -> None:
    world.until(DUE)
    world.freeze(ticket, ORDER, 2 * PART)
    world.fund((ticket, FACE))
    with refused("BeyondPayable", payable_=6 * PART):
        world.pay_out((ticket, 7 * PART))
    world.pay_out((ticket, 6 * PART))
    with refused("BeyondPayable", payable_=0):
        world.pay_out((ticket, 1))


def test_after_part_of_it_was_taken_an_order_holds_what_is_left(world: World, ticket: bytes) -> None:
    world.fund((ticket, FACE))
    world.pay_out((ticket, 5 * PART))
    world.freeze(ticket, ORDER, FACE)
    world.advance(1)
    with refused("BeyondPayable", payable_=0):
        world.pay_out((ticket, 1))
    world.unfreeze(ticket, ORDER)
    world.pay_out((ticket, 3 * PART))


def test_a_line_that_was_paid_before_the_order(world: World, ticket: bytes) -> None:
    world.fund((ticket, FACE))
    before = world.now
    world.advance(DAY)
    world.freeze(ticket, ORDER, FACE)
    with refused("BeyondPayable", payable_=0):
        world.pay_out((ticket, FACE), paid_at=world.now)
    world.pay_out((ticket, FACE), paid_at=before)


def test_lift_and_pay_out_in_one_relay(world: World, ticket: bytes) -> None:
    world.fund((ticket, FACE))
    world.freeze(ticket, ORDER, FACE)
    lift = world.panel_draft("Unfreeze", ticket=ticket, order=ORDER)
    lines = [{"ticket": ticket, "amount": FACE, "paidAt": world.now}]
    pay = world.draft("PayOut", [HUAIYUE], bank=HUAIYUE.id, ref=world.salt(), lines=lines)
    _, results = world.relay([lift.data, pay.data])
    assert all(result.ok for result in results)
    assert world.read("taken", ticket) == FACE


def test_it_follows_no_child(world: World, ticket: bytes) -> None:
    child = world.transfer(WANYUE, ticket, (WUZE, PART))[0]
    world.freeze(ticket, ORDER, FACE)
    world.transfer(WUZE, child, (WANYUE, PART))


def test_orders_on_value_on_offer(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    world.freeze(ticket, ORDER, FACE)
    with refused("NotEnough", free=0):
        world.send(offer.transfer(offer.accept(WUZE))).expect()
    world.unfreeze(ticket, ORDER)
    world.send(offer.transfer(offer.accept(WUZE))).expect()
