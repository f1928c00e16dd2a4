"""One relayer's transactions, and several relayers'.

given a node that refuses a transaction for a while
    it should be sent again, send nothing new meanwhile, and say so
given a node that refuses it for good
    it should use up its nonce by a transfer of nothing, and carry its acts out by another transaction
    when it was mined after all: nothing should be done twice
given a nonce that was used with the same key from elsewhere
    it should go on behind it
    when it was used by this very transaction, which a late node hides: it should find it
given a transaction that blocks pass by
    it should be sent again, the same bytes
    while those before it are mined one by one: it should wait for its turn
given several keys
    it should send an issuance's acts by one of them always
given a transaction of a key that is not given any more
    it should be sent again, the same bytes, and be told of, while new acts go by another
    when a node refuses it for good: it should go on trying, and keep nothing else from its turn
    when its nonce was used from elsewhere: its acts should go by another
given two processes
    each key should send for one of them, and for the other when that one is gone
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.acts import State
from ledger.chain.reverts import explain, permanent
from ledger.errors import NotSent
from ledger.ports import RawTransaction
from ledger.records import Act, SignedBytes, Transaction
from ledger.work.lease import SECONDS, Leases
from ledger.work.relay import Relay
from ledger.work.sending import GIVE_UP, SEND_AGAIN, USED
from ledger.work.trial import Most
from ledger.work.watch import LOOKED_FOR
from tests.support.actors import HUAIYUE, LANGONG, WANYUE
from tests.support.gateway import RELAYER, SHARE, Gateway, offered
from tests.support.world import FACE

KEYS = [f"0x{number:040x}" for number in range(1, 5)]


def transactions(gateway: Gateway, **where: Any) -> list[Transaction]:
    return gateway.book.read(lambda store: store.find(Transaction, order="nonce", **where))


class Refusing:
    """A node that does not take some transactions."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.send = gateway, gateway.chain.send
        self.refused: set[bytes] = set()
        self.all = True
        self.raws: list[RawTransaction] = []
        gateway.chain.send = self  # type: ignore[method-assign]

    def __call__(self, transaction: RawTransaction) -> None:
        self.raws.append(transaction)
        if self.all:
            self.refused.add(transaction.hash)
            self.all = False
        if transaction.hash in self.refused:
            raise NotSent("the pool is full")
        self.send(transaction)


def test_a_node_that_takes_it_later(gateway: Gateway, ticket: bytes) -> None:
    node = Refusing(gateway)
    leg = offered(gateway, ticket)
    with pytest.raises(NotSent, match="the pool is full"):
        gateway.relay.step()
    more = offered(gateway, ticket)
    with pytest.raises(NotSent):
        gateway.relay.step()
    assert gateway.state(more) == State.COMPLETE
    node.refused.clear()
    gateway.settle()
    assert {gateway.state(one) for one in (leg, more)} == {State.FINAL}
    assert len({raw.raw for raw in node.raws[:3]}) == 1


def refuse_for_good(gateway: Gateway, seconds: int = GIVE_UP // 2) -> None:
    """Steps until the relay gives up."""
    while not transactions(gateway, state=["given-up", "replaced"]):
        with pytest.raises(NotSent):
            gateway.relay.step()
        gateway.clock.advance(seconds)


def test_a_gap_is_filled_and_the_acts_go_by_another(gateway: Gateway, ticket: bytes) -> None:
    Refusing(gateway)
    leg = offered(gateway, ticket)
    nonce = gateway.chain.nonce(RELAYER)
    refuse_for_good(gateway)
    gateway.settle()
    assert gateway.state(leg) == State.FINAL
    assert gateway.ticket(ticket).value == FACE - SHARE
    found = [(t.nonce - nonce, t.kind, t.state) for t in transactions(gateway) if t.nonce >= nonce]
    assert sorted(found) == [(0, "fill", "mined"), (0, "relay", "replaced"), (1, "relay", "mined")]
    assert gateway.verify().clean


def test_what_was_given_up_and_mined_after_all_is_done_once(gateway: Gateway, ticket: bytes) -> None:
    node = Refusing(gateway)
    leg = offered(gateway, ticket)
    nonce = gateway.chain.nonce(RELAYER)
    refuse_for_good(gateway)
    [lost] = transactions(gateway, state="given-up")
    raw = gateway.book.read(lambda store: store.need(SignedBytes, lost.hash)).raw
    node.send(RawTransaction(RELAYER, lost.nonce, lost.hash, raw))
    gateway.settle()
    assert gateway.state(leg) == State.FINAL
    assert gateway.ticket(ticket).value == FACE - SHARE
    found = {(t.nonce - nonce, t.kind, t.state) for t in transactions(gateway) if t.nonce >= nonce}
    assert {(0, "relay", "mined"), (0, "fill", "replaced")} <= found
    assert not transactions(gateway, state="sent")
    assert gateway.verify().clean


def test_a_nonce_used_elsewhere(gateway: Gateway, ticket: bytes) -> None:
    node = Refusing(gateway)
    leg = offered(gateway, ticket)
    nonce = gateway.chain.nonce(RELAYER)
    node.send(gateway.chain.sign_nothing(RELAYER, nonce))
    begun = gateway.clock.now()
    refuse_for_good(gateway, USED // 2)
    assert gateway.clock.now() - begun <= 2 * USED, "no node will ever take it"
    gateway.settle()
    assert gateway.state(leg) == State.FINAL
    assert gateway.ticket(ticket).value == FACE - SHARE
    # it may still be found, for a day
    [lost] = transactions(gateway, state="given-up")
    gateway.advance(LOOKED_FOR + 1)
    again = offered(gateway, ticket)
    gateway.settle()
    assert (gateway.state(again), transactions(gateway, state="given-up")) == (State.FINAL, [])
    assert [t.hash for t in transactions(gateway, state="replaced")] == [lost.hash]


def test_its_own_nonce_behind_a_node_that_is_late(
    gateway: Gateway, ticket: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Refusing(gateway)
    leg = offered(gateway, ticket)
    with monkeypatch.context() as patch:
        patch.setattr(gateway.chain, "receipt", lambda hash_: None)  # hidden, as is its block
        with pytest.raises(NotSent):
            gateway.relay.step()
        [sent] = transactions(gateway, state="sent")
        raw = gateway.book.read(lambda store: store.need(SignedBytes, sent.hash)).raw
        node.send(RawTransaction(RELAYER, sent.nonce, sent.hash, raw))
        refuse_for_good(gateway)
    gateway.settle()
    mined = {t.hash for t in transactions(gateway, state="mined")}
    assert sent.hash in mined
    assert gateway.state(leg) == State.FINAL
    assert gateway.ticket(ticket).value == FACE - SHARE


def test_what_blocks_pass_by_is_sent_again(gateway: Gateway, ticket: bytes) -> None:
    node = Refusing(gateway)
    node.all = False
    send, node.send = node.send, lambda transaction: None
    leg = offered(gateway, ticket)
    gateway.relay.step()
    gateway.relay.step()
    assert len(node.raws) == 1
    for _ in range(3):
        gateway.advance(12)
        gateway.watch.step()
    node.send = send
    gateway.settle()
    assert len({raw.raw for raw in node.raws}) == 1 < len(node.raws)
    assert gateway.state(leg) == State.FINAL


def relay(gateway: Gateway, owner: str, gone: set[str]) -> Relay:
    leases = Leases(gateway.book, gateway.clock, owner, gone.__contains__)
    return Relay(gateway.book, gateway.chain, gateway.clock, KEYS, permanent, explain, leases=leases)


def test_an_issuance_goes_by_one_key(gateway: Gateway) -> None:
    gateway.relay = relay(gateway, "one", set())
    for _ in range(6):
        ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
        for _ in range(2):
            offered(gateway, ticket)
            gateway.settle()
    by_issuance: dict[bytes, set[str]] = {}
    for transaction in transactions(gateway):
        for [leg] in transaction.legs:
            act = gateway.book.read(
                lambda store, leg=leg: store.need(Act, gateway.leg(bytes.fromhex(leg)).act)
            )
            by_issuance.setdefault(act.subject[:16], set()).add(transaction.relayer)
    assert [len(keys) for keys in by_issuance.values()] == [1] * 6
    assert len({key for keys in by_issuance.values() for key in keys}) > 1


def test_what_waits_for_its_turn_is_not_sent_again(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    gateway.relay = Relay(
        *(gateway.book, gateway.chain, gateway.clock, RELAYER, permanent, explain),
        leases=gateway.relay.leases,
        most=Most(gas=1),  # each in a transaction of its own
    )
    pool: list[RawTransaction] = []
    mine = gateway.chain.send
    monkeypatch.setattr(gateway.chain, "send", pool.append)
    legs = [offered(gateway, ticket) for _ in range(8)]
    gateway.relay.step()
    assert len(pool) == len(legs)
    for raw in pool[:4]:
        mine(raw)
        gateway.advance(1)
        gateway.watch.catch_up()
        gateway.relay.step()
    assert len(pool) == len(legs), "one after another is mined"
    for _ in range(SEND_AGAIN):
        gateway.advance(1)
        gateway.watch.catch_up()
        gateway.relay.step()
    assert pool[len(legs) :] == pool[4 : len(legs)], "the first of those that wait was passed by"
    for raw in pool[len(legs) :]:
        mine(raw)
    gateway.settle()
    assert {gateway.state(leg) for leg in legs} == {State.FINAL}


def with_another_key(gateway: Gateway) -> tuple[bytes, Refusing]:
    """A leg that was saved with one key and lost by the node; the gateway is then started with others."""
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    node = Refusing(gateway)
    node.all = False
    send, node.send = node.send, lambda transaction: None
    leg = offered(gateway, ticket)
    gateway.relay.step()
    node.send = send
    gateway.advance(SECONDS + 1)
    gateway.relay = relay(gateway, "later", set())
    return leg, node


def test_a_key_that_is_not_given_any_more(gateway: Gateway) -> None:
    leg, node = with_another_key(gateway)
    [note] = gateway.relay.former.notes()
    assert note.startswith(f"not mined of {RELAYER}, whose key is not given here any more: 1, sent again")
    gateway.settle()
    assert gateway.state(leg) == State.FINAL
    assert len({raw.raw for raw in node.raws}) == 1 < len(node.raws)
    later = offered(gateway, gateway.issue(LANGONG, WANYUE, HUAIYUE))
    gateway.settle()
    assert gateway.state(later) == State.FINAL
    [other] = {one.relayer for one in transactions(gateway)} - {RELAYER}
    assert other in KEYS
    assert gateway.relay.former.notes() == []
    assert gateway.verify().clean


def test_a_former_keys_transaction_that_no_node_takes(gateway: Gateway) -> None:
    leg, node = with_another_key(gateway)
    node.refused.add(node.raws[0].hash)
    for _ in range(6):
        gateway.settle()
        gateway.advance(GIVE_UP)
    assert gateway.state(leg) == State.RELAYED
    later = offered(gateway, gateway.issue(LANGONG, WANYUE, HUAIYUE))
    gateway.settle()
    assert gateway.state(later) == State.FINAL
    node.refused.clear()
    gateway.advance(GIVE_UP)
    gateway.settle()
    assert gateway.state(leg) == State.FINAL


def test_a_former_key_that_was_used_elsewhere(gateway: Gateway) -> None:
    leg, node = with_another_key(gateway)
    node.send(gateway.chain.sign_nothing(RELAYER, gateway.chain.nonce(RELAYER)))
    for _ in range(6):
        gateway.settle()
        gateway.advance(GIVE_UP // 2)
    assert gateway.state(leg) == State.FINAL
    assert gateway.verify().clean


def test_two_processes_share_the_keys(gateway: Gateway) -> None:
    gone: set[str] = set()
    one, two = relay(gateway, "one", gone), relay(gateway, "two", gone)
    gateway.relay = one
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    leg = offered(gateway, ticket)
    assert two.step() == 0
    assert gateway.state(leg) == State.COMPLETE
    gone.add("one")
    assert two.step() == 1
    gateway.watch.step()
    assert gateway.state(leg) == State.FINAL
    late = offered(gateway, ticket)
    assert one.step() == 0, "the first one wakes up and finds its keys taken"
    gateway.clock.advance(SECONDS + 1)
    assert one.step() == 1
    gateway.watch.step()
    assert gateway.state(late) == State.FINAL
    assert gateway.verify().clean


def test_one_that_was_paused_between_choosing_and_writing_writes_nothing(gateway: Gateway) -> None:
    one, two = relay(gateway, "one", set()), relay(gateway, "two", set())
    gateway.relay = one
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    leg = offered(gateway, ticket)
    sign = gateway.chain.sign

    def paused(*given: Any) -> RawTransaction:
        gateway.chain.sign = sign  # type: ignore[method-assign]
        gateway.clock.advance(SECONDS + 1)
        assert two.step() == 1
        return sign(*given)

    gateway.chain.sign = paused  # type: ignore[method-assign]
    assert one.step() == 0
    gateway.watch.step()
    assert gateway.state(leg) == State.FINAL
    assert gateway.ticket(ticket).value == FACE - SHARE
