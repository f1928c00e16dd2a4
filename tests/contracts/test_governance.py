"""The panel, stops, closing, the tenor policy, and a successor deployment.

given an act of the panel
    it should refuse fewer members than the threshold, strangers, the same member twice, an order that is not ascending
    it should refuse more signatures than members, a stale sequence, and an act that ran out
given the panel itself
    it should change by its own act only, to known participants in ascending order with a threshold they can reach
    when it has changed
        it should listen to the new members only
given a stop of stages
    it should last 7 days at most, once in 30, for known stages
    it should stop those stages and no other, and never withdrawing, vetoing, receipts, funding or payout
given the deployment is closed
    it should take no new issuance for good and let everything else live on
given a tenor policy
    it should be 1 to 36 months, not from the past, and hold from its date on
given a constructor
    it should refuse a bad panel, bad months, a bad clearing bank, and an open predecessor
given a successor of a closed deployment
    it should count limits, halts and invoices of the predecessor live
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import abi
from tests.support.actors import (
    ADMITTED,
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    PANEL,
    REGISTRAR,
    SUHENG,
    WANYUE,
    WUZE,
    Party,
    Role,
    party,
)
from tests.support.expect import refused
from tests.support.world import CONTRACTUAL_DUE, DAY, DUE, FACE, OPENED, World, at, deploy, seeds

PARTICIPANTS, LIMITS, ISSUE, TRANSFER, FINANCE = 1, 2, 4, 8, 16
NEWCOMER = party("newcomer", 15, "91340100MA9DEM333A", Role.SUPPLIER)


def change_panel(world: World, members: list[Party], threshold: int) -> Any:
    fields = {"members": [member.id for member in members], "threshold": threshold, "sequence": 0}
    return world.act("ChangePanel", PANEL[:3], **fields)


# ---- who the panel is


def close(world: World, *members: Party, **fields: Any) -> Any:
    return world.panel("Close", members=members, **fields)


def test_too_few_members(world: World) -> None:
    with refused("PanelTooSmall", found=0, threshold=3):
        close(world)
    with refused("PanelTooSmall", found=2, threshold=3):
        close(world, LANWAN, NANHUAI)


def test_strangers_and_doubles(world: World) -> None:
    with refused("NotOnPanel", party=WANYUE.id):
        close(world, LANWAN, NANHUAI, WANYUE)
    with refused("NotAscending", position=1):
        close(world, LANWAN, LANWAN, NANHUAI)
    with refused("NotAscending", position=2):
        close(world, REGISTRAR, NANHUAI, LANWAN)
    with refused("TooMany", found=5, most=4):
        close(world, *PANEL, WANYUE)


def test_panel_acts_are_dated_and_numbered(world: World) -> None:
    with refused("Expired"):
        close(world, *PANEL, deadline=world.now - 1)
    with refused("StaleSequence", given=1, current=0):
        close(world, *PANEL, sequence=1)


def test_a_bad_panel(world: World) -> None:
    with refused("BadThreshold", threshold=0, members=4):
        change_panel(world, list(PANEL), 0)
    with refused("BadThreshold", threshold=5, members=4):
        change_panel(world, list(PANEL), 5)
    with refused("BadThreshold", threshold=1, members=0):
        change_panel(world, [], 1)
    with refused("NotAscending", position=1):
        change_panel(world, [NANHUAI, LANWAN], 1)
    with refused("NotAscending", position=0):
        change_panel(world, [party("nobody", 0, "", Role(0))], 1)
    with refused("UnknownParty", party=99):
        change_panel(world, [LANWAN, party("ninety-nine", 99, "", Role(0))], 1)
    with refused("TooMany", found=16, most=15):
        change_panel(world, [party(f"m{i}", i, "", Role(0)) for i in range(1, 17)], 1)


def test_the_panel_replaces_itself(world: World) -> None:
    receipt = change_panel(world, [LANWAN, WANYUE], 2)
    event = receipt.one("PanelSet")
    assert (event["members"], event["threshold"], event["sequence"]) == ((LANWAN.id, WANYUE.id), 2, 1)
    assert world.read("panel") == [LANWAN.id, WANYUE.id]
    with refused("TooMany", found=3, most=2):
        close(world, REGISTRAR, LANWAN, NANHUAI)
    with refused("NotOnPanel", party=NANHUAI.id):
        close(world, LANWAN, NANHUAI)
    close(world, LANWAN, WANYUE)


# ---- stops


def stop(world: World, stages: int, days: float = 7, **fields: Any) -> Any:
    return world.panel("Stop", stages=stages, **{"until": world.now + int(days * DAY), **fields})


def test_a_bad_stop(world: World) -> None:
    for stages in (0, 32):
        with refused("BadStages", stages=stages):
            stop(world, stages)
    with refused("StopTooLong", until=world.now + 7 * DAY + 1, most=world.now + 7 * DAY):
        stop(world, ISSUE, until=world.now + 7 * DAY + 1)
    with refused("StopTooLong"):
        stop(world, ISSUE, until=world.now)
    with refused("PanelTooSmall"):
        stop(world, ISSUE, members=[LANWAN])


def test_once_in_30_days_over_all_stages(world: World) -> None:
    began = world.now
    event = stop(world, ISSUE, 1).one("StagesStopped")
    assert (event["stages"], event["until"], event["freeFrom"]) == (ISSUE, began + DAY, began + 30 * DAY)
    world.until(began + 30 * DAY - 1)
    with refused("TooEarly", readyAt=began + 30 * DAY):
        stop(world, FINANCE)
    world.advance(1)
    stop(world, FINANCE)


def acts_by_stage(world: World, ticket: bytes) -> dict[int, Any]:
    return {
        PARTICIPANTS: lambda: world.admit(NEWCOMER),
        LIMITS: lambda: world.limit(LANGONG),
        ISSUE: lambda: world.issue(LANGONG, WANYUE),
        TRANSFER: lambda: world.transfer(WANYUE, ticket, (WUZE, FACE // 8)),
        FINANCE: lambda: world.lock(WANYUE, ticket, LANWAN, FACE // 8),
    }


@pytest.mark.parametrize("stage", [PARTICIPANTS, LIMITS, ISSUE, TRANSFER, FINANCE])
def test_a_stop_stops_its_stage_and_no_other(world: World, stage: int) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    until = world.now + 7 * DAY
    stop(world, stage)
    for other, act in acts_by_stage(world, ticket).items():
        if other == stage:
            with refused("StageStopped", stage=stage, until=until):
                act()
        else:
            act()
    world.until(until)
    acts_by_stage(world, ticket)[stage]()


def test_a_policy_waits_too_when_limits_are_stopped(world: World) -> None:
    stop(world, LIMITS)
    with refused("StageStopped", stage=LIMITS):
        world.panel("SetPolicy", months=12, **{"from": world.now})


def test_what_no_stop_stops(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    offer = world.offer(WANYUE, ticket, [(WUZE, FACE // 8)])
    locks = [world.lock(WANYUE, ticket, LANWAN, FACE // 8) for _ in range(3)]
    stop(world, 31)
    world.withdraw(WANYUE, offer, 0)
    world.withdraw_all(WANYUE, ticket)
    world.release(locks[0])
    world.cancel_lock(locks[1], WANYUE, LANWAN)
    world.until(world.ticket(locks[2]).expiry)
    world.return_lock(locks[2])
    world.fund((ticket, FACE))
    world.pay_out((ticket, FACE // 8))


# ---- closing


def test_closed_for_new_issuances_for_good(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    assert world.view("closed") is False
    event = close(world, *PANEL).one("DeploymentClosedForIssue")
    assert event["sequence"] == 1
    assert world.view("closed") is True
    with refused("DeploymentClosed"):
        world.issue(LANGONG, WANYUE)
    child = world.transfer(WANYUE, ticket, (WUZE, FACE // 2))[0]
    world.release(world.lock(WUZE, child, LANWAN, FACE // 4))
    world.fund((ticket, FACE))
    world.pay_out((child, FACE // 4))
    world.advance(1000 * DAY)
    with refused("DeploymentClosed"):
        world.issue(LANGONG, WANYUE)


# ---- policy


def policy(world: World, months: int, start: int | None = None, **fields: Any) -> Any:
    return world.panel(
        "SetPolicy", months=months, **{"from": world.now if start is None else start, **fields}
    )


def test_a_bad_policy(world: World) -> None:
    for months in (0, 37):
        with refused("BadMonths", months=months):
            policy(world, months)
    with refused("StartsInThePast", nowAt=world.now, **{"from": world.now - 1}):
        policy(world, 12, world.now - 1)
    with refused("PanelTooSmall"):
        policy(world, 12, members=[LANWAN])


def issue_for(world: World, due: int) -> bytes:
    return world.issue(LANGONG, WANYUE, contractualDue=due, due=due, transferableUntil=due - DAY)


def test_a_policy_holds_from_its_date_on(world: World) -> None:
    with refused("TenorTooLong", contractualDue=at(2027, 5, 24), latest=at(2027, 5, 24) - 1):
        issue_for(world, at(2027, 5, 24))
    issue_for(world, CONTRACTUAL_DUE)
    event = policy(world, 12, world.now + 10 * DAY).one("PolicySet")
    assert (event["months"], event["nextMonths"], event["nextFrom"]) == (6, 12, world.now + 10 * DAY)
    with refused("TenorTooLong"):
        issue_for(world, at(2027, 5, 24))
    world.advance(10 * DAY)
    issue_for(world, at(2027, 12, 3))
    with refused("TenorTooLong"):
        issue_for(world, at(2027, 12, 4))
    event = policy(world, 3, world.now + DAY).one("PolicySet")
    assert (event["months"], event["nextMonths"]) == (12, 3)
    world.advance(DAY)
    with refused("TenorTooLong"):
        issue_for(world, at(2027, 3, 5))


def test_a_policy_that_has_not_begun_is_replaced(world: World) -> None:
    policy(world, 12, world.now + 10 * DAY)
    event = policy(world, 9, world.now + 20 * DAY).one("PolicySet")
    assert (event["months"], event["nextMonths"]) == (6, 9)


@pytest.mark.parametrize(
    ("opened", "months", "last"),
    [
        (at(2026, 11, 23, 10), 6, at(2027, 5, 24) - 1),
        (at(2027, 8, 31, 10), 6, at(2028, 3, 1) - 1),
        (at(2026, 8, 31, 10) + 365 * DAY, 6, at(2028, 3, 1) - 1),
        (at(2027, 1, 31, 0), 1, at(2027, 3, 1) - 1),
        (at(2026, 12, 31, 23), 2, at(2027, 3, 1) - 1),
        (at(2027, 12, 15, 7), 12, at(2028, 12, 16) - 1),
    ],
)
def test_calendar_months_in_shanghai(world: World, opened: int, months: int, last: int) -> None:
    policy(world, months)
    world.until(opened)
    world.limit(LANGONG)
    with refused("TenorTooLong", latest=last):
        issue_for(world, last + 1)
    issue_for(world, last)


# ---- deployment and successor


def test_a_bad_constructor(world: World) -> None:
    evm = world.evm
    with refused("BadThreshold", threshold=5, members=4):
        deploy(evm, threshold=5)
    with refused("UnknownParty", party=9):
        deploy(evm, members=[1, 2, 9])
    for months in (0, 37):
        with refused("BadMonths", months=months):
            deploy(evm, months=months)
    alone = {**seeds()[3], "clearingBank": 4}
    with refused("BadClearingBank", bank=4):
        deploy(evm, seeds=[*seeds()[:3], alone])
    with refused("AlreadyAdmitted", party=1):
        deploy(evm, seeds=[*seeds(), seeds()[0]])


def test_the_constructor_tells_everything(world: World) -> None:
    fresh = deploy(world.evm)
    event = fresh.last("Deployed")
    assert event["salt"] == fresh.domain.salt != world.domain.salt
    assert int(event["predecessor"], 16) == 0
    assert event["months"] == 6
    assert fresh.view("separator") == fresh.domain.separator


def successor(world: World) -> World:
    close(world, *PANEL)
    new = deploy(world.evm, predecessor=world.address)
    for who in ADMITTED:
        new.admit(who)
    new.limit(LANGONG, 2 * FACE)
    return new


def test_an_open_predecessor(world: World) -> None:
    with refused("PredecessorOpen"):
        deploy(world.evm, predecessor=world.address)


def test_acts_for_the_predecessor_do_nothing_in_the_successor(world: World) -> None:
    made = world.issue_draft(LANGONG, WANYUE)
    new = successor(world)
    with refused("NotASigner"):
        new.send(made.data).expect()


def test_the_limit_counts_over_both_deployments(world: World) -> None:
    old = world.issue(LANGONG, WANYUE)
    new = successor(world)
    name = LANGONG.uscc.encode().ljust(32, b"\0")
    assert new.view("openingOf", name) == (FACE, False)
    with refused("LimitExceeded", core=LANGONG.id, needed=2 * FACE + 10_000, limit=2 * FACE):
        new.issue(LANGONG, WANYUE, FACE + 10_000)
    new.issue(LANGONG, WANYUE)
    assert new.view("openingOf", name) == (2 * FACE, False)
    world.fund((old, FACE))
    assert new.view("openingOf", name) == (FACE, False)
    new.issue(LANGONG, WANYUE)


def test_an_overdue_or_halted_core_is_halted_in_the_successor(world: World) -> None:
    old = world.issue(LANGONG, WANYUE)
    new = successor(world)
    world.panel("Halt", core=LANGONG.id, halted=True)
    with refused("CoreHalted", core=LANGONG.id, overdue=0, external_=True):
        new.issue(LANGONG, WANYUE)
    world.panel("Halt", core=LANGONG.id, halted=False)
    world.until(DUE + 3 * DAY)
    world.report_overdue(old)
    due = {"contractualDue": world.now + 30 * DAY, "due": world.now + 30 * DAY}
    until = {"transferableUntil": world.now + 20 * DAY}
    with refused("CoreHalted"):
        new.issue(LANGONG, WANYUE, **due, **until)
    world.fund((old, FACE))
    new.issue(LANGONG, WANYUE, **due, **until)


def test_an_invoice_counts_over_both_deployments(world: World) -> None:
    invoice = {"fingerprint": b"\3" * 32, "total": FACE, "amount": FACE // 2}
    world.issue(LANGONG, WANYUE, FACE // 2, invoices=[invoice])
    new = successor(world)
    name = LANGONG.uscc.encode().ljust(32, b"\0")
    assert new.view("evidenceOf", name, b"\3" * 32) == (FACE // 2, FACE)
    with refused("InvoiceUsed", used=FACE // 2, total=FACE, amount=FACE):
        new.issue(LANGONG, WANYUE, invoices=[{**invoice, "amount": FACE}])
    with refused("InvoiceTotalDiffers", committed=FACE, given=2 * FACE):
        new.issue(LANGONG, WANYUE, FACE // 2, invoices=[{**invoice, "total": 2 * FACE}])
    ticket = new.issue(LANGONG, WANYUE, FACE // 2, invoices=[invoice])
    assert new.view("evidenceOf", name, b"\3" * 32) == (FACE, FACE)
    assert new.read("evidence", abi.keccak(name + b"\3" * 32)) == {"used": FACE // 2, "total": FACE}
    new.void(LANGONG, WANYUE, ticket)
    assert new.view("evidenceOf", name, b"\3" * 32) == (FACE // 2, FACE)


def test_other_cores_are_their_own(world: World) -> None:
    assert world.now == OPENED
    world.issue(LANGONG, WANYUE)
    assert world.view("openingOf", CHENGHAI.uscc.encode().ljust(32, b"\0")) == (0, False)
    assert world.view("openingOf", b"\1" * 32) == (0, False)
    world.issue(CHENGHAI, SUHENG, clearingBank=HUAIYUE.id)
