"""TRANSFER: which reason comes first, in the second in which one begins.

given an offer in its last second, of which one place is accepted twice
    it should say that, and that it expired a second later
"""

from __future__ import annotations

from tests.support.actors import LANGONG, WANYUE, WUZE, XICHUAN
from tests.support.expect import refused
from tests.support.world import FACE, World

PART = FACE // 8


def test_an_offer_is_not_expired_in_its_last_second(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (XICHUAN, PART)], deadline=world.now)
    accepted = offer.accept(WUZE)
    with refused("DuplicateIndex", index=0):
        world.send(offer.transfer(accepted, accepted)).expect()
    world.advance(1)
    with refused("Expired", deadline=world.now - 1):
        world.send(offer.transfer(accepted, accepted)).expect()
