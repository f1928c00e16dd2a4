"""A ticket spent before it is on the ledger, through the API.

given a child that is accepted and not mined yet
    when anybody but its receiver spends it: it should be refused
    when its receiver passes part of it on and sells part of it: all should take effect in their order
given a parent and its child in one request
    when the child stands before its parent: it should be refused, and the others taken
    otherwise both should be taken and final, whoever brings them
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger import typed
from ledger.ids import child_id, to_hex
from tests.api.complete import complete_offer
from tests.api.live import Live
from tests.api.office import child, problem
from tests.support.actors import CHANGLI, HUAIYUE, LANWAN, WANYUE, WUZE, XICHUAN, Party
from tests.support.world import DAY

PART = 10_000_000


@pytest.fixture
def ticket(live: Live) -> str:
    return live.opened()


def passed_on(live: Live, holder: Party, ticket: str, to: Party, value: int) -> str:
    """An accepted child that is not mined."""
    act = live.done(holder, "/offers", {"ticket": ticket, "children": [child(holder, to, value)]})
    for party in (holder, to):
        assert live.post(party, f"/acts/{act['id']}/sign").status_code == 201
    return str(act["legs"][0]["id"])


def lock(live: Live, ticket: str, value: int) -> dict[str, Any]:
    message = {
        "ticket": ticket,
        "version": "0",
        "bank": str(LANWAN.id),
        "value": str(value),
        "terms": to_hex(live.world.salt()),
        "clearingBank": str(HUAIYUE.id),
        "expiry": str(live.world.now + 5 * DAY),
        "selfCertified": False,
    }
    return {"kind": "Lock", "message": message}


def test_its_receiver_alone_spends_it(live: Live, ticket: str) -> None:
    live.client.app.asleep = True
    mine = passed_on(live, WANYUE, ticket, WUZE, PART)
    for other in (WANYUE, XICHUAN):
        body = {"ticket": mine, "children": [child(other, CHANGLI, PART)]}
        problem(live.post(other, "/offers", body), 404, "unknown-ticket")
    problem(live.post(XICHUAN, "/acts", lock(live, mine, PART)), 403, "not-yours")
    too_much = {"ticket": mine, "children": [child(WUZE, XICHUAN, 2 * PART)]}
    problem(live.post(WUZE, "/offers", too_much), 409, "not-enough")


def test_passed_on_and_sold_before_it_is_mined(live: Live, ticket: str) -> None:
    live.client.app.asleep = True
    mine = passed_on(live, WANYUE, ticket, WUZE, PART)
    problem(live.get(WUZE, f"/tickets/{mine}"), 404, "unknown-ticket")
    further = passed_on(live, WUZE, mine, XICHUAN, PART // 2)
    sale = live.done(WUZE, "/acts", lock(live, mine, PART // 2))
    for party in (WUZE, LANWAN):
        assert live.post(party, f"/acts/{sale['id']}/sign").status_code == 201
    live.settle()
    assert live.seen(WUZE, f"/acts/{sale['id']}")["state"] == "final"
    found = live.seen(XICHUAN, f"/tickets/{further}")
    assert (found["value"], found["tier"]) == (str(PART // 2), 3)
    assert live.seen(WUZE, f"/tickets/{mine}")["value"] == "0"
    assert live.verify().clean


@pytest.mark.parametrize("who", [WANYUE, CHANGLI])
def test_both_in_one_request(live: Live, ticket: str, who: Party) -> None:
    first = complete_offer(live, ticket, WANYUE, WUZE, PART)
    second = complete_offer(live, _child(live, first), WUZE, XICHUAN, PART)
    refused = live.done(who, "/acts/bulk", {"items": [second]})["results"][0]["problem"]
    assert refused["code"] == "unknown-ticket"
    answer = live.done(who, "/acts/bulk", {"items": [second, first, second]})
    assert [result["problem"] is None for result in answer["results"]] == [False, True, True]
    assert live.seen(XICHUAN, f"/acts/{answer['results'][2]['taken']['act']}")["state"] == "final"
    assert live.verify().clean


def _child(live: Live, body: dict[str, Any]) -> str:
    """The id of the ticket that an offer of one child makes."""
    message = typed.message_from_json("Offer", body["message"])
    return to_hex(child_id(message["ticket"], typed.digest(live.chain.domain, "Offer", message), 0))
