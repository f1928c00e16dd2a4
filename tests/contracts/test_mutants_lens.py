"""Lens: each mark of a ticket is told by itself.

given tickets that are fresh, ordered, paid in part, locked, returned and withdrawn
    it should say of each its own mark and no other
"""

from __future__ import annotations

from tests.support.actors import LANGONG, LANWAN, WANYUE, WUZE
from tests.support.lens import Lens
from tests.support.world import DUE, FACE, World

MARKS = ("locked", "withdrawn", "returned", "ordered", "paidInPart")
PART = FACE // 8


def marks(lens: Lens, ticket: bytes) -> set[str]:
    told = lens("ticket", ticket)
    return {mark for mark in MARKS if told[mark]}


def test_each_mark_by_itself(world: World) -> None:
    lens = Lens(world)
    root, held, paid = (world.issue(LANGONG, WANYUE) for _ in range(3))
    lock = world.lock(WANYUE, root, LANWAN, PART)
    returned = world.lock(WANYUE, root, LANWAN, PART)
    world.cancel_lock(returned, WANYUE, LANWAN)
    offer = world.offer(WANYUE, root, [(WUZE, PART)])
    world.withdraw(WANYUE, offer, 0)
    world.freeze(held, b"\1" * 32, 1)
    world.fund((paid, FACE // 2))
    found = [marks(lens, ticket) for ticket in (root, lock, returned, offer.child(0), held, paid)]
    assert found == [set(), {"locked"}, {"returned"}, {"withdrawn"}, {"ordered"}, set()]
    world.until(DUE)
    world.pay_out((paid, 1))
    assert marks(lens, paid) == {"paidInPart"}
