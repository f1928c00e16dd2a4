"""SETTLE over HTTP, when the money does not come.

given an issuance
  when it is reported before its grace days are over, or twice: it should be refused
  when anybody reports it afterwards: its debtor should be halted and told, until it is funded in full
  when the panel waives it: the debtor should be halted by it no more
given a clearing bank that is to be replaced
  when debtor, new bank and panel have signed: it should be running for 14 days
  when the present bank vetoes: it should be over
  when 14 days are over: the new bank should take over
  when strangers ask: they should find nothing
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.ids import keccak256, to_hex
from tests.api.live import Live
from tests.api.office import problem
from tests.support.actors import (
    CHANGLI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    QIANCHAO,
    REGISTRAR,
    WANYUE,
)
from tests.support.world import DAY, DUE, FACE, GRACE

PAPER = to_hex(keccak256(b"paper"))
NOTHING = "0x" + "11" * 16


@pytest.fixture
def issuance(live: Live) -> str:
    return live.opened()[:34]


@pytest.fixture
def overdue(live: Live, issuance: str) -> str:
    """Past its grace days."""
    live.until(DUE + GRACE)
    return issuance


@pytest.fixture
def running(live: Live, issuance: str) -> str:
    """钱潮银行 is to take over."""
    live.admit(QIANCHAO)
    act = live.done(LANGONG, "/settle/replacements", replacement(issuance))
    live.carry(act, LANGONG, QIANCHAO, LANWAN, NANHUAI, REGISTRAR)
    return issuance


def replacement(issuance: str, **other: Any) -> dict[str, Any]:
    return {"issuance": issuance, "bank": QIANCHAO.id, "evidence": PAPER, **other}


def limit(live: Live) -> tuple[int, str | None]:
    found = live.seen(LANGONG, f"/limits/{LANGONG.id}")
    return found["overdue"], found["reason"]


# ---- overdue


def test_too_early(live: Live, issuance: str) -> None:
    live.until(DUE + GRACE - 1)
    problem(live.post(WANYUE, "/settle/overdue", {"issuance": issuance}), 409, "not-overdue")
    problem(live.post(WANYUE, "/settle/overdue", {"issuance": NOTHING}), 404, "unknown-issuance")
    problem(live.post(WANYUE, "/settle/overdue", {"issuance": "1"}), 422, "invalid-request")


def test_anybody_reports_and_full_funding_cures(live: Live, overdue: str) -> None:
    act = live.done(CHANGLI, "/settle/overdue", {"issuance": overdue})
    for party in (CHANGLI, LANGONG, HUAIYUE):
        assert live.seen(party, f"/acts/{act['id']}")["state"] == "final"
    problem(live.get(WANYUE, f"/acts/{act['id']}"), 404, "not-found")
    assert limit(live) == (1, "core-halted")
    [due] = live.seen(HUAIYUE, "/settle/maturities")["maturities"]
    assert due["reported"] is True
    problem(live.post(WANYUE, "/settle/overdue", {"issuance": overdue}), 409, "already-reported")
    legs = [{"issuance": overdue, "amount": str(FACE)}]
    live.carry(live.done(HUAIYUE, "/settle/fundings", {"ref": "HY-1", "legs": legs}), HUAIYUE)
    assert limit(live)[0] == 0
    problem(live.post(WANYUE, "/settle/overdue", {"issuance": overdue}), 409, "fully-funded")
    assert live.verify().clean


def test_a_key_with_another_body(live: Live, overdue: str) -> None:
    live.done(WANYUE, "/settle/overdue", {"issuance": overdue}, key="once")
    other = {"issuance": NOTHING}
    problem(live.post(WANYUE, "/settle/overdue", other, key="once"), 409, "idempotency-key-reused")


# ---- waivers


def test_the_panel_waives(live: Live, overdue: str) -> None:
    live.done(WANYUE, "/settle/overdue", {"issuance": overdue})
    act = live.done(REGISTRAR, "/settle/waivers", {"issuance": overdue, "evidence": PAPER})
    live.carry(act, REGISTRAR, LANWAN, NANHUAI)
    assert limit(live)[0] == 0
    assert live.seen(LANGONG, f"/acts/{act['id']}")["kind"] == "Waive"
    seen = live.seen(LANGONG, f"/issuances/{overdue}")
    assert seen["waived_until"] is not None
    problem(live.post(WANYUE, "/settle/overdue", {"issuance": overdue}), 409, "not-overdue")


def test_only_the_panel_waives(live: Live, overdue: str) -> None:
    body = {"issuance": overdue, "evidence": PAPER}
    problem(live.post(CHANGLI, "/settle/waivers", body), 404, "unknown-issuance")
    problem(live.post(LANGONG, "/settle/waivers", body), 403, "not-yours")
    problem(live.post(LANWAN, "/settle/waivers", body | {"issuance": NOTHING}), 404, "unknown-issuance")
    problem(live.post(LANWAN, "/settle/waivers", {"issuance": overdue}), 422, "invalid-request")
    problem(live.post(LANWAN, "/settle/waivers", body, role="viewer"), 403, "missing-scope")


# ---- another clearing bank


def test_wrong_replacements(live: Live, issuance: str) -> None:
    path = "/settle/replacements"
    problem(live.post(LANGONG, path, replacement(issuance, bank=HUAIYUE.id)), 422, "bad-clearing-bank")
    problem(live.post(LANGONG, path, replacement(issuance, bank=LANWAN.id)), 403, "missing-role")
    problem(live.post(LANGONG, path, replacement(issuance, bank=99)), 404, "unknown-party")
    problem(live.post(LANGONG, path, replacement("0x12")), 422, "invalid-request")
    live.admit(QIANCHAO)
    problem(live.post(CHANGLI, path, replacement(issuance)), 404, "unknown-issuance")
    problem(live.post(QIANCHAO, path, replacement(issuance)), 404, "unknown-issuance")
    problem(live.post(WANYUE, path, replacement(issuance)), 403, "not-yours")
    problem(live.get(LANGONG, f"{path}/{issuance}"), 404, "not-found")
    for word in ("veto", "complete"):
        problem(live.post(HUAIYUE, f"{path}/{word}", {"issuance": issuance}), 409, "no-replacement")


def test_a_running_replacement_is_seen(live: Live, running: str) -> None:
    path = f"/settle/replacements/{running}"
    for party in (LANGONG, HUAIYUE, QIANCHAO, WANYUE, REGISTRAR):
        found = live.seen(party, path)
        assert (found["present"]["id"], found["next"]["id"]) == (HUAIYUE.id, QIANCHAO.id)
    problem(live.get(CHANGLI, path), 404, "unknown-issuance")
    problem(live.get(CHANGLI, "/settle/replacements/0x12"), 422, "invalid-request")
    problem(live.post(LANGONG, "/settle/replacements", replacement(running)), 409, "replacement-running")
    [told] = live.seen(HUAIYUE, "/acts", kind="ReplaceBank")["items"]
    assert told["state"] == "final"


def test_the_present_bank_vetoes(live: Live, running: str) -> None:
    body = {"issuance": running}
    problem(live.post(LANGONG, "/settle/replacements/veto", body), 403, "not-yours")
    problem(live.post(CHANGLI, "/settle/replacements/veto", body), 404, "unknown-issuance")
    problem(live.post(HUAIYUE, "/settle/replacements/veto", {}), 422, "invalid-request")
    live.carry(live.done(HUAIYUE, "/settle/replacements/veto", body), HUAIYUE)
    problem(live.get(LANGONG, f"/settle/replacements/{running}"), 404, "not-found")
    assert live.seen(LANGONG, f"/issuances/{running}")["clearing_bank"]["id"] == HUAIYUE.id


def test_the_new_bank_takes_over(live: Live, running: str) -> None:
    body = {"issuance": running}
    problem(live.post(QIANCHAO, "/settle/replacements/complete", body), 409, "too-early")
    live.advance(14 * DAY)
    live.settle()
    problem(live.post(CHANGLI, "/settle/replacements/complete", body), 404, "unknown-issuance")
    problem(live.post(HUAIYUE, "/settle/replacements/complete", body), 403, "not-yours")
    problem(live.post(QIANCHAO, "/settle/replacements/complete", {"issuance": 1}), 422, "invalid-request")
    act = live.done(QIANCHAO, "/settle/replacements/complete", body)
    live.carry(act, QIANCHAO)
    assert live.seen(LANGONG, f"/issuances/{running}")["clearing_bank"]["id"] == QIANCHAO.id
    assert len(live.seen(QIANCHAO, "/settle/maturities")["maturities"]) == 1
    problem(live.get(HUAIYUE, f"/issuances/{running}"), 404, "unknown-issuance")
    assert live.verify().clean
