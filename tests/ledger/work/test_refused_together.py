"""What a block says of a whole call holds for none of its legs by itself, and whoever waits is not passed by for ever.

given an offer of several children that goes without being tried
    when others had one of them mined and the ledger refuses the other for now
        it should not count as final, and take effect when it can
    when one is withdrawn and the other refused for now: only the one should end
    when all are refused for good: each should end with its own reason, and reserve nothing
    when one of fifty is refused: the others should take effect, and that one should wait alone
given a pay-out that somebody else relays, of which the ledger does not take every line
    it should be told which
given a key that may have one transaction under way, and ever more that nothing speaks against
    what was refused before should go as soon as it can, in the same transaction
given many acts that the ledger refuses for now
    a step should try some of them only, keep nobody else from its turn, and all should take effect in the end
given an act that was refused in a transaction which had been given up and was mined after all
    it should be tried before it goes again
given a key with room for one transaction, and many more acts than it holds
    no papers should be read for those that can't go yet
given hundreds of acts for which the table of gas falls short
    the last should take effect as well as the first
given offers of many children, all refused at once
    their papers should be read once for each offer
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from ledger.acts import State
from ledger.chain import codec
from ledger.chain.reverts import explain, permanent
from ledger.chain.transactions import relay_gas
from ledger.ports import Call, Refusal, Store
from ledger.records import Act, Transaction
from ledger.work import calldata, outbox, trial
from ledger.work.outbox import RETRY
from ledger.work.relay import Relay
from ledger.work.sending import back_in_queue
from ledger.work.trial import USUAL, Most
from tests.support.actors import HUAIYUE, LANGONG, PANEL, SUHENG, WANYUE
from tests.support.gateway import RELAYER, Gateway
from tests.support.world import DUE, FACE

SHARE = 1_000_000
ORDER = b"\7" * 32


def trusting(gateway: Gateway, most: Most = USUAL) -> None:
    """Nothing is tried before its first time."""
    gateway.relay = Relay(
        *(gateway.book, gateway.chain, gateway.clock, RELAYER, permanent, explain),
        leases=gateway.relay.leases,
        trusted=0,
        most=most,
    )


def together(gateway: Gateway, ticket: bytes, *values: int) -> tuple[Act, list[bytes]]:
    """An offer that its receiver has accepted in full; its children."""
    act = gateway.offer(WANYUE, ticket, *((SUHENG, value) for value in values))
    for _ in values:
        gateway.sign(SUHENG, act)
    return act, [gateway.child(ticket, act, place) for place in range(len(values))]


def call_of(gateway: Gateway, act: Act, *legs: bytes) -> bytes:
    """What carries out these legs of an act, for somebody else to send."""
    papers = gateway.book.read(lambda store: calldata.papers(store, {act.id: act}))
    return calldata.call(papers, gateway.chain, act, [gateway.leg(leg) for leg in legs]).data


def papers_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """For how many acts papers are read, each time."""
    read: list[int] = []
    papers = calldata.papers

    def noted(store: Store, acts: Mapping[bytes, Act]) -> calldata.Papers:
        read.append(len(acts))
        return papers(store, acts)

    monkeypatch.setattr(calldata, "papers", noted)
    return read


def lift(gateway: Gateway, ticket: bytes) -> None:
    message = {"ticket": ticket, "order": ORDER, "evidence": b"\1" * 32, "sequence": 1}
    gateway.carry_out("Unfreeze", message, *PANEL[:3])
    gateway.advance(RETRY)
    gateway.settle()


def transactions(gateway: Gateway) -> list[Transaction]:
    return gateway.book.read(lambda store: store.find(Transaction, order="nonce"))


def states(gateway: Gateway, legs: Sequence[bytes]) -> list[State]:
    return [gateway.state(leg) for leg in legs]


def test_one_that_others_had_mined_does_not_make_the_other_final(gateway: Gateway) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    act, [first, second] = together(gateway, ticket, SHARE, FACE - SHARE)
    trusting(gateway)
    gateway.chain.foreign(gateway.world.relay_data([call_of(gateway, act, first)]))
    gateway.world.freeze(ticket, ORDER, SHARE)
    gateway.relay.step()
    gateway.watch.catch_up()
    assert states(gateway, [first, second]) == [State.FINAL, State.COMPLETE]
    assert gateway.reserved(ticket) == FACE - SHARE
    gateway.settle()
    assert states(gateway, [first, second]) == [State.FINAL, State.COMPLETE]
    assert gateway.leg(second).reason["code"] == "NotEnough"
    lift(gateway, ticket)
    assert states(gateway, [first, second]) == [State.FINAL, State.FINAL]
    assert gateway.ticket(second).value == FACE - SHARE


def test_one_that_is_withdrawn_does_not_end_the_other(gateway: Gateway) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    act, [first, second] = together(gateway, ticket, SHARE, FACE - SHARE)
    trusting(gateway)
    gateway.world.act("Withdraw", [WANYUE], ticket=ticket, offer=act.id, indexes=[0])
    gateway.world.freeze(ticket, ORDER, 2 * SHARE)
    gateway.relay.step()
    gateway.watch.catch_up()
    assert states(gateway, [first, second]) == [State.WITHDRAWN, State.COMPLETE]
    assert gateway.reserved(ticket) == FACE - SHARE
    lift(gateway, ticket)
    assert states(gateway, [first, second]) == [State.WITHDRAWN, State.FINAL]


def test_all_refused_for_good_end_each_by_itself(gateway: Gateway) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    _, children = together(gateway, ticket, SHARE, SHARE)
    trusting(gateway)
    gateway.world.fund((ticket, FACE))
    gateway.relay.step()
    gateway.watch.catch_up()
    assert states(gateway, children) == [State.COMPLETE] * 2
    gateway.settle()
    legs = [gateway.leg(child) for child in children]
    assert [(leg.state, leg.reason["code"]) for leg in legs] == [(State.REFUSED, "FullyFunded")] * 2
    assert gateway.reserved(ticket) == 0


def test_one_of_fifty(gateway: Gateway) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    values = [SHARE] * 49 + [FACE - 49 * SHARE]
    _, children = together(gateway, ticket, *values)
    trusting(gateway)
    gateway.world.freeze(ticket, ORDER, SHARE)
    gateway.relay.step()
    gateway.watch.catch_up()
    assert states(gateway, children) == [State.FINAL] * 49 + [State.COMPLETE]
    assert gateway.leg(children[-1]).reason["code"] == "NotEnough"
    sent = len(transactions(gateway))
    gateway.advance(RETRY)
    gateway.settle()
    assert len(transactions(gateway)) == sent
    lift(gateway, ticket)
    assert states(gateway, children) == [State.FINAL] * 50


@pytest.mark.parametrize("drafted_here", [True, False])
def test_lines_not_taken_where_somebody_else_relays(gateway: Gateway, drafted_here: bool) -> None:
    ticket, other = (gateway.issue(LANGONG, WANYUE, HUAIYUE) for _ in range(2))
    gateway.advance(DUE - gateway.world.now)
    gateway.world.fund((ticket, FACE), (other, FACE))
    gateway.watch.catch_up()
    lines = [{"ticket": id_, "amount": FACE, "paidAt": gateway.world.now} for id_ in (ticket, other)]
    message: dict[str, Any] = {"bank": HUAIYUE.id, "ref": b"\2" * 32, "lines": lines}
    if drafted_here:
        act = gateway.draft(HUAIYUE, "PayOut", message)
        gateway.sign(HUAIYUE, act)
        id_, data = act.id, call_of(gateway, act, act.id)
    else:
        draft = gateway.world.draft("PayOut", [HUAIYUE], **message)
        id_, data = draft.digest, draft.data
    gateway.world.pay_out((other, FACE))
    gateway.chain.foreign(gateway.world.relay_data([data]))
    gateway.settle()
    leg = gateway.leg(id_)
    assert (leg.state, leg.reason["code"]) == (State.FINAL, "lines-refused")
    assert list(leg.reason["lines"]) == ["0x" + other.hex()]


def test_what_waited_is_not_passed_by(gateway: Gateway) -> None:
    ticket, other = (gateway.issue(LANGONG, WANYUE, HUAIYUE) for _ in range(2))
    _, [held] = together(gateway, ticket, FACE)
    gateway.world.freeze(ticket, ORDER, SHARE)
    gateway.settle()
    assert gateway.state(held) == State.COMPLETE
    trusting(gateway, Most(in_flight=1))
    gateway.world.unfreeze(ticket, ORDER)
    gateway.watch.catch_up()
    gateway.advance(RETRY)
    free = [together(gateway, other, SHARE)[1][0] for _ in range(3)]
    gateway.relay.step()
    assert states(gateway, [held, *free]) == [State.RELAYED] * 4
    [sent] = [t for t in transactions(gateway) if t.state == "sent"]
    assert sent.legs[0] == [held.hex()], "in the order of the queue"


def test_many_that_wait_keep_nobody_from_its_turn(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_RETRIED", 2)
    ticket, other = (gateway.issue(LANGONG, WANYUE, HUAIYUE) for _ in range(2))
    held = [together(gateway, ticket, SHARE)[1][0] for _ in range(5)]
    trusting(gateway)
    gateway.world.freeze(ticket, ORDER, FACE)
    gateway.relay.step()
    gateway.watch.catch_up()
    assert states(gateway, held) == [State.COMPLETE] * 5
    _, [free] = together(gateway, other, SHARE)
    tried: list[int] = []
    attempt = gateway.chain.attempt

    def noted(batches: Sequence[Sequence[Call]]) -> list[list[Refusal | None]]:
        tried.append(sum(map(len, batches)))
        return attempt(batches)

    monkeypatch.setattr(gateway.chain, "attempt", noted)
    gateway.relay.step()
    assert (gateway.state(free), tried[0]) == (State.RELAYED, 2)
    lift(gateway, ticket)
    assert states(gateway, held) == [State.FINAL] * 5


def test_refused_where_it_was_given_up_and_mined_after_all(gateway: Gateway) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    _, [held] = together(gateway, ticket, FACE)
    trusting(gateway)
    gateway.world.freeze(ticket, ORDER, SHARE)
    gateway.relay.step()
    [sent] = [t for t in transactions(gateway) if t.state == "sent"]

    def give_up(store: Store) -> None:
        store.put(replace(sent, state="given-up"))
        back_in_queue(store, sent, gateway.clock.now())

    gateway.book.write(give_up)
    assert gateway.leg(held).reason == {}
    gateway.watch.catch_up()
    leg = gateway.leg(held)
    assert (leg.state, leg.reason["code"]) == (State.COMPLETE, "NotEnough")
    count = len(transactions(gateway))
    gateway.settle()
    assert len(transactions(gateway)) == count


def test_no_papers_for_what_there_is_no_room_for(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST_ITEMS", 2)
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    children = [together(gateway, ticket, SHARE)[1][0] for _ in range(9)]
    trusting(gateway, Most(in_flight=1))
    read = papers_read(monkeypatch)
    gateway.relay.step()
    assert read == [4]
    assert states(gateway, children) == [State.RELAYED] * 2 + [State.COMPLETE] * 7
    gateway.settle()
    assert states(gateway, children) == [State.FINAL] * 9


def test_hundreds_that_ran_out_of_gas(gateway: Gateway) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    act, [child] = together(gateway, ticket, SHARE)
    data = call_of(gateway, act, child)
    calls = [Call(30_000, data)] * 399 + [Call(400_000, data)]
    relayed = codec.encode_relay(calls)
    receipt = gateway.world.send(relayed, relay_gas(calls, relayed))
    assert receipt.status
    assert len(receipt.all("Refused")) == 399
    assert [event.args["child"] for event in receipt.all("Transferred")] == [child]


def test_papers_of_many_children(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    _, children = together(gateway, ticket, *[SHARE] * 20)
    gateway.world.fund((ticket, FACE))
    read = papers_read(monkeypatch)
    gateway.relay.step()
    assert len(read) == 2, "once for the queue, once for what is refused in it"
    assert set(states(gateway, children)) == {State.REFUSED}
