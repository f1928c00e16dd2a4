"""PARTICIPANTS, judged alike by the rules and by the contract.

given a company that is there already, roles that exclude each other, a stranger as clearing bank, a taken key
  it should not be admitted
given keys that would leave nobody to sign, or that are not the participant's
  it should not change its signers
given a running recovery, keys that are taken
  it should not begin another one
  when it is vetoed, or completed after 14 days
    it should leave the projection as the contract is
given a registrar that suspends for too long, too soon, or against the panel
  it should be refused
given a panel without a fitting threshold, a stop that is too long or too soon
  it should be refused
given an act whose deadline is over, or drafted before another change, or of a stopped stage
  it should be refused
"""

from dataclasses import replace
from typing import Any

import pytest

from ledger import kinds, participants, participants_panel
from ledger.addresses import InvalidAddress, parse_address
from ledger.ids import InvalidUscc, keccak256
from ledger.participants import Role
from ledger.participants_checks import BadRoles, require_roles
from ledger.participants_keys import BadRight, key, rights_of
from ledger.records import Governance, Participant, Recovery, SignerKey
from ledger.rules import Stage, by_uscc, participant
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, LANWAN, NANHUAI, REGISTRAR, WANYUE, Key
from tests.support.both import Both
from tests.support.world import DAY

EVIDENCE = keccak256(b"evidence")
PROFILE = keccak256(b"profile")
RUIHENG = "91340200MA9DEM4K0D"
MAKER, CHECKER, SOLE = (Key(f"ruiheng {right}") for right in ("maker", "checker", "sole"))
PAIR = [(MAKER.address, 1), (CHECKER.address, 2)]


@pytest.fixture(autouse=True)
def new_keys(both: Both) -> None:
    both.know(MAKER, CHECKER, SOLE)


def admission(both: Both, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "uscc": RUIHENG,
        "roles": Role.SUPPLIER,
        "clearing_bank": HUAIYUE.id,
        "profile": PROFILE,
        "first_keys": PAIR,
        "registrar": REGISTRAR.id,
        "bank": LANWAN.id,
        "deadline": both.later(),
    }
    return participants.admit(**{**values, **changes})


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("already-admitted", {"uscc": WANYUE.uscc}),
        ("bad-roles", {"roles": 0}),
        ("bad-roles", {"roles": 64}),
        ("bad-roles", {"roles": Role.BANK | Role.CORE}),
        ("bad-roles", {"roles": Role.CLEARING_BANK}),
        ("bad-clearing-bank", {"clearing_bank": LANWAN.id}),
        ("bad-clearing-bank", {"clearing_bank": 99}),
        ("bad-clearing-bank", {"roles": Role.BANK | Role.CLEARING_BANK, "clearing_bank": LANGONG.id}),
        ("missing-role", {"registrar": LANWAN.id}),
        ("missing-role", {"bank": REGISTRAR.id}),
        ("nobody-can-sign", {"first_keys": PAIR[:1]}),
        ("nobody-can-sign", {"first_keys": []}),
        ("key-taken", {"first_keys": [*PAIR, (WANYUE.sole.address, 3)]}),
        ("key-taken", {"first_keys": [*PAIR, *PAIR]}),
        ("expired", {"deadline": 1}),
    ],
)
def test_who_is_not_admitted(both: Both, code: str, changes: dict[str, Any]) -> None:
    both.refused(code, "Admit", admission(both, **changes))


def test_nobody_signs_with_a_strange_right_or_address(both: Both) -> None:
    with pytest.raises(BadRight, match="0"):
        admission(both, first_keys=[(MAKER.address, 0)])
    with pytest.raises(InvalidAddress, match="copy it whole"):
        admission(both, first_keys=[("0x12", 3)])
    with pytest.raises(InvalidUscc):
        admission(both, uscc="91340200MA9DEM4K0L")
    wrong = parse_address(MAKER.address).swapcase().replace("0X", "0x")
    with pytest.raises(InvalidAddress, match="checksum"):
        key(wrong, 3)


def test_at_most_sixteen_keys(both: Both) -> None:
    many = [Key(f"ruiheng {i}") for i in range(17)]
    both.know(*many)
    keys = [(k.address, 3) for k in many]
    both.refused("too-many", "Admit", admission(both, first_keys=keys))
    both.act("Admit", admission(both, first_keys=keys[:16]))
    both.agree()


def test_admitted(both: Both) -> None:
    both.act("Admit", admission(both))
    ruiheng = by_uscc(both.store, RUIHENG)
    assert ruiheng.roles == Role.SUPPLIER
    assert ruiheng.profile == PROFILE
    assert rights_of(both.store, ruiheng.id) == {parse_address(a): r for a, r in PAIR}
    both.agree()


def test_who_signs_an_admission(both: Both) -> None:
    message = admission(both)
    dues = kinds.kind("Admit").dues(message, both.store)
    assert [(due.kind, due.party) for due in dues[:2]] == [("party", REGISTRAR.id), ("party", LANWAN.id)]
    assert [due.address for due in dues[2:]] == [parse_address(MAKER.address), parse_address(CHECKER.address)]


@pytest.mark.parametrize(
    ("code", "add", "remove"),
    [
        ("not-a-signer", [], [LANGONG.sole.address]),
        ("not-a-signer", [], [MAKER.address]),
        ("key-taken", [(LANGONG.sole.address, 3)], []),
        ("key-taken", [(WANYUE.maker.address, 2)], []),
        ("nobody-can-sign", [], [k.address for k in (WANYUE.maker, WANYUE.sole)]),
    ],
)
def test_signers_that_do_not_change(
    both: Both, code: str, add: list[tuple[str, int]], remove: list[str]
) -> None:
    message = participants.change_signers(both.store, WANYUE.id, add, remove, both.later())
    both.refused(code, "ChangeSigners", message)


def test_signers_go_and_come_back(both: Both) -> None:
    for add, remove in (([(SOLE.address, 3)], [WANYUE.checker.address]), ([], [SOLE.address])):
        both.act(
            "ChangeSigners", participants.change_signers(both.store, WANYUE.id, add, remove, both.later())
        )
        both.agree()
    back = participants.change_signers(both.store, WANYUE.id, [(SOLE.address, 3)], [], both.later())
    both.act("ChangeSigners", back)
    both.agree()
    assert both.store.need(SignerKey, parse_address(SOLE.address)).party == WANYUE.id


def test_a_change_drafted_before_another(both: Both) -> None:
    first = participants.change_profile(both.store, WANYUE.id, PROFILE, both.later())
    both.act("ChangeProfile", first)
    both.refused("stale-sequence", "ChangeProfile", first)
    both.agree()


def recovery(both: Both, keys: list[tuple[str, int]]) -> dict[str, Any]:
    return participants.recover(both.store, WANYUE.id, keys, EVIDENCE, both.later())


def test_recoveries_that_do_not_begin(both: Both) -> None:
    both.refused("nobody-can-sign", "Recover", recovery(both, PAIR[:1]))
    both.refused("key-taken", "Recover", recovery(both, [*PAIR, (WANYUE.sole.address, 3)]))
    both.refused("key-taken", "Recover", recovery(both, [(SOLE.address, 3), (SOLE.address, 3)]))
    both.act("Recover", recovery(both, PAIR))
    both.refused("recovery-running", "Recover", recovery(both, [(SOLE.address, 3)]))
    with pytest.raises(participants.checks.NoRecovery):
        participants.veto_recovery(both.store, LANGONG.id, both.later())


def test_a_vetoed_recovery(both: Both) -> None:
    both.act("Recover", recovery(both, PAIR))
    both.agree()
    veto = participants.veto_recovery(both.store, WANYUE.id, both.later())
    both.act("VetoRecovery", veto, by=WANYUE.maker)
    assert both.store.get(Recovery, WANYUE.id) is None
    both.agree()
    both.refused("no-recovery", "VetoRecovery", veto, by=WANYUE.maker)


def test_a_completed_recovery(both: Both) -> None:
    both.act("Recover", recovery(both, PAIR))
    complete = participants.complete_recovery(both.store, WANYUE.id, both.later(30))
    both.refused("too-early", "CompleteRecovery", complete, by=MAKER)
    both.world.advance(14 * DAY)
    both.act("CompleteRecovery", complete, by=MAKER)
    assert rights_of(both.store, WANYUE.id) == {parse_address(a): r for a, r in PAIR}
    both.agree()


def test_a_recovery_that_nobody_completes_makes_way_28_days_later(both: Both) -> None:
    both.act("Recover", recovery(both, PAIR))
    both.world.advance(28 * DAY - 1)
    both.refused("recovery-running", "Recover", recovery(both, [(SOLE.address, 3)]))
    both.world.advance(1)
    both.act("Recover", recovery(both, [(MAKER.address, 3)]))
    both.agree()
    both.world.advance(14 * DAY)
    both.act(
        "CompleteRecovery", participants.complete_recovery(both.store, WANYUE.id, both.later()), by=MAKER
    )
    both.agree()


def test_a_key_that_waits_for_a_recovery_comes_in_by_it_alone(both: Both) -> None:
    both.act("Recover", recovery(both, PAIR))
    early = participants.change_signers(both.store, WANYUE.id, [(MAKER.address, 1)], [], both.later())
    both.refused("key-taken", "ChangeSigners", early)
    both.act("VetoRecovery", participants.veto_recovery(both.store, WANYUE.id, both.later()), by=WANYUE.maker)
    late = participants.change_signers(both.store, WANYUE.id, [(MAKER.address, 1)], [], both.later())
    both.act("ChangeSigners", late)
    both.agree()


def test_keys_of_a_recovery_wait_until_it_ends(both: Both) -> None:
    def waiting() -> dict[str, int]:
        return {key.address: key.pending for key in both.store.find(SignerKey) if key.pending}

    both.act("Recover", recovery(both, PAIR))
    assert waiting() == {parse_address(address): right for address, right in PAIR}
    assert rights_of(both.store, WANYUE.id).keys().isdisjoint(waiting()), "they sign nothing yet"
    both.agree()
    both.act("VetoRecovery", participants.veto_recovery(both.store, WANYUE.id, both.later()), by=WANYUE.maker)
    assert waiting() == {}
    both.act("Recover", recovery(both, [(SOLE.address, 3)]))
    both.world.advance(28 * DAY)
    both.act("Recover", recovery(both, [(MAKER.address, 3)]))
    assert waiting() == {parse_address(MAKER.address): 3}, "those of the one that nobody completed are out"
    both.agree()


def suspension(both: Both, days: int, by_panel: bool = False) -> dict[str, Any]:
    until = both.now + days * DAY if days else 0
    return participants.suspend(both.store, WANYUE.id, until, by_panel, EVIDENCE, both.later())


def test_the_registrar_suspends_within_bounds(both: Both) -> None:
    both.refused("not-suspended", "Suspend", suspension(both, 0))
    both.refused("suspension-too-long", "Suspend", suspension(both, 31))
    both.act("Suspend", suspension(both, 30))
    both.agree()
    both.refused("too-early", "Suspend", suspension(both, 1))
    both.act("Suspend", suspension(both, 0))
    assert participant(both.store, WANYUE.id).suspended_until == 0
    both.act("Suspend", suspension(both, 300, by_panel=True))
    both.refused("suspended-by-panel", "Suspend", suspension(both, 0))
    both.agree()


def test_after_the_panel_s_suspension_the_registrar_decides_again(both: Both) -> None:
    both.act("Suspend", suspension(both, 1, by_panel=True))
    both.world.advance(DAY - 1)
    both.refused("suspended-by-panel", "Suspend", suspension(both, 30))
    both.world.advance(1)
    both.refused("not-suspended", "Suspend", suspension(both, 0))
    both.refused("not-suspended", "Suspend", {**suspension(both, 0), "until": both.now})
    both.world.advance(1)
    both.act("Suspend", suspension(both, 30))
    both.act("Suspend", {**suspension(both, 0), "until": both.now})
    both.agree()


def test_a_suspension_by_the_registrar_is_renewable_after_thirty_free_days(both: Both) -> None:
    both.act("Suspend", suspension(both, 30))
    both.world.advance(60 * DAY - 1)
    both.refused("too-early", "Suspend", suspension(both, 1))
    both.world.advance(1)
    both.act("Suspend", suspension(both, 1))
    both.agree()


def test_the_bank_that_checks_a_newcomer_is_not_the_registrar(both: Both) -> None:
    store = both.store
    store.put(replace(store.need(Participant, REGISTRAR.id), roles=int(Role.REGISTRAR | Role.BANK)))
    with pytest.raises(participants.checks.NotIndependent, match="another bank"):
        kinds.kind("Admit").check(admission(both, bank=REGISTRAR.id), store, both.now)


def test_a_recovery_names_sixteen_keys_at_most(both: Both) -> None:
    many = [Key(f"wanyue {i}") for i in range(17)]
    both.know(*many)
    both.refused("too-many", "Recover", recovery(both, [(k.address, 3) for k in many]))
    both.act("Recover", recovery(both, [(k.address, 3) for k in many[:16]]))
    both.agree()


def test_which_roles_go_together() -> None:
    for roles in (
        Role.CORE | Role.SUPPLIER,
        Role.BANK | Role.CLEARING_BANK,
        Role.REGISTRAR | Role.AUDITOR,
        Role.AUDITOR,
        Role.BANK | Role.REGISTRAR,
    ):
        require_roles(int(roles))
    for roles in (
        Role.BANK | Role.SUPPLIER,
        Role.CLEARING_BANK | Role.CORE,
        Role.CLEARING_BANK | Role.AUDITOR,
    ):
        with pytest.raises(BadRoles):
            require_roles(int(roles))
    for none in (0, -1, 64, 65):
        with pytest.raises(BadRoles):
            require_roles(none)


@pytest.mark.parametrize(
    ("code", "members", "threshold"),
    [
        ("bad-threshold", [1, 2, 3], 0),
        ("bad-threshold", [1, 2, 3], 4),
        ("not-ascending", [2, 2, 3], 2),
        ("unknown-party", [1, 2, 99], 2),
        ("too-many", list(range(1, 17)), 2),
    ],
)
def test_panels_that_can_not_be(both: Both, code: str, members: list[int], threshold: int) -> None:
    message = participants_panel.change_panel(both.store, members, threshold, EVIDENCE, both.later())
    both.refused(code, "ChangePanel", message)


def test_another_panel(both: Both) -> None:
    members = [NANHUAI.id, LANGONG.id, CHENGHAI.id]
    both.act("ChangePanel", participants_panel.change_panel(both.store, members, 2, EVIDENCE, both.later()))
    assert both.store.need(Governance, 1).members == sorted(members)
    both.agree()


@pytest.mark.parametrize("threshold", [1, 3])
def test_a_panel_decides_by_one_or_by_all(both: Both, threshold: int) -> None:
    members = [NANHUAI.id, LANGONG.id, CHENGHAI.id]
    message = participants_panel.change_panel(both.store, members, threshold, EVIDENCE, both.later())
    both.act("ChangePanel", message)
    assert both.store.need(Governance, 1).threshold == threshold
    both.agree()


def test_another_stop_thirty_days_after_the_first(both: Both) -> None:
    both.act("Stop", stop(both, 31, 7))
    free = both.store.need(Governance, 1).stop_free_from
    both.world.advance(free - both.now - 1)
    both.refused("too-early", "Stop", stop(both, 1, 1))
    both.world.advance(1)
    both.act("Stop", stop(both, 1, 1))
    both.agree()


def stop(both: Both, stages: int, days: int) -> dict[str, Any]:
    return participants_panel.stop(both.store, stages, both.now + days * DAY, EVIDENCE, both.later())


def test_stops_within_bounds(both: Both) -> None:
    both.refused("bad-stages", "Stop", stop(both, 0, 1))
    both.refused("bad-stages", "Stop", stop(both, 32, 1))
    both.refused("stop-too-long", "Stop", stop(both, Stage.ISSUE, 8))
    both.refused("stop-too-long", "Stop", stop(both, Stage.ISSUE, 0))
    both.act("Stop", stop(both, Stage.PARTICIPANTS | Stage.ISSUE, 7))
    both.agree()
    both.refused("too-early", "Stop", stop(both, Stage.ISSUE, 1))
    both.refused("stage-stopped", "Admit", admission(both))


def test_closed_for_good(both: Both) -> None:
    both.act("Close", participants_panel.close(both.store, EVIDENCE, both.later()))
    assert both.store.need(Governance, 1).closed
    both.agree()
