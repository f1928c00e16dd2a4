"""Rules that all stages share, at their boundaries.

given an act of any kind
  it should be refused from the second after its deadline on, before anything else is looked at
given a stopped stage, a suspension, a delay
  it should be refused up to the last second before its end, and not from there on; other stages go on
given a participant without the role, a list too long or out of order
  it should be refused
"""

from __future__ import annotations

import pytest

from ledger import rules, typed
from ledger.kinds import KINDS
from ledger.records import Governance, Participant, Profile
from ledger.rules import (
    DeadlinePassed,
    MissingRole,
    NotAscending,
    Role,
    Stage,
    StageStopped,
    StaleSequence,
    Suspended,
    TooEarly,
    TooMany,
    UnknownParty,
)
from tests.support.actors import HUAIYUE, LANGONG, LANWAN, WANYUE, Party
from tests.support.memory import MemoryStore

NOW = 1_800_000_000
SIGNED = sorted(name for name in KINDS if name in typed.TYPES)


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    for party, roles in (
        (LANGONG, Role.CORE),
        (WANYUE, Role.SUPPLIER),
        (LANWAN, Role.BANK),
        (HUAIYUE, Role.BANK | Role.CLEARING_BANK),
    ):
        made.put(Participant(party.id, party.uscc, int(roles), HUAIYUE.id, bytes(32)))
    made.put(Governance(1, stopped_stages=int(Stage.TRANSFER | Stage.FINANCE), stopped_until=NOW))
    return made


def suspended(store: MemoryStore, party: Party, until: int) -> None:
    found = store.need(Participant, party.id)
    store.put(Participant(found.id, found.uscc, found.roles, found.clearing_bank, bytes(32), 0, until))


@pytest.mark.parametrize("name", SIGNED)
def test_no_act_is_taken_after_its_deadline(name: str) -> None:
    with pytest.raises(DeadlinePassed):
        KINDS[name].check({"deadline": NOW - 1}, MemoryStore(), NOW)


def test_the_last_second_of_a_deadline_is_in_time() -> None:
    rules.in_time({"deadline": NOW}, NOW)
    rules.in_time({"deadline": NOW}, NOW - 1)


@pytest.mark.parametrize("stage", [Stage.TRANSFER, Stage.FINANCE])
def test_a_stopped_stage_rests_until_the_stop_ends(store: MemoryStore, stage: Stage) -> None:
    with pytest.raises(StageStopped):
        rules.running(store, stage, NOW - 1)
    rules.running(store, stage, NOW)
    rules.running(store, stage, NOW + 1)


@pytest.mark.parametrize("stage", [Stage.PARTICIPANTS, Stage.LIMITS, Stage.ISSUE])
def test_other_stages_go_on(store: MemoryStore, stage: Stage) -> None:
    rules.running(store, stage, NOW - 1)


def test_a_suspension_ends_with_its_second(store: MemoryStore) -> None:
    suspended(store, WANYUE, NOW)
    with pytest.raises(Suspended):
        rules.active(store, WANYUE.id, NOW - 1)
    assert rules.active(store, WANYUE.id, NOW).id == WANYUE.id
    assert rules.active(store, WANYUE.id, NOW + 1).id == WANYUE.id


def test_a_sequence_is_taken_neither_early_nor_late() -> None:
    for given in (3, 5):
        with pytest.raises(StaleSequence):
            rules.current(given, 4)
    rules.current(4, 4)


def test_strangers_and_wrong_roles(store: MemoryStore) -> None:
    with pytest.raises(UnknownParty):
        rules.participant(store, 999)
    with pytest.raises(UnknownParty):
        rules.by_uscc(store, "91340100MA9DEM999X")
    assert rules.by_uscc(store, LANWAN.uscc).id == LANWAN.id
    with pytest.raises(MissingRole):
        rules.in_role(store, WANYUE.id, Role.BANK)
    assert rules.in_role(store, WANYUE.id, Role.CORE | Role.SUPPLIER).id == WANYUE.id, "one of them suffices"


def test_a_clearing_bank_is_admitted_as_one_and_not_suspended(store: MemoryStore) -> None:
    with pytest.raises(MissingRole):
        rules.clearing_bank(store, LANWAN.id, NOW)
    suspended(store, HUAIYUE, NOW + 1)
    with pytest.raises(Suspended):
        rules.clearing_bank(store, HUAIYUE.id, NOW)
    assert rules.clearing_bank(store, HUAIYUE.id, NOW + 1).id == HUAIYUE.id


def test_a_delay_ends_with_its_second() -> None:
    with pytest.raises(TooEarly):
        rules.not_before(NOW, NOW - 1, "This")
    rules.not_before(NOW, NOW, "This")
    rules.not_before(NOW, NOW + 1, "This")


@pytest.mark.parametrize("values", [[1, 3, 2], [1, 1], [b"b", b"a"], [b"a", b"a"]])
def test_a_list_out_of_order_or_with_a_repetition(values: list[int]) -> None:
    with pytest.raises(NotAscending) as refused:
        rules.ascending(values, "things")
    assert refused.value.evidence == {"position": len(values) - 1}
    assert f"number {len(values)} is not" in refused.value.message


def test_a_list_in_order() -> None:
    rules.ascending([1, 2, 9], "things")
    rules.ascending([], "things")


def test_as_many_as_fit_and_not_one_more() -> None:
    rules.at_most(15, 16, "keys")
    rules.at_most(16, 16, "keys")
    for many in (17, 18):
        with pytest.raises(TooMany):
            rules.at_most(many, 16, "keys")


def test_names_for_people(store: MemoryStore) -> None:
    assert rules.name_of(store, 999) == "participant 999"
    assert rules.name_of(store, WANYUE.id) == WANYUE.uscc, "no file here"
    store.put(Profile(bytes(32), WANYUE.uscc, {"name": "皖岳铸锻"}, bytes(32), 0))
    assert rules.name_of(store, WANYUE.id) == "皖岳铸锻"
    assert (Role.BANK | Role.CLEARING_BANK).words == "bank, clearing bank"
    assert Role(0).words == "none"


def test_bits_are_those_of_the_contract() -> None:
    assert {role.name: int(role) for role in Role} == {
        "CORE": 1,
        "SUPPLIER": 2,
        "BANK": 4,
        "CLEARING_BANK": 8,
        "REGISTRAR": 16,
        "AUDITOR": 32,
    }
    assert [int(stage) for stage in Stage] == [1, 2, 4, 8, 16]
    assert sum(Stage) == rules.ALL_STAGES
    assert (rules.MOST_KEYS, rules.MOST_MEMBERS) == (16, 15)


def test_the_panel_signs_in_ascending_order(store: MemoryStore) -> None:
    store.put(Governance(1, members=[9, 2, 5], threshold=2))
    dues = rules.signed_by_panel(store, "Freeze", {})
    assert [(due.kind, due.party) for due in dues] == [("panel", 2), ("panel", 5), ("panel", 9)]
