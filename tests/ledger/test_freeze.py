"""FREEZE, judged alike by the rules and by the contract; and what a ticket holds, may pay and is called.

given an order over nothing, that has ended, stands already, or is the fifth
  it should be refused
given an order that is not on the ticket, or a ticket without an owner
  it should be refused
given orders above the value
  it should hold the value, and let the later one wait
given an order that began after a line was paid
  it should not reduce that line
given value on offer
  it should be free no more
given a ticket at any point of its life
  it should be called by one word
"""

from dataclasses import replace
from typing import Any

import pytest

from ledger import freeze, kinds
from ledger.freeze import UnknownOrder, order_of, orders
from ledger.ids import keccak256
from ledger.money import Fen
from ledger.records import Issuance, Order, Reservation, Ticket
from ledger.tickets import free, held, number_of, payable, status_of
from tests.support.actors import LANGONG, LANWAN, PANEL, WANYUE, WUZE
from tests.support.both import Both
from tests.support.world import DAY, DUE, FACE, TRANSFERABLE_UNTIL

EVIDENCE = keccak256(b"evidence")
NUMBER = "(2027)皖01执保12号"


@pytest.fixture
def root(both: Both) -> bytes:
    return both.world.issue(LANGONG, WANYUE)


def order(
    both: Both, ticket: bytes, number: str = NUMBER, amount: int = 100, days: int = 90
) -> dict[str, Any]:
    end = both.now + days * DAY
    made = freeze.freeze(both.store, ticket, number, Fen(amount), end, EVIDENCE, both.later())
    both.keep("Freeze", made.message, made.extra)
    return made.message


def lift(both: Both, ticket: bytes, number: bytes) -> dict[str, Any]:
    return freeze.unfreeze(both.store, ticket, number, EVIDENCE, both.later())


def ticket(both: Both, id_: bytes) -> Ticket:
    found: Ticket = both.store.need(Ticket, id_)
    return found


def test_orders_that_are_refused(both: Both, root: bytes) -> None:
    both.refused("bad-amount", "Freeze", order(both, root, amount=0))
    both.refused("order-ended", "Freeze", order(both, root, days=0))
    both.refused("expired", "Freeze", {**order(both, root), "deadline": 1})
    first = order(both, root)
    both.act("Freeze", first)
    both.refused("stale-sequence", "Freeze", first)
    both.refused("order-known", "Freeze", {**order(both, root), "order": first["order"]})
    for _ in range(3):
        both.act("Freeze", order(both, root, days=1))
    both.refused("too-many-orders", "Freeze", order(both, root))
    both.agree()
    both.world.advance(DAY)
    both.act("Freeze", order(both, root))
    both.agree()


def test_orders_that_are_not_there(both: Both, root: bytes) -> None:
    both.refused("unknown-order", "Unfreeze", lift(both, root, bytes(32)))
    with pytest.raises(UnknownOrder, match="look at its orders"):
        order_of(both.store, root, NUMBER)
    with pytest.raises(Exception, match="no ticket 0x00"):
        order(both, bytes(32))


def test_who_signs(both: Both, root: bytes) -> None:
    dues = kinds.kind("Freeze").dues(order(both, root), both.store)
    assert [(due.kind, due.party) for due in dues] == [("panel", party.id) for party in PANEL]


def test_put_on_and_lifted(both: Both, root: bytes) -> None:
    both.act("Freeze", order(both, root))
    assert ticket(both, root).ordered
    both.agree()
    both.act("Unfreeze", lift(both, root, order_of(both.store, root, NUMBER)))
    assert not ticket(both, root).ordered
    assert both.store.count(Order) == 0
    both.agree()


def test_a_later_order_waits(both: Both, root: bytes) -> None:
    both.act("Freeze", order(both, root, amount=FACE - 100))
    both.world.advance(5)
    both.act("Freeze", order(both, root, "second", 500, days=1))
    first, second = orders(both.store, ticket(both, root), both.now)
    assert (first.number, first.holding) == (NUMBER, FACE - 100)
    assert (second.number, second.holding, second.amount) == ("second", 100, 500)
    assert held(both.store, ticket(both, root), both.now) == FACE
    assert held(both.store, ticket(both, root), both.now + DAY) == FACE - 100


def test_an_order_after_the_line_was_paid(both: Both, root: bytes) -> None:
    both.world.fund((root, FACE))
    both.act("Freeze", order(both, root, amount=FACE))
    found, issuance = ticket(both, root), both.store.need(Issuance, root[:16])
    assert payable(both.store, found, issuance, both.now) == 0
    assert payable(both.store, found, issuance, both.now, both.now - 1) == FACE


def test_payable_is_rounded_down(both: Both, root: bytes) -> None:
    both.world.fund((root, FACE // 3))
    found, issuance = ticket(both, root), both.store.need(Issuance, root[:16])
    part = replace(found, value=Fen(100))
    assert payable(both.store, part, issuance, both.now) == 33
    assert payable(both.store, replace(part, taken=Fen(33)), issuance, both.now) == 0
    assert payable(both.store, replace(part, taken=Fen(50)), issuance, both.now) == 0


def test_value_on_offer_is_not_free(both: Both, root: bytes) -> None:
    assert free(both.store, ticket(both, root), both.now) == FACE
    both.store.put(Reservation(b"\1" * 32, root, Fen(300), both.later()))
    both.store.put(Reservation(b"\2" * 32, root, Fen(50), both.later(), ended=True))
    assert free(both.store, ticket(both, root), both.now) == FACE - 300
    both.act("Freeze", order(both, root, amount=FACE - 100))
    assert free(both.store, ticket(both, root), both.now) == 0


def status(both: Both, id_: bytes) -> str:
    return status_of(both.store.get(Ticket, id_), both.store.get(Issuance, id_[:16]), both.now)


def test_what_a_ticket_is_called(both: Both, root: bytes) -> None:
    world = both.world
    assert status(both, bytes(32)) == "none"
    assert status(both, root) == "live"
    (child,) = world.transfer(WANYUE, root, (WUZE, FACE // 2))
    lock = world.lock(WUZE, child, LANWAN, FACE // 2)
    assert (status(both, lock), status(both, child)) == ("locked", "spent")
    world.advance(5 * DAY)
    world.return_lock(lock)
    assert (status(both, lock), status(both, child)) == ("returned", "live")
    world.fund((root, FACE))
    assert status(both, root) == "funded"
    world.pay_out((root, FACE // 2), (child, 1))
    assert (status(both, root), status(both, child)) == ("paid", "partly paid")
    both.agree()


def test_due_and_void(both: Both, root: bytes) -> None:
    other = both.world.issue(LANGONG, WANYUE)
    both.world.void(LANGONG, WANYUE, other)
    assert status(both, other) == "void"
    both.world.until(TRANSFERABLE_UNTIL)
    assert status(both, root) == "live"
    both.world.until(DUE)
    assert status(both, root) == "due"


def test_numbers_for_people(both: Both, root: bytes) -> None:
    first, second = both.world.transfer(WANYUE, root, (WUZE, FACE // 4), (WUZE, FACE // 4))
    (grandchild,) = both.world.transfer(WUZE, second, (WANYUE, FACE // 4))
    issuance = both.store.need(Issuance, root[:16])
    numbers = [number_of(issuance, ticket(both, id_)) for id_ in (root, first, second, grandchild)]
    assert numbers == ["GT-000001", "GT-000001-1", "GT-000001-2", "GT-000001-2-1"]
