"""All kinds and events.

given the contract's ABI
  it should have a kind for each act's function, and a function for each kind
  it should know what each act is about: a ticket, an issuance, a participant, or the whole deployment
  it should take in or knowingly ignore each event, and know no other
given a name that is none
  it should say so, and never go on over an event that it does not know
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger import kinds, typed
from ledger.acts import UnknownKind
from ledger.events import Event
from ledger.records import Governance
from tests.support.memory import MemoryStore

ABI = json.loads(Path("ledger/chain/artifacts/GoldTicket.json").read_text())["abi"]
NO_ACT = {"relay"}
"""Functions that change the ledger, but only by the acts in them."""
PARTS = {"Key", "Invoice", "Child", "Part", "Accept", "FundLeg", "Line"}
"""Types that stand inside an act, or that a receiver signs for a leg of one."""


def names(kind: str) -> set[str]:
    return {entry["name"] for entry in ABI if entry["type"] == kind}


def acts() -> set[str]:
    changing = {
        e["name"] for e in ABI if e["type"] == "function" and e["stateMutability"] not in ("view", "pure")
    }
    return changing - NO_ACT


def test_an_unknown_kind_is_refused():
    with pytest.raises(UnknownKind, match="There is no act 'Mint'"):
        kinds.kind("Mint")


def test_an_unknown_event_stops_the_projection():
    with pytest.raises(kinds.UnknownEvent, match="Minted"):
        kinds.apply(Event("Minted", {}, 7, bytes(32), 0, 0), MemoryStore())


def test_every_act_of_the_contract_has_a_kind_and_the_other_way_round():
    assert {kind.function for kind in kinds.KINDS.values()} == acts()
    assert len(kinds.KINDS) == len(acts())


def test_every_type_is_an_act_or_part_of_one():
    unsigned = {"ReturnLock", "ReportOverdue"}
    assert set(kinds.KINDS) - unsigned == set(typed.TYPES) - PARTS


def test_every_event_is_taken_in_or_ignored():
    assert set(kinds.EVENTS) | kinds.IGNORED == names("event")
    assert not set(kinds.EVENTS) & kinds.IGNORED


def test_no_event_belongs_to_two_stages():
    assert len(kinds.EVENTS) == sum(len(stage.EVENTS) for stage in kinds.STAGES)


@pytest.mark.parametrize("stage", kinds.STAGES, ids=lambda stage: stage.__name__.rpartition(".")[2])
def test_kinds_know_their_stage(stage):
    assert {kind.stage for kind in stage.KINDS} == {stage.__name__.rpartition(".")[2]}


TICKET, ISSUANCE, DIGEST = b"\x01" * 32, b"\x02" * 16, b"\x03" * 32
MESSAGE = {
    "ticket": TICKET,
    "lock": TICKET,
    "issuance": ISSUANCE,
    "issue": DIGEST,
    "party": 258,
    "core": 259,
    "bank": 260,
    "debtor": 261,
}
ABOUT = {
    TICKET: "Offer Withdraw WithdrawAll Lock Receipt CancelLock ReturnLock Freeze Unfreeze",
    ISSUANCE + bytes(16): "Void ReportOverdue Waive ReplaceBank VetoReplacement CompleteReplacement",
    DIGEST[:16] + bytes(16): "WithdrawIssue",
    bytes(30) + b"\x01\x02": "ChangeSigners ChangeProfile Recover VetoRecovery CompleteRecovery Suspend",
    bytes(30) + b"\x01\x03": "SetLimit Halt",
    bytes(30) + b"\x01\x04": "Fund PayOut",
    bytes(30) + b"\x01\x05": "Issue",
    bytes(32): "ChangePanel Stop Close SetPolicy",
}
SUBJECTS = {name: subject for subject, names in ABOUT.items() for name in names.split()}


@pytest.mark.parametrize("name", sorted(kinds.KINDS))
def test_what_an_act_is_about(name):
    if name == "Admit":
        assert kinds.kind(name).subject({"uscc": "91X"}) == b"91X" + bytes(29), "nobody yet"
        return
    assert kinds.kind(name).subject(MESSAGE) == SUBJECTS[name]


def test_deployment_begins_the_governance():
    store = MemoryStore()
    kinds.apply(
        Event("Deployed", {"months": 6, "salt": bytes(32), "predecessor": ""}, 1, bytes(32), 0, 0), store
    )
    kinds.apply(Event("Refused", {"position": 0, "reason": b""}, 1, bytes(32), 1, 0), store)
    assert store.need(Governance, 1).months == 6
