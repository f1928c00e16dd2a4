"""Acts that come complete, with their signatures.

given an offer signed by its holder and its receiver
  when its holder brings it: it should be taken, and final once the chain has it
  when a stranger brings it: it should be taken as well; the stranger may not look at it
  when it is brought again, by whomever: it should be the same act, with nothing done twice
given an offer that lacks a signature
  when its holder brings it: it should wait for the receiver, who brings the rest
  when a stranger brings it, or one with another's signature: nothing should be said but that it is not complete
given an offer that the ledger would refuse
  when a party brings it: it should hear the reason; a stranger should hear that it is not taken
given many items
  when some are wrong: each should have its own problem and spoil no other
  when the request comes again: it should get the first answer
  when there are too many, or none: refused
given a stream of lines
  when lines are wrong or no JSON: each should have its own problem, in the order of the lines
  when it can't go on (a line or all of it too long, another's idempotency key): its last result should say so
  when the API key is revoked meanwhile: it should be asked again for each part, and take nothing more
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any

import httpx
import pytest
from starlette.exceptions import HTTPException

from api import bulk
from ledger.bulk import Intake
from ledger.ports import Store
from ledger.records import Act, Audit, Leg, Reservation, Seat, Signature
from ledger.users import revoke
from tests.api.complete import complete_offer
from tests.api.live import Live
from tests.api.office import problem
from tests.support.actors import CHANGLI, LANGONG, WANYUE, WUZE, XICHUAN, Party

PART = 1_000_000


@pytest.fixture
def ticket(live: Live) -> str:
    return live.opened()


def brought(live: Live, ticket: str, **more: Any) -> dict[str, Any]:
    """The body: an offer of one child, with both signatures."""
    return complete_offer(live, ticket, **{"holder": WANYUE, "to": WUZE, "value": PART, **more})


def bring(live: Live, who: Party, body: Any, **more: Any) -> Any:
    answer = live.post(who, "/acts/complete", body, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def states(live: Live, who: Party, taken: Any) -> str:
    return str(live.seen(who, f"/acts/{taken['act']}")["state"])


@pytest.mark.parametrize("who", [WANYUE, WUZE, CHANGLI])
def test_whoever_brings_it(live: Live, ticket: str, who: Party) -> None:
    taken = live.done(who, "/acts/complete", brought(live, ticket))
    assert taken["state"] == "complete"
    assert states(live, WANYUE, taken) == states(live, WUZE, taken) == "final"
    if who is CHANGLI:
        problem(live.get(CHANGLI, f"/acts/{taken['act']}"), 404, "not-found")
    assert live.seen(WUZE, f"/tickets/{taken['legs'][0]['id']}")["value"] == str(PART)


def test_brought_again_by_others(live: Live, ticket: str) -> None:
    body = brought(live, ticket)
    first = bring(live, CHANGLI, body)
    for who in (WANYUE, XICHUAN, WUZE, CHANGLI):
        assert bring(live, who, body)["act"] == first["act"]
    assert live.book.read(lambda store: (store.count(Act, kind="Offer"), store.count(Signature))) == (1, 4)
    assert live.book.read(lambda store: store.count(Reservation, ended=False)) == 0


def test_what_lacks_a_signature_waits(live: Live, ticket: str) -> None:
    body = brought(live, ticket)
    holders, receivers = body["signatures"]
    taken = bring(live, WANYUE, {**body, "signatures": [holders]})
    assert taken["state"] == "awaiting"
    problem(live.post(CHANGLI, "/acts/complete", {**body, "signatures": [holders]}), 403, "not-yours")
    items = [{"act": taken["act"], "signatures": [{"signature": receivers["signature"]}]}]
    answer = live.done(WUZE, "/acts/bulk", {"items": items})
    assert answer["taken"] == 1
    assert states(live, WUZE, taken) == "final"


def test_strangers_learn_nothing(live: Live, ticket: str) -> None:
    whole = brought(live, ticket)
    forged = brought(live, ticket, holder=XICHUAN)
    too_much = brought(live, ticket, value=10**14)
    only = {**whole, "signatures": whole["signatures"][:1]}
    for body in (forged, only, {**too_much, "signatures": whole["signatures"]}):
        problem(live.post(CHANGLI, "/acts/complete", body), 403, "not-yours")
    found = live.post(CHANGLI, "/acts/complete", too_much)
    problem(found, 409, "not-taken")
    assert found.json()["evidence"] == {"reason": "not-enough"}
    problem(live.post(WANYUE, "/acts/complete", too_much), 409, "not-enough")
    assert live.book.read(lambda store: store.count(Act, kind="Offer")) == 0


def test_one_item_spoils_no_other(live: Live, ticket: str) -> None:
    good = [brought(live, ticket, n=n) for n in range(3)]
    key = {"signature": good[0]["signatures"][0]["signature"]}
    wrong: list[tuple[Any, str]] = [
        ({}, "invalid-request"),
        ({"act": "0x12", "signatures": [key]}, "invalid-request"),
        ({"act": "0x" + "12" * 32, "signatures": [key]}, "not-found"),
        ({**good[0], "kind": "Gift"}, "unknown-kind"),
        ({**good[0], "message": {"ticket": ticket}}, "invalid"),
        (brought(live, ticket, value=10**14), "not-enough"),
        (brought(live, ticket, deadline=5), "expired"),
        (brought(live, ticket, holder=XICHUAN, n=9), "wrong-signer"),
        ({**good[0], "signatures": [{"signature": "0x" + "ff" * 64}]}, "invalid-request"),
    ]
    items = [good[0], *(item for item, _ in wrong), *good[1:]]
    answer = live.done(WANYUE, "/acts/bulk", {"items": items}, key="bulk")
    assert answer["taken"] == 3
    assert [result["index"] for result in answer["results"]] == list(range(len(items)))
    codes = [result["problem"]["code"] for result in answer["results"] if result["problem"]]
    assert codes == [code for _, code in wrong]
    for result in (answer["results"][0], *answer["results"][-2:]):
        assert states(live, WANYUE, result["taken"]) == "final"
    problem(live.post(WANYUE, "/acts/bulk", {"items": items[:1]}, key="bulk"), 409, "idempotency-key-reused")


@pytest.mark.parametrize("count", [0, 1001])
def test_too_few_or_many(live: Live, count: int) -> None:
    problem(live.post(WANYUE, "/acts/bulk", {"items": [{}] * count}), 422, "invalid-request")


def test_a_wrong_field_is_named(live: Live, ticket: str) -> None:
    body = brought(live, ticket)
    body["signatures"][1]["signature"] = 7
    [result] = live.done(WANYUE, "/acts/bulk", {"items": [body]})["results"]
    assert result["problem"]["errors"][0]["field"] == "signatures.1.signature"
    problem(live.post(WANYUE, "/acts/complete", body), 422, "invalid-request")


def test_lookers_bring_nothing(live: Live, ticket: str) -> None:
    body = brought(live, ticket)
    problem(live.post(WANYUE, "/acts/complete", body, role="viewer"), 403, "missing-scope")
    problem(live.post(WANYUE, "/acts/bulk", {"items": [body]}, role="viewer"), 403, "missing-scope")


@pytest.mark.parametrize("places", [(0, 1), (1, 0), (0,), (1,)])
def test_the_same_as_drafted_and_signed(live: Live, ticket: str, places: tuple[int, ...]) -> None:
    body = brought(live, ticket)
    body["signatures"] = [body["signatures"][place] for place in places]
    live.client.app.asleep = True
    taken = bring(live, WANYUE, body)
    at_once = records(live, taken["act"])
    forget(live, at_once)
    act = live.done(WANYUE, "/acts", {"kind": "Offer", "message": body["message"]})
    for signature in body["signatures"]:
        live.done(WANYUE, f"/acts/{act['id']}/signatures", signature)
    live.client.app.asleep = False
    assert records(live, act["id"]) == at_once


def records(live: Live, act: str) -> list[list[Any]]:
    """What the journal has of an act."""
    id_ = bytes.fromhex(act[2:])

    def found(store: Store) -> list[list[Any]]:
        legs = store.find(Leg, act=id_)
        reserved = store.find(Reservation, leg=[leg.id for leg in legs])
        return [
            store.find(Act, id=id_),
            legs,
            store.find(Seat, act=id_),
            store.find(Signature, act=id_),
            reserved,
        ]

    kept: list[list[Any]] = live.book.read(found)
    return kept


def forget(live: Live, found: list[list[Any]]) -> None:
    """As if it had never come."""

    def work(store: Store) -> None:
        for record in (each for kind in found for each in kind):
            key = [getattr(record, field.name) for field in fields(record) if field.metadata.get("key")]
            store.delete(type(record), *key)

    live.book.write(work)


def test_one_line_in_the_audit_trail_for_each(live: Live, ticket: str) -> None:
    taken = bring(live, CHANGLI, brought(live, ticket))
    [line] = live.book.read(lambda store: [a for a in store.find(Audit) if a.subject == taken["act"][2:]])
    assert (line.action, line.party, sorted(line.detail["keys"])) == ("bring Offer", CHANGLI.id, ["0", "1"])


def test_lines(live: Live, ticket: str) -> None:
    good = [json.dumps(brought(live, ticket, n=n)) for n in range(4)]
    lines = [good[0], "{", "", good[1], "[]", *good[2:]]
    answer = sent(live, LANGONG, lines)
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [bool(result["taken"]) for result in results] == [True, False, True, False, True, True]
    assert [result["index"] for result in results] == list(range(6))
    assert sent(live, LANGONG, lines).text == answer.text


def test_a_stream_may_be_longer_than_other_requests(live: Live, ticket: str) -> None:
    padding = [" " * 1000] * 7_000
    answer = sent(live, LANGONG, [*padding, json.dumps(brought(live, ticket))])
    assert json.loads(answer.text)["taken"]


def codes(answer: Any) -> list[str]:
    """What became of each line: its problem's code, "" when it was taken."""
    assert answer.status_code == 201, answer.text
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [result["index"] for result in results] == list(range(len(results)))
    return [result["problem"]["code"] if result["problem"] else "" for result in results]


def test_lines_that_cannot_go_on_say_so_at_the_end(live: Live, ticket: str) -> None:
    good = [json.dumps(brought(live, ticket, n=n)) for n in range(3)]
    assert codes(sent(live, WANYUE, [good[0], "x" * (bulk.MOST_LINE + 1), good[1]])) == ["", "line-too-long"]
    assert codes(sent(live, WANYUE, [good[0], good[2]])) == ["idempotency-key-reused"]
    assert live.book.read(lambda store: store.count(Act, kind="Offer")) == 1


def test_a_stream_longer_than_it_may_be(live: Live, ticket: str) -> None:
    good = json.dumps(brought(live, ticket)).encode()

    class Request:
        url = httpx.URL("/v1/acts/lines")

        @staticmethod
        async def stream() -> AsyncIterator[bytes]:
            yield good + b"\n"
            raise HTTPException(413)

    async def results() -> list[Any]:
        desk = bulk.Desk(live.client.app, Intake(live.book, live.service))  # type: ignore[arg-type]
        lot = bulk._Lot(desk, live.users["wanyue sole"], "/v1/acts/lines")
        return [json.loads(line) async for line in bulk._results(lot, Request(), "scope", "key")]  # type: ignore[arg-type]

    [only] = asyncio.run(results())
    assert (only["index"], only["problem"]["code"]) == (0, "stream-too-long")
    assert "1,073,741,824 bytes" in only["problem"]["detail"]


def test_a_key_revoked_meanwhile_brings_nothing_more(
    live: Live, ticket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_ITEMS", 1)
    user, take, parts = live.users["wanyue sole"], bulk._Lot.take, iter(range(9))

    async def revoked_before_the_second(lot: bulk._Lot, *given: Any) -> Any:
        if next(parts) == 1:
            live.book.write(lambda store: revoke(store, user.id, 5))
        return await take(lot, *given)

    monkeypatch.setattr(bulk._Lot, "take", revoked_before_the_second)
    lines = [json.dumps(brought(live, ticket, n=n)) for n in range(3)]
    assert codes(sent(live, WANYUE, lines)) == ["", "invalid-api-key"]
    assert live.book.read(lambda store: store.count(Act, kind="Offer")) == 1


def sent(live: Live, who: Party, lines: list[str]) -> Any:
    headers = {
        **live._headers(who, "sole"),
        "Idempotency-Key": "lines",
        "Content-Type": "application/jsonl",
    }
    return live.client.post("/v1/acts/lines", headers=headers, content="\n".join(lines))


def test_the_short_way_and_the_usual_way_say_the_same(live: Live, ticket: str) -> None:
    body = json.dumps(brought(live, ticket)).encode()
    bring(live, WUZE, brought(live, ticket, n=1))  # now its key has opened before
    short = posted(live, WUZE, body, "one")
    for unusual in ({"scheme": "bearer"}, {"media": "application/json; charset=utf-8"}):
        usual = posted(live, WUZE, body, "one", **unusual)
        assert (short.status_code, usual.status_code) == (201, 201)
        assert short.content == usual.content
        assert ("idempotent-replay" in short.headers, usual.headers["idempotent-replay"]) == (False, "true")
    assert posted(live, WUZE, body, "two").json()["act"] == short.json()["act"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é"])
def test_the_short_way_takes_no_other_idempotency_keys(live: Live, ticket: str, key: str) -> None:
    bring(live, WUZE, brought(live, ticket, n=1))
    body = json.dumps(brought(live, ticket)).encode()
    problem(posted(live, WUZE, body, key), 422, "invalid-request")


def test_the_short_way_refuses_a_key_that_was_revoked(live: Live, ticket: str) -> None:
    bring(live, WUZE, brought(live, ticket, n=1))
    user = live.users[f"{WUZE.name} sole"]
    live.book.write(lambda store: revoke(store, user.id, live.clock.now()))
    problem(posted(live, WUZE, json.dumps(brought(live, ticket)).encode(), "late"), 401, "invalid-api-key")


def posted(
    live: Live, who: Party, body: bytes, key: str, *, scheme: str = "Bearer", media: str = "application/json"
) -> Any:
    headers = {
        "Authorization": f"{scheme} {live.api_key(who)}",
        "Idempotency-Key": key.encode(),
        "Content-Type": media,
    }
    return live.client.post("/v1/acts/complete", content=body, headers=headers)
