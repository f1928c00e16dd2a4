"""PARTICIPANTS in the very second in which it changes.

given a suspension by the registrar up to this second
    it should be a lift: refused where nothing is suspended, and no suspension for which free days are counted
"""

from __future__ import annotations

from tests.support.actors import REGISTRAR, WANYUE
from tests.support.expect import refused
from tests.support.world import DAY, Receipt, World


def suspend(world: World, until: int) -> Receipt:
    """By the registrar alone."""
    sequence = world.sequence("Suspend", {"party": WANYUE.id})
    return world.act("Suspend", [REGISTRAR], party=WANYUE.id, until=until, byPanel=False, sequence=sequence)


def test_a_suspension_up_to_now_is_a_lift(world: World) -> None:
    with refused("NotSuspended", party=WANYUE.id):
        suspend(world, world.now)
    free_from = suspend(world, world.now + DAY).one("SuspensionSet")["freeFrom"]
    lifted = suspend(world, world.now).one("SuspensionSet")
    assert (lifted["until"], lifted["freeFrom"]) == (0, free_from)
