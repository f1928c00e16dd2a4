"""Many acts at once go without being tried: this gateway's rules have passed them, and the ledger itself has the say.

given more acts at once than are tried
    when the ledger refuses one for good: it should end with the ledger's reason, reserve nothing, and spoil no other
    when the offers were withdrawn meanwhile: they should end as withdrawn, and reserve nothing
    when it refuses one for a reason that can pass: that one should wait, say for what, and go again only when a trial
        has passed it
    when it refuses a child because its parent is not there: all that follows in that issuance should be tried, in no
        other, and take effect in order in the end
    when the table of gas falls short: the node should be asked, and it should take effect
    when a whole transaction is reverted: what it carried should be tried before it goes again
    when nothing is refused: no node should be asked anything
given as many as are tried
    what would be refused should not be sent
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ledger.acts import State
from ledger.chain.reverts import explain, permanent
from ledger.ports import Call, Receipt
from ledger.records import Act, Leg, Transaction
from ledger.work import gas
from ledger.work.gas import Cost
from ledger.work.outbox import RETRY
from ledger.work.relay import Relay
from tests.support.actors import HUAIYUE, LANGONG, PANEL, SUHENG, WANYUE, WUZE
from tests.support.gateway import RELAYER, Gateway
from tests.support.world import FACE

SHARE = 1_000_000
TRIED = 2
"""Acts that these gateways try at once."""


@pytest.fixture
def asked(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many calls each trial was asked about."""
    found: list[int] = []
    attempt = gateway.chain.attempt

    def noted(batches: Sequence[Sequence[Call]]) -> Any:
        found.append(sum(map(len, batches)))
        return attempt(batches)

    monkeypatch.setattr(gateway.chain, "attempt", noted)
    trusting(gateway)
    return found


def trusting(gateway: Gateway) -> None:
    gateway.relay = Relay(
        *(gateway.book, gateway.chain, gateway.clock, RELAYER, permanent, explain),
        leases=gateway.relay.leases,
        trusted=TRIED,
    )


def offers(gateway: Gateway, ticket: bytes, count: int, value: int = SHARE) -> list[bytes]:
    """Accepted and complete, none sent; their children."""
    made = []
    for _ in range(count):
        act = gateway.offer(WANYUE, ticket, (SUHENG, value))
        gateway.sign(SUHENG, act)
        made.append(gateway.child(ticket, act, 0))
    return made


def transactions(gateway: Gateway) -> list[Transaction]:
    return gateway.book.read(lambda store: store.find(Transaction, order="nonce"))


def states(gateway: Gateway, children: Sequence[bytes]) -> set[str]:
    return {gateway.state(child) for child in children}


def went(gateway: Gateway, leg: bytes) -> int:
    """Transactions in which a leg went."""
    return sum(leg.hex() in ids for sent in transactions(gateway) for ids in sent.legs)


def funding(gateway: Gateway, ticket: bytes, amount: int) -> Act:
    """Complete, not sent; always under the same reference."""
    legs = [{"issuance": ticket[:16], "amount": amount}]
    message = {"bank": HUAIYUE.id, "ref": b"\1" * 32, "total": amount, "legs": legs}
    act = gateway.draft(HUAIYUE, "Fund", message)
    gateway.sign(HUAIYUE, act)
    return act


def test_refused_for_good_in_a_block(gateway: Gateway, asked: list[int]) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    good = offers(gateway, ticket, TRIED)
    first, twice = funding(gateway, ticket, SHARE), funding(gateway, ticket, 2 * SHARE)
    asked.clear()
    gateway.relay.step()
    assert asked == []
    assert gateway.state(twice.id) == State.RELAYED
    gateway.settle()
    leg = gateway.leg(twice.id)
    assert (leg.state, leg.reason["code"]) == (State.REFUSED, "ReferenceSpent")
    assert "reference" in leg.reason["message"]
    assert states(gateway, [*good, first.id]) == {State.FINAL}
    assert (went(gateway, twice.id), asked) == (1, [])


def test_withdrawn_meanwhile(gateway: Gateway, asked: list[int]) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    children = offers(gateway, ticket, TRIED + 1)
    gateway.world.withdraw_all(WANYUE, ticket)
    gateway.settle()
    assert states(gateway, children) == {State.WITHDRAWN}
    assert gateway.reserved(ticket) == 0
    assert gateway.ticket(ticket).value == FACE


def test_refused_for_now_in_a_block(gateway: Gateway, asked: list[int]) -> None:
    ticket, other = (gateway.issue(LANGONG, WANYUE, HUAIYUE) for _ in range(2))
    [held] = offers(gateway, ticket, 1, FACE)
    gateway.world.freeze(ticket, b"\7" * 32, SHARE)
    good = offers(gateway, other, TRIED)
    asked.clear()
    gateway.relay.step()
    gateway.watch.catch_up()
    assert states(gateway, good) == {State.FINAL}
    leg = gateway.leg(held)
    assert (leg.state, bool(leg.reason["code"]), bool(leg.reason["message"])) == (State.COMPLETE, True, True)
    assert gateway.reserved(ticket) == FACE
    for _ in range(3):
        gateway.advance(RETRY)
        offers(gateway, other, TRIED + 1)
        gateway.settle()
    assert went(gateway, held) == 1, "it is tried, not sent, while it would be refused"
    assert asked
    lift = {"ticket": ticket, "order": b"\7" * 32, "evidence": b"\1" * 32, "sequence": 1}
    gateway.carry_out("Unfreeze", lift, *PANEL[:3])
    gateway.advance(RETRY)
    gateway.settle()
    assert (gateway.state(held), went(gateway, held)) == (State.FINAL, 2)


def test_a_doubted_issuance_is_tried_and_no_other(gateway: Gateway, asked: list[int]) -> None:
    ticket, other = (gateway.issue(LANGONG, WANYUE, HUAIYUE) for _ in range(2))
    held = offers(gateway, ticket, TRIED + 1)
    gateway.world.freeze(ticket, b"\7" * 32, FACE)
    gateway.relay.step()
    gateway.watch.catch_up()
    assert states(gateway, held) == {State.COMPLETE}
    gateway.world.unfreeze(ticket, b"\7" * 32)
    gateway.watch.catch_up()
    more, free = offers(gateway, ticket, 2), offers(gateway, other, 7)
    asked.clear()
    gateway.advance(RETRY)
    gateway.settle()
    assert states(gateway, [*held, *more, *free]) == {State.FINAL}
    assert asked == [len(held) + len(more)]


def test_where_the_table_falls_short(
    gateway: Gateway, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [gateway.issue(LANGONG, WANYUE, HUAIYUE) for _ in range(TRIED + 1)]
    monkeypatch.setattr(gas, "COSTS", {**gas.COSTS, "WithdrawAll": Cost(-5_000)})
    asked.clear()
    acts = [withdrawal(gateway, ticket) for ticket in tickets]
    gateway.relay.step()
    assert asked == []
    gateway.settle()
    assert {gateway.state(act.id) for act in acts} == {State.FINAL}
    assert {went(gateway, act.id) for act in acts} == {2}


def withdrawal(gateway: Gateway, ticket: bytes) -> Act:
    act = gateway.draft(WANYUE, "WithdrawAll", {"ticket": ticket, "version": 0})
    gateway.sign(WANYUE, act)
    return act


def test_a_transaction_that_is_reverted(
    gateway: Gateway, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    children = offers(gateway, ticket, TRIED + 1)

    def reverted(hash_: bytes, data: bytes) -> None:
        block = gateway.chain.mine(hash_)
        gateway.chain._receipts[hash_] = Receipt(hash_, block.number, False, 21_000, {}, {})

    asked.clear()
    with monkeypatch.context() as odd:
        odd.setattr(gateway.chain, "_carry_out", reverted)
        gateway.relay.step()
        for _ in range(3):
            gateway.advance(1)
            gateway.watch.step()
    assert transactions(gateway)[-1].state == "failed"
    legs: list[Leg] = [gateway.leg(child) for child in children]
    assert {(leg.state, leg.reason["code"]) for leg in legs} == {(State.COMPLETE, "TransactionFailed")}
    assert asked == []
    gateway.settle()
    assert asked[0] == len(children)
    assert states(gateway, children) == {State.FINAL}


def test_nobody_is_asked_where_nothing_is_refused(gateway: Gateway, asked: list[int]) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    asked.clear()
    first = gateway.offer(WANYUE, ticket, (SUHENG, SHARE), (WUZE, SHARE))
    for party in (SUHENG, WUZE):
        gateway.sign(party, first)
    more = offers(gateway, ticket, TRIED + 1)
    gateway.settle()
    assert asked == []
    assert states(gateway, [*more, gateway.child(ticket, first, 0), gateway.child(ticket, first, 1)]) == {
        State.FINAL
    }


def test_few_are_tried_before_they_are_sent(gateway: Gateway, asked: list[int]) -> None:
    ticket, other = (gateway.issue(LANGONG, WANYUE, HUAIYUE) for _ in range(2))
    [gone] = offers(gateway, ticket, 1)
    gateway.world.withdraw_all(WANYUE, ticket)
    good = offers(gateway, other, TRIED - 1)
    asked.clear()
    gateway.relay.step()
    assert asked[0] == TRIED
    assert (gateway.state(gone), went(gateway, gone)) == (State.REFUSED, 0)
    assert states(gateway, good) == {State.RELAYED}
