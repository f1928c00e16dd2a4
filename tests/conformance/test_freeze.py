"""FREEZE on this network: by the panel, an amount, an end.

given an order that ends in seconds: what was held moves again from then on
"""

from __future__ import annotations

from tests.contracts.test_freeze import (  # noqa: F401
    test_an_order_needs_the_panel,
    test_it_follows_no_child,
    test_lift_and_pay_out_in_one_relay,
    test_orders_on_value_on_offer,
    ticket,
)
from tests.support.actors import WANYUE, WUZE
from tests.support.expect import refused
from tests.support.world import FACE, World


def test_held_until_its_end(world: World, ticket: bytes) -> None:  # noqa: F811
    end = world.now + 12
    world.freeze(ticket, b"\x11" * 32, FACE, end)
    with refused("NotEnough"):
        world.transfer(WANYUE, ticket, (WUZE, FACE))
    world.until(end + 3)
    world.transfer(WANYUE, ticket, (WUZE, FACE))
