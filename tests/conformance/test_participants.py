"""PARTICIPANTS on this network: who comes in, which keys sign, recovery, suspension.

given somebody who wants in: refused without registrar, bank, own keys, or with forged signatures; admitted otherwise
given a participant: keys go and come, its file changes, each once
given a recovery: any current key vetoes it
given a suspension: it stops acting; the registrar's and the panel's are apart
"""

from __future__ import annotations

from tests.contracts.test_participants import (  # noqa: F401
    test_clearing_bank_of_itself,
    test_each_key_consents,
    test_garbage_and_malleable_signatures,
    test_registrar_and_bank_must_be_such,
    test_uscc_that_is_in_already,
)
from tests.support.actors import (
    CHANGLI,
    CHUHENG,
    HUAIYUE,
    MAKER,
    REGISTRAR,
    SOLE,
    XICHUAN,
    YONGTUO,
    Key,
    Role,
    party,
)
from tests.support.expect import refused
from tests.support.world import DAY, World

LATECOMER = party("latecomer", 0, "91340100MA9DEM555L", Role.SUPPLIER, "后来铸造")


def test_admitted(world: World) -> None:
    event = world.admit(LATECOMER).one("Admitted")
    assert world.signer(LATECOMER.sole.address).party == event["party"]


def test_keys_go_and_come_each_once(world: World) -> None:
    fresh = Key("changli fresh")
    fields = {"party": CHANGLI.id, "add": [{"key": fresh.address, "right": MAKER}], "sequence": 0}
    world.act("ChangeSigners", [CHANGLI, fresh], **fields, remove=[CHANGLI.maker.address])
    assert world.signer(fresh.address).right == MAKER
    assert world.signer(CHANGLI.maker.address).right == 0
    with refused("StaleSequence", given=0, current=1):
        world.act("ChangeProfile", [CHANGLI], party=CHANGLI.id, profile=world.salt(), sequence=0)


def test_profile(world: World) -> None:
    profile = world.salt()
    world.act("ChangeProfile", [YONGTUO], party=YONGTUO.id, profile=profile, sequence=0)
    with refused("WrongParty"):
        world.act("ChangeProfile", [XICHUAN], party=YONGTUO.id, profile=profile, sequence=1)


def test_any_current_key_vetoes_a_recovery(world: World) -> None:
    later = Key("chuheng later")
    keys = [{"key": later.address, "right": SOLE}]
    with refused("PanelTooSmall"):
        world.panel("Recover", HUAIYUE, later, members=[REGISTRAR], party=CHUHENG.id, keys=keys)
    made = world.panel_draft("Recover", HUAIYUE, later, party=CHUHENG.id, keys=keys)
    world.send(made.data).expect()
    with refused("NotASigner", key=later.address):
        world.act("VetoRecovery", [later], party=CHUHENG.id, recovery=made.digest)
    world.act("VetoRecovery", [CHUHENG.maker], party=CHUHENG.id, recovery=made.digest)
    with refused("NoRecovery"):
        world.act("CompleteRecovery", [later], party=CHUHENG.id, recovery=made.digest)


def test_suspended_and_back(world: World) -> None:
    from tests.support.actors import LANGONG

    fields = {"party": XICHUAN.id, "until": world.now + 9 * DAY, "byPanel": False, "sequence": 0}
    world.act("Suspend", [REGISTRAR], **fields)
    with refused("Suspended"):
        world.issue(LANGONG, XICHUAN)
    world.panel("Suspend", party=XICHUAN.id, until=world.now + 99 * DAY, byPanel=True)
    world.panel("Suspend", party=XICHUAN.id, until=0, byPanel=True)
    world.issue(LANGONG, XICHUAN)
