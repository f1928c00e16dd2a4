"""The seldom taken sides of the rules: what the tests of the stages leave out, found by scripts/coverage.

given acts that need no signature
    it should refuse them from a contract too
given a predecessor that fails, or answers too little
    it should pass the reason on, and issue nothing
given a predecessor that knows nothing of an invoice
    it should count what the successor knows
given keys at a constructor, an admission, a change of signers or a recovery
    it should refuse key 0, a right of none, a right beyond sole, and a seventeenth key
given participants at a constructor or an admission
    it should refuse bad USCCs, no role, unknown roles, a bank that trades, a clearing bank that is no bank
given panels at a constructor or an act of the panel
    it should refuse too many, a threshold of 0 or out of reach, and members out of order
    it should seat panels of one to three storage words one after the other
given a tenor that ends in each month, in leap years and at the turn of centuries
    it should end with the last day of a month that is too short
given an order above or below the value of a ticket that is to be void
    it should refuse, naming what is held
given a new clearing bank that is suspended
    it should refuse the replacement
given a lens on a ledger that fails or answers too little
    it should fail too
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.test_relay import forwarder
from tests.support import abi
from tests.support.abi import calldata
from tests.support.actors import (
    ADMITTED,
    HUAIYUE,
    LANGONG,
    LANWAN,
    PANEL,
    QIANCHAO,
    REGISTRAR,
    SEEDS,
    SOLE,
    WANYUE,
    Key,
    Party,
    Role,
    party,
)
from tests.support.evm import Evm
from tests.support.expect import expect_refusal, refused
from tests.support.lens import Lens
from tests.support.world import DAY, FACE, World, at, deploy, seeds

NEWCOMER = party("newcomer", 15, "91340100MA9DEM333A", Role.SUPPLIER)
NO_KEY = "0x" + "00" * 20
FAILS = "63deadbeef 60e0 1b 6000 52 6004 6000 fd"
"""Reverts with 0xdeadbeef."""
SHORT = "6001 6000 52 6020 6000 f3"
"""Returns the one word 1."""
NOTHING = "6040 6000 f3"
"""Returns two words 0."""
SAID = {FAILS: bytes.fromhex("deadbeef"), SHORT: b""}
"""What a call comes to that needs two words of such an answer."""
LANGONG_USCC = LANGONG.uscc.encode().ljust(32, b"\0")


def answering(evm: Evm, otherwise: str, **answers: str) -> str:
    """A contract that answers some functions of the ledger in its own way, and everything else in another."""
    table, codes = "6000 35 60e0 1c", bytes.fromhex(otherwise)
    first = 6 + 11 * len(answers)
    for function, code in answers.items():
        selector = bytes.fromhex(_selectors[function])
        table += f"80 63{selector.hex()} 14 61{first + len(codes):04x} 57"
        codes += bytes.fromhex("5b" + code)
    runtime = bytes.fromhex(table) + codes
    creation = bytes.fromhex(f"60{len(runtime):02x}600c60003960{len(runtime):02x}6000f3")
    return evm.deploy(creation + runtime)


_selectors = {
    entry["name"]: abi.selector(entry).hex()
    for entry in abi.artifact("GoldTicket")["abi"]
    if entry["type"] == "function"
}


def ledger_after(predecessor: str, evm: Evm) -> World:
    """A ledger with a predecessor, cores and the first supplier admitted."""
    new = deploy(evm, predecessor=predecessor)
    for who in ADMITTED[:3]:
        new.admit(who)
    new.limit(LANGONG)
    return new


def one_key(key: str, right: int = SOLE) -> list[dict[str, Any]]:
    return [{"key": key, "right": right}]


# ---- callers and predecessors


def test_acts_without_signature_from_a_contract(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    proxy = forwarder(world)
    for data in (calldata("returnLock", ticket), calldata("reportOverdue", ticket[:16])):
        expect_refusal(world.evm.send(proxy, data).output, "NotPlainAccount", caller=proxy)


@pytest.mark.made_up_predecessor
@pytest.mark.parametrize("answer", SAID)
def test_a_predecessor_that_fails(world: World, answer: str) -> None:
    new = ledger_after(answering(world.evm, answer, closed=SHORT), world.evm)
    views = calldata("openingOf", LANGONG_USCC), calldata("evidenceOf", LANGONG_USCC, bytes(32))
    for data in (new.issue_draft(LANGONG, WANYUE).data, *views):
        outcome = new.evm.send(new.address, data)
        assert (outcome.ok, outcome.output) == (False, SAID[answer])


@pytest.mark.made_up_predecessor
@pytest.mark.parametrize("answer", SAID)
def test_a_predecessor_that_fails_for_invoices_only(world: World, answer: str) -> None:
    new = ledger_after(answering(world.evm, answer, closed=SHORT, openingOf=NOTHING), world.evm)
    outcome = new.evm.send(new.address, new.issue_draft(LANGONG, WANYUE).data)
    assert (outcome.ok, outcome.output) == (False, SAID[answer])


@pytest.mark.made_up_predecessor
def test_a_predecessor_that_knows_nothing_of_an_invoice(world: World) -> None:
    new = ledger_after(answering(world.evm, NOTHING, closed=SHORT), world.evm)
    issue = new.issue_draft(LANGONG, WANYUE)
    new.send(issue.data).expect()
    (invoice,) = issue.message["invoices"]
    assert tuple(new.view("evidenceOf", LANGONG_USCC, invoice["fingerprint"])) == (FACE, FACE)
    assert tuple(new.view("openingOf", LANGONG_USCC)) == (FACE, False)


# ---- keys


@pytest.mark.parametrize(("key", "right"), [(NO_KEY, SOLE), (Key("new").address, 0), (Key("new").address, 4)])
def test_bad_keys_of_a_seed(world: World, key: str, right: int) -> None:
    given = seeds()
    given[0]["keys"] = one_key(key, right)
    with refused("BadRight", right=right):
        deploy(world.evm, seeds=given)


@pytest.mark.parametrize("right", [0, 4])
def test_bad_rights_of_new_keys(world: World, right: int) -> None:
    new = Key("new")
    keys = one_key(new.address, right)
    with refused("BadRight", key=new.address, right=right):
        world.admit(NEWCOMER, signers=[REGISTRAR, LANWAN, new], keys=keys)
    with refused("BadRight", key=new.address, right=right):
        world.act("ChangeSigners", [WANYUE, new], party=WANYUE.id, add=keys, remove=[], sequence=0)
    with refused("BadRight", key=new.address, right=right):
        world.panel("Recover", HUAIYUE, new, party=WANYUE.id, keys=keys)


@pytest.mark.parametrize("right", [1, 2])
def test_a_recovery_after_which_nobody_could_sign(world: World, right: int) -> None:
    new = Key("new")
    with refused("NobodyCanSign", party=WANYUE.id):
        world.panel("Recover", HUAIYUE, new, party=WANYUE.id, keys=one_key(new.address, right))


def test_a_recovery_for_nobody_known(world: World) -> None:
    new = Key("new")
    with refused("UnknownParty", party=999):
        world.panel("Recover", HUAIYUE, new, party=999, keys=one_key(new.address), sequence=0)


def test_a_seventeenth_key(world: World) -> None:
    many = [Key(f"key {n}") for n in range(17)]
    keys = [{"key": key.address, "right": SOLE} for key in many]
    with refused("TooMany", found=17, most=16):
        world.admit(NEWCOMER, signers=[REGISTRAR, LANWAN, *many], keys=keys)
    # three are there already
    with refused("TooMany", found=17, most=16):
        added = keys[:14]
        world.act("ChangeSigners", [WANYUE, *many[:14]], party=WANYUE.id, add=added, remove=[], sequence=0)
    with refused("TooMany", found=17, most=16):
        world.panel("Recover", HUAIYUE, *many, party=WANYUE.id, keys=keys)
    given = seeds()
    given[0]["keys"] = keys
    with refused("TooMany", found=17, most=16):
        deploy(world.evm, seeds=given)


# ---- participants

_MISFITS = [
    ("BadUscc", {"uscc": "91340100MA9DEM333"}),
    ("BadRoles", {"roles": 0}),
    ("BadRoles", {"roles": 64}),
    ("BadRoles", {"roles": int(Role.BANK | Role.CORE)}),
    ("BadRoles", {"roles": int(Role.BANK | Role.SUPPLIER)}),
    ("BadRoles", {"roles": int(Role.CLEARING_BANK)}),
    ("BadClearingBank", {"clearingBank": 0}),
]


@pytest.mark.parametrize(("error", "fields"), _MISFITS)
def test_bad_participants(world: World, error: str, fields: dict[str, Any]) -> None:
    with refused(error):
        world.send(world.admit_draft(NEWCOMER, **fields).data).expect()
    with refused(error):
        deploy(world.evm, seeds=[{**seeds()[0], **fields}, *seeds()[1:]])


@pytest.mark.parametrize("role", ["registrar", "bank"])
def test_admission_by_nobody_known(world: World, role: str) -> None:
    with refused("UnknownParty", party=999):
        fields: dict[str, Any] = {role: 999}
        world.send(world.admit_draft(NEWCOMER, **fields).data).expect()


# ---- panels


@pytest.mark.parametrize(
    ("error", "members", "threshold"),
    [
        ("TooMany", range(1, 17), 3),
        ("BadThreshold", [1, 2, 3], 0),
        ("BadThreshold", [1, 2, 3], 4),
        ("BadThreshold", [], 1),
        ("NotAscending", [1, 3, 2], 2),
        ("NotAscending", [1, 2, 2], 2),
        ("NotAscending", [0, 1, 2], 2),
        ("UnknownParty", [1, 2, 99], 2),
    ],
)
def test_bad_panels_of_a_constructor(world: World, error: str, members: Any, threshold: int) -> None:
    with refused(error):
        deploy(world.evm, members=[*members], threshold=threshold)


def test_panels_of_any_size(world: World) -> None:
    """Five ids stand in one word."""
    sitting: list[Party] = list(PANEL)
    known = [*SEEDS, *ADMITTED]
    for size in (5, 6, 1, 13, 10, 11, 2, 4):
        seats = known[:size]
        ids = [seat.id for seat in seats]
        world.act(
            "ChangePanel", sitting, members=ids, threshold=1, sequence=world.read("governance")["sequence"]
        )
        assert world.read("panel") == ids
        sitting = seats


@pytest.mark.parametrize("size", [1, 5, 6, 10, 14])
def test_first_panels_of_any_size(world: World, size: int) -> None:
    known = [*SEEDS, *ADMITTED]
    members = [seat.id for seat in known[:size]]
    new = deploy(world.evm, seeds=seeds(known), members=members, threshold=1)
    assert new.read("panel") == members


# ---- tenor


@pytest.mark.parametrize(
    ("opened", "latest"),
    [
        ((2027, 8, 31), (2028, 2, 29)),
        ((2026, 12, 31), (2027, 6, 30)),
        ((2027, 3, 31), (2027, 9, 30)),
        ((2027, 5, 31), (2027, 11, 30)),
        ((2027, 10, 31), (2028, 4, 30)),
        ((2027, 1, 31), (2027, 7, 31)),
        ((2027, 9, 30), (2028, 3, 30)),
        ((2099, 8, 31), (2100, 2, 28)),
        ((2399, 8, 31), (2400, 2, 29)),
    ],
)
def test_the_end_of_a_tenor(world: World, opened: tuple[int, int, int], latest: tuple[int, int, int]) -> None:
    world.until(at(*opened, 12))
    world.limit(LANGONG)
    end = at(*latest) + DAY - 1
    terms = {"transferableUntil": end - DAY, "due": end + 1}
    with refused("TenorTooLong", latest=end):
        world.issue(LANGONG, WANYUE, contractualDue=end + 1, **terms)
    world.issue(LANGONG, WANYUE, contractualDue=end, **terms)


# ---- held, suspended


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_void_of_what_is_held(world: World, more: int) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    world.freeze(ticket, b"\7" * 32, FACE + more)
    with refused("ValueHeld", held=min(FACE, FACE + more)):
        world.void(LANGONG, WANYUE, ticket)


def test_replacement_by_a_suspended_bank(world: World) -> None:
    world.admit(QIANCHAO, LANWAN)
    ticket = world.issue(LANGONG, WANYUE)
    until = world.now + DAY
    world.act("Suspend", [REGISTRAR], party=QIANCHAO.id, until=until, byPanel=False, sequence=0)
    with refused("Suspended", party=QIANCHAO.id):
        world.panel("ReplaceBank", LANGONG, QIANCHAO, issuance=ticket[:16], bank=QIANCHAO.id)


# ---- the lens


def over(world: World, ledger: str) -> Callable[[str, Any], bytes]:
    """A lens on any contract; what a call of it that must fail returns."""
    (constructor,) = [e for e in abi.artifact("Lens")["abi"] if e["type"] == "constructor"]
    address = world.evm.deploy(abi.linked("Lens", {}) + abi.encode(constructor["inputs"], [ledger]))

    def fails(function: str, value: Any) -> bytes:
        outcome = world.evm.send(address, calldata(function, value, contract="Lens"))
        assert not outcome.ok
        return outcome.output

    return fails


@pytest.mark.parametrize("answer", SAID)
def test_a_lens_on_a_ledger_that_fails(world: World, answer: str) -> None:
    fails = over(world, answering(world.evm, answer))
    assert fails("holding", bytes(32)) == fails("opening", LANGONG.id) == SAID[answer]


@pytest.mark.parametrize("answer", SAID)
def test_a_lens_on_a_ledger_that_knows_words_only(world: World, answer: str) -> None:
    word = "6020 6000 52 6001 6020 52 6001 6040 52 6060 6000 f3"
    fails = over(world, answering(world.evm, answer, load=word))
    assert fails("opening", LANGONG.id) == SAID[answer]


def test_the_card_of_a_ticket_due_in_january(world: World) -> None:
    day = at(2027, 1, 15)
    ticket = world.issue(LANGONG, WANYUE, contractualDue=day, due=day, transferableUntil=day - DAY)
    assert "2027-01-15" in Lens(world).card(ticket)["description"]
