"""ISSUE over HTTP.

given imported payables
  when another company's, an unknown or a used one is named: refused, and nothing drafted
  when the limit does not cover, or the core is halted: refused
  when they are issued: an act for each debt, with an undertaking that its parties can read
  when the core's checker has not signed: supplier and clearing bank should find neither act nor undertaking
  when core and supplier have signed: complete; the payable is used
given an issuance on chain
  when a stranger looks: it should not be there
  when core and holder make it void: their act, and nobody else's; whoever drafts it signs first
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger import typed
from ledger.ids import keccak256, root_id, to_hex
from ledger.money import Fen
from ledger.records import Act, Opening, PayableRow, StoredDocument
from tests.api.office import Office, problem
from tests.api.test_payables import FILE, ROWS, send
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, LANWAN, SUHENG, WANYUE, WUZE, Party

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


def test_others_see_act_and_undertaking_once_the_cores_checker_has_signed(stocked: Office) -> None:
    [act] = stocked.post(LANGONG, "/issuances", {"payables": [ONE]}).json()["acts"]
    path, undertaking = f"/acts/{act['id']}", act["message"]["undertaking"]

    def listed(who: Any) -> list[str]:
        return [one["hash"] for one in stocked.get(who, "/documents").json()["items"]]

    def hidden() -> None:
        for party in (SUHENG, HUAIYUE):
            problem(stocked.get(party, path), 404, "not-found")
            assert stocked.get(party, "/acts").json()["items"] == []
            problem(stocked.get(party, f"/documents/{undertaking}"), 404, "unknown-document")
            assert listed(party) == []
        problem(stocked.post(SUHENG, f"{path}/sign"), 404, "not-found")
        assert listed(LANGONG) == [undertaking]

    hidden()
    assert stocked.post(stocked.person(LANGONG, "maker"), f"{path}/sign").status_code == 201
    hidden()
    assert stocked.post(stocked.person(LANGONG, "checker"), f"{path}/sign").status_code == 201
    for party in (LANGONG, SUHENG, HUAIYUE):
        assert stocked.get(party, path).json()["state"] == "awaiting"
        assert listed(party) == [undertaking]
        assert stocked.get(party, f"/documents/{undertaking}").status_code == 200
    [document] = stocked.get(SUHENG, "/documents").json()["items"]
    assert [party["id"] for party in document["parties"]] == [LANGONG.id, SUHENG.id, HUAIYUE.id]
    assert stocked.post(SUHENG, f"{path}/sign").json()["state"] == "complete"


def test_an_issue_act_sent_around_the_gateway_is_seen_with_its_undertaking(stocked: Office) -> None:
    [act] = stocked.post(LANGONG, "/issuances", {"payables": [ONE]}).json()["acts"]
    message = typed.message_from_json("Issue", act["message"])
    fields = {name: value for name, value in message.items() if name not in ("invoices", "salt", "deadline")}
    digest = bytes.fromhex(act["id"][2:])
    stocked.happened("Issued", ticket=root_id(digest), digest=digest, **fields)
    assert stocked.get(SUHENG, f"/acts/{act['id']}").json()["state"] == "final"
    for party in (SUHENG, HUAIYUE):
        [document] = stocked.get(party, "/documents").json()["items"]
        assert document["hash"] == act["message"]["undertaking"]


def test_another_cores_undertaking_is_opened_by_nobodys_issue_act(stocked: Office) -> None:
    theirs = keccak256(b"theirs")
    stocked.put(StoredDocument(theirs, "undertaking", "text/html", b"theirs", [CHENGHAI.id], 0))
    [act] = stocked.post(LANGONG, "/issuances", {"payables": [ONE]}).json()["acts"]
    message = {k: v for k, v in act["message"].items() if k != "salt"} | {"undertaking": to_hex(theirs)}
    copied = stocked.post(LANGONG, "/acts", {"kind": "Issue", "message": message}).json()
    assert stocked.post(LANGONG, f"/acts/{copied['id']}/sign").json()["state"] == "awaiting"
    for party in (LANGONG, SUHENG, HUAIYUE):
        problem(stocked.get(party, f"/documents/{to_hex(theirs)}"), 404, "unknown-document")


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
    problem(stocked.post(SUHENG, f"{path}/legs/{leg}/reject", {"reason": "no"}), 404, "not-found")
    assert stocked.post(LANGONG, f"{path}/sign").status_code == 201
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


@pytest.mark.parametrize(("drafter", "other"), [(LANGONG, WANYUE), (WANYUE, LANGONG)])
def test_whoever_drafts_a_void_signs_it_first(office: Office, drafter: Party, other: Party) -> None:
    ticket = office.issued(LANGONG, WANYUE)
    body = {"evidence": EVIDENCE}
    act = office.post(drafter, f"/issuances/{to_hex(ticket.issuance)}/void", body).json()
    path = f"/acts/{act['id']}"
    for role in ("maker", "checker"):
        problem(office.get(other, path), 404, "not-found")
        problem(office.post(other, f"{path}/sign"), 404, "not-found")
        assert office.get(other, "/acts", waiting=True).json()["items"] == []
        assert office.post(office.person(drafter, role), f"{path}/sign").json()["state"] == "awaiting"
    [waiting] = office.get(other, "/acts", waiting=True).json()["items"]
    assert waiting["id"] == act["id"]
    assert office.post(other, f"{path}/sign").json()["state"] == "complete"
