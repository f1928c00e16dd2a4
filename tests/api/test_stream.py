"""What becomes of acts, pushed.

given an act that somebody brought
  when it goes on: who brought it, its holder and its receiver should be told each state; nobody else
  when somebody comes back with the last event's id: it should be told what it has missed
  when nothing happens: it should be told that the line is there
given an offer that is not laid open
  when its receiver listens: it should not be told
given an id that no stream gave
  it should be refused
"""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from typing import Any

import pytest

from api import stream
from ledger.acts import State
from ledger.records import Leg
from tests.api.complete import complete_offer
from tests.api.live import Live
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
    headers = {**live._headers(who, "sole"), "Last-Event-ID": str(moment)}
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


def test_as_it_happens(live: Live, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "GATHERED", 0)
    monkeypatch.setattr(stream, "QUIET", 0.05)
    taken = live.done(WUZE, "/acts/complete", complete_offer(live, live.opened(), WANYUE, WUZE, 1_000_000))
    heard: list[Any] = []

    class Telling:
        """The gateway's book, that tells what it is told to."""

        read = staticmethod(live.book.read)
        attend = staticmethod(lambda: False)

        def listen(self, kind: type, listener: Any) -> Any:
            assert kind is Leg
            heard.append(listener)
            return lambda: heard.remove(listener)

    class App:
        book = Telling()
        service = live.service

    async def listening() -> list[str]:
        events = stream._events(App(), live.users["wuze sole"], None, True)  # type: ignore[arg-type]
        found = [await anext(events), await anext(events)]
        heard[0]([(bytes.fromhex(taken["legs"][0]["id"][2:]),)])
        found.append(await anext(events))
        await events.aclose()  # type: ignore[attr-defined]
        return found

    begun, quiet, event = asyncio.run(listening())
    assert (begun[0], quiet[0]) == (":", ":")
    assert json.loads(event.splitlines()[2][6:])["legs"][0]["state"] == State.FINAL
    assert heard == []


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
