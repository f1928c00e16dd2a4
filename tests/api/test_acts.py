"""Acts over HTTP.

given an offer of 皖岳 to 芜泽 and 锡川
  when somebody else asks for it: it should look as if it were not there
  when 芜泽 asks for it: it should see its own child alone, of the other only its hash
  when a stranger's leg is rejected or signed: it should be refused
  when maker and checker are one person: it should be refused
  when a signature is forged: it should be refused, and nothing kept
  when the same request comes again: it should get the first answer and sign nothing twice
  when all have signed: its legs should be complete
given an offer that its holder's maker and checker have not both signed
  when a receiver asks for it, signs or rejects: it should look as if it were not there
  when the checker has signed, or the chain has taken it: the receivers should find it
"""

from __future__ import annotations

from typing import Any

import pytest

from api.pages import encode
from ledger import typed
from ledger.ids import keccak256, to_hex
from ledger.records import Leg, Signature
from ledger.signatures import sign_digest
from tests.api.office import DOMAIN, Office, problem
from tests.support.actors import CHANGLI, HUAIYUE, LANGONG, LANWAN, WANYUE, WUZE, XICHUAN, Party


@pytest.fixture
def offer(office: Office) -> dict[str, Any]:
    ticket = office.issued(LANGONG, WANYUE)
    return office.offered(WANYUE, ticket.id, (WUZE, 30_000_000), (XICHUAN, 20_000_000))


def secret(name: str) -> bytes:
    return keccak256(f"gold ticket development key: {name}".encode())


@pytest.mark.parametrize("stranger", [CHANGLI, LANGONG])
def test_strangers_find_nothing(office: Office, offer: dict[str, Any], stranger: Any) -> None:
    path = f"/acts/{offer['id']}"
    problem(office.get(stranger, path), 404, "not-found")
    problem(office.get(stranger, f"{path}/typed-data", place=0), 404, "not-found")
    problem(office.post(stranger, f"{path}/sign"), 404, "not-found")
    problem(office.post(stranger, f"{path}/withdrawals"), 404, "not-found")
    leg = offer["legs"][0]["id"]
    problem(office.post(stranger, f"{path}/legs/{leg}/reject", {"reason": "mine"}), 404, "not-found")
    assert office.get(stranger, "/acts").json()["items"] == []


def test_a_receiver_sees_its_own_child_alone(office: Office, offer: dict[str, Any]) -> None:
    seen = office.get(WUZE, f"/acts/{offer['id']}").json()
    assert [leg["party"]["id"] for leg in seen["legs"]] == [WUZE.id]
    assert [seat["party"]["id"] for seat in seen["seats"]] == [WANYUE.id, WUZE.id]
    own, other = seen["message"]["children"]
    assert own["value"] == "30000000"
    assert list(other) == ["hash"]
    hashed = typed.struct_hash("Child", typed.message_from_json("Child", offer["message"]["children"][1]))
    assert other["hash"] == to_hex(hashed)
    assert seen["extra"]["trades"][0]["trade"]["contract"] == "HT-2026-0311"
    assert seen["extra"]["trades"][1] is None
    assert XICHUAN.uscc not in str(seen)


def test_a_receiver_does_not_reach_into_the_others_child(office: Office, offer: dict[str, Any]) -> None:
    path, leg = f"/acts/{offer['id']}", offer["legs"][1]["id"]
    problem(office.get(WUZE, f"{path}/typed-data", place=2), 404, "not-found")
    problem(office.post(WUZE, f"{path}/legs/{leg}/reject", {"reason": "no"}), 404, "not-found")
    problem(office.post(WUZE, f"{path}/sign", {"place": 2}), 403, "not-yours")


def test_one_person_is_never_maker_and_checker(office: Office) -> None:
    body = {"core": LANGONG.id, "amount": "5000000000", "expiry": "2027-12-31T00:00:00Z"}
    bank = office.person_of("huaiyue", "maker")
    act = office.post(bank, "/limits", body).json()
    assert office.post(bank, f"/acts/{act['id']}/sign").json()["state"] == "awaiting"
    problem(office.post(bank, f"/acts/{act['id']}/sign"), 404, "nothing-to-sign")
    again = office.post(bank, f"/acts/{act['id']}/sign", {"place": 0})
    problem(again, 409, "wrong-state")
    checker = office.person_of("huaiyue", "checker")
    assert office.post(checker, f"/acts/{act['id']}/sign").json()["state"] == "complete"


def test_a_viewer_signs_nothing(office: Office, offer: dict[str, Any]) -> None:
    viewer = office.person(WUZE, "viewer")
    assert office.get(viewer, f"/acts/{offer['id']}").status_code == 200
    problem(office.post(viewer, f"/acts/{offer['id']}/sign"), 403, "missing-scope")
    body = {"reason": "no"}
    path = f"/acts/{offer['id']}/legs/{offer['legs'][0]['id']}/reject"
    problem(office.post(viewer, path, body), 403, "missing-scope")


def test_a_forged_signature_is_refused(office: Office, offer: dict[str, Any]) -> None:
    digest = bytes.fromhex(offer["seats"][1]["digest"][2:])
    forged = to_hex(sign_digest(secret("changli sole"), digest))
    answer = office.post(WUZE, f"/acts/{offer['id']}/signatures", {"signature": forged, "place": 1})
    problem(answer, 422, "wrong-signer")
    answer = office.post(WUZE, f"/acts/{offer['id']}/signatures", {"signature": forged})
    problem(answer, 422, "wrong-signer")
    assert office.read(lambda store: store.count(Signature)) == 1


@pytest.mark.parametrize("signature", ["0x00", "x", "0x" + "ff" * 64, 7])
def test_what_is_no_signature(office: Office, offer: dict[str, Any], signature: Any) -> None:
    answer = office.post(WUZE, f"/acts/{offer['id']}/signatures", {"signature": signature})
    assert problem(answer, 422, "invalid-request")["errors"][0]["field"] == "signature"


def test_signed_outside_by_what_the_wallet_was_shown(office: Office, offer: dict[str, Any]) -> None:
    data = office.get(WUZE, f"/acts/{offer['id']}/typed-data").json()
    assert data["primaryType"] == "Accept"
    assert data["domain"]["verifyingContract"] == DOMAIN.address
    message = typed.message_from_json("Accept", data["message"])
    signature = sign_digest(secret("wuze sole"), typed.digest(DOMAIN, "Accept", message))
    wallet = (
        signature[:32] + bytes([signature[32] & 0x7F]) + signature[33:] + bytes([27 + (signature[32] >> 7)])
    )
    for given in (signature, wallet):
        key = f"wallet {len(given)}".replace(" ", "-")
        body = {"signature": to_hex(given), "place": 1}
        answer = office.post(WUZE, f"/acts/{offer['id']}/signatures", body, key=key)
        if len(given) == 64:
            assert answer.status_code == 201, answer.text
            assert answer.json()["seats"][1]["done"]
        else:
            problem(answer, 409, "wrong-state")


def test_the_same_request_again_signs_nothing_twice(office: Office, offer: dict[str, Any]) -> None:
    first = office.post(WUZE, f"/acts/{offer['id']}/sign", key="once")
    again = office.post(WUZE, f"/acts/{offer['id']}/sign", key="once")
    assert (first.status_code, first.text) == (again.status_code, again.text)
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert office.read(lambda store: store.count(Signature)) == 2
    problem(
        office.post(WUZE, f"/acts/{offer['id']}/sign", {"place": 0}, key="once"),
        409,
        "idempotency-key-reused",
    )


def test_a_key_may_serve_elsewhere_and_for_others(office: Office, offer: dict[str, Any]) -> None:
    path = f"/acts/{offer['id']}/sign"
    assert office.post(WUZE, path, key="k").status_code == 201
    assert "idempotent-replay" not in office.post(XICHUAN, path, key="k").headers
    assert "idempotent-replay" not in office.post(WANYUE, f"/acts/{offer['id']}/withdrawals", key="k").headers


def test_work_that_failed_is_not_remembered(office: Office, offer: dict[str, Any]) -> None:
    path = f"/acts/{offer['id']}/signatures"
    problem(office.post(WUZE, path, {"signature": "0x" + "11" * 64, "place": 9}, key="k"), 404, "not-found")
    assert office.post(WUZE, f"/acts/{offer['id']}/sign", key="k").status_code == 201


def test_rejecting_says_why_and_keeps_the_value_reserved(office: Office, offer: dict[str, Any]) -> None:
    path = f"/acts/{offer['id']}/legs/{offer['legs'][0]['id']}/reject"
    assert problem(office.post(WUZE, path, {}), 422, "invalid-request")["errors"][0]["field"] == "reason"
    seen = office.post(WUZE, path, {"reason": "发票不符"}).json()
    assert seen["state"] == "rejected"
    assert seen["legs"][0]["reason"] == {"code": "rejected", "message": "发票不符", "by": WUZE.id}
    problem(office.post(WUZE, f"/acts/{offer['id']}/sign"), 404, "nothing-to-sign")
    ticket = office.get(WANYUE, "/tickets").json()["items"][0]
    assert (ticket["value"], ticket["on_offer"], ticket["free"]) == ("80000000", "50000000", "30000000")


def test_the_inbox_holds_what_waits_for_my_company(office: Office) -> None:
    ticket = office.issued(LANGONG, WANYUE)
    offer = office.drafted(WANYUE, ticket.id, (WUZE, 30_000_000), (XICHUAN, 20_000_000))

    def inbox(party: Any) -> list[str]:
        return [act["id"] for act in office.get(party, "/acts", waiting=True).json()["items"]]

    assert (inbox(WANYUE), inbox(WUZE)) == ([offer["id"]], [])
    office.post(WANYUE, f"/acts/{offer['id']}/sign")
    assert (inbox(WANYUE), inbox(WUZE), inbox(CHANGLI)) == ([], [offer["id"]], [])
    done = office.post(WUZE, f"/acts/{offer['id']}/sign").json()
    assert done["state"] == "complete"
    assert inbox(WUZE) == []
    assert [act["state"] for act in office.get(WANYUE, "/acts").json()["items"]] == ["awaiting"]
    assert office.get(WUZE, "/acts", state="complete").json()["items"][0]["id"] == offer["id"]
    assert office.get(WUZE, "/acts", kind="Lock").json()["items"] == []
    assert office.read(lambda store: {leg.state for leg in store.find(Leg)}) == {"complete", "awaiting"}
    assert office.app.woken


def not_there(office: Office, receiver: Party, act: dict[str, Any]) -> None:
    """Neither to look at nor to answer."""
    path, leg = f"/acts/{act['id']}", act["legs"][0]["id"]
    problem(office.get(receiver, path), 404, "not-found")
    problem(office.get(receiver, f"{path}/typed-data"), 404, "not-found")
    problem(office.post(receiver, f"{path}/sign"), 404, "not-found")
    signature = to_hex(sign_digest(secret(f"{receiver.name} sole"), bytes.fromhex(act["id"][2:])))
    problem(office.post(receiver, f"{path}/signatures", {"signature": signature}), 404, "not-found")
    problem(office.post(receiver, f"{path}/legs/{leg}/reject", {"reason": "no"}), 404, "not-found")
    problem(office.post(receiver, f"{path}/withdrawals"), 404, "not-found")
    assert office.get(receiver, "/acts").json()["items"] == []
    assert office.get(receiver, "/acts", waiting=True).json()["items"] == []
    assert office.get(receiver, "/acts", state=act["state"]).json()["items"] == []


def test_receivers_see_an_offer_once_the_holders_checker_has_signed(office: Office) -> None:
    ticket = office.issued(LANGONG, WANYUE)
    act = office.drafted(WANYUE, ticket.id, (WUZE, 30_000_000), (XICHUAN, 20_000_000))
    sign = f"/acts/{act['id']}/sign"
    not_there(office, WUZE, act)
    act = office.post(office.person(WANYUE, "maker"), sign).json()
    assert act["state"] == "awaiting"
    not_there(office, WUZE, act)
    assert office.read(lambda store: store.count(Signature)) == 1
    assert office.post(office.person(WANYUE, "checker"), sign).status_code == 201
    for receiver in (WUZE, XICHUAN):
        [seen] = office.get(receiver, "/acts", waiting=True).json()["items"]
        assert seen["id"] == act["id"]
        assert office.post(receiver, sign).json()["state"] == "complete"


def test_what_the_holder_never_signed_stays_unseen(office: Office) -> None:
    ticket = office.issued(LANGONG, WANYUE)
    act = office.drafted(WANYUE, ticket.id, (WUZE, 30_000_000))
    path = f"/acts/{act['id']}/legs/{act['legs'][0]['id']}/reject"
    act = office.post(office.person(WANYUE, "checker"), path, {"reason": "合同不符"}).json()
    assert act["state"] == "rejected"
    not_there(office, WUZE, act)


def test_what_was_sent_around_the_gateway_is_seen(office: Office) -> None:
    ticket = office.issued(LANGONG, WANYUE)
    act = office.drafted(WANYUE, ticket.id, (WUZE, 30_000_000), (XICHUAN, 20_000_000))
    first = bytes.fromhex(act["legs"][0]["id"][2:])
    office.happened("Transferred", parent=ticket.id, child=first, to=WUZE.id, value=30_000_000)
    assert office.get(WUZE, f"/acts/{act['id']}").json()["state"] == "final"
    [seen] = office.get(XICHUAN, "/acts", waiting=True).json()["items"]
    assert seen["id"] == act["id"]


def test_an_expired_act_waits_for_nobody(office: Office, offer: dict[str, Any]) -> None:
    office.clock.advance(30 * 86_400)
    assert office.get(WUZE, "/acts", waiting=True).json()["items"] == []
    problem(office.post(WUZE, f"/acts/{offer['id']}/sign"), 409, "wrong-state")


def test_withdrawing_drafts_its_own_act(office: Office, offer: dict[str, Any]) -> None:
    body = {"places": [1]}
    act = office.post(WANYUE, f"/acts/{offer['id']}/withdrawals", body).json()
    assert (act["kind"], act["state"]) == ("Withdraw", "draft")
    assert act["message"]["indexes"] == ["1"]
    problem(office.post(WUZE, f"/acts/{offer['id']}/withdrawals", {}), 403, "not-yours")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "Steal", "message": {}}, "unknown-kind"),
        ({"kind": "WithdrawAll", "message": {}}, "invalid"),
        ({"kind": "WithdrawAll", "message": {"ticket": "0x00", "version": "0"}}, "invalid"),
        ({"kind": "WithdrawAll", "message": {"ticket": "11" * 32, "version": "0"}}, "invalid"),
        ({"kind": "WithdrawAll", "message": {"ticket": "0x" + "11 " * 32, "version": "0"}}, "invalid"),
        ({"kind": "ReturnLock", "message": {"lock": "0x" + "11 " * 32}}, "invalid"),
        ({"kind": "ReportOverdue", "message": {"issuance": "11" * 16}}, "invalid"),
        (
            {"kind": "WithdrawAll", "message": {"ticket": "0x" + "11" * 32, "version": "0", "to": "9"}},
            "invalid",
        ),
        ({"kind": "ReturnLock", "message": {"lock": "zz"}}, "invalid"),
        ({"message": {}}, "invalid-request"),
    ],
)
def test_bad_messages(office: Office, body: dict[str, Any], code: str) -> None:
    problem(office.post(WANYUE, "/acts", body), 422, code)


def test_nobody_reserves_value_of_anothers_ticket(office: Office, offer: dict[str, Any]) -> None:
    """Neither by an offer to oneself nor, as a bank, by a lock; and no error tells what the ticket holds."""
    message = {name: value for name, value in offer["message"].items() if name != "salt"}
    to_itself = [{**message["children"][0], "value": "99000000"}]
    body = {"kind": "Offer", "message": {**message, "children": to_itself}}
    assert "free" not in problem(office.post(WUZE, "/acts", body), 403, "not-yours")["evidence"]
    lock = {
        "ticket": message["ticket"],
        "version": "0",
        "bank": str(LANWAN.id),
        "value": "30000000",
        "terms": "0x" + "11" * 32,
        "clearingBank": str(HUAIYUE.id),
        "expiry": "1800000000",
        "selfCertified": False,
    }
    problem(office.post(LANWAN, "/acts", {"kind": "Lock", "message": lock}), 403, "not-yours")
    assert office.get(WANYUE, "/tickets").json()["items"][0]["on_offer"] == "50000000"


def test_experts_draft_by_message(office: Office) -> None:
    ticket = office.issued(LANGONG, WANYUE)
    body = {"kind": "WithdrawAll", "message": {"ticket": to_hex(ticket.id), "version": "0"}}
    problem(office.post(WUZE, "/acts", body), 403, "not-yours")
    problem(office.post(office.person(WANYUE, "viewer"), "/acts", body), 403, "missing-scope")
    act = office.post(WANYUE, "/acts", body).json()
    assert act["message"]["deadline"].isdigit()
    assert office.post(WANYUE, f"/acts/{act['id']}/sign").json()["state"] == "complete"


def test_pages_of_acts_hold_each_act_once(office: Office) -> None:
    ticket = office.issued(LANGONG, WANYUE)
    made = {office.offered(WANYUE, ticket.id, (WUZE, 1_000_000 + n))["id"] for n in range(5)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = office.get(WUZE, "/acts", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [act["id"] for act in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == 5
    assert set(seen) == made
    problem(office.get(WUZE, "/acts", cursor="nonsense"), 422, "invalid-cursor")
    problem(office.get(WUZE, "/acts", cursor="WyJ4IiwieSJd"), 422, "invalid-cursor")
    for number in (2**63, -(2**63) - 1, 10**30):
        beyond = encode((number, b"\1" * 32))
        problem(office.get(WUZE, "/acts", cursor=beyond), 422, "invalid-cursor")
    problem(office.get(WUZE, "/acts", limit=0), 422, "invalid-request")
