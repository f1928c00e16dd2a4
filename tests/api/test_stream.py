"""What becomes of acts, pushed.

given an act that somebody brought
  when it goes on: who brought it, its holder and its receiver should be told each state; nobody else
  when somebody comes back with the last event's id: it should be told what it has missed
  when nothing happens: it should be told that the line is there
given an offer that is not laid open
  when its receiver listens: it should not be told
given an id that no stream gave, or one of long ago
  it should be refused
given more changes than one event holds
  when somebody comes back, or reads slowly: it should be told all, so many at a time
given a person whose API key is revoked
  when something changes, and when nothing does: its stream should end, with the reason and nothing else
given a person with as many streams as one may have
  one more should be refused until another is closed
"""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from api import stream, stream_legs
from ledger.acts import State
from ledger.records import Leg
from ledger.users import revoke
from tests.api.complete import complete_offer
from tests.api.live import Live
from tests.api.office import _api as main_api
from tests.api.office import problem
from tests.support.actors import CHANGLI, LANWAN, WANYUE, WUZE, XICHUAN, Party
from tests.support.books import new_book


def told(answer: Any) -> list[dict[str, str]]:
    """The legs in the events of an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    return [leg for line in lines for leg in json.loads(line)["legs"]]


def since(live: Live, who: Party, moment: int = 0) -> list[dict[str, str]]:
    """From a moment on; an hour ago unless said otherwise."""
    headers = {**live._headers(who, "sole"), "Last-Event-ID": str(moment or live.clock.now() - 3600)}
    return told(live.client.get("/v1/acts/stream", headers=headers))


def test_who_is_told(live: Live) -> None:
    taken = live.done(LANWAN, "/acts/complete", complete_offer(live, live.opened(), WANYUE, WUZE, 1_000_000))
    leg = {"act": taken["act"], "leg": taken["legs"][0]["id"], "state": "final"}
    for who in (LANWAN, WANYUE, WUZE):
        assert leg in since(live, who)
        assert leg not in since(live, who, live.clock.now() + 86_400)
    for who in (CHANGLI, XICHUAN):
        assert leg not in since(live, who)


def test_what_is_not_laid_open(live: Live) -> None:
    body = complete_offer(live, live.opened(), WANYUE, WUZE, 1_000_000)
    draft = {"kind": body["kind"], "message": body["message"]}
    act = live.done(WANYUE, "/acts", draft)
    assert act["id"] in {leg["act"] for leg in since(live, WANYUE)}
    assert act["id"] not in {leg["act"] for leg in since(live, WUZE)}


def test_no_id_of_ours(live: Live) -> None:
    headers = {**live._headers(WUZE, "sole"), "Last-Event-ID": "yesterday"}
    problem(live.client.get("/v1/acts/stream", headers=headers), 422, "invalid-event-id")


def test_an_id_of_long_ago(live: Live) -> None:
    headers = {**live._headers(WUZE, "sole"), "Last-Event-ID": str(live.clock.now() - stream.OLDEST - 60)}
    problem(live.client.get("/v1/acts/stream", headers=headers), 422, "event-too-old")


class Telling:
    """A gateway's book, that tells what it is told to."""

    def __init__(self, live: Live) -> None:
        self.read = live.book.read
        self.heard: list[Any] = []
        self.app: Any = SimpleNamespace(book=self, service=live.service)

    @staticmethod
    def attend() -> bool:
        return False

    def listen(self, kind: type, listener: Any) -> Any:
        assert kind is Leg
        self.heard.append(listener)
        return lambda: self.heard.remove(listener)

    def tell(self, taken: Any) -> None:
        self.heard[0]([(bytes.fromhex(leg["id"][2:]),) for leg in taken["legs"]])


def test_as_it_happens(live: Live, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "GATHERED", 0)
    monkeypatch.setattr(stream, "QUIET", 0.05)
    taken = live.done(WUZE, "/acts/complete", complete_offer(live, live.opened(), WANYUE, WUZE, 1_000_000))
    book = Telling(live)

    async def listening() -> list[str]:
        events = stream._events(book.app, live.users["wuze sole"], None, True)
        found = [await anext(events), await anext(events)]
        book.tell(taken)
        found.append(await anext(events))
        await events.aclose()  # type: ignore[attr-defined]
        return found

    begun, quiet, event = asyncio.run(listening())
    assert (begun[0], quiet[0]) == (":", ":")
    assert json.loads(event.splitlines()[2][6:])["legs"][0]["state"] == State.FINAL
    assert book.heard == []


def offered(live: Live, count: int) -> list[Any]:
    """As many offers, final."""
    ticket = live.opened()
    bodies = (complete_offer(live, ticket, WANYUE, WUZE, 1_000_000, n=n) for n in range(count))
    return [live.done(WUZE, "/acts/complete", body) for body in bodies]


def test_so_many_at_a_time(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    legs = [taken["legs"][0]["id"] for taken in offered(live, 3)]
    before = sorted(leg["leg"] for leg in since(live, WUZE))
    monkeypatch.setattr(stream_legs, "MOST_LEGS", 2)
    headers = {**live._headers(WUZE, "sole"), "Last-Event-ID": str(live.clock.now() - 3600)}
    answer = live.client.get("/v1/acts/stream", headers=headers)
    found = [leg["leg"] for leg in told(answer)]
    assert sorted(found) == before
    assert set(legs) <= set(found)
    events = [json.loads(line[6:])["legs"] for line in answer.text.splitlines() if line.startswith("data: ")]
    assert (len(events) > 1, max(map(len, events)) <= 2) == (True, True)


def test_who_reads_slowly_misses_nothing(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "GATHERED", 0)
    monkeypatch.setattr(stream, "MOST_CHANGED", 1)
    book, asked, done = Telling(live), list[Any](), offered(live, 3)
    monkeypatch.setattr(stream, "lots", lambda *given: asked.append(given) or stream_legs.lots(*given))

    async def listening() -> list[str]:
        events = stream._events(book.app, live.users["wuze sole"], None, True)
        await anext(events)
        for taken in done:
            book.tell(taken)
        await asyncio.sleep(0)
        found = json.loads((await anext(events)).splitlines()[2][6:])["legs"]
        await events.aclose()  # type: ignore[attr-defined]
        return [leg["leg"] for leg in found]

    assert len(asyncio.run(listening())) >= 3
    assert [(len(changed), back_to is not None) for _, changed, back_to in asked] == [(0, True)]


@pytest.mark.parametrize("something", [True, False])
def test_a_revoked_key_hears_nothing_more(
    live: Live, something: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "GATHERED", 0)
    monkeypatch.setattr(stream, "QUIET", 0.02)
    [taken], user, book = offered(live, 1), live.users["wuze sole"], Telling(live)

    async def listening() -> list[str]:
        events = stream._with_problem(stream._events(book.app, user, None, True), "/v1/acts/stream")
        await anext(events)
        live.book.write(lambda store: revoke(store, user.id, 5))
        if something:
            book.tell(taken)
        return [event async for event in events]

    [last] = asyncio.run(listening())
    assert last.startswith("event: problem\ndata: {")
    assert json.loads(last.splitlines()[1][6:])["code"] == "invalid-api-key"
    assert taken["act"] not in last
    assert book.heard == []


def test_so_many_streams_of_one_person(live: Live) -> None:
    live.client.get("/v1/acts/stream", headers=live._headers(WUZE, "sole"))
    open_ = main_api().state.streams
    user = live.users["wuze sole"].id
    assert open_[user] == 0
    open_[user] = stream.MOST_STREAMS
    found = live.client.get("/v1/acts/stream", headers=live._headers(WUZE, "sole"))
    assert "at this process" in problem(found, 429, "too-many-streams")["detail"]
    told_of = live.client.get("/v1/openapi.json").json()["paths"]["/v1/acts/stream"]["get"]["responses"]
    assert {"200", "401", "422", "429"} <= told_of.keys()
    assert live.client.get("/v1/acts/stream", headers=live._headers(WANYUE, "sole")).status_code == 200
    open_[user] -= 1
    assert live.client.get("/v1/acts/stream", headers=live._headers(WUZE, "sole")).status_code == 200
    assert open_.pop(user) == stream.MOST_STREAMS - 1


def test_the_book_tells_what_changes(tmp_path: Any) -> None:
    with closing(new_book(tmp_path)) as book:
        found: list[Any] = []
        end = book.listen(Leg, found.extend)
        leg = Leg(b"1", b"a", 0, 0, 0, "draft", {}, 5, 6)  # type: ignore[arg-type]
        book.write(lambda store: store.put(leg))
        book.submit(lambda store: store.delete(Leg, b"1"), loads=lambda _: None).result()
        end()
        book.write(lambda store: store.put(leg))
    assert found == [(b"1",), (b"1",)]
