"""Blocks into the book, whatever the node does.

given a node that is behind the book
    it should wait for it, and halt only when it is another chain
given ranges without events, and blocks that come while others are taken in
    it should go on over them, and lose nothing
given a transaction that is final
    its bytes should be kept only where a node may lose it
given a transaction that is mined without a word
    it should be found out by its receipt
given a second watcher on the same book
    it should write nothing twice
given a development node that has lost its last blocks
    what was in them should be driven again, in its order, and nothing that was answered be missing
given a projection that is made anew while the book is behind the chain
    acts and reservations should learn all the same of what came meanwhile
    when nothing was taken in yet: likewise
    when blocks were taken in without an event that a node hid: likewise, from a block that is named
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.acts import State
from ledger.chain.reverts import explain, permanent
from ledger.ports import Block
from ledger.records import Checkpoint, Cursor, Log, SignedBytes, Transaction
from ledger.work.lease import Leases
from ledger.work.redrive import LostTooMuch, forget_from, last_common, renew, unsettle
from ledger.work.watch import ChainDiverged, Overtaken, Watch
from tests.support.actors import WANYUE, WUZE
from tests.support.books import fresh_book
from tests.support.evm_chain import START
from tests.support.gateway import SHARE, Gateway, offered
from tests.support.world import FACE


def cursor(gateway: Gateway) -> Cursor:
    return gateway.book.read(lambda store: store.need(Cursor, 1))


def test_a_node_behind_the_book_is_waited_for(gateway: Gateway, ticket: bytes) -> None:
    there = gateway.chain.final_height()
    gateway.chain.final_height = lambda confirmations=0: there - 1  # type: ignore[method-assign]
    assert gateway.watch.step() == 0
    assert cursor(gateway).block == there
    gateway.chain.final_height = lambda confirmations=0: there  # type: ignore[method-assign]
    gateway.chain._blocks[there - START] = replace(gateway.chain._blocks[-1], hash=b"\x09" * 32)
    with pytest.raises(ChainDiverged):
        gateway.watch.step()


def test_empty_ranges_are_gone_over(gateway: Gateway, ticket: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.work.watch.MOST_BLOCKS", 2)
    before = cursor(gateway).block
    for _ in range(5):
        gateway.chain.mine()
    assert [gateway.watch.step() for _ in range(4)] == [2, 2, 1, 0]
    assert cursor(gateway).block == before + 5


def test_blocks_that_come_meanwhile_are_not_lost(gateway: Gateway, ticket: bytes) -> None:
    events, mined = gateway.chain.events, []

    def slow(first: int, last: int) -> list[Any]:
        found = events(first, last)
        if len(mined) < 3:
            mined.append(gateway.world.freeze(ticket, bytes([len(mined) + 1]) * 32, 1))
            gateway.chain.head()
        return found

    gateway.chain.events = slow  # type: ignore[method-assign]
    gateway.chain.mine()
    while gateway.watch.step():
        pass
    assert len(gateway.book.read(lambda store: store.find(Log, name="Frozen"))) == 3
    assert gateway.verify().clean


def test_what_is_mined_without_a_word(gateway: Gateway, ticket: bytes) -> None:
    events = gateway.chain.events
    gateway.chain.events = lambda first, last: [  # type: ignore[method-assign]
        event for event in events(first, last) if event.name != "Transferred"
    ]
    leg = offered(gateway, ticket)
    gateway.settle()
    assert gateway.state(leg) == State.FINAL
    assert not gateway.book.read(lambda store: store.find(Transaction, state="sent"))


def test_a_second_watcher_writes_nothing_twice(gateway: Gateway, ticket: bytes) -> None:
    other = Watch(gateway.book, gateway.chain, START, explain, permanent)
    block = gateway.chain.block

    def overtaken(number: int) -> Block | None:
        gateway.chain.block = block  # type: ignore[method-assign]
        other.step()
        return block(number)

    gateway.world.freeze(ticket, b"\1" * 32, 1)
    gateway.chain.block = overtaken  # type: ignore[method-assign]
    with pytest.raises(Overtaken):
        gateway.watch.step()
    gateway.settle()
    assert gateway.verify().clean


def test_only_one_process_watches(gateway: Gateway, ticket: bytes) -> None:
    watches = [
        Watch(
            gateway.book,
            gateway.chain,
            START,
            explain,
            permanent,
            leases=Leases(gateway.book, gateway.clock, owner, lambda owner: False),
        )
        for owner in ("one", "two")
    ]
    gateway.chain.mine()
    assert [watch.step() for watch in watches] == [1, 0]
    gateway.chain.mine()
    assert [watch.step() for watch in reversed(watches)] == [0, 1]


def test_bytes_of_what_is_final_are_not_kept(gateway: Gateway, ticket: bytes) -> None:
    offered(gateway, ticket)
    gateway.settle()
    assert gateway.book.read(lambda store: store.count(SignedBytes)) == 0


def test_a_development_nodes_bytes_are_kept_for_a_while(
    gateway: Gateway, ticket: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.work.watch.KEPT_BYTES", 3)
    gateway.watch = Watch(gateway.book, gateway.chain, START, explain, permanent, lone=True)
    for _ in range(2):
        offered(gateway, ticket)
        gateway.settle()
    counts = []
    for _ in range(6):
        gateway.chain.mine()
        gateway.watch.step()
        counts.append(gateway.book.read(lambda store: store.count(SignedBytes)))
    assert (counts[0], counts[-1]) == (2, 0)
    with pytest.raises(LostTooMuch, match="deploy anew"):
        gateway.book.write(lambda store: unsettle(store, START))


def test_a_node_that_lost_its_last_blocks(gateway: Gateway, ticket: bytes) -> None:
    gateway.watch = Watch(gateway.book, gateway.chain, START, explain, permanent, lone=True)
    kept = cursor(gateway).block
    point, lines = gateway.world.evm.snapshot(), len(gateway.world.history)
    legs = [offered(gateway, ticket)]
    gateway.settle()
    legs.append(offered(gateway, ticket))
    gateway.settle()
    chain = gateway.chain
    gateway.world.evm.revert(point)
    del gateway.world.history[lines:]
    chain.fall_back(kept)
    watch = Watch(gateway.book, chain, START, explain, permanent, lone=True)
    with pytest.raises(ChainDiverged):
        watch.step()
    common = last_common(gateway.book, chain, START)
    assert common == kept
    assert gateway.book.write(lambda store: unsettle(store, common)) == 2
    renew(gateway.book, fresh_book(), chain, START, lambda done, total: None)
    assert cursor(gateway).block == common
    gateway.relay.forget()
    assert [gateway.state(leg) for leg in legs] == [State.RELAYED] * 2
    assert gateway.reserved(ticket) == 2 * SHARE
    gateway.settle()
    assert [gateway.state(leg) for leg in legs] == [State.FINAL] * 2
    assert [gateway.ticket(leg).path for leg in legs] == ["1", "2"]
    assert gateway.ticket(ticket).value == FACE - 2 * SHARE
    assert gateway.verify().clean


@pytest.mark.parametrize("checkpoints", [True, False])
def test_a_rebuild_while_the_book_is_behind(gateway: Gateway, ticket: bytes, checkpoints: bool) -> None:
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.settle()
    gateway.world.withdraw_all(WANYUE, ticket)
    if not checkpoints:
        for kept in gateway.book.read(lambda store: store.find(Checkpoint)):
            gateway.book.write(lambda store, kept=kept: store.delete(Checkpoint, kept.block))
    assert renew(gateway.book, fresh_book(), gateway.chain, START, lambda done, total: None) == (
        len(gateway.chain.events(START, cursor(gateway).block)) if checkpoints else 0
    )
    gateway.settle()
    assert gateway.state(gateway.child(ticket, act, 0)) == State.WITHDRAWN
    assert gateway.reserved(ticket) == 0
    assert cursor(gateway).block == gateway.chain.final_height()
    assert gateway.verify().clean


def test_a_rebuild_from_a_block_that_was_taken_in_wrongly(gateway: Gateway, ticket: bytes) -> None:
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.settle()
    kept, events = cursor(gateway).block, gateway.chain.events
    gateway.world.withdraw_all(WANYUE, ticket)
    gateway.chain.events = lambda first, last: []  # type: ignore[method-assign]
    gateway.settle()
    gateway.chain.events = events  # type: ignore[method-assign]
    assert gateway.state(gateway.child(ticket, act, 0)) == State.AWAITING
    forget_from(gateway.book, kept + 1)
    renew(gateway.book, fresh_book(), gateway.chain, START, lambda done, total: None)
    gateway.settle()
    assert gateway.state(gateway.child(ticket, act, 0)) == State.WITHDRAWN
    assert gateway.reserved(ticket) == 0
    assert gateway.verify().clean
