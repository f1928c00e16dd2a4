"""PANEL on this network: policy, stages, its own change."""

from __future__ import annotations

from tests.support.actors import HUAIYUE, LANGONG, LANWAN, NANHUAI, PANEL, REGISTRAR, WANYUE
from tests.support.expect import refused
from tests.support.world import World


def test_the_panel_replaces_itself_and_back(world: World) -> None:
    original = [party.id for party in PANEL]
    for members in ([*original, WANYUE.id], original):
        sequence = world.sequence("ChangePanel", {})
        with refused("PanelTooSmall"):
            world.act("ChangePanel", [REGISTRAR, LANWAN], members=members, threshold=3, sequence=sequence)
        world.act(
            "ChangePanel", [REGISTRAR, LANWAN, NANHUAI], members=members, threshold=3, sequence=sequence
        )


def test_a_policy_holds_from_its_date_on(world: World) -> None:
    begins = world.now + 10
    world.panel("SetPolicy", **{"months": 9, "from": begins})
    world.until(begins + 3)
    world.panel("SetPolicy", **{"months": 6, "from": world.now + 5})
    world.advance(6)


def test_a_stop_ends_by_itself(world: World) -> None:
    until = world.now + 12
    world.panel("Stop", stages=1 << 1, until=until)
    with refused("StageStopped"):
        for stage_stopped in (lambda: world.issue(LANGONG, WANYUE), lambda: world.limit(LANGONG)):
            stage_stopped()
    world.until(until + 3)
    world.issue(LANGONG, WANYUE)
    with refused("PanelTooSmall"):
        world.panel("Stop", members=[HUAIYUE], stages=1, until=world.now + 10)
