"""ISSUE over HTTP.

given imported payables
  when another company's, an unknown or a used one is named: refused, and nothing drafted
  when the limit does not cover, or the core is halted: refused
  when they are issued: an act for each debt, with an undertaking that its parties can read
  when core and supplier have signed: complete; the payable is used
given an issuance on chain
  when a stranger looks: it should not be there
  when core and holder make it void: their act, and nobody else's
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.ids import keccak256, to_hex
from ledger.money import Fen
from ledger.records import Act, Opening, PayableRow, StoredDocument
from tests.api.office import Office, problem
from tests.api.test_payables import FILE, ROWS, send
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, LANWAN, SUHENG, WANYUE, WUZE

EVIDENCE = to_hex(keccak256(b"agreement"))
ONE = {"supplier": SUHENG.uscc, "invoice": "26322000000000048250"}


@pytest.fixture
def stocked(office: Office) -> Office:
    assert send(office, LANGONG, FILE).status_code == 201
    return office


def test_payables_that_are_not_there(stocked: Office) -> None:
    problem(stocked.post(CHENGHAI, "/issuances", {"payables": [ONE]}), 404, "unknown-payable")
    problem(stocked.post(CHENGHAI, "/issuances", {}), 422, "no-free-payables")
    problem(stocked.post(WANYUE, "/issuances", {}), 403, "missing-role")
    unknown = {**ONE, "invoice": "26322000000000000000"}
    problem(stocked.post(LANGONG, "/issuances", {"payables": [ONE, unknown]}), 404, "unknown-payable")
    assert stocked.read(lambda store: (store.count(Act), store.count(StoredDocument))) == (0, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"payables": []}, "payables"),
        ({"payables": [{"supplier": "x", "invoice": "1"}]}, "payables.0.supplier"),
        ({"depth": 51}, "depth"),
        ({"minimum": 21}, "minimum"),
        ({"interest_bearer": "bank"}, "interest_bearer"),
        ({"grace_days": 60}, "grace_days"),
        ({"deadline": "soon"}, "deadline"),
    ],
)
def test_bad_terms(stocked: Office, change: dict[str, Any], field: str) -> None:
    found = problem(
        stocked.post(LANGONG, "/issuances", {"payables": [ONE], **change}), 422, "invalid-request"
    )
    assert found["errors"][0]["field"] == field


def test_limits_and_halts_are_heard_before_anybody_signs(stocked: Office) -> None:
    stocked.put(Opening(LANGONG.id, Fen(100), expiry=2**31))
    found = problem(stocked.post(LANGONG, "/issuances", {"payables": [ONE]}), 409, "limit-exceeded")
    assert found["evidence"]["limit"] == "100"
    stocked.put(Opening(LANGONG.id, Fen(2**60), expiry=2**31, overdue=1))
    problem(stocked.post(LANGONG, "/issuances", {"payables": [ONE]}), 409, "core-halted")


def test_one_debt_from_payable_to_complete(stocked: Office) -> None:
    maker, checker = stocked.person(LANGONG, "maker"), stocked.person(LANGONG, "checker")
    problem(stocked.post(checker, "/issuances", {"payables": [ONE]}), 403, "missing-scope")
    first = stocked.post(maker, "/issuances", {"payables": [ONE]}, key="once")
    assert stocked.post(maker, "/issuances", {"payables": [ONE]}, key="once").text == first.text
    [act] = first.json()["acts"]
    assert (act["message"]["face"], act["kind"]) == ("42000000", "Issue")
    problem(stocked.post(maker, "/issuances", {"payables": [ONE]}), 409, "payable-used")
    [row] = stocked.get(LANGONG, "/payables", free=False).json()["items"]
    assert (row["invoice"], row["act"]) == (ONE["invoice"], act["id"])

    path = f"/acts/{act['id']}"
    for who in (maker, checker, SUHENG):
        signed = stocked.post(who, f"{path}/sign")
        assert signed.status_code == 201, signed.text
    assert signed.json()["state"] == "complete"
    assert stocked.get(HUAIYUE, path).status_code == 200
    problem(stocked.get(WANYUE, path), 404, "not-found")

    document = f"/documents/{act['message']['undertaking']}"
    body = stocked.get(SUHENG, document)
    assert to_hex(keccak256(body.content)) == act["message"]["undertaking"]
    assert "420,000.00" in body.text
    problem(stocked.get(WANYUE, document), 404, "unknown-document")


def test_a_batch_is_all_or_nothing(stocked: Office) -> None:
    acts = stocked.post(LANGONG, "/issuances", {}).json()["acts"]
    assert len(acts) == ROWS
    assert len({act["id"] for act in acts}) == ROWS
    problem(stocked.post(LANGONG, "/issuances", {}), 422, "no-free-payables")


def test_together_makes_one_for_each_supplier_and_due_date(stocked: Office) -> None:
    rows = stocked.get(LANGONG, "/payables", limit=200).json()["items"]
    debts = {(row["supplier"], row["due"]) for row in rows}
    acts = stocked.post(LANGONG, "/issuances", {"together": True}).json()["acts"]
    assert len(acts) == len(debts) < ROWS
    assert sum(int(act["message"]["face"]) for act in acts) == sum(int(row["amount"]) for row in rows)


def test_a_supplier_may_say_no_and_the_core_withdraw(stocked: Office) -> None:
    [act] = stocked.post(LANGONG, "/issuances", {"payables": [ONE]}).json()["acts"]
    path = f"/acts/{act['id']}"
    leg = act["legs"][0]["id"]
    rejected = stocked.post(SUHENG, f"{path}/legs/{leg}/reject", {"reason": "宁要现金"}).json()
    assert rejected["state"] == "rejected"
    withdrawal = stocked.post(LANGONG, f"{path}/withdrawals").json()
    assert withdrawal["kind"] == "WithdrawIssue"
    stocked.happened("IssueWithdrawn", ticket=bytes.fromhex(act["id"][2:34]) + bytes(16), debtor=LANGONG.id)
    assert stocked.get(LANGONG, path).json()["state"] == "withdrawn"
    assert stocked.read(lambda store: [row.act for row in store.find(PayableRow) if row.act]) == []


def test_issuances_are_for_debtor_supplier_and_clearing_bank(office: Office) -> None:
    ticket = office.issued(LANGONG, WANYUE)
    path = f"/issuances/{to_hex(ticket.issuance)}"
    for stranger in (CHENGHAI, WUZE, LANWAN):
        problem(office.get(stranger, path), 404, "unknown-issuance")
        assert office.get(stranger, "/issuances").json()["items"] == []
        assert office.get(stranger, "/issuances", role="debtor").json()["items"] == []
    problem(office.get(LANGONG, f"/issuances/0x{'00' * 16}"), 404, "unknown-issuance")
    problem(office.get(LANGONG, "/issuances/0x00"), 422, "invalid-request")
    for party in (LANGONG, WANYUE, HUAIYUE):
        found = office.get(party, path).json()
        assert (found["number"], found["face"], found["payment_date"]) == (
            "GT-000001",
            "80000000",
            "2027-05-24",
        )
        assert office.get(party, "/issuances").json()["items"] == [found]
    assert office.get(HUAIYUE, "/issuances", role="debtor").json()["items"] == []
    assert len(office.get(HUAIYUE, "/issuances", role="clearing_bank").json()["items"]) == 1


def test_void_is_signed_by_core_and_sole_holder(office: Office) -> None:
    ticket = office.issued(LANGONG, WANYUE)
    path, body = f"/issuances/{to_hex(ticket.issuance)}/void", {"evidence": EVIDENCE}
    problem(office.post(WUZE, path, body), 404, "unknown-issuance")
    problem(office.post(HUAIYUE, path, body), 403, "not-yours")
    problem(office.post(LANGONG, path, {}), 422, "invalid-request")
    act = office.post(LANGONG, path, body).json()
    assert [seat["party"]["id"] for seat in act["seats"]] == [LANGONG.id, WANYUE.id]
    assert act["message"]["tickets"] == [to_hex(ticket.id)]
