"""FINANCE over HTTP.

given a ticket of 芜泽 over 420,000.00 yuan and two banks
  when it asks for too little, on another's ticket, or somebody who is no bank: it should be refused
  when an invoice of its trade is still owed: it should be refused
  when both quote: it should see both side by side, the better one first; a bank should see its own alone
  when a quote is wrong, of nobody asked, replaced or taken back: it should not be there to be chosen
  when it takes one: the lock act should wait for both, and the other bank see nothing more of the trades
  when it is signed and registered: the debtor should have a notice by name, and the receipt move title
  when the money does not come: anybody should return the lock after its expiry, or both end it before
  when strangers ask: they should find nothing
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.clock import parse_instant
from ledger.ids import keccak256, to_hex
from tests.api.live import Live
from tests.api.office import child, problem
from tests.support.actors import CHANGLI, HUAIYUE, LANGONG, LANWAN, NANHUAI, WANYUE, WUZE, Party
from tests.support.world import DAY, at

VALUE = 42_000_000
REGISTRATION = "ZDW-2026-1208-0001"
QUOTE = {"rate": 315, "fee": "0", "money_on": "2026-12-08"}


@pytest.fixture
def ticket(live: Live) -> str:
    [made] = live.passed_on(WANYUE, live.opened(), (WUZE, VALUE))
    live.until(at(2026, 12, 8, 9))
    return made


@pytest.fixture
def asked(live: Live, ticket: str) -> str:
    return live.done(WUZE, "/finance/requests", request(ticket))["id"]


@pytest.fixture
def quotes(live: Live, asked: str) -> dict[str, str]:
    """Ids by bank."""
    return {
        bank.name: live.done(bank, f"/finance/requests/{asked}/quotes", QUOTE | {"rate": rate})["id"]
        for bank, rate in ((LANWAN, 315), (NANHUAI, 345))
    }


def request(ticket: str, **other: Any) -> dict[str, Any]:
    return {"ticket": ticket, "value": str(VALUE), "banks": [LANWAN.id, NANHUAI.id], **other}


def choose(live: Live, asked: str, quote: str, **other: Any) -> Any:
    return live.done(WUZE, f"/finance/requests/{asked}/choose", {"quote": quote, **other})


def locked(live: Live, asked: str, quotes: dict[str, str]) -> str:
    """The lock of 岚湾's quote, signed by both."""
    act = choose(live, asked, quotes["lanwan"])
    return live.carry(act, WUZE, LANWAN)["legs"][0]["id"]


# ---- asking


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"value": "999999"}, 422, "too-small-to-finance"),
        ({"value": str(VALUE + 1)}, 409, "not-enough"),
        ({"value": "1.5"}, 422, "invalid-request"),
        ({"banks": []}, 422, "invalid-request"),
        ({"banks": [LANGONG.id]}, 403, "not-a-bank"),
        ({"banks": [99]}, 404, "unknown-party"),
        ({"until": "soon"}, 422, "invalid-request"),
        ({"ticket": "0x" + "11" * 32}, 404, "unknown-ticket"),
        ({"price": "1"}, 422, "invalid-request"),
    ],
)
def test_wrong_requests(live: Live, ticket: str, change: dict[str, Any], status: int, code: str) -> None:
    problem(live.post(WUZE, "/finance/requests", request(ticket) | change), status, code)


def test_nobody_asks_on_anothers_ticket(live: Live, ticket: str) -> None:
    for stranger in (WANYUE, LANWAN, LANGONG):
        problem(live.post(stranger, "/finance/requests", request(ticket)), 404, "unknown-ticket")


def test_no_money_before_the_invoice_is_there(live: Live) -> None:
    owed = child(WANYUE, WUZE, VALUE)
    owed["trade"] = {"contract": "HT-2026-0311", "owed_days": 20}
    act = live.done(WANYUE, "/offers", {"ticket": live.opened(), "children": [owed]})
    live.carry(act, WANYUE, WUZE)
    ticket = act["legs"][0]["id"]
    found = problem(live.post(WUZE, "/finance/requests", request(ticket)), 409, "evidence-owed")
    assert "HT-2026-0311" in found["detail"]
    invoice = child(WANYUE, WUZE, VALUE)["trade"]["invoice"]
    live.done(WUZE, f"/offers/{act['id']}/evidence", {"place": 0, "invoice": invoice})
    assert live.done(WUZE, "/finance/requests", request(ticket))["state"] == "open"


def test_a_request_reaches_its_banks_alone(live: Live, ticket: str, asked: str) -> None:
    own = live.seen(WUZE, f"/finance/requests/{asked}")
    assert [bank["id"] for bank in own["banks"]] == [LANWAN.id, NANHUAI.id]
    seen = live.seen(LANWAN, f"/finance/requests/{asked}")
    assert [bank["id"] for bank in seen["banks"]] == [LANWAN.id]
    assert seen["ticket"]["value"] == str(VALUE)
    assert seen["ticket"]["free"] is None
    [step] = seen["trades"]
    assert (step["contract"], step["amount"], step["owed_until"]) == ("HT-2026-0311", str(VALUE), None)
    for stranger in (WANYUE, LANGONG, HUAIYUE):
        problem(live.get(stranger, f"/finance/requests/{asked}"), 404, "unknown-request")
        problem(live.get(stranger, f"/finance/requests/{asked}/quotes"), 404, "unknown-request")
        assert live.seen(stranger, "/finance/requests")["items"] == []
    assert [one["id"] for one in live.seen(NANHUAI, "/finance/requests")["items"]] == [asked]
    problem(live.get(WUZE, "/finance/requests/NO"), 422, "invalid-request")


def test_a_holder_sees_of_the_trades_those_of_its_own(live: Live, ticket: str) -> None:
    [deeper] = live.passed_on(WUZE, ticket, (CHANGLI, 2_000_000))
    body = request(deeper, value="2000000")
    asked = live.done(CHANGLI, "/finance/requests", body)
    assert [step["tier"] for step in asked["trades"]] == [3]
    seen = live.seen(LANWAN, f"/finance/requests/{asked['id']}")
    assert [step["tier"] for step in seen["trades"]] == [3, 2]


def test_asking_no_more(live: Live, asked: str) -> None:
    path = f"/finance/requests/{asked}/close"
    for stranger in (LANWAN, WANYUE):
        problem(live.post(stranger, path), 404, "unknown-request")
    problem(live.post(WUZE, path, {"why": "so"}), 422, "invalid-request")
    problem(live.post(WUZE, path, role="checker"), 403, "missing-scope")
    assert live.done(WUZE, path)["state"] == "closed"
    problem(live.post(WUZE, path), 409, "request-closed")
    problem(live.post(LANWAN, f"/finance/requests/{asked}/quotes", QUOTE), 409, "request-closed")
    assert live.seen(LANWAN, f"/finance/requests/{asked}")["trades"] == []


# ---- quoting


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"rate": 10_001}, 422, "invalid-request"),
        ({"rate": "3.15"}, 422, "invalid-request"),
        ({"money_on": "2026-12-07"}, 422, "invalid-quote"),
        ({"money_on": "2027-05-24"}, 422, "invalid-quote"),
        ({"fee": str(VALUE)}, 422, "invalid-quote"),
        ({"valid_until": "2026-12-08T00:00:00Z"}, 422, "invalid-quote"),
        ({"registration": "登记号"}, 422, "bad-reference"),
    ],
)
def test_wrong_quotes(live: Live, asked: str, change: dict[str, Any], status: int, code: str) -> None:
    problem(live.post(LANWAN, f"/finance/requests/{asked}/quotes", QUOTE | change), status, code)


def test_only_a_bank_that_was_asked_quotes(live: Live, asked: str) -> None:
    path = f"/finance/requests/{asked}/quotes"
    problem(live.post(WUZE, path, QUOTE), 409, "not-asked")
    for stranger in (HUAIYUE, WANYUE):
        problem(live.post(stranger, path, QUOTE), 404, "unknown-request")
    problem(live.post(LANWAN, path, QUOTE, role="checker"), 403, "missing-scope")


def test_quotes_side_by_side(live: Live, asked: str, quotes: dict[str, str]) -> None:
    first, second = live.seen(WUZE, f"/finance/requests/{asked}/quotes")["quotes"]
    assert (first["bank"]["name"], first["best"], second["best"]) == ("岚湾银行", True, False)
    assert (first["days"], first["interest"], first["net"]) == (167, "613725", "41386275")
    assert (second["interest"], second["net"]) == ("672175", "41327825")
    assert (first["face"], first["bearer"], first["fee"], first["all_in"]) == (str(VALUE), "holder", "0", 320)


def test_a_bank_sees_its_own_quote_alone(live: Live, asked: str, quotes: dict[str, str]) -> None:
    for bank in (LANWAN, NANHUAI):
        [own] = live.seen(bank, f"/finance/requests/{asked}/quotes")["quotes"]
        assert (own["id"], own["best"]) == (quotes[bank.name], None)


def test_a_later_quote_replaces_the_earlier(live: Live, asked: str, quotes: dict[str, str]) -> None:
    better = live.done(NANHUAI, f"/finance/requests/{asked}/quotes", QUOTE | {"rate": 300})["id"]
    found = live.seen(WUZE, f"/finance/requests/{asked}/quotes")["quotes"]
    assert [one["id"] for one in found] == [better, quotes["lanwan"]]
    gone = {"quote": quotes["nanhuai"]}
    problem(live.post(WUZE, f"/finance/requests/{asked}/choose", gone), 409, "quote-not-open")


def test_a_quote_taken_back(live: Live, asked: str, quotes: dict[str, str]) -> None:
    path = f"/finance/requests/{asked}/quotes/{quotes['lanwan']}/withdrawals"
    problem(live.post(NANHUAI, path), 404, "unknown-quote")
    problem(live.post(WUZE, path), 404, "unknown-quote")
    problem(live.post(WANYUE, path), 404, "unknown-request")
    problem(live.post(LANWAN, path, {"why": "so"}), 422, "invalid-request")
    assert live.done(LANWAN, path)["quotes"] == []
    problem(live.post(LANWAN, path), 409, "quote-not-open")
    [left] = live.seen(WUZE, f"/finance/requests/{asked}/quotes")["quotes"]
    assert (left["id"], left["best"]) == (quotes["nanhuai"], True)


def test_an_expired_quote_is_not_taken(live: Live, asked: str, quotes: dict[str, str]) -> None:
    live.advance(2 * DAY)
    body = {"quote": quotes["lanwan"]}
    problem(live.post(WUZE, f"/finance/requests/{asked}/choose", body), 409, "quote-not-open")


# ---- choosing


def test_only_the_holder_chooses(live: Live, asked: str, quotes: dict[str, str]) -> None:
    path, body = f"/finance/requests/{asked}/choose", {"quote": quotes["lanwan"]}
    for stranger in (LANWAN, WANYUE, LANGONG):
        problem(live.post(stranger, path, body), 404, "unknown-request")
    problem(live.post(WUZE, path, {"quote": "ab" * 12}), 404, "unknown-quote")
    problem(live.post(WUZE, path, {"quote": "\0"}), 422, "invalid-request")
    problem(live.post(WUZE, path, body, role="viewer"), 403, "missing-scope")
    problem(live.post(WUZE, path, body | {"expiry": "2026-12-01T00:00:00Z"}), 422, "bad-expiry")
    assert live.seen(WUZE, f"/finance/requests/{asked}")["state"] == "open"


def test_the_chosen_bank_and_the_other(live: Live, asked: str, quotes: dict[str, str]) -> None:
    act = choose(live, asked, quotes["lanwan"])
    assert (act["kind"], act["state"], len(act["seats"])) == ("Lock", "draft", 2)
    body = {"quote": quotes["nanhuai"]}
    problem(live.post(WUZE, f"/finance/requests/{asked}/choose", body), 409, "request-closed")
    for party in (WUZE, LANWAN):
        seen = live.seen(party, f"/finance/requests/{asked}")
        assert (seen["state"], seen["act"], len(seen["trades"])) == ("chosen", act["id"], 1)
    other = live.seen(NANHUAI, f"/finance/requests/{asked}")
    assert (other["state"], other["act"], other["trades"]) == ("chosen", None, [])
    [own] = live.seen(NANHUAI, f"/finance/requests/{asked}/quotes")["quotes"]
    assert (own["state"], own["open"]) == ("declined", False)
    problem(live.get(NANHUAI, f"/acts/{act['id']}"), 404, "not-found")
    [waiting] = live.seen(LANWAN, "/acts", waiting=True)["items"]
    assert waiting["id"] == act["id"]


def test_the_terms_are_what_both_sign(live: Live, asked: str, quotes: dict[str, str]) -> None:
    act = choose(live, asked, quotes["lanwan"])
    terms = act["message"]["terms"]
    for party in (WUZE, LANWAN, HUAIYUE):
        answer = live.get(party, f"/documents/{terms}")
        assert (answer.status_code, to_hex(keccak256(answer.content))) == (200, terms)
        assert "413,862.75" in answer.text
    for stranger in (NANHUAI, LANGONG, WANYUE):
        problem(live.get(stranger, f"/documents/{terms}"), 404, "unknown-document")


# ---- locks


def test_a_whole_financing(live: Live, ticket: str, asked: str, quotes: dict[str, str]) -> None:
    lock = locked(live, asked, quotes)
    for party in (WUZE, LANWAN, HUAIYUE):
        found = live.seen(party, f"/finance/locks/{lock}")
        assert (found["state"], found["value"], found["net"]) == ("locked", str(VALUE), "41386275")
    assert live.seen(WUZE, f"/tickets/{ticket}")["value"] == "0"
    assert live.seen(LANGONG, "/documents", kind="assignment-notice")["items"] == []
    path = f"/finance/requests/{asked}/quotes/{quotes['lanwan']}/registration"
    assert live.done(LANWAN, path, {"number": REGISTRATION})["registration"] == REGISTRATION
    [notice] = live.seen(LANGONG, "/documents", kind="assignment-notice")["items"]
    assert REGISTRATION in live.get(LANGONG, f"/documents/{notice['hash']}").text
    assert [one["id"] for one in notice["parties"]] == [LANGONG.id, WUZE.id, LANWAN.id, HUAIYUE.id]
    [act] = live.seen(LANWAN, "/acts", kind="Lock")["items"]
    assert act["extra"]["notice"] == notice["hash"]
    receipt = live.done(HUAIYUE, "/finance/receipts", {"lock": lock, "ref": "HY20261208-77"})
    assert receipt["message"]["salt"] == notice["hash"]
    live.carry(receipt, HUAIYUE)
    sold = live.seen(LANWAN, f"/tickets/{lock}")
    assert (sold["holder"]["id"], sold["status"], sold["value"]) == (LANWAN.id, "live", str(VALUE))
    ended = live.seen(WUZE, f"/finance/locks/{lock}")
    assert (ended["state"], ended["ref"]) == ("released", "HY20261208-77")
    assert ended["registration"] == REGISTRATION
    assert live.seen(WUZE, f"/acts/{receipt['id']}")["state"] == "final"
    assert live.verify().clean


def test_registered_before_it_is_chosen(live: Live, asked: str) -> None:
    body = QUOTE | {"registration": REGISTRATION}
    quote = live.done(LANWAN, f"/finance/requests/{asked}/quotes", body)["id"]
    assert live.seen(LANGONG, "/documents", kind="assignment-notice")["items"] == []
    act = choose(live, asked, quote)
    [notice] = live.seen(LANGONG, "/documents", kind="assignment-notice")["items"]
    assert act["extra"]["notice"] == notice["hash"]
    path = f"/finance/requests/{asked}/quotes/{quote}/registration"
    live.done(LANWAN, path, {"number": REGISTRATION})
    assert len(live.seen(LANGONG, "/documents", kind="assignment-notice")["items"]) == 1


def test_nothing_is_registered_for_a_financing_that_is_over(
    live: Live, asked: str, quotes: dict[str, str]
) -> None:
    lock = locked(live, asked, quotes)
    live.carry(live.done(WUZE, f"/finance/locks/{lock}/cancel"), WUZE, LANWAN)
    path = f"/finance/requests/{asked}/quotes/{quotes['lanwan']}/registration"
    problem(live.post(LANWAN, path, {"number": REGISTRATION}), 409, "financing-over")
    assert live.seen(LANGONG, "/documents", kind="assignment-notice")["items"] == []


def test_a_registration_is_its_banks(live: Live, asked: str, quotes: dict[str, str]) -> None:
    path = f"/finance/requests/{asked}/quotes/{quotes['lanwan']}/registration"
    for stranger, code in ((NANHUAI, "unknown-quote"), (WUZE, "unknown-quote"), (WANYUE, "unknown-request")):
        problem(live.post(stranger, path, {"number": REGISTRATION}), 404, code)
    problem(live.post(LANWAN, path, {"number": ""}), 422, "invalid-request")
    problem(live.post(LANWAN, path, {"number": "登记"}), 422, "bad-reference")
    choose(live, asked, quotes["nanhuai"])
    problem(live.post(LANWAN, path, {"number": REGISTRATION}), 409, "quote-not-open")


def test_strangers_find_no_lock(live: Live, asked: str, quotes: dict[str, str]) -> None:
    lock = locked(live, asked, quotes)
    body = {"lock": lock, "ref": "R-1", "registration": REGISTRATION}
    for stranger in (NANHUAI, WANYUE, LANGONG, CHANGLI):
        problem(live.get(stranger, f"/finance/locks/{lock}"), 404, "unknown-lock")
        problem(live.post(stranger, "/finance/receipts", body), 404, "unknown-lock")
        problem(live.post(stranger, f"/finance/locks/{lock}/cancel"), 404, "unknown-lock")
        assert live.seen(stranger, "/finance/locks")["items"] == []
    assert len(live.seen(HUAIYUE, "/finance/locks", state="locked")["items"]) == 1
    assert live.seen(HUAIYUE, "/finance/locks", state="released")["items"] == []
    problem(live.get(HUAIYUE, "/finance/locks", state="open"), 422, "invalid-request")
    problem(live.get(HUAIYUE, "/finance/locks/0x12"), 422, "invalid-request")


def test_wrong_receipts(live: Live, asked: str, quotes: dict[str, str]) -> None:
    lock = locked(live, asked, quotes)
    body = {"lock": lock, "ref": "R-1", "registration": REGISTRATION}
    problem(live.post(LANWAN, "/finance/receipts", body), 403, "not-yours")
    problem(live.post(HUAIYUE, "/finance/receipts", body | {"ref": "款项"}), 422, "bad-reference")
    problem(live.post(HUAIYUE, "/finance/receipts", body | {"ref": "x" * 33}), 422, "invalid-request")
    unregistered = {"lock": lock, "ref": "R-1"}
    problem(live.post(HUAIYUE, "/finance/receipts", unregistered), 422, "bad-reference")
    live.carry(live.done(HUAIYUE, "/finance/receipts", body), HUAIYUE)
    problem(live.post(HUAIYUE, "/finance/receipts", body), 409, "not-locked")


def test_anybody_returns_an_expired_lock(live: Live, ticket: str, asked: str, quotes: dict[str, str]) -> None:
    lock = locked(live, asked, quotes)
    problem(live.post(CHANGLI, f"/finance/locks/{lock}/return"), 409, "lock-still-stands")
    problem(live.post(CHANGLI, f"/finance/locks/{ticket}/return"), 404, "unknown-lock")
    problem(live.post(CHANGLI, f"/finance/locks/{lock}/return", {"now": True}), 422, "invalid-request")
    live.until(parse_instant(live.seen(WUZE, f"/finance/locks/{lock}")["expiry"]))
    act = live.done(CHANGLI, f"/finance/locks/{lock}/return")
    for party in (CHANGLI, WUZE, LANWAN, HUAIYUE):
        assert live.seen(party, f"/acts/{act['id']}")["state"] == "final"
    assert live.seen(WUZE, f"/finance/locks/{lock}")["state"] == "returned"
    assert live.seen(WUZE, f"/tickets/{ticket}")["value"] == str(VALUE)
    problem(live.post(CHANGLI, f"/finance/locks/{lock}/return"), 409, "not-locked")
    assert live.verify().clean


@pytest.mark.parametrize("first", [WUZE, LANWAN], ids=["holder", "bank"])
def test_both_end_a_lock(live: Live, ticket: str, asked: str, quotes: dict[str, str], first: Party) -> None:
    lock = locked(live, asked, quotes)
    problem(live.post(HUAIYUE, f"/finance/locks/{lock}/cancel"), 403, "not-yours")
    problem(live.post(WUZE, f"/finance/locks/{lock}/cancel", {"deadline": 5}), 422, "invalid-request")
    act = live.done(first, f"/finance/locks/{lock}/cancel")
    live.carry(act, WUZE, LANWAN)
    assert live.seen(HUAIYUE, f"/finance/locks/{lock}")["state"] == "cancelled"
    assert live.seen(WUZE, f"/tickets/{ticket}")["value"] == str(VALUE)


def test_a_key_with_another_body(live: Live, ticket: str) -> None:
    live.done(WUZE, "/finance/requests", request(ticket), key="once")
    other = request(ticket, banks=[LANWAN.id])
    problem(live.post(WUZE, "/finance/requests", other, key="once"), 409, "idempotency-key-reused")
    assert len(live.seen(WUZE, "/finance/requests")["items"]) == 1
