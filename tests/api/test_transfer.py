"""TRANSFER over HTTP.

given a ticket of 皖岳
  when another offers from it, looks at it or withdraws its offers: it should not be there
  when more is offered than is free, to somebody who can't receive, or without evidence: refused
  when it is offered to several: each receiver sees its own child, and its tickets once they are final
  when evidence is owed: holder or receiver of that child files it, nobody else
given a lineage
  when a holder in it looks: it should see its own neighbours, of the others only the tier
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.ids import to_hex
from ledger.records import Ticket
from tests.api.office import Office, child, problem
from tests.support.actors import CHANGLI, CHUHENG, HUAIYUE, LANGONG, LANWAN, WANYUE, WUZE, XICHUAN


@pytest.fixture
def ticket(office: Office) -> Ticket:
    return office.issued(LANGONG, WANYUE)


def body(ticket: Ticket, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"ticket": to_hex(ticket.id), "children": list(children), **more}


def final(office: Office, act: dict[str, Any]) -> list[bytes]:
    """The chain has taken all children of an offer."""
    children = [bytes.fromhex(leg["id"][2:]) for leg in act["legs"]]
    parent = bytes.fromhex(act["message"]["ticket"][2:])
    for id_, leg in zip(children, act["legs"], strict=True):
        office.happened(
            "Transferred", parent=parent, child=id_, to=leg["party"]["id"], value=int(leg["value"])
        )
    return children


@pytest.mark.parametrize("stranger", [WUZE, LANWAN, CHANGLI])
def test_strangers_find_no_ticket(office: Office, ticket: Ticket, stranger: Any) -> None:
    path = f"/tickets/{to_hex(ticket.id)}"
    problem(office.get(stranger, path), 404, "unknown-ticket")
    problem(office.get(stranger, f"{path}/lineage"), 404, "unknown-ticket")
    problem(office.get(stranger, f"/freezes/{to_hex(ticket.id)}"), 404, "unknown-ticket")
    problem(office.post(stranger, f"{path}/withdrawals"), 404, "unknown-ticket")
    problem(
        office.post(stranger, "/offers", body(ticket, child(stranger, XICHUAN, 1_000_000))),
        404,
        "unknown-ticket",
    )
    assert office.get(stranger, "/tickets").json()["items"] == []


def test_a_ticket_by_its_number(office: Office, ticket: Ticket) -> None:
    by_id = f"/tickets/{to_hex(ticket.id)}"
    for path in ("", "/lineage"):
        assert (
            office.get(WANYUE, f"/tickets/GT-000001{path}").json()
            == office.get(WANYUE, f"{by_id}{path}").json()
        )
    assert office.get(WANYUE, "/freezes/GT-000001").json() == {"orders": []}
    for number in ("GT-000001-1", "GT-000002", "GT-999999999999999"):
        problem(office.get(WANYUE, f"/tickets/{number}"), 404, "unknown-ticket")
    problem(office.get(WUZE, "/tickets/GT-000001"), 404, "unknown-ticket")
    for number in ("GT-1", "GT-000001-0", "GT-000001-x", "GT-", "gt-000001", "GT-０00001"):
        problem(office.get(WANYUE, f"/tickets/{number}"), 422, "invalid-request")


def test_debtor_and_clearing_bank_look_but_do_not_offer(office: Office, ticket: Ticket) -> None:
    for party in (LANGONG, HUAIYUE):
        seen = office.get(party, f"/tickets/{to_hex(ticket.id)}").json()
        assert (seen["value"], seen["on_offer"], seen["free"]) == ("80000000", None, None)
        problem(
            office.post(party, "/offers", body(ticket, child(party, WUZE, 1_000_000))), 404, "unknown-ticket"
        )


@pytest.mark.parametrize(
    ("to", "value", "status", "code"),
    [
        (WUZE, 80_000_001, 409, "not-enough"),
        (WUZE, 9_999, 422, "below-minimum"),
        (WUZE, 79_999_000, 422, "remainder-below-minimum"),
        (WANYUE, 1_000_000, 403, "not-a-receiver"),
        (LANGONG, 1_000_000, 403, "not-a-receiver"),
        (LANWAN, 1_000_000, 403, "not-a-receiver"),
    ],
)
def test_what_can_not_be_offered(
    office: Office, ticket: Ticket, to: Any, value: int, status: int, code: str
) -> None:
    problem(office.post(WANYUE, "/offers", body(ticket, child(WANYUE, to, value))), status, code)


@pytest.mark.parametrize(
    ("trade", "status", "code"),
    [
        ({"contract": "HT-1"}, 422, "bad-trade-evidence"),
        ({"contract": "HT-1", "owed_days": 31}, 422, "invalid-request"),
        ({"contract": " "}, 422, "invalid-request"),
        ({"contract": "a\u202eb"}, 422, "invalid-request"),
        ({**child(WANYUE, XICHUAN, 1_000_000)["trade"]}, 422, "bad-trade-evidence"),
        ({**child(WANYUE, WUZE, 999_999)["trade"]}, 422, "bad-trade-evidence"),
    ],
)
def test_evidence_that_does_not_carry(
    office: Office, ticket: Ticket, trade: dict[str, Any], status: int, code: str
) -> None:
    given = {"to": WUZE.id, "value": "1000000", "trade": trade}
    problem(office.post(WANYUE, "/offers", body(ticket, given)), status, code)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"children": []}, "children"),
        ({"ticket": "0x12"}, "ticket"),
        ({"deadline": "2020-13-01T00:00:00Z"}, "deadline"),
        ({"children": [{"to": 10, "value": "0", "trade": {"contract": "c"}}]}, "children.0.value"),
    ],
)
def test_bad_bodies(office: Office, ticket: Ticket, change: dict[str, Any], field: str) -> None:
    answer = office.post(WANYUE, "/offers", {**body(ticket, child(WANYUE, WUZE, 1_000_000)), **change})
    assert problem(answer, 422, "invalid-request")["errors"][0]["field"] == field


def test_the_same_offer_again_reserves_once(office: Office, ticket: Ticket) -> None:
    given = body(ticket, child(WANYUE, WUZE, 60_000_000))
    first = office.post(WANYUE, "/offers", given, key="once")
    assert office.post(WANYUE, "/offers", given, key="once").text == first.text
    assert office.get(WANYUE, "/tickets").json()["items"][0]["free"] == "20000000"
    problem(office.post(WANYUE, "/offers", given), 409, "not-enough")


def test_from_offer_to_the_receivers_wallets(office: Office, ticket: Ticket) -> None:
    act = office.offered(WANYUE, ticket.id, (WUZE, 30_000_000), (XICHUAN, 20_000_000))
    for party in (WUZE, XICHUAN):
        assert office.post(party, f"/acts/{act['id']}/sign").status_code == 201
    children = final(office, act)
    assert office.get(WANYUE, f"/acts/{act['id']}").json()["state"] == "final"
    [root] = office.get(WANYUE, "/tickets").json()["items"]
    assert (root["value"], root["on_offer"], root["free"]) == ("30000000", "0", "30000000")
    [own] = office.get(WUZE, "/tickets").json()["items"]
    assert (own["number"], own["tier"], own["depth"], own["value"]) == ("GT-000001-1", 2, 9, "30000000")
    problem(office.get(WUZE, f"/tickets/{to_hex(children[1])}"), 404, "unknown-ticket")
    assert office.get(WANYUE, f"/tickets/{to_hex(children[1])}").json()["holder"]["id"] == XICHUAN.id


def test_a_ticket_on_offer_is_not_shown_whole_to_its_receiver(office: Office, ticket: Ticket) -> None:
    office.offered(WANYUE, ticket.id, (WUZE, 30_000_000))
    problem(office.get(WUZE, f"/tickets/{to_hex(ticket.id)}"), 404, "unknown-ticket")


def test_a_receiver_reads_the_undertaking_before_it_accepts(office: Office, ticket: Ticket) -> None:
    act = office.offered(WANYUE, ticket.id, (WUZE, 30_000_000))
    seen = office.get(WUZE, f"/acts/{act['id']}").json()
    assert seen["about"]["number"] == "GT-000001"
    assert seen["about"]["debtor"]["id"] == LANGONG.id
    assert seen["about"]["payment_date"] == "2027-05-24"


def test_lineage_hides_what_is_not_mine(office: Office, ticket: Ticket) -> None:
    [second] = final(office, office.offered(WANYUE, ticket.id, (WUZE, 30_000_000)))
    [third] = final(office, office.offered(WUZE, second, (CHUHENG, 10_000_000)))
    path = f"/tickets/{to_hex(third)}/lineage"
    seen = office.get(CHUHENG, path).json()
    assert [(step["tier"], step["ticket"]) for step in seen["ancestors"]] == [(1, None), (2, None)]
    assert (seen["ticket"]["number"], seen["children"]) == ("GT-000001-1-1", [])
    middle = office.get(WUZE, f"/tickets/{to_hex(second)}/lineage").json()
    assert [child_["holder"]["id"] for child_ in middle["children"]] == [CHUHENG.id]
    assert middle["ancestors"] == [{"tier": 1, "ticket": None}]
    problem(office.get(WANYUE, path), 404, "unknown-ticket")
    whole = office.get(HUAIYUE, path).json()
    assert [step["ticket"]["number"] for step in whole["ancestors"]] == ["GT-000001", "GT-000001-1"]


def test_owed_evidence_is_filed_by_the_two_sides_alone(office: Office, ticket: Ticket) -> None:
    owed = {"to": WUZE.id, "value": "1000000", "trade": {"contract": "HT-1", "owed_days": 10}}
    act = office.post(WANYUE, "/offers", body(ticket, owed, child(WANYUE, XICHUAN, 1_000_000))).json()
    path = f"/offers/{act['id']}/evidence"
    invoice = child(WANYUE, WUZE, 1_000_000)["trade"]["invoice"]
    problem(office.post(WUZE, path, {"place": 0, "invoice": invoice}), 404, "not-found")
    assert office.post(WANYUE, f"/acts/{act['id']}/sign").status_code == 201
    for stranger in (XICHUAN, CHANGLI, LANGONG):
        problem(office.post(stranger, path, {"place": 0, "invoice": invoice}), 404, "not-found")
    problem(office.post(WUZE, path, {"place": 5, "invoice": invoice}), 404, "not-found")
    short = {**invoice, "amount": "999999"}
    problem(office.post(WUZE, path, {"place": 0, "invoice": short}), 422, "bad-trade-evidence")
    problem(
        office.post(office.person(WUZE, "viewer"), path, {"place": 0, "invoice": invoice}),
        403,
        "missing-scope",
    )
    first = office.post(WUZE, path, {"place": 0, "invoice": invoice}, key="once")
    assert office.post(WUZE, path, {"place": 0, "invoice": invoice}, key="once").text == first.text
    assert first.json()["extra"]["trades"][0]["filed"]["invoice"]["number"] == invoice["number"]
    assert first.json()["extra"]["trades"][1] is None


def test_withdrawing_children(office: Office, ticket: Ticket) -> None:
    act = office.offered(WANYUE, ticket.id, (WUZE, 30_000_000), (XICHUAN, 20_000_000))
    path = f"/offers/{act['id']}/withdrawals"
    problem(office.post(WUZE, path, {}), 404, "not-found")
    problem(office.post(WANYUE, path, {"places": [7]}), 409, "wrong-state")
    problem(office.post(WANYUE, path, {"places": ["x"]}), 422, "invalid-request")
    first = office.post(WANYUE, path, {"places": [0]}, key="once")
    assert office.post(WANYUE, path, {"places": [0]}, key="once").text == first.text
    assert first.json()["message"]["indexes"] == ["0"]
    office.happened("ChildWithdrawn", parent=ticket.id, child=bytes.fromhex(act["legs"][0]["id"][2:]))
    assert office.get(WUZE, f"/acts/{act['id']}").json()["state"] == "withdrawn"
    assert office.get(WANYUE, "/tickets").json()["items"][0]["on_offer"] == "20000000"


def test_withdrawing_all_at_once(office: Office, ticket: Ticket) -> None:
    office.offered(WANYUE, ticket.id, (WUZE, 30_000_000))
    path = f"/tickets/{to_hex(ticket.id)}/withdrawals"
    act = office.post(WANYUE, path, key="once").json()
    assert office.post(WANYUE, path, key="once").headers["idempotent-replay"] == "true"
    assert (act["kind"], act["message"]["version"]) == ("WithdrawAll", "0")
    office.happened("OffersWithdrawn", ticket=ticket.id, version=1)
    assert office.get(WANYUE, "/tickets").json()["items"][0]["on_offer"] == "0"


def test_spent_tickets_leave_the_wallet(office: Office, ticket: Ticket) -> None:
    final(office, office.offered(WANYUE, ticket.id, (WUZE, 80_000_000)))
    assert office.get(WANYUE, "/tickets").json()["items"] == []
    [spent] = office.get(WANYUE, "/tickets", spent=True).json()["items"]
    assert spent["status"] == "spent"
