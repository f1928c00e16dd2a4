"""SETTLE over HTTP.

given issuances of two cores at one clearing bank
  when somebody asks what falls due: it should see its own, by payment date, and page by page
  when the clearing bank makes its list: each holder should have one line; a core should see its own part alone
  when money comes: the clearing bank alone should confirm it, once, and never beyond face
given the bank's file for the list
  when a row is wrong: nothing of it should count
  when a line came back: it should wait, for the bank and for its holder, until it is paid to the new account
given lines instead of a file
  when a ticket is not this bank's, twice there, not due, or worth less: it should be refused
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger import records
from ledger.clock import utc_text
from ledger.ids import keccak256, to_hex
from ledger.money import Fen
from ledger.payouts import PaidLine, ReturnedLine, payouts_csv
from ledger.records import Participant, Profile
from tests.api.live import Live
from tests.api.office import file_of, problem
from tests.support.actors import (
    CHANGLI,
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    QIANCHAO,
    SUHENG,
    WANYUE,
    WUZE,
    XICHUAN,
    Party,
)
from tests.support.world import DAY, DUE, FACE

DAY_OF_PAYMENT = "2027-05-24"
HALF = FACE // 2


@pytest.fixture
def ticket(live: Live) -> str:
    """皖岳's, of which 芜泽 and 锡川 hold a quarter each."""
    made = live.opened()
    live.passed_on(WANYUE, made, (WUZE, FACE // 4), (XICHUAN, FACE // 4))
    return made


def issuance(ticket: str) -> str:
    return ticket[:34]


def fund(live: Live, *tickets: str, ref: str = "HY20270524-01", amount: int = FACE) -> Any:
    legs = [{"issuance": issuance(one), "amount": str(amount)} for one in tickets]
    return live.carry(live.done(HUAIYUE, "/settle/fundings", {"ref": ref, "legs": legs}), HUAIYUE)


def clear(live: Live, who: Party = HUAIYUE, **other: Any) -> Any:
    return live.done(who, "/settle/clearing-lists", {"date": DAY_OF_PAYMENT, **other})


def bank_file(live: Live, listed: Any, *closed: Party) -> bytes:
    """What the bank sends back: all paid but those whose account is closed."""
    names = {party.title for party in closed}
    lines = [
        ReturnedLine(0, line["ticket"], Fen(int(line["payable"])), "账户已销户", "")
        if line["holder"] in names
        else PaidLine(0, line["ticket"], Fen(int(line["payable"])), live.world.now - 60, "")
        for line in listed["lines"]
    ]
    return payouts_csv(lines)


def send(live: Live, listed: Any, file: bytes, ref: str = "HY-1", who: Party = HUAIYUE) -> Any:
    files, data = {"file": ("paid.csv", file)}, {"clearing_list": listed["hash"], "ref": ref}
    return live.post(who, "/settle/pay-outs/files", files=files, data=data)


def sent(live: Live, listed: Any, file: bytes, ref: str) -> Any:
    files, data = {"file": ("paid.csv", file)}, {"clearing_list": listed["hash"], "ref": ref}
    made = live.done(HUAIYUE, "/settle/pay-outs/files", files=files, data=data)
    for act in made["acts"]:
        live.carry(act, HUAIYUE)
    return made


def taken(live: Live, *tickets: str) -> list[int]:
    return [live.ticket(bytes.fromhex(one[2:])).taken for one in tickets]


# ---- what falls due


def test_maturities_of_debtor_and_clearing_bank(live: Live, ticket: str) -> None:
    other = live.opened(core=CHENGHAI, supplier=SUHENG)
    [own] = live.seen(LANGONG, "/settle/maturities")["maturities"]
    assert (own["issuance"], own["payment_date"]) == (issuance(ticket), DAY_OF_PAYMENT)
    assert (own["contractual_due"], own["open"], own["reported"]) == ("2027-05-23", str(FACE), False)
    all_ = live.seen(HUAIYUE, "/settle/maturities")
    assert {one["issuance"] for one in all_["maturities"]} == {issuance(ticket), issuance(other)}
    assert (all_["open"], all_["next"]) == (str(2 * FACE), None)
    for stranger in (WANYUE, LANWAN):
        assert live.seen(stranger, "/settle/maturities")["maturities"] == []


def test_maturities_by_date_and_page(live: Live, ticket: str) -> None:
    live.opened()
    path = "/settle/maturities"
    assert len(live.seen(LANGONG, path, date=DAY_OF_PAYMENT)["maturities"]) == 2
    assert live.seen(LANGONG, path, date="2027-05-25")["maturities"] == []
    assert live.seen(LANGONG, path, **{"from": "2027-05-25"})["maturities"] == []
    assert len(live.seen(LANGONG, path, **{"from": DAY_OF_PAYMENT, "to": DAY_OF_PAYMENT})["maturities"]) == 2
    first = live.seen(LANGONG, path, limit=1)
    second = live.seen(LANGONG, path, limit=1, cursor=first["next"])
    assert first["maturities"][0]["number"] < second["maturities"][0]["number"]
    assert (first["open"], second["next"]) == (str(2 * FACE), None)
    problem(live.get(LANGONG, path, date="May"), 422, "invalid-request")
    problem(live.get(LANGONG, path, cursor="x"), 422, "invalid-cursor")


# ---- clearing lists


def test_who_has_no_account_is_named_and_holds_up_nobody(live: Live, ticket: str) -> None:
    holder = live.book.read(lambda store: store.need(Participant, WUZE.id))
    filed = live.book.read(lambda store: store.need(Profile, holder.profile))
    live.book.write(lambda store: store.delete(Profile, holder.profile))
    listed = clear(live, as_if_funded=True)
    lines = {line["uscc"]: line for line in listed["lines"]}
    assert "没有登记收款账户" in lines[WUZE.uscc]["problem"]
    assert lines[WANYUE.uscc]["problem"] == ""
    assert listed["total"] == str(FACE - int(lines[WUZE.uscc]["payable"]))
    file = live.get(HUAIYUE, f"/settle/clearing-lists/{listed['hash']}/file").text
    assert (WUZE.uscc in file, WANYUE.uscc in file) == (False, True)
    assert "没有登记收款账户" in live.get(HUAIYUE, f"/documents/{listed['hash']}").text
    for told in (HUAIYUE, WUZE):
        [waiting] = live.seen(told, "/settle/returned-lines")["items"]
        assert (waiting["ticket"], waiting["ref"]) == (lines[WUZE.uscc]["ticket"], "NO-PAYEE-ACCOUNT")
    assert live.seen(WANYUE, "/settle/returned-lines")["items"] == []
    live.book.write(lambda store: store.put(filed))
    for told in (HUAIYUE, WUZE):
        assert live.seen(told, "/settle/returned-lines")["items"] == [], "it can be paid now"
    assert clear(live, as_if_funded=True)["total"] == str(FACE)


def test_a_list_ahead_of_the_money(live: Live, ticket: str) -> None:
    problem(live.post(HUAIYUE, "/settle/clearing-lists", {"date": DAY_OF_PAYMENT}), 404, "nothing-to-clear")
    listed = clear(live, as_if_funded=True)
    assert listed["total"] == str(FACE)
    by_holder = {line["holder"]: line for line in listed["lines"]}
    assert by_holder["皖岳铸锻"]["payable"] == str(HALF)
    assert by_holder["芜泽精密"]["account"]["number"] == file_of(WUZE).account.number
    assert live.seen(HUAIYUE, f"/settle/clearing-lists/{listed['hash']}") == listed
    text = live.get(HUAIYUE, f"/documents/{listed['hash']}")
    assert to_hex(keccak256(text.content)) == listed["hash"]
    assert "800,000.00" in text.text


@pytest.mark.parametrize("body", [{}, {"date": "May"}, {"date": DAY_OF_PAYMENT, "bank": 0}])
def test_wrong_lists(live: Live, body: dict[str, Any]) -> None:
    problem(live.post(HUAIYUE, "/settle/clearing-lists", body), 422, "invalid-request")


def test_a_core_gets_its_own_part(live: Live, ticket: str) -> None:
    live.opened(core=CHENGHAI, supplier=SUHENG)
    whole = clear(live, as_if_funded=True)
    assert whole["total"] == str(2 * FACE)
    own = clear(live, LANGONG, as_if_funded=True)
    assert (own["total"], own["bank"]["id"]) == (str(FACE), HUAIYUE.id)
    body = {"date": DAY_OF_PAYMENT, "core": CHENGHAI.id, "as_if_funded": True}
    problem(live.post(LANGONG, "/settle/clearing-lists", body), 404, "nothing-to-clear")
    assert {one["hash"] for one in live.seen(HUAIYUE, "/settle/clearing-lists")["items"]} == {
        whole["hash"],
        own["hash"],
    }
    assert [one["hash"] for one in live.seen(LANGONG, "/settle/clearing-lists")["items"]] == [own["hash"]]
    for stranger, hash_ in ((LANGONG, whole["hash"]), (CHENGHAI, own["hash"]), (WANYUE, own["hash"])):
        problem(live.get(stranger, f"/settle/clearing-lists/{hash_}"), 404, "unknown-clearing-list")
        problem(live.get(stranger, f"/settle/clearing-lists/{hash_}/file"), 404, "unknown-clearing-list")
        problem(live.get(stranger, f"/documents/{hash_}"), 404, "unknown-document")


def test_strangers_have_nothing_to_clear(live: Live, ticket: str) -> None:
    body = {"date": DAY_OF_PAYMENT, "bank": HUAIYUE.id, "as_if_funded": True}
    for stranger in (WANYUE, LANWAN, CHENGHAI):
        problem(live.post(stranger, "/settle/clearing-lists", body), 404, "nothing-to-clear")
        assert live.seen(stranger, "/settle/clearing-lists")["items"] == []
    problem(live.post(HUAIYUE, "/settle/clearing-lists", body, role="viewer"), 403, "missing-scope")
    problem(live.get(HUAIYUE, "/settle/clearing-lists/0x12"), 422, "invalid-request")


def test_the_list_as_a_file(live: Live, ticket: str) -> None:
    listed = clear(live, as_if_funded=True)
    answer = live.get(HUAIYUE, f"/settle/clearing-lists/{listed['hash']}/file")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="clearing-2027-05-24-')
    header, *rows = answer.content.decode("utf-8-sig").splitlines()
    assert header.startswith("金票编号,金票ID,持有人")
    assert len(rows) == 3


# ---- funding


def test_the_clearing_bank_confirms_money(live: Live, ticket: str) -> None:
    other = live.opened()
    act = fund(live, ticket, other)
    assert act["message"]["total"] == str(2 * FACE)
    assert live.seen(LANGONG, "/settle/maturities")["open"] == "0"
    assert live.seen(LANGONG, f"/issuances/{issuance(ticket)}")["funded"] is True
    assert live.seen(LANGONG, f"/acts/{act['id']}")["state"] == "final"
    assert live.verify().clean


def test_a_payment_for_two_cores_is_shown_to_neither(live: Live, ticket: str) -> None:
    act = fund(live, ticket, live.opened(core=CHENGHAI, supplier=SUHENG))
    for core in (LANGONG, CHENGHAI):
        problem(live.get(core, f"/acts/{act['id']}"), 404, "not-found")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"ref": "款项"}, 422, "bad-reference"),
        ({"ref": ""}, 422, "invalid-request"),
        ({"legs": []}, 422, "invalid-request"),
        ({"amount": str(FACE + 1)}, 422, "beyond-face"),
        ({"amount": "0"}, 422, "invalid-request"),
        ({"issuance": "0x" + "11" * 16}, 404, "unknown-issuance"),
        ({"deadline": "2026-01-01T00:00:00Z"}, 409, "expired"),
    ],
)
def test_wrong_fundings(live: Live, ticket: str, change: dict[str, Any], status: int, code: str) -> None:
    leg = {"issuance": issuance(ticket), "amount": "1"}
    leg |= {name: value for name, value in change.items() if name in leg}
    rest = {name: value for name, value in change.items() if name not in leg}
    body = {"ref": "HY-1", "legs": [leg]} | rest
    problem(live.post(HUAIYUE, "/settle/fundings", body), status, code)


def test_only_the_clearing_bank_confirms(live: Live, ticket: str) -> None:
    body = {"ref": "HY-1", "legs": [{"issuance": issuance(ticket), "amount": "1"}]}
    for stranger in (LANWAN, CHENGHAI, WUZE):
        problem(live.post(stranger, "/settle/fundings", body), 404, "unknown-issuance")
    problem(live.post(LANGONG, "/settle/fundings", body), 403, "wrong-party")
    problem(live.post(HUAIYUE, "/settle/fundings", body, role="checker"), 403, "missing-scope")


def test_a_reference_is_spent_once(live: Live, ticket: str) -> None:
    fund(live, ticket, amount=1)
    body = {"ref": "HY20270524-01", "legs": [{"issuance": issuance(ticket), "amount": "1"}]}
    problem(live.post(HUAIYUE, "/settle/fundings", body), 409, "reference-spent")
    live.done(HUAIYUE, "/settle/fundings", body | {"ref": "HY-2"}, key="once")
    problem(
        live.post(HUAIYUE, "/settle/fundings", body | {"ref": "HY-3"}, key="once"),
        409,
        "idempotency-key-reused",
    )


# ---- the bank's file


def test_one_line_comes_back_and_is_paid_later(live: Live, ticket: str) -> None:
    live.until(DUE + 9 * 3600)
    fund(live, ticket)
    listed = clear(live)
    made = sent(live, listed, bank_file(live, listed, WUZE), "HY-1")
    [back] = made["returned"]
    assert (back["holder"]["name"], back["reason"], back["ref"]) == ("芜泽精密", "账户已销户", "HY-1")
    assert (len(made["acts"]), made["missing"]) == (1, [])
    assert taken(live, ticket, back["ticket"]) == [HALF, 0]
    for party in (HUAIYUE, WUZE):
        assert live.seen(party, "/settle/returned-lines")["items"] == [back]
    for stranger in (LANGONG, XICHUAN, CHANGLI):
        assert live.seen(stranger, "/settle/returned-lines")["items"] == []
    corrected = file_of(WUZE).to_dict()
    corrected["account"]["number"] = "6222000099000007"
    change = live.done(WUZE, f"/participants/{WUZE.id}/profile", {"file": corrected})
    live.carry(change, WUZE)
    again = clear(live)
    [line] = again["lines"]
    assert (line["ticket"], line["account"]["number"]) == (back["ticket"], "6222000099000007")
    sent(live, again, bank_file(live, again), "HY-2")
    assert taken(live, ticket, back["ticket"]) == [HALF, FACE // 4]
    assert live.seen(HUAIYUE, "/settle/returned-lines")["items"] == []
    [kept] = live.book.read(lambda store: store.find(records.ReturnedLine))
    assert kept.ended, "nobody looks it up again"
    assert live.seen(WUZE, f"/tickets/{back['ticket']}")["status"] == "paid"
    assert live.verify().clean


def test_a_line_that_the_file_does_not_name_comes_later(live: Live, ticket: str) -> None:
    live.until(DUE + 9 * 3600)
    fund(live, ticket)
    listed = clear(live)
    short = {**listed, "lines": listed["lines"][:2]}
    made = sent(live, listed, bank_file(live, short), "HY-1")
    assert [line["ticket"] for line in made["missing"]] == [listed["lines"][2]["ticket"]]


def test_a_wrong_row_and_nothing_counts(live: Live, ticket: str) -> None:
    live.until(DUE + 9 * 3600)
    fund(live, ticket)
    listed = clear(live)
    wrong = bank_file(live, listed, WUZE).replace("账户已销户".encode(), b"")
    found = problem(send(live, listed, wrong), 422, "payout-refused")
    assert [(error["column"], error["problem"]) for error in found["errors"]] == [
        ("退汇原因", "a returned line has no reason")
    ]
    problem(send(live, listed, b""), 422, "invalid-file")
    problem(send(live, listed, bank_file(live, listed), ref="款项"), 422, "bad-reference")
    problem(send(live, {"hash": "0x12"}, b"x"), 422, "invalid-request")
    files = {"file": ("paid.csv", b"x")}
    missing = problem(live.post(HUAIYUE, "/settle/pay-outs/files", files=files), 422, "invalid-request")
    assert {error["field"] for error in missing["errors"]} == {"clearing_list", "ref"}
    assert live.seen(HUAIYUE, "/settle/returned-lines")["items"] == []
    assert live.seen(HUAIYUE, "/acts", kind="PayOut")["items"] == []


def test_a_file_is_for_the_banks_own_list(live: Live, ticket: str) -> None:
    own = clear(live, LANGONG, as_if_funded=True)
    file = bank_file(live, own)
    problem(send(live, own, file, who=LANGONG), 403, "missing-role")
    problem(send(live, {"hash": "0x" + "11" * 32}, file), 404, "unknown-clearing-list")
    live.admit(QIANCHAO)
    problem(send(live, own, file, who=QIANCHAO), 404, "unknown-clearing-list")


def test_the_same_file_under_the_same_key(live: Live, ticket: str) -> None:
    live.until(DUE + 9 * 3600)
    fund(live, ticket)
    listed = clear(live)
    file, data = bank_file(live, listed), {"clearing_list": listed["hash"], "ref": "HY-1"}
    path = "/settle/pay-outs/files"
    live.done(HUAIYUE, path, files={"file": ("a.csv", file)}, data=data, key="once")
    changed = {"file": ("a.csv", bank_file(live, listed, WUZE))}
    problem(live.post(HUAIYUE, path, files=changed, data=data, key="once"), 409, "idempotency-key-reused")
    other = data | {"ref": "HY-2"}
    problem(
        live.post(HUAIYUE, path, files={"file": ("a.csv", file)}, data=other, key="once"),
        409,
        "idempotency-key-reused",
    )


# ---- lines


def paid(live: Live, ticket: str, amount: int, **other: Any) -> dict[str, Any]:
    return {"ticket": ticket, "amount": str(amount), "paid_at": utc_text(live.world.now - 60), **other}


def test_lines_are_paid_or_come_back(live: Live, ticket: str) -> None:
    live.until(DUE + 9 * 3600)
    fund(live, ticket, amount=HALF)
    body = {"ref": "HY-1", "paid": [paid(live, ticket, HALF // 2)]}
    made = live.done(HUAIYUE, "/settle/pay-outs", body)
    live.carry(made["acts"][0], HUAIYUE)
    assert taken(live, ticket) == [HALF // 2]
    back = {"ticket": ticket, "amount": "1", "reason": "户名不符"}
    live.advance(60)
    made = live.done(HUAIYUE, "/settle/pay-outs", {"ref": "HY-2", "returned": [back]})
    assert made["acts"] == []
    [waiting] = live.seen(WANYUE, "/settle/returned-lines")["items"]
    assert (waiting["reason"], waiting["amount"]) == ("户名不符", "1")


def test_wrong_lines(live: Live, ticket: str) -> None:
    def refuse(status: int, code: str, **body: Any) -> None:
        problem(live.post(HUAIYUE, "/settle/pay-outs", {"ref": "HY-1", **body}), status, code)

    line = paid(live, ticket, 1)
    refuse(409, "not-yet-due", paid=[line])
    live.until(DUE + 9 * 3600)
    line = paid(live, ticket, 1)
    refuse(409, "beyond-payable", paid=[line])
    refuse(422, "invalid")
    refuse(422, "invalid", paid=[line], returned=[{"ticket": ticket, "amount": "1", "reason": "x"}])
    refuse(422, "invalid-request", paid=[line | {"amount": "0"}])
    refuse(422, "invalid-request", returned=[{"ticket": ticket, "amount": "1", "reason": " "}])
    refuse(422, "invalid-request", paid=[line | {"paid_at": "today"}])
    refuse(404, "unknown-ticket", paid=[line | {"ticket": "0x" + "11" * 32}])
    fund(live, ticket)
    refuse(422, "paid-at-out-of-range", paid=[line | {"paid_at": utc_text(live.world.now + DAY)}])
    refuse(422, "bad-reference", ref="款项", paid=[line])


def test_another_bank_pays_nothing_here(live: Live, ticket: str) -> None:
    live.until(DUE + 9 * 3600)
    fund(live, ticket)
    live.admit(QIANCHAO)
    line, back = paid(live, ticket, 1), {"ticket": ticket, "amount": "1", "reason": "x"}
    problem(live.post(QIANCHAO, "/settle/pay-outs", {"ref": "Q-1", "paid": [line]}), 404, "unknown-ticket")
    problem(
        live.post(QIANCHAO, "/settle/pay-outs", {"ref": "Q-1", "returned": [back]}), 404, "unknown-ticket"
    )
    for stranger in (LANGONG, WANYUE, LANWAN):
        answer = live.post(stranger, "/settle/pay-outs", {"ref": "Q-1", "paid": [line]})
        problem(answer, 403, "missing-role")
    problem(
        live.post(HUAIYUE, "/settle/pay-outs", {"ref": "Q-1", "returned": [back]}, role="viewer"),
        403,
        "missing-scope",
    )
