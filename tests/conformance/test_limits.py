"""LIMIT on this network: who sets it, once each, what it stops; halts."""

from __future__ import annotations

from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, LANWAN, WANYUE
from tests.support.expect import refused
from tests.support.terms import LIMIT
from tests.support.world import DAY, World


def test_above_the_limit(world: World) -> None:
    with refused("LimitExceeded"):
        world.issue(LANGONG, WANYUE, face=LIMIT + 10**6)


def test_each_limit_once(world: World) -> None:
    world.limit(CHENGHAI, LIMIT * 2)
    with refused("StaleSequence"):
        world.limit(CHENGHAI, LIMIT * 3, sequence=world.sequence("SetLimit", {"core": CHENGHAI.id}) - 1)


def test_halted_until_the_panel_resumes(world: World) -> None:
    world.panel("Halt", core=LANGONG.id, halted=True)
    with refused("CoreHalted", core=LANGONG.id, overdue=0, external_=True):
        world.issue(LANGONG, WANYUE)
    world.panel("Halt", core=LANGONG.id, halted=False)
    world.issue(LANGONG, WANYUE)


def test_only_the_named_clearing_bank_sets_a_limit(world: World) -> None:
    fields = {"core": LANGONG.id, "amount": LIMIT, "expiry": world.now + 90 * DAY}
    sequence = world.sequence("SetLimit", fields)
    with refused("WrongParty", found=LANWAN.id, expected=HUAIYUE.id):
        world.act("SetLimit", [LANWAN], **fields, sequence=sequence)
