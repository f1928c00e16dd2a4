"""LIMITS: how much a core may have outstanding, and halts for outside reasons.

given a limit
    it should be set by the core's named clearing bank alone, for a core, once per sequence
    it should refuse an amount that does not fit
given an issuance
    it should be refused above the limit, after its expiry, and while the core is halted
    when limits go below their use
        it should only block new issuances
    when value is funded or voided
        it should free the limit by as much
given a halt for outside reasons
    it should need the panel, and end only by the panel
"""

from __future__ import annotations

from tests.support.actors import (
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    REGISTRAR,
    SUHENG,
    WANYUE,
    Role,
)
from tests.support.expect import refused
from tests.support.world import DAY, FACE, LIMIT, World


def set_limit(world: World, signer: object = HUAIYUE, **fields: object) -> None:
    filled = {"core": LANGONG.id, "amount": FACE, "expiry": world.now + DAY, "sequence": 1, **fields}
    world.act("SetLimit", [signer], **filled)  # type: ignore[list-item]


def test_only_the_named_clearing_bank_sets_a_limit(world: World) -> None:
    for other in (LANWAN, LANGONG, REGISTRAR):
        with refused("WrongParty", found=other.id, expected=HUAIYUE.id):
            set_limit(world, other)
    with refused("MissingRole", party=WANYUE.id, role=int(Role.CORE)):
        set_limit(world, core=WANYUE.id)
    with refused("UnknownParty", party=99):
        set_limit(world, core=99)


def test_each_limit_once(world: World) -> None:
    set_limit(world)
    with refused("StaleSequence", given=1, current=2):
        set_limit(world)


def test_an_amount_that_does_not_fit(world: World) -> None:
    with refused("LimitTooLarge", amount=1 << 88):
        set_limit(world, amount=1 << 88)
    set_limit(world, amount=(1 << 88) - 1)


def test_limit_set(world: World) -> None:
    expiry = world.now + 9 * DAY
    event = world.limit(LANGONG, 5 * FACE, expiry).one("LimitSet")
    assert event.args == {"core": LANGONG.id, "amount": 5 * FACE, "expiry": expiry, "sequence": 2}


def test_above_the_limit(world: World) -> None:
    world.limit(LANGONG, 2 * FACE)
    world.issue(LANGONG, WANYUE)
    with refused("LimitExceeded", core=LANGONG.id, needed=2 * FACE + 10_000, limit=2 * FACE):
        world.issue(LANGONG, WANYUE, FACE + 10_000)
    world.issue(LANGONG, SUHENG)
    with refused("LimitExceeded"):
        world.issue(LANGONG, WANYUE, 10_000)
    assert world.read("openings", LANGONG.id)["used"] == 2 * FACE


def test_after_its_expiry(world: World) -> None:
    expiry = world.now + DAY
    world.limit(LANGONG, LIMIT, expiry)
    world.until(expiry - 1)
    world.issue(LANGONG, WANYUE)
    world.advance(1)
    with refused("LimitExpired", core=LANGONG.id, expiry=expiry):
        world.issue(LANGONG, WANYUE)


def test_below_its_use_it_only_blocks_new_issuances(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    world.limit(LANGONG, 0)
    with refused("LimitExceeded"):
        world.issue(LANGONG, WANYUE, 10_000)
    world.transfer(WANYUE, ticket, (SUHENG, FACE // 2))
    world.fund((ticket, FACE))
    assert world.read("openings", LANGONG.id)["used"] == 0


def test_funding_and_voiding_free_the_limit(world: World) -> None:
    world.limit(LANGONG, 2 * FACE)
    first, second = world.issue(LANGONG, WANYUE), world.issue(LANGONG, WANYUE)
    world.fund((first, FACE // 4))
    assert world.read("openings", LANGONG.id)["used"] == 2 * FACE - FACE // 4
    world.issue(LANGONG, WANYUE, FACE // 4)
    world.void(LANGONG, WANYUE, second)
    assert world.read("openings", LANGONG.id)["used"] == FACE
    world.issue(LANGONG, WANYUE)


def test_a_halt_needs_the_panel(world: World) -> None:
    with refused("PanelTooSmall", found=1, threshold=3):
        world.panel("Halt", members=[REGISTRAR], core=LANGONG.id, halted=True)
    with refused("MissingRole", party=WANYUE.id):
        world.panel("Halt", core=WANYUE.id, halted=True)
    with refused("StaleSequence", given=7, current=1):
        world.panel("Halt", core=LANGONG.id, halted=True, sequence=7)


def test_halted_until_the_panel_resumes(world: World) -> None:
    event = world.panel("Halt", core=LANGONG.id, halted=True).one("HaltSet")
    assert (event["core"], event["halted"], event["sequence"]) == (LANGONG.id, True, 2)
    with refused("CoreHalted", core=LANGONG.id, overdue=0, external_=True):
        world.issue(LANGONG, WANYUE)
    world.issue(CHENGHAI, WANYUE)
    world.advance(60 * DAY)
    with refused("CoreHalted"):
        world.issue(LANGONG, WANYUE)
    world.panel("Halt", core=LANGONG.id, halted=False)
    world.issue(LANGONG, WANYUE)
