"""FREEZE over HTTP.

given a ticket
  when somebody freezes it who is not of the panel: it should look as if there were none
  when the order is over already, or has no amount: it should be refused
  when three of the panel sign: its holder, its clearing bank and the panel should see the order, strangers nothing
  when others may see the ticket: they should see what is held, but not the order's number
  when the order is lifted by its number or by its hash: it should hold nothing any more
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.clock import utc_text
from ledger.ids import keccak256, to_hex
from tests.api.live import Live
from tests.api.office import problem
from tests.support.actors import CHANGLI, HUAIYUE, LANGONG, LANWAN, NANHUAI, REGISTRAR, WANYUE
from tests.support.world import DAY, FACE

NUMBER = "(2026)皖01执保123号"
PAPER = to_hex(keccak256(b"paper"))


@pytest.fixture
def ticket(live: Live) -> str:
    return live.opened()


def order(live: Live, ticket: str, **other: Any) -> dict[str, Any]:
    end = utc_text(live.world.now + 365 * DAY)
    return {"ticket": ticket, "number": NUMBER, "amount": "30000000", "end": end, "evidence": PAPER, **other}


def freeze(live: Live, ticket: str, **other: Any) -> Any:
    act = live.done(LANWAN, "/freezes", order(live, ticket, **other))
    return live.carry(act, LANWAN, NANHUAI, HUAIYUE)


def test_only_the_panel_freezes(live: Live, ticket: str) -> None:
    for stranger in (WANYUE, LANGONG, CHANGLI):
        problem(live.post(stranger, "/freezes", order(live, ticket)), 404, "unknown-ticket")
        lift = {"ticket": ticket, "number": NUMBER, "evidence": PAPER}
        problem(live.post(stranger, "/freezes/lift", lift), 404, "unknown-ticket")


def test_no_ticket_no_order(live: Live) -> None:
    nothing = "0x" + "11" * 32
    problem(live.post(LANWAN, "/freezes", order(live, nothing)), 404, "unknown-ticket")
    lift = {"ticket": nothing, "number": NUMBER, "evidence": PAPER}
    problem(live.post(LANWAN, "/freezes/lift", lift), 404, "unknown-order")
    problem(live.get(LANWAN, f"/freezes/{nothing}"), 404, "unknown-ticket")


def test_wrong_values(live: Live, ticket: str) -> None:
    past = utc_text(live.world.now)
    problem(live.post(LANWAN, "/freezes", order(live, ticket, end=past)), 409, "order-ended")
    problem(live.post(LANWAN, "/freezes", order(live, ticket, amount="0")), 422, "invalid-request")
    problem(live.post(LANWAN, "/freezes", order(live, ticket, number=" ")), 422, "invalid-request")
    problem(live.post(LANWAN, "/freezes", order(live, "0x12")), 422, "invalid-request")
    problem(live.get(LANWAN, "/freezes/0x12"), 422, "invalid-request")


def test_an_order_holds(live: Live, ticket: str) -> None:
    act = freeze(live, ticket)
    assert act["extra"]["number"] == NUMBER
    for party in (WANYUE, HUAIYUE, REGISTRAR):
        [found] = live.seen(party, f"/freezes/{ticket}")["orders"]
        assert (found["number"], found["amount"], found["holding"]) == (NUMBER, "30000000", "30000000")
    problem(live.get(CHANGLI, f"/freezes/{ticket}"), 404, "unknown-ticket")
    seen = live.seen(WANYUE, f"/tickets/{ticket}")
    assert (seen["held"], seen["free"]) == ("30000000", str(FACE - 30_000_000))
    assert live.verify().clean


def test_the_debtor_sees_what_is_held_not_why(live: Live, ticket: str) -> None:
    freeze(live, ticket)
    [found] = live.seen(LANGONG, f"/freezes/{ticket}")["orders"]
    assert (found["number"], found["holding"]) == (None, "30000000")
    problem(live.get(WANYUE, f"/acts/{found['order']}"), 404, "not-found")


def test_a_later_order_waits(live: Live, ticket: str) -> None:
    freeze(live, ticket)
    freeze(live, ticket, number="(2026)沪01执200号", amount=str(FACE))
    first, second = live.seen(WANYUE, f"/freezes/{ticket}")["orders"]
    assert (first["holding"], second["holding"]) == ("30000000", str(FACE - 30_000_000))


@pytest.mark.parametrize("by", ["number", "order"])
def test_lifting(live: Live, ticket: str, by: str) -> None:
    freeze(live, ticket)
    [standing] = live.seen(HUAIYUE, f"/freezes/{ticket}")["orders"]
    lift = {"ticket": ticket, by: standing[by], "evidence": PAPER}
    act = live.done(REGISTRAR, "/freezes/lift", lift)
    live.carry(act, REGISTRAR, HUAIYUE, NANHUAI)
    assert live.seen(WANYUE, f"/freezes/{ticket}")["orders"] == []
    assert live.seen(WANYUE, f"/tickets/{ticket}")["held"] == "0"


def test_lifting_names_the_order_once(live: Live, ticket: str) -> None:
    freeze(live, ticket)
    [standing] = live.seen(HUAIYUE, f"/freezes/{ticket}")["orders"]
    lift = {"ticket": ticket, "evidence": PAPER}
    problem(live.post(LANWAN, "/freezes/lift", lift), 422, "invalid")
    both = lift | {"number": NUMBER, "order": standing["order"]}
    problem(live.post(LANWAN, "/freezes/lift", both), 422, "invalid")
    problem(live.post(LANWAN, "/freezes/lift", lift | {"number": "(2026)1号"}), 404, "unknown-order")
    problem(live.post(LANWAN, "/freezes/lift", lift | {"order": PAPER}), 404, "unknown-order")


def test_a_viewer_drafts_nothing(live: Live, ticket: str) -> None:
    problem(live.post(LANWAN, "/freezes", order(live, ticket), role="viewer"), 403, "missing-scope")
    problem(live.post(LANWAN, "/freezes", order(live, ticket), role="checker"), 403, "missing-scope")


def test_a_key_with_another_body(live: Live, ticket: str) -> None:
    live.done(LANWAN, "/freezes", order(live, ticket), key="once")
    other = order(live, ticket, amount="1")
    problem(live.post(LANWAN, "/freezes", other, key="once"), 409, "idempotency-key-reused")
