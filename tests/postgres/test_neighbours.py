"""What one gateway changes is told by the other's stream, on one PostgreSQL.

given a client that listens at one gateway
    when the other one takes an act, sends it and takes the block in: it should be told each state, and be told nothing
    of what it may not see
    when the line between the two was broken meanwhile: it should be told what it has missed, and no event's id should
    be later than that
given a transaction that is undone
    it should tell nothing
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from api import stream
from api.stream_legs import moment_of
from ledger.book.db import SqlBook
from ledger.book.errors import BookUnavailable
from ledger.records import Leg
from tests.postgres.conftest import Server
from tests.postgres.test_two_gateways import Pair, offers
from tests.postgres.test_two_gateways import pair as pair  # a fixture
from tests.support.actors import CHANGLI, WANYUE, Party

PATIENCE = 10.0


def until(found: Callable[[], Any]) -> Any:
    """What is there in the end."""
    end = time.monotonic() + PATIENCE
    while not (answer := found()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.02)
    return answer


class Client:
    """Reads the stream of a gateway while the test goes on."""

    def __init__(self, events: AsyncIterator[str]) -> None:
        self._events = events
        self.ids: list[int] = []

    async def states(self, wanted: set[str], legs: list[bytes]) -> None:
        """Reads until each leg was told in each of these states."""
        missing = {("0x" + leg.hex(), state) for leg in legs for state in wanted}
        while missing:
            told = await asyncio.wait_for(anext(self._events), PATIENCE)
            if told.startswith("id: "):
                number, _, data = told.splitlines()[:3]
                self.ids.append(int(number[4:]))
                missing -= {(leg["leg"], leg["state"]) for leg in json.loads(data[6:])["legs"]}


def listening(pair: Pair, who: Party, work: Callable[[Client], Any]) -> None:
    """Runs `work` beside a client of the second gateway."""

    async def run() -> None:
        app: Any = pair[1].client.app
        events = stream._events(app, pair[1].users[f"{who.name} sole"], None, True)
        try:
            assert (await anext(events)).startswith(":")
            await work(Client(events))
        finally:
            await events.aclose()  # type: ignore[attr-defined]

    pair[1].users = pair[0].users
    asyncio.run(run())


def test_what_the_other_changes_is_told(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "GATHERED", 0.01)
    first, _ = pair

    async def work(client: Client) -> None:
        legs = await asyncio.to_thread(offers, (first, first), 3)
        await client.states({"complete"}, legs)
        await asyncio.to_thread(first.relay.step)
        await client.states({"relayed"}, legs)
        await asyncio.to_thread(first.settle)
        await client.states({"final"}, legs)

    listening(pair, WANYUE, work)


def test_others_are_told_nothing(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "GATHERED", 0.01)
    monkeypatch.setattr(stream, "QUIET", 0.3)
    first, _ = pair

    async def work(client: Client) -> None:
        await asyncio.to_thread(offers, (first, first), 1)
        assert (await asyncio.wait_for(anext(client._events), PATIENCE)).startswith(": nothing")

    listening(pair, CHANGLI, work)


def test_what_was_missed_is_told(pair: Pair, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "GATHERED", 0.01)
    first, second = pair
    neighbours: Any = second.book._writer._neighbours

    async def work(client: Client) -> None:
        began = second.book.read(lambda store: moment_of(store, second.client.app))  # type: ignore[arg-type]
        with monkeypatch.context() as patch:
            patch.setattr(
                neighbours, "_take", lambda notice: None
            )  # the line is dead, and nobody has noticed
            legs = await asyncio.to_thread(offers, (first, first), 2)
            await asyncio.to_thread(first.settle)
            mine = await asyncio.to_thread(offers, (second, second), 1, "mine")
            await client.states({"complete"}, mine)
        assert max(client.ids) <= began
        server.hang_up()
        for gateway in pair:  # their pools notice
            with suppress(Exception):
                gateway.book.write(lambda store: None)
        await client.states({"final"}, legs)

    listening(pair, WANYUE, work)


def lost(_: Any) -> None:
    raise OSError("the power is gone")


def test_what_is_undone_is_not_told(server: Server) -> None:
    dsn = server.database("undone")
    heard: list[Any] = []
    leg = Leg(b"\xff" * 32, b"a" * 32, 0, 0, 0, "draft", {}, 5, 6)  # type: ignore[arg-type]
    with closing(SqlBook(dsn)) as here, closing(SqlBook(dsn)) as there:
        assert there.attend()
        there.listen(Leg, heard.append)
        event.listen(here._writing, "commit", lost)
        with pytest.raises(BookUnavailable):
            here.write(lambda store: store.put(leg))
        event.remove(here._writing, "commit", lost)
        here.write(lambda store: [store.put(replace(leg, id=bytes([n]) * 32)) for n in range(250)])
        until(lambda: sum(map(len, heard)) >= 250)
        assert leg.id not in {key for keys in heard for (key,) in keys}
        there.write(lambda store: store.put(leg))
        until(lambda: (leg.id,) in heard[-1])
        time.sleep(0.1)
        assert sum((leg.id,) in keys for keys in heard) == 1, "its own are told once"
