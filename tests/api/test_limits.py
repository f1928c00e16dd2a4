"""LIMITS over HTTP.

given a core's limit
  when the core, its clearing bank or the panel looks: it should be shown, else not be there
  when another than the clearing bank sets it: refused
given a policy or a halt
  when it is not the panel's: refused
"""

from __future__ import annotations

from ledger.ids import keccak256, to_hex
from tests.api.office import Office, problem
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, LANWAN, WANYUE

EVIDENCE = to_hex(keccak256(b"decision"))


def test_a_limit_is_for_core_clearing_bank_and_panel(office: Office) -> None:
    for stranger in (WANYUE, CHENGHAI):
        problem(office.get(stranger, f"/limits/{LANGONG.id}"), 404, "unknown-party")
    problem(office.get(HUAIYUE, f"/limits/{WANYUE.id}"), 404, "unknown-party")
    problem(office.get(HUAIYUE, "/limits/99"), 404, "unknown-party")
    for party in (LANGONG, HUAIYUE, LANWAN):
        found = office.get(party, f"/limits/{LANGONG.id}").json()
        assert (found["limit"], found["used"], found["free"]) == ("100000000000", "0", "100000000000")
    office.happened("HaltSet", core=LANGONG.id, halted=True, evidence=keccak256(b"e"), sequence=1)
    found = office.get(LANGONG, f"/limits/{LANGONG.id}").json()
    assert (found["free"], found["halted"], found["reason"]) == ("0", True, "core-halted")


def test_the_named_clearing_bank_sets_a_limit(office: Office) -> None:
    body = {"core": LANGONG.id, "amount": "7000000", "expiry": "2027-12-31T00:00:00Z"}
    problem(office.post(LANGONG, "/limits", body), 403, "not-yours")
    problem(office.post(HUAIYUE, "/limits", {**body, "core": WANYUE.id}), 403, "missing-role")
    problem(office.post(HUAIYUE, "/limits", {**body, "amount": str(2**89)}), 422, "limit-too-large")
    first = office.post(HUAIYUE, "/limits", body, key="once")
    assert office.post(HUAIYUE, "/limits", body, key="once").text == first.text
    problem(
        office.post(HUAIYUE, "/limits", {**body, "amount": "8"}, key="once"), 409, "idempotency-key-reused"
    )
    assert first.json()["message"]["amount"] == "7000000"


def test_policy_and_halts_are_the_panels(office: Office) -> None:
    policy = {"months": 12, "start": "2027-01-01T00:00:00+08:00", "evidence": EVIDENCE}
    halt = {"core": LANGONG.id, "halted": True, "evidence": EVIDENCE}
    for path, body in (("/limits/policy", policy), ("/limits/halts", halt)):
        problem(office.post(LANGONG, path, body), 403, "not-yours")
        problem(office.post(LANWAN, path, {}), 422, "invalid-request")
        first = office.post(LANWAN, path, body, key="once")
        assert first.status_code == 201
        assert office.post(LANWAN, path, body, key="once").headers["idempotent-replay"] == "true"
    past = {**policy, "start": "2020-01-01T00:00:00Z"}
    problem(office.post(LANWAN, "/limits/policy", past), 422, "starts-in-the-past")
    problem(office.post(LANWAN, "/limits/policy", {**policy, "months": 37}), 422, "invalid-request")
