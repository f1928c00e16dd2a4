"""Lens: storage in plain words.

given ids where nothing was ever written
    it should read zeros and name nobody
given storage as the compiler lays it out
    it should give every struct and word exactly so, running recoveries and replacements included
given a lock
    it should name bank, clearing bank, parent and expiry while it stands, and nothing afterwards
given the contract itself
    it should have nothing but views
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import abi
from tests.support.actors import (
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    PANEL,
    THRESHOLD,
    WANYUE,
    WUZE,
    XICHUAN,
    Key,
    Role,
    party,
)
from tests.support.drafts import issuance_of
from tests.support.lens import NOTHING, STATUSES, Lens
from tests.support.world import DAY, DUE, FACE, TRANSFERABLE_UNTIL, World, deploy


@pytest.fixture
def lens(world: World) -> Lens:
    return Lens(world)


def test_nothing_reads_as_zeros(lens: Lens) -> None:
    assert lens.status(NOTHING) == "none"
    assert set(lens("holding", NOTHING).values()) == {0}
    facts = lens("issuance", issuance_of(NOTHING))
    assert not any(v for k, v in facts.items() if k != "replacement")
    assert not any(lens("signer", "0x" + "11" * 20).values())
    assert lens("words", [NOTHING]) == [0]
    assert lens("issuanceWords", [issuance_of(NOTHING)]) == [0]
    assert all(order["number"] == bytes(32) for order in lens("orders", NOTHING))


def test_an_unknown_company_is_nobody(lens: Lens) -> None:
    code, facts, recovery = lens("participant", 99)
    assert (code, facts["keys"], recovery["keys"], facts["roles"]) == ("", [], [], 0)
    assert lens("participantOf", "91340100MA9DEM9999") == 0
    assert lens("participantOf", "") == 0
    assert lens("participantOf", LANGONG.uscc + "X") == 0
    assert lens("opening", 99)[1:] == (0, False)


def test_it_reads_the_governance_and_the_panel(world: World, lens: Lens) -> None:
    fields: dict[str, Any] = {"months": 9, "from": world.now + 40 * DAY}
    world.panel("SetPolicy", **fields)
    world.panel("Stop", stages=12, until=world.now + 3 * DAY)
    facts, predecessor = lens("governance")
    assert facts == world.read("governance")
    assert facts["stoppedStages"] == 12
    assert int(predecessor, 16) == 0
    members, threshold = lens("panel")
    assert (members, threshold) == ([p.id for p in PANEL], THRESHOLD)


def test_it_reads_a_panel_of_more_than_one_slot(world: World, lens: Lens) -> None:
    wide = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 14]
    sequence = world.read("governance")["sequence"]
    world.act("ChangePanel", PANEL[:THRESHOLD], members=wide, threshold=7, sequence=sequence)
    assert lens("panel") == (wide, 7)


def test_it_reads_participants_and_their_recovery(world: World, lens: Lens) -> None:
    world.panel("Suspend", party=WUZE.id, until=world.now + 90 * DAY, byPanel=True)
    new = Key("wuze again")
    keys = [{"key": new.address, "right": 3}]
    world.panel("Recover", HUAIYUE, new, party=WUZE.id, keys=keys)
    for who in (WUZE, LANGONG, HUAIYUE):
        code, facts, recovery = lens("participant", who.id)
        assert code == who.uscc
        assert facts == world.read("participants", who.id)
        assert recovery == world.read("recoveries", who.id)
        assert lens("participantOf", who.uscc) == who.id
    _, facts, recovery = lens("participant", WUZE.id)
    assert facts["suspendedByPanel"]
    assert recovery["keys"] == [new.address]
    for address in (new.address, WUZE.sole.address, WUZE.maker.address):
        word = world.signer(address)
        assert lens("signer", address) == {
            "party": word.party,
            "right": word.right,
            "roles": word.roles,
            "suspendedUntil": word.suspended_until,
            "pending": word.pending,
        }
    assert lens("signer", new.address)["pending"] == 3


def test_it_reads_limits_with_what_came_before(world: World, lens: Lens) -> None:
    world.issue(LANGONG, WANYUE)
    facts, used, halted = lens("opening", LANGONG.id)
    assert facts == world.read("openings", LANGONG.id)
    assert (used, halted) == (FACE, False)
    world.panel("Halt", core=LANGONG.id, halted=True)
    world.panel("Close")
    successor = deploy(world.evm, predecessor=world.address)
    successor.admit(LANGONG)
    successor.limit(LANGONG)
    facts, used, halted = Lens(successor)("opening", LANGONG.id)
    assert (facts["used"], facts["external_"]) == (0, False)
    assert (used, halted) == (FACE, True)
    assert Lens(successor)("governance")[1] == world.address


def test_it_reads_issuances_and_their_replacement(world: World, lens: Lens) -> None:
    root = world.issue(CHENGHAI, WANYUE)
    pubei = party("pubei", 15, "91340100MA9DEMB44X", Role.BANK | Role.CLEARING_BANK)
    world.admit(pubei, clearing_bank=LANWAN)
    world.fund((root, FACE // 4))
    world.until(DUE + 4 * DAY)
    world.report_overdue(root)
    world.panel("Waive", issuance=issuance_of(root))
    world.panel("ReplaceBank", CHENGHAI, pubei, issuance=issuance_of(root), bank=pubei.id)
    facts = lens("issuance", issuance_of(root))
    stored = world.read("settlements", issuance_of(root))
    assert {k: facts[k] for k in stored} == stored
    assert facts["replacement"] == world.read("replacements", issuance_of(root))
    assert facts["replacement"]["bank"] == pubei.id
    word = world.issuance(root)
    expected = (CHENGHAI.id, HUAIYUE.id, FACE, TRANSFERABLE_UNTIL, 10**word.minimum, False, False)
    named = ("debtor", "clearingBank", "face", "transferableUntil", "minimum", "funded", "isVoid")
    assert tuple(facts[k] for k in named) == expected
    assert facts["waivedUntil"] == world.now + 30 * DAY


def test_it_gives_raw_words_in_the_order_asked(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    child, other = world.transfer(WANYUE, root, (WUZE, 3_000_000), (XICHUAN, 4_000_000))
    ids = [other, NOTHING, root, child]
    assert lens("words", ids) == [world.read("tickets", i) for i in ids]
    second = world.issue(CHENGHAI, WANYUE)
    both = [issuance_of(second), issuance_of(root)]
    assert lens("issuanceWords", both) == [world.read("issuances", i) for i in both]
    assert lens("words", []) == []


def test_a_lock_names_its_banks_and_its_parent(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    (child,) = world.transfer(WANYUE, root, (WUZE, 9_000_000))
    lock = world.lock(WUZE, child, NANHUAI, 4_000_000)
    there = lens("ticket", lock)
    assert there == {
        "id": lock,
        "issuance": issuance_of(root),
        "status": STATUSES.index("locked"),
        "party": 0,
        "value": 4_000_000,
        "taken": 0,
        "version": 0,
        "depth": 8,
        "locked": True,
        "withdrawn": False,
        "returned": False,
        "ordered": False,
        "paidInPart": False,
        "bank": NANHUAI.id,
        "clearingBank": HUAIYUE.id,
        "parent": child,
        "expiry": world.now + 5 * DAY,
        "orderSequence": 0,
    }
    assert lens("holding", lock)["free"] == lens("holding", lock)["payableNow"] == 0
    world.release(lock)
    there = lens("ticket", lock)
    assert (there["party"], there["locked"], there["value"]) == (NANHUAI.id, False, 4_000_000)
    assert not any(
        (there["bank"], there["clearingBank"], there["expiry"], int.from_bytes(there["parent"], "big"))
    )


def test_a_ticket_says_its_flags_and_counters(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    world.withdraw_all(WANYUE, root)
    world.freeze(root, b"\1" * 32, 1_000)
    world.fund((root, FACE))
    world.pay_out((root, 5_000))
    there = lens("ticket", root)
    named = ("version", "depth", "ordered", "paidInPart", "taken", "orderSequence")
    assert tuple(there[k] for k in named) == (1, 10, True, True, 5_000, 1)


def test_it_has_no_power(world: World, lens: Lens) -> None:
    functions = [e for e in abi.artifact("Lens")["abi"] if e["type"] == "function"]
    assert {e["stateMutability"] for e in functions} == {"view"}
    assert lens("goldTicket") == world.address
