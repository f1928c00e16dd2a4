"""The holder of all operator, registrar, relayer and deployer keys and of one seat on the panel.

given its keys alone
    it should move 0 fen (test_adversary.test_all_keys_of_the_operator_move_nothing, here on a node)
    it should bring in no signer for anybody
given a bank that signs its admissions without looking
    it should admit a sham clearing bank, a sham supplier and a sham core, and harm nobody who did not sign to them
given its accounts, which send everybody's transactions
    it should change nothing by what it sends itself
"""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.support import abi
from tests.support.abi import calldata
from tests.support.actors import (
    ADMITTED,
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    REGISTRAR,
    SEEDS,
    SOLE,
    SUHENG,
    WANYUE,
    WUZE,
    Key,
    Party,
    Role,
    party,
)
from tests.support.attempts import forged_offer, nothing_changes, receipt_draft, refusals, storage
from tests.support.layout import place
from tests.support.mined import MinedEvm
from tests.support.terms import GRACE
from tests.support.world import DAY, DUE, FACE, World

PART = FACE // 8
OWN = Key("the operator's own")
SHAM_BANK = party("sham bank", 15, "91340100MA9DEM333A", Role.BANK | Role.CLEARING_BANK)
SHAM_SUPPLIER = party("sham supplier", 16, "91340100MA9DEM444B", Role.SUPPLIER)
SHAM_CORE = party("sham core", 17, "91340100MA9DEM555C", Role.CORE)
TERM = 30 * DAY


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


@pytest.mark.parametrize("victim", [*SEEDS[1:], *ADMITTED], ids=lambda who: who.name)
def test_the_operator_brings_in_no_signer_for_anybody(world: World, victim: Party) -> None:
    added = [{"key": OWN.address, "right": SOLE}]
    change: dict[str, Any] = {"party": victim.id, "add": added, "remove": [], "sequence": 0}
    seat = [REGISTRAR]
    recover: dict[str, Any] = {"party": victim.id, "keys": added, "sequence": 0}
    again: dict[str, Any] = {"signers": [REGISTRAR, REGISTRAR, OWN], "keys": added}
    tried = [
        world.draft("ChangeSigners", [REGISTRAR, OWN], **change),
        world.draft("ChangeSigners", [OWN, OWN], **change),
        world.draft("ChangeSigners", [OWN], **{**change, "add": [], "remove": [victim.sole.address]}),
        world.draft("Recover", [REGISTRAR, OWN, REGISTRAR], **recover),
        world.draft("Recover", [REGISTRAR, OWN, REGISTRAR, REGISTRAR, REGISTRAR], **recover),
        world.draft("Recover", [HUAIYUE, OWN, *seat], **recover),
        world.draft("CompleteRecovery", [OWN], party=victim.id, recovery=b"\1" * 32),
        world.admit_draft(victim, **again),
        world.admit_draft(victim, **again, registrar=REGISTRAR.id, bank=REGISTRAR.id),
    ]
    with nothing_changes(world):
        errors = refusals(world, *(draft.data for draft in tried))
    assert "" not in errors
    assert world.read("signers", OWN.address) == 0


def test_the_operator_gives_a_sham_company_the_name_or_the_key_of_a_real_one(world: World) -> None:
    """The bank signs without looking; the name is taken, and a key agrees for itself."""
    named = party("sham", 15, WANYUE.uscc, Role.SUPPLIER)
    keyed = [{"key": WANYUE.sole.address, "right": SOLE}]
    tried = [
        world.admit_draft(named).data,
        world.admit_draft(SHAM_SUPPLIER, keys=keyed, signers=[REGISTRAR, LANWAN, OWN]).data,
        world.admit_draft(SHAM_SUPPLIER, keys=keyed, signers=[REGISTRAR, LANWAN, WANYUE.sole]).data,
    ]
    with nothing_changes(world):
        assert refusals(world, *tried) == ["AlreadyAdmitted", "NotASigner", "KeyTaken"]


def shams(world: World) -> None:
    """They come in, and live a life among themselves."""
    world.admit(SHAM_BANK, LANWAN)
    world.admit(SHAM_SUPPLIER, SHAM_BANK)
    world.admit(SHAM_CORE, SHAM_BANK)
    limit = {"core": SHAM_CORE.id, "amount": 10 * FACE, "expiry": DUE, "sequence": 0}
    world.act("SetLimit", [SHAM_BANK], **limit)


def sham_issue(world: World, fingerprint: bytes) -> bytes:
    invoices = [{"fingerprint": fingerprint, "total": 5 * FACE, "amount": FACE}]
    return world.issue(SHAM_CORE, SHAM_SUPPLIER, clearingBank=SHAM_BANK.id, invoices=invoices)


def against_others(world: World, ticket: bytes, lock: bytes, order: bytes) -> list[bytes]:
    """Everything that the three, the registrar and its seat on the panel can sign against who never signed to them."""
    leg = [{"issuance": ticket[:16], "amount": FACE}]
    line = [{"ticket": ticket, "amount": PART, "paidAt": world.now}]
    taken: dict[str, Any] = {"bank": SHAM_BANK.id, "ref": world.salt()}
    named: dict[str, Any] = {"bank": HUAIYUE.id, "ref": world.salt()}
    own = [{"key": OWN.address, "right": SOLE}]
    inward = world.offer(SHAM_SUPPLIER, ticket, [(SHAM_SUPPLIER, PART)])
    unasked = world.offer(SHAM_SUPPLIER, sham_issue(world, b"\6" * 32), [(WUZE, PART)])
    forced = unasked.accept(WUZE, signer=SHAM_SUPPLIER)
    locks: list[Any] = [
        world.lock_draft(SHAM_SUPPLIER, unasked.ticket, LANWAN, PART, [SHAM_SUPPLIER, SHAM_BANK]),
        world.lock_draft(WANYUE, ticket, SHAM_BANK, PART, [SHAM_SUPPLIER, SHAM_BANK]),
        world.lock_draft(WANYUE, ticket, SHAM_BANK, PART, [SHAM_BANK, SHAM_BANK], clearingBank=SHAM_BANK.id),
    ]
    void: dict[str, Any] = {"issuance": ticket[:16], "tickets": [ticket], "issue": world.issues[ticket[:16]]}
    drafts = [
        world.draft("Fund", [SHAM_BANK], total=FACE, legs=leg, **taken),
        world.draft("Fund", [SHAM_BANK], total=FACE, legs=leg, **named),
        world.draft("PayOut", [SHAM_BANK], lines=line, **taken),
        world.draft("PayOut", [SHAM_BANK], lines=line, **named),
        receipt_draft(world, lock, SHAM_BANK),
        world.draft("CancelLock", [SHAM_SUPPLIER, SHAM_BANK], lock=lock),
        world.draft("SetLimit", [SHAM_BANK], core=LANGONG.id, amount=0, expiry=0, sequence=1),
        world.panel_draft("Recover", SHAM_BANK, OWN, party=WANYUE.id, keys=own, members=[REGISTRAR]),
        world.draft("ChangeProfile", [SHAM_SUPPLIER], party=WANYUE.id, profile=b"\1" * 32, sequence=0),
        world.draft(
            "ReplaceBank", [SHAM_CORE, SHAM_BANK, REGISTRAR], issuance=ticket[:16], bank=15, sequence=0
        ),
        world.draft("Void", [SHAM_CORE, SHAM_SUPPLIER], **void),
        world.draft("WithdrawAll", [SHAM_SUPPLIER], ticket=ticket, version=0),
        world.panel_draft("Freeze", ticket=ticket, order=order, amount=1, end=DUE, members=[REGISTRAR]),
        world.issue_draft(LANGONG, SHAM_SUPPLIER, signers=[SHAM_CORE, SHAM_SUPPLIER]),
        world.issue_draft(SHAM_CORE, WANYUE, signers=[SHAM_CORE, SHAM_SUPPLIER], clearingBank=SHAM_BANK.id),
        *locks,
    ]
    transfers = [
        inward.transfer(inward.accept(SHAM_SUPPLIER)),
        unasked.transfer(forced),
        forged_offer(world, WANYUE, ticket, SUHENG, PART, SHAM_SUPPLIER),
    ]
    return [draft.data for draft in drafts] + transfers


def test_sham_clearing_bank_supplier_and_core_harm_nobody_who_did_not_sign_to_them(
    world: World, ticket: bytes
) -> None:
    """A deceived bank lets them in. No word that was there before is another, but the count of participants."""
    lock = world.lock(WANYUE, ticket, LANWAN, PART, expiry=world.now + TERM)
    invoice = world.issues[ticket[:16]]["invoices"][0]["fingerprint"]
    before = storage(world)
    shams(world)
    sham_issue(world, invoice)
    errors = refusals(world, *against_others(world, ticket, lock, b"\7" * 32))
    assert set(errors) == {"WrongParty", "NotHolder", "PanelTooSmall"}
    world.issue(SHAM_CORE, SHAM_SUPPLIER, clearingBank=HUAIYUE.id)  # a name only: Huaiyue says nothing by it
    after = storage(world)
    changed = {slot for slot, word in before.items() if after.get(slot) != word}
    assert changed == {place("governance").slot}
    assert_the_rest_of_its_life(world, ticket, lock)


def assert_the_rest_of_its_life(world: World, ticket: bytes, lock: bytes) -> None:
    """The same invoice is still to be opened on, and who owned a ticket gets its money to the last fen."""
    assert world.read("openings", LANGONG.id)["used"] == FACE
    world.release(lock)
    world.until(DUE)
    world.fund((ticket, FACE))
    world.pay_out((ticket, FACE - PART), (lock, PART))
    assert world.read("openings", LANGONG.id)["used"] == 0
    assert (world.ticket(ticket).party, world.ticket(lock).party) == (WANYUE.id, LANWAN.id)


def test_a_sham_core_that_defaults_halts_nobody_else(world: World) -> None:
    shams(world)
    soon = {"contractualDue": world.now + TERM, "due": world.now + TERM, "transferableUntil": world.now + DAY}
    sham = world.issue(SHAM_CORE, SHAM_SUPPLIER, clearingBank=SHAM_BANK.id, **soon)
    world.advance(TERM + GRACE)
    world.report_overdue(sham)
    assert world.read("openings", SHAM_CORE.id)["overdue"] == 1
    for core in (LANGONG, CHENGHAI):
        world.issue(core, WANYUE)


def test_the_operators_accounts_send_what_they_like(world: World, ticket: bytes) -> None:
    """Deployer and relayers pay for gas; who sends has no meaning, so nothing is theirs to do."""
    deployer = cast(MinedEvm, world.evm).sender
    writing = [e for e in abi.artifact("GoldTicket")["abi"] if e.get("stateMutability") == "nonpayable"]
    functions = [entry for entry in writing if entry["type"] == "function" and entry["name"] != "relay"]
    assert len(functions) > 30
    with nothing_changes(world):
        for entry in functions:
            empty = abi.selector(entry) + (32).to_bytes(32, "big") * 40
            assert not world.send(empty, caller=deployer).status, entry["name"]
        for call in (calldata("returnLock", ticket), calldata("reportOverdue", ticket[:16])):
            assert not world.send(call, caller=deployer).status
