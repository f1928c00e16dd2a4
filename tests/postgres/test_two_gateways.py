"""Two gateways, each with connections of its own, on one PostgreSQL.

given acts that came to either
    when the one that sends dies in the middle of a batch, before or after the node had it
        it should leave nothing undone: the other takes over when the lease has run out, sends the same bytes, and no
        act takes effect twice; clients of the other notice nothing
    when the first one was only paused and wakes up late
        it should find out that it was replaced, and write nothing
    when both run and both step
        only one of them sends
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from typing import Any

import pytest

from ledger.book.db import SqlBook
from ledger.chain.reverts import explain, permanent
from ledger.records import Leg, Transaction
from ledger.work.lease import SECONDS, LeaseLost, Leases
from ledger.work.relay import Relay
from ledger.work.sending import Elsewhere
from ledger.work.watch import Watch
from tests.api.live import Live
from tests.api.office import child
from tests.postgres.conftest import Server
from tests.support.actors import WANYUE, WUZE, XICHUAN, Party
from tests.support.evm_chain import START
from tests.support.gateway import RELAYER
from tests.support.world import World


class Killed(BaseException):
    """kill -9, here."""


class Twin(Live):
    """A gateway that shares book and chain; `first` made the people. Steps are the test's."""

    ticket_id = ""

    def __init__(self, world: World, book: SqlBook, name: str, first: Twin | None = None) -> None:
        self._first = first
        super().__init__(world, book, first.chain if first else None)
        leases = Leases(book, self.clock, f"{name}:1:x", lambda owner: False)
        self.relay = Relay(book, self.chain, self.clock, RELAYER, permanent, explain, leases=leases)
        self.watch = Watch(book, self.chain, START, explain, permanent, leases=leases)
        self.client.app.asleep = True  # type: ignore[attr-defined]
        if first:
            self._api_keys = first._api_keys

    def _open(self, party: Party) -> None:
        if self._first is None:
            super()._open(party)


Pair = tuple[Twin, Twin]


@pytest.fixture
def pair(server: Server, world_of_live: World) -> Iterator[Pair]:
    dsn = server.database("twins")
    with world_of_live.scratch(), ExitStack() as open_:
        first = Twin(world_of_live, open_.enter_context(closing(SqlBook(dsn))), "first")
        first.ticket_id = first.opened()
        second = Twin(world_of_live, open_.enter_context(closing(SqlBook(dsn))), "second", first)
        second.ticket_id = first.ticket_id
        yield first, second


def offers(pair: Pair, count: int, name: str = "") -> list[bytes]:
    """Complete offers, drafted at one gateway and signed at the other; their children."""
    legs = []
    for at in range(count):
        here, there = pair if at % 2 else pair[::-1]
        body = {"ticket": here.ticket_id, "children": [child(WANYUE, WUZE if at % 2 else XICHUAN, 2_000_000)]}
        act = here.post(WANYUE, "/offers", body, key=f"offer-{name}{at}").json()
        for party in (WANYUE, WUZE if at % 2 else XICHUAN):
            assert (
                there.post(party, f"/acts/{act['id']}/sign", key=f"sign-{name}{at}-{party.id}").status_code
                == 201
            )
        legs += [bytes.fromhex(leg["id"][2:]) for leg in act["legs"]]
    return legs


def states(gateway: Twin, legs: list[bytes]) -> set[str]:
    return {leg.state for leg in gateway.book.read(lambda store: store.find(Leg, id=legs))}


def transactions(gateway: Twin) -> list[Transaction]:
    return list(gateway.book.read(lambda store: store.find(Transaction, order="nonce")))


@pytest.mark.parametrize("sent", [False, True])
def test_the_other_takes_over_in_the_middle_of_a_batch(pair: Pair, monkeypatch: Any, sent: bool) -> None:
    first, second = pair
    legs = offers(pair, 6)
    before, real = len(transactions(first)), first.chain.send

    def die(transaction: Any) -> None:
        if sent:
            real(transaction)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(first.chain, "send", die)
        with pytest.raises(Killed):
            first.relay.step()
    first.book.close()
    assert states(second, legs) == {"relayed"}
    saved = transactions(second)
    # its lease has not run out: nobody else sends with the key
    second.settle()
    assert transactions(second)[: len(saved)] == saved
    # clients of the other go on
    more = second.post(
        WANYUE, "/offers", {"ticket": second.ticket_id, "children": [child(WANYUE, WUZE, 3_000_000)]}
    )
    assert more.status_code == 201
    second.advance(SECONDS + 1)
    second.settle()
    assert states(second, legs) == {"final"}
    mined = transactions(second)
    assert [t.nonce for t in mined] == list(range(mined[0].nonce, mined[0].nonce + len(mined)))
    assert (len(mined) - before, {t.state for t in mined}) == (1, {"mined"})
    assert second.verify().differences == ()


def test_one_that_wakes_up_late_writes_nothing(pair: Pair, monkeypatch: Any) -> None:
    first, second = pair
    first.relay.step()
    legs = offers(pair, 2)
    real = first.chain.sign

    def sleep_long(*given: Any) -> Any:
        monkeypatch.setattr(first.chain, "sign", real)
        second.advance(SECONDS + 1)
        second.settle()
        assert states(second, legs) == {"final"}
        return real(*given)

    monkeypatch.setattr(first.chain, "sign", sleep_long)
    with suppress(LeaseLost, Elsewhere):
        first.relay.step()
    assert len({t.nonce for t in transactions(second)}) == len(transactions(second))
    assert states(second, legs) == {"final"}
    assert second.verify().differences == ()


def test_only_one_sends(pair: Pair) -> None:
    first, second = pair
    legs = offers(pair, 4)
    assert first.relay.step() == 4
    assert second.relay.step() == 0
    for _ in range(3):
        for gateway in pair:
            gateway.watch.step()
            gateway.relay.step()
    assert states(second, legs) == {"final"}
    assert first.verify().differences == ()
