"""Lens: a ticket's status and what of it can move now.

given a ticket in each state of its life
    it should say the one word that fits first, the same as the book would
given orders, part funding and part payments
    it should say a payable that payOut accepts, and one fen more is refused
    it should say a free value that a lock accepts, and one fen more is refused
    it should hold nothing by orders that ended, and no more than is left
"""

from __future__ import annotations

import pytest

from ledger.money import Fen
from ledger.records import Issuance, Ticket
from ledger.tickets import status_of
from tests.support.actors import (
    LANGONG,
    LANWAN,
    WANYUE,
    WUZE,
)
from tests.support.drafts import issuance_of
from tests.support.lens import NOTHING, Lens
from tests.support.world import CONTRACTUAL_DUE, DAY, DUE, FACE, TRANSFERABLE_UNTIL, Reverted, World


@pytest.fixture
def lens(world: World) -> Lens:
    return Lens(world)


def test_the_status_through_a_life(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    assert lens.status(root) == "live"
    offer = world.offer(WANYUE, root, [(WUZE, 1_000_000)])
    world.withdraw(WANYUE, offer, 0)
    assert lens.status(offer.child(0)) == "withdrawn"
    lock = world.lock(WANYUE, root, LANWAN, 2_000_000)
    assert lens.status(lock) == "locked"
    world.cancel_lock(lock, WANYUE, LANWAN)
    assert lens.status(lock) == "returned"
    (child,) = world.transfer(WANYUE, root, (WUZE, FACE))
    assert (lens.status(root), lens.status(child)) == ("spent", "live")
    world.fund((root, FACE // 2))
    assert lens.status(child) == "live"
    world.until(DUE)
    assert lens.status(child) == "due"
    world.pay_out((child, FACE // 2))
    assert lens.status(child) == "partly paid"
    world.fund((root, FACE - FACE // 2))
    world.pay_out((child, FACE - FACE // 2))
    assert lens.status(child) == "paid"


def test_funded_before_due_and_due_afterwards(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    world.fund((root, FACE))
    assert lens.status(root) == "funded"
    world.until(DUE)
    assert lens.status(root) == "due"


def test_void_comes_before_spent(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    (child,) = world.transfer(WANYUE, root, (WUZE, FACE))
    world.void(LANGONG, WUZE, child)
    assert (lens.status(root), lens.status(child)) == ("void", "void")
    assert lens("holding", child)["free"] == 0
    world.until(DUE)
    assert lens("holding", child)["payableNow"] == 0


def test_the_book_says_the_same_words(world: World, lens: Lens) -> None:
    """Every combination of the facts that decide, as far as the chain can show it."""
    root = world.issue(LANGONG, WANYUE)
    lock = world.lock(WANYUE, root, LANWAN, 2_000_000)
    (child,) = world.transfer(WANYUE, root, (WUZE, FACE - 2_000_000))
    seen = set()
    for step in (
        lambda: None,
        lambda: world.cancel_lock(lock, WANYUE, LANWAN),
        lambda: world.fund((root, FACE // 2)),
        lambda: world.until(DUE),
        lambda: world.pay_out((child, 1_000)),
        lambda: world.fund((root, FACE - FACE // 2)),
        lambda: world.pay_out((child, FACE - 2_001_000), (root, 2_000_000)),
    ):
        step()
        for id in (root, lock, child, NOTHING):
            said = lens.status(id)
            seen.add(said)
            assert said == status_of(*_records(world, id), world.now)
    assert seen == {"none", "live", "locked", "spent", "returned", "due", "partly paid", "paid"}


def _records(world: World, id: bytes) -> tuple[Ticket | None, Issuance | None]:
    """Ticket and issuance as the book has them, from the chain's words."""
    word, iw = world.ticket(id), world.issuance(id)
    if world.read("tickets", id) == 0:
        return None, None
    stored = world.read("settlements", issuance_of(id))
    issuance = Issuance(
        id=issuance_of(id),
        number=1,
        digest=b"",
        debtor=iw.debtor,
        supplier=WANYUE.id,
        clearing_bank=iw.clearing_bank,
        face=Fen(iw.face),
        contractual_due=CONTRACTUAL_DUE,
        due=stored["due"],
        transferable_until=iw.transferable_until,
        grace=stored["grace"],
        depth=10,
        minimum=iw.minimum,
        interest=0,
        undertaking=b"",
        issued_at=0,
        paid=Fen(stored["paid"]),
        funded=bool(iw.flags & iw.FUNDED),
        void=bool(iw.flags & iw.VOID),
    )
    ticket = Ticket(
        id=id,
        issuance=issuance_of(id),
        parent=None,
        party=word.party,
        value=Fen(word.value),
        depth=word.depth,
        path="",
        tier=1,
        created_at=0,
        locked=bool(word.flags & word.LOCKED),
        withdrawn=bool(word.flags & word.WITHDRAWN),
        returned=bool(word.flags & word.RETURNED),
        taken=Fen(world.read("taken", id)),
    )
    return ticket, issuance


def _payable_is_exact(world: World, lens: Lens, ticket: bytes) -> int:
    """payOut accepts what the lens says and refuses one fen more; how much it is."""
    most = lens("holding", ticket)["payableNow"]
    with world.scratch(), pytest.raises(Reverted, match="BeyondPayable"):
        world.pay_out((ticket, most + 1))
    if most:
        with world.scratch():
            world.pay_out((ticket, most))
    return int(most)


@pytest.mark.parametrize("paid", [1, 12_345_677, FACE // 3, FACE - 1, FACE])
@pytest.mark.parametrize("frozen", [0, 1, 7_777_777, FACE])
def test_the_payable_is_what_pay_out_accepts(world: World, lens: Lens, paid: int, frozen: int) -> None:
    root = world.issue(LANGONG, WANYUE)
    (child,) = world.transfer(WANYUE, root, (WUZE, 33_333_333))
    world.fund((root, paid))
    world.until(DUE)
    first = _payable_is_exact(world, lens, child) // 3
    if first:
        world.pay_out((child, first))
    if frozen:
        world.freeze(child, b"\1" * 32, frozen)
    _payable_is_exact(world, lens, child)
    _payable_is_exact(world, lens, root)
    there = lens("holding", child)
    assert there["held"] == min(frozen, 33_333_333 - first)
    assert (there["taken"], there["party"], there["value"]) == (first, WUZE.id, 33_333_333)


def test_nothing_is_payable_before_due_unless_fully_funded(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    world.fund((root, FACE - 1))
    assert lens("holding", root)["payableNow"] == 0
    with world.scratch(), pytest.raises(Reverted, match="NotYetDue"):
        world.pay_out((root, 1))
    world.fund((root, 1))
    assert _payable_is_exact(world, lens, root) == FACE


def test_orders_that_ended_hold_nothing(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    world.freeze(root, b"\1" * 32, 5_000_000, end=world.now + 2 * DAY)
    world.freeze(root, b"\2" * 32, 2_000_000, end=world.now + 4 * DAY)
    assert lens("holding", root)["held"] == 7_000_000
    assert lens("orders", root) == world.read("orders", root)
    world.advance(2 * DAY)
    assert lens("holding", root)["held"] == 2_000_000
    assert lens("ticket", root)["orderSequence"] == 2
    world.unfreeze(root, b"\2" * 32)
    assert lens("holding", root)["held"] == 0
    assert [o["number"] for o in lens("orders", root)] == [b"\1" * 32, *3 * [bytes(32)]]


@pytest.mark.parametrize("frozen", [0, 30_000_000])
def test_the_free_value_is_what_a_lock_accepts(world: World, lens: Lens, frozen: int) -> None:
    root = world.issue(LANGONG, WANYUE)
    if frozen:
        world.freeze(root, b"\1" * 32, frozen)
    free = lens("holding", root)["free"]
    assert free == FACE - frozen
    with world.scratch(), pytest.raises(Reverted, match="NotEnough"):
        world.lock(WANYUE, root, LANWAN, free + 1)
    world.lock(WANYUE, root, LANWAN, free)
    assert lens("holding", root)["free"] == 0


def test_nothing_is_free_once_it_can_move_no_more(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    other = world.issue(LANGONG, WANYUE)
    world.fund((other, FACE))
    assert lens("holding", other)["free"] == 0
    world.until(TRANSFERABLE_UNTIL - 1)
    assert lens("holding", root)["free"] == FACE
    world.advance(1)
    assert lens("holding", root)["free"] == 0
