"""TRANSFER: which reason comes first, in the second in which one begins.

given an offer in its last second, of which one place is accepted twice
    it should say that, and that it expired a second later
given one acceptance of an offer with more children than there may be, or of a place that no array has
    it should name the number of the others, or the place
"""

from __future__ import annotations

from tests.support.actors import LANGONG, WANYUE, WUZE, XICHUAN
from tests.support.expect import refused
from tests.support.world import FACE, World

MINIMUM, PART = 10_000, FACE // 8


def test_an_offer_is_not_expired_in_its_last_second(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (XICHUAN, PART)], deadline=world.now)
    accepted = offer.accept(WUZE)
    with refused("DuplicateIndex", index=0):
        world.send(offer.transfer(accepted, accepted)).expect()
    world.advance(1)
    with refused("Expired", deadline=world.now - 1):
        world.send(offer.transfer(accepted, accepted)).expect()


def test_too_many_others_and_a_place_beyond_all(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    offer = world.offer(WANYUE, ticket, [(WUZE, MINIMUM)] * 102)
    with refused("BadChildren", found=101):
        world.send(offer.transfer(offer.accept(WUZE, [0]))).expect()
    small = world.offer(WANYUE, ticket, [(WUZE, PART), (XICHUAN, PART)])
    for place in (255, 256, 65_535):
        outside = small.accept(WUZE)
        outside["legs"][0]["index"] = place
        with refused("BadChildren", found=place):
            world.send(small.transfer(outside)).expect()
