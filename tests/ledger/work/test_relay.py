"""What goes into a transaction, in which order, and what is held back.

given several complete acts
    it should send them in one transaction, after one simulation
    when one lives on what another does, before it or behind it in the queue: both should go, in that order
    when one is refused for good: it should end with its own reason, and spoil no other
    when only one node refuses it for good, or only at the head: it should wait, say for what, and reserve its value
    when one is refused for good only because of another in the batch: it should not end before that one is final
given generations of tickets, each spent in an act that was signed before its parent was mined
    it should mine them in order, however they stand in the queue, and behind what is under way already
given an act that needs more gas than the table says
    it should ask the node and send it
given more than one transaction holds
    it should send several, in the order of the queue
given a network that takes small transactions only, and a pool that keeps few of one sender
    it should send as much at once as that takes
    when one act alone is more: it should keep no other from its turn
    when an offer's children together are more: each should go by itself
given blocks of a network
    it should send transactions of a twelfth of a block at most, but for one act that needs more
    as many should be under way as eight blocks hold, and those that are mined and not final
given an act whose calldata can't be made
    it should keep no other from its turn
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger import typed
from ledger.acts import State, accept_message
from ledger.addresses import parse_address
from ledger.chain.engine import Engine, Finality, FinalityKind, Limits
from ledger.chain.reverts import explain, permanent
from ledger.chain.transactions import TransactionTooLarge
from ledger.ids import child_id, new_salt
from ledger.outcome import next_in_queue
from ledger.ports import RawTransaction, Refusal
from ledger.records import Act, Leg, Seat, Signature, Transaction
from ledger.wiring import most
from ledger.work import gas, trial
from ledger.work.gas import Cost
from ledger.work.outbox import RETRY
from ledger.work.relay import Relay
from tests.support.actors import HUAIYUE, LANGONG, PANEL, SUHENG, WANYUE, WUZE, XICHUAN, Party
from tests.support.gateway import RELAYER, Gateway
from tests.support.world import FACE

SHARE = 10_000_000
URL = "http://127.0.0.1:1"


def transactions(gateway: Gateway) -> list[Transaction]:
    return gateway.book.read(lambda store: store.find(Transaction, order="nonce"))


def signed(gateway: Gateway, kind: str, message: dict[str, Any], *signers: Any) -> Act:
    act = gateway.draft(signers[0], kind, message)
    for party in signers:
        gateway.sign(party, act)
    return act


def funding(ticket: bytes, reference: bytes, amount: int) -> dict[str, Any]:
    legs = [{"issuance": ticket[:16], "amount": amount}]
    return {"bank": HUAIYUE.id, "ref": reference, "total": amount, "legs": legs}


def test_one_transaction_for_what_is_complete(gateway: Gateway) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    before = len(transactions(gateway))
    asked: list[int] = []
    attempt = gateway.chain.attempt
    gateway.chain.attempt = lambda batches: (asked.append(len(batches)), attempt(batches))[1]
    acts = [gateway.offer(WANYUE, ticket, (WUZE, SHARE), (SUHENG, SHARE)) for _ in range(3)]
    for act in acts:
        gateway.sign(WUZE, act)
        gateway.sign(SUHENG, act)
    gateway.settle()
    assert len(transactions(gateway)) == before + 1
    assert asked == [1]
    assert all(gateway.state(gateway.child(ticket, act, i)) == State.FINAL for act in acts for i in (0, 1))


@pytest.mark.parametrize("lifted_first", [True, False])
def test_what_another_makes_possible_goes_with_it(gateway: Gateway, lifted_first: bool) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    act = gateway.offer(WANYUE, ticket, (WUZE, FACE))
    gateway.world.freeze(ticket, b"\7" * 32, SHARE)
    gateway.settle()
    lift = {"ticket": ticket, "order": b"\7" * 32, "evidence": b"\1" * 32, "sequence": 1}
    if lifted_first:
        signed(gateway, "Unfreeze", lift, *PANEL[:3])
        gateway.sign(WUZE, act)
    else:
        gateway.sign(WUZE, act)
        signed(gateway, "Unfreeze", lift, *PANEL[:3])
    assert gateway.relay.step() == 2
    gateway.settle()
    assert gateway.state(gateway.child(ticket, act, 0)) == State.FINAL


def test_what_only_another_in_the_batch_forbids_does_not_end_yet(gateway: Gateway) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    first = signed(gateway, "Fund", funding(ticket, b"\1" * 32, SHARE), HUAIYUE)
    twice = gateway.draft(HUAIYUE, "Fund", funding(ticket, b"\1" * 32, 2 * SHARE))
    gateway.sign(HUAIYUE, twice)
    gateway.watch.step()
    gateway.relay.step()
    assert gateway.state(twice.id) == State.COMPLETE
    gateway.settle()
    assert gateway.state(first.id) == State.FINAL
    assert (gateway.state(twice.id), gateway.leg(twice.id).reason["code"]) == (
        State.REFUSED,
        "ReferenceSpent",
    )


def test_one_refused_for_good_spoils_no_other(gateway: Gateway) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    gone = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.sign(WUZE, gone)
    gateway.world.withdraw_all(WANYUE, ticket)
    fund = signed(gateway, "Fund", funding(ticket, b"\1" * 32, SHARE), HUAIYUE)
    gateway.relay.step()
    leg = gateway.leg(gateway.child(ticket, gone, 0))
    assert (leg.state, leg.reason["code"]) == (State.REFUSED, "StaleVersion")
    gateway.settle()
    assert gateway.state(fund.id) == State.FINAL


@pytest.mark.parametrize("second", ["another node takes it", "another can't say"])
def test_one_nodes_word_ends_nothing(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, second: str) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.sign(WUZE, act)
    expired = Refusal("Expired", {"deadline": 1, "nowAt": 2}, b"")
    said = [] if second == "another can't say" else [expired, None]
    with monkeypatch.context() as lying:
        lying.setattr(gateway.chain, "attempt", lambda batches: [[expired for _ in b] for b in batches])
        lying.setattr(gateway.chain, "confirm", lambda calls: [said for _ in calls])
        gateway.settle()
        leg = gateway.leg(gateway.child(ticket, act, 0))
        assert (leg.state, leg.reason["code"]) == (State.COMPLETE, "Expired")
        assert gateway.reserved(ticket) == SHARE
    gateway.advance(RETRY)
    gateway.settle()
    assert gateway.state(leg.id) == State.FINAL


def test_where_the_table_falls_short_the_node_is_asked(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gas, "COSTS", {**gas.COSTS, "Issue": Cost(30_000)})
    assert gateway.ticket(gateway.issue(LANGONG, WANYUE, HUAIYUE)).value == FACE


def test_more_than_one_transaction_holds(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST_ITEMS", 2)
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    before = len(transactions(gateway))
    acts = [gateway.offer(WANYUE, ticket, (WUZE, SHARE)) for _ in range(5)]
    for act in reversed(acts):
        gateway.sign(WUZE, act)
    gateway.settle()
    made = transactions(gateway)[before:]
    assert [len(one.legs) for one in made] == [2, 2, 1]
    paths = [gateway.ticket(gateway.child(ticket, act, 0)).path for act in reversed(acts)]
    assert paths == ["1", "2", "3", "4", "5"]


def small(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """The network takes transactions of at most `limit` bytes."""
    sign = gateway.chain.sign

    def signed_if_small(*given: Any) -> RawTransaction:
        raw = sign(*given)
        if len(raw.raw) > limit:
            raise TransactionTooLarge(f"{len(raw.raw)} bytes: send fewer acts at once")
        return raw

    monkeypatch.setattr(gateway.chain, "sign", signed_if_small)


def of_network(gateway: Gateway, block_gas: int = 30_000_000, **limits: int) -> Relay:
    engine = Engine("small", (URL,), 1, block_gas=block_gas, block_period=1.0, limits=Limits(**limits))
    outside = (gateway.book, gateway.chain, gateway.clock)
    leases = gateway.relay.leases
    return Relay(*outside, RELAYER, permanent, explain, leases=leases, most=most(engine))


def test_a_description_bounds_what_is_sent_at_once(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    small(gateway, monkeypatch, 12_000)
    gateway.relay = of_network(gateway, transaction_bytes=12_000, pool_per_sender=2)
    before = len(transactions(gateway))
    acts = [gateway.offer(WANYUE, ticket, (WUZE, SHARE // 10)) for _ in range(30)]
    for act in acts:
        gateway.sign(WUZE, act)
    gateway.relay.step()
    assert len(transactions(gateway)) == before + 2, "as many as the pool keeps of one sender"
    gateway.settle()
    assert {gateway.state(gateway.child(ticket, act, 0)) for act in acts} == {State.FINAL}
    assert max(len(one.legs) for one in transactions(gateway)[before:]) > 5


def test_a_block_holds_many_transactions(gateway: Gateway) -> None:
    """What does not fit into a block any more is room that stays empty."""
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    legs = [{"issuance": ticket[:16], "amount": 1} for _ in range(30)]
    large = signed(gateway, "Fund", {**funding(ticket, b"\1" * 32, 30), "legs": legs}, HUAIYUE)
    acts = [gateway.offer(WANYUE, ticket, (WUZE, SHARE // 10)) for _ in range(30)]
    for act in acts:
        gateway.sign(WUZE, act)
    gateway.relay = of_network(gateway, block_gas=6_000_000)
    before = len(transactions(gateway))
    gateway.settle()
    assert {gateway.state(gateway.child(ticket, act, 0)) for act in acts} == {State.FINAL}
    assert gateway.state(large.id) == State.FINAL
    by_itself, *others = (len(one.legs) for one in transactions(gateway)[before:])
    assert by_itself == 1, "one act may need more than a twelfth of a block"
    assert max(others) * 60_000 < 500_000 < (max(others) + 2) * 70_000


@pytest.mark.parametrize(
    ("period", "confirmations", "pool", "under_way"),
    [(1.0, 0, 200, 96), (1.0, 3, 200, 132), (1.0, 3, 16, 16), (None, 0, 200, 64), (None, 0, 5, 5)],
)
def test_enough_is_under_way_for_the_blocks_to_come(
    period: float | None, confirmations: int, pool: int, under_way: int
) -> None:
    finality = Finality(FinalityKind.CONFIRMATIONS, confirmations) if confirmations else Finality()
    limits = Limits(pool_per_sender=pool)
    engine = Engine("any", (URL,), 1, block_period=period, finality=finality, limits=limits)
    assert most(engine).in_flight == under_way


def test_one_act_too_large_keeps_no_other_from_its_turn(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    small(gateway, monkeypatch, 5_000)
    legs = [{"issuance": ticket[:16], "amount": 1} for _ in range(70)]
    large = signed(gateway, "Fund", {**funding(ticket, b"\1" * 32, 70), "legs": legs}, HUAIYUE)
    acts = [gateway.offer(WANYUE, ticket, (WUZE, SHARE)) for _ in range(8)]
    for act in acts:
        gateway.sign(WUZE, act)
    gateway.settle()
    assert {gateway.state(gateway.child(ticket, act, 0)) for act in acts} == {State.FINAL}
    assert gateway.state(large.id) == State.COMPLETE


def test_children_too_large_together_go_one_by_one(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    act = gateway.offer(WANYUE, ticket, *[(party, SHARE) for party in (WUZE, SUHENG, XICHUAN)])
    whole = len(gateway.chain.sign(RELAYER, 0, []).raw) + 1_600
    small(gateway, monkeypatch, whole)
    for party in (WUZE, SUHENG, XICHUAN):
        gateway.sign(party, act)
    gateway.settle()
    assert {gateway.state(gateway.child(ticket, act, place)) for place in range(3)} == {State.FINAL}
    assert len(transactions(gateway)[-1].legs) == 1


def test_an_act_without_calldata_keeps_no_other_from_its_turn(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    bad = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    good = gateway.offer(WANYUE, ticket, (SUHENG, SHARE))
    gateway.sign(WUZE, bad)
    gateway.sign(SUHENG, good)
    encode = gateway.chain.encode_transfer

    def broken(offer: Any, signatures: bytes, acceptances: Any) -> bytes:
        if acceptances[0][0] == WUZE.id:
            raise ValueError("no such thing")
        return encode(offer, signatures, acceptances)

    monkeypatch.setattr(gateway.chain, "encode_transfer", broken)
    gateway.settle()
    assert gateway.state(gateway.child(ticket, good, 0)) == State.FINAL
    assert gateway.state(gateway.child(ticket, bad, 0)) == State.COMPLETE


def unmined(gateway: Gateway, parent: bytes, holder: Party, to: Party, value: int) -> bytes:
    """An offer of a ticket that is not mined yet, signed by both and kept as the service keeps it; the child's id."""
    child = {"to": to.id, "value": value, "trade": new_salt(), "salt": new_salt()}
    now = gateway.clock.now()
    message = {
        "ticket": parent,
        "version": 0,
        "children": [child],
        "salt": new_salt(),
        "deadline": now + 10**6,
    }
    domain = gateway.chain.domain
    id_ = typed.digest(domain, "Offer", message)
    accept = typed.digest(domain, "Accept", accept_message(id_, holder.id, message, 0))
    made = child_id(parent, id_, 0)

    def work(store: Any) -> None:
        data = typed.message_to_json("Offer", message)
        store.add(Act(id_, "Offer", data, {}, holder.id, "", parent, now, now + 10**6))
        for place, (who, leg, digest) in enumerate(((holder, b"", id_), (to, made, accept))):
            store.add(Seat(id_, place, leg, "party", who.id, "", digest, done=True))
            address = parse_address(who.sole.address)
            store.add(Signature(id_, place, address, 3, who.sole.sign(digest), "", now))
        queue = next_in_queue(store)
        store.add(Leg(made, id_, 0, to.id, value, "complete", {}, now + 10**6, now, queue))

    gateway.book.write(work)
    return made


@pytest.mark.parametrize("turned", [False, True])
def test_generations_of_tickets_go_in_order(gateway: Gateway, turned: bool) -> None:
    root = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    people = [WANYUE, WUZE, SUHENG, XICHUAN]
    found = [root]
    for i in range(3):
        found.append(unmined(gateway, found[-1], people[i], people[i + 1], SHARE))
    if turned:
        legs = [gateway.leg(leg) for leg in found[1:]]
        places = [leg.queue for leg in reversed(legs)]
        moved = [replace(leg, queue=queue) for leg, queue in zip(legs, places, strict=True)]
        gateway.book.write(lambda store: [store.put(leg) for leg in moved])
    gateway.settle()
    assert [gateway.state(leg) for leg in found[1:]] == [State.FINAL] * 3
    assert [gateway.ticket(id_).path for id_ in found] == ["", "1", "1-1", "1-1-1"]
    assert gateway.verify().clean


def test_what_lives_on_a_transaction_under_way_follows_it(gateway: Gateway) -> None:
    root = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    send, held = gateway.chain.send, []
    gateway.chain.send = held.append  # type: ignore[method-assign]
    first = unmined(gateway, root, WANYUE, WUZE, SHARE)
    assert gateway.relay.step() == 1
    second = unmined(gateway, first, WUZE, SUHENG, SHARE)
    assert gateway.relay.step() == 1, "its parent is under way"
    assert [raw.nonce for raw in held] == [held[0].nonce, held[0].nonce + 1]
    for raw in held:
        send(raw)
    gateway.chain.send = send  # type: ignore[method-assign]
    gateway.settle()
    assert [gateway.state(leg) for leg in (first, second)] == [State.FINAL] * 2
    assert gateway.ticket(second).party == SUHENG.id
