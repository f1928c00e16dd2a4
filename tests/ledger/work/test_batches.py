"""How much goes at once, and when.

given more than one transaction holds, by items, by gas, by bytes
    it should be cut there, in its order; what is too large by itself should stand alone
given a batch that is not full
    it should wait for more after the last one, for so long and no longer
given as many transactions of a key as may wait to be mined
    nothing more should go out until one is mined
given a node that counts otherwise, or doesn't count
    nonces should go on as the journal has them
given a chain that does not go on from the book
    every step should say so, and nothing of it be written
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ledger.acts import State
from ledger.chain.reverts import explain, permanent
from ledger.errors import Unavailable
from ledger.ports import Call
from ledger.records import Act, Cursor, Log, Transaction
from ledger.work.relay import Relay
from ledger.work.trial import FRAME, MOST_BYTES, MOST_ITEMS, USUAL, Item, Most, pack
from ledger.work.watch import ChainDiverged
from tests.support.gateway import RELAYER, Gateway, offered

ACT = Act(b"\1" * 32, "Offer", {}, {}, 1, "", b"\1" * 32, 0, 0)


def items(*sizes: tuple[int, int]) -> Iterator[Item]:
    """Of so much gas and so many bytes."""
    for gas, size in sizes:
        yield Item(ACT, (), Call(gas, bytes(size)), b"")


def lengths(most: Most, *sizes: tuple[int, int]) -> list[int]:
    return [len(batch) for batch in pack(items(*sizes), most)]


def test_what_one_transaction_holds() -> None:
    assert lengths(USUAL, *[(1, 1)] * (MOST_ITEMS + 1)) == [MOST_ITEMS, 1]
    assert lengths(Most(gas=100), (60, 1), (40, 1), (1, 1), (101, 1), (1, 1)) == [2, 1, 1, 1]
    assert lengths(Most(bytes=2 * FRAME + 10), (1, 5), (1, 5), (1, 1), (1, 999)) == [2, 1, 1]
    assert MOST_BYTES < 128 * 1024


def relay(gateway: Gateway, **more: Any) -> Relay:
    gateway.relay = Relay(
        gateway.book,
        gateway.chain,
        gateway.clock,
        RELAYER,
        permanent,
        explain,
        leases=gateway.relay.leases,
        **more,
    )
    return gateway.relay


def test_a_batch_that_is_not_full_waits_for_more(gateway: Gateway, ticket: bytes) -> None:
    moment = [100.0]
    patient = relay(gateway, patience=5.0, monotonic=lambda: moment[0])
    offered(gateway, ticket)
    assert patient.step() == 1, "nothing went out before"
    for _ in range(3):
        offered(gateway, ticket)
        moment[0] += 1.5
        assert patient.step() == 0
    moment[0] += 0.5
    assert patient.step() == 3, "the last one is five seconds old"


def test_no_more_than_may_wait_to_be_mined(gateway: Gateway, ticket: bytes) -> None:
    send, held = gateway.chain.send, []
    gateway.chain.send = held.append
    bounded = relay(gateway, most=Most(in_flight=2))
    legs = []
    for _ in range(4):
        legs.append(offered(gateway, ticket))
        bounded.step()
    waiting = [State.RELAYED, State.RELAYED, State.COMPLETE, State.COMPLETE]
    assert [gateway.state(leg) for leg in legs] == waiting
    assert len({raw.nonce for raw in held}) == 2
    gateway.chain.send = send
    for raw in {raw.nonce: raw for raw in held}.values():
        send(raw)
    gateway.settle()
    assert {gateway.state(leg) for leg in legs} == {State.FINAL}


@pytest.mark.parametrize("counted", [0, 10**6, None])
def test_nonces_are_the_journals(gateway: Gateway, ticket: bytes, counted: int | None) -> None:
    def nonce(address: str) -> int:
        if counted is None:
            raise Unavailable("No node answers.")
        return counted

    gateway.chain.nonce = nonce
    relay(gateway)  # a process that has just begun
    legs = [offered(gateway, ticket) for _ in range(2)]
    gateway.settle()
    assert {gateway.state(leg) for leg in legs} == {State.FINAL}
    nonces = [t.nonce for t in gateway.book.read(lambda store: store.find(Transaction, order="nonce"))]
    assert nonces == list(range(nonces[0], nonces[0] + len(nonces)))


def test_another_parent_stops_it_loudly(gateway: Gateway, ticket: bytes) -> None:
    before = gateway.book.read(lambda store: (store.need(Cursor, 1), store.count(Log)))
    gateway.world.freeze(ticket, b"\1" * 32, 1)
    gateway.chain.head()
    block = gateway.chain.block

    def other(number: int) -> Any:
        found = block(number)
        return replace(found, hash=b"\x09" * 32) if number == before[0].block else found

    gateway.chain.block = other
    for _ in range(2):
        with pytest.raises(ChainDiverged, match=rf"Block {before[0].block} is 0909.* in the book"):
            gateway.watch.step()
    assert gateway.book.read(lambda store: (store.need(Cursor, 1), store.count(Log))) == before
    gateway.chain.block = block
    assert gateway.watch.step() == 1
