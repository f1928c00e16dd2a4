"""A ticket that is still to come: an accepted child, spent before it is mined.

given a child that nobody has accepted, or that was rejected, or a lock under way
    it should be no ticket
given a child that is accepted and not on the ledger yet
    when somebody else spends it, or more of it is spent than it holds, or less than the smallest part, or deeper than
    the issuance allows: it should be refused with the code that the ledger would have
    when its receiver passes it on: both should take effect in their order, also over generations
    when it is withdrawn all at once: it should wait for the ticket
given an act on a child that never comes to be
    it should end with it, say so, and reserve nothing, and so should whatever lives on that
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.access import NotYours
from ledger.acts import State
from ledger.errors import GoldTicketError
from ledger.ids import new_salt
from ledger.offering import NotEnough, RemainderBelowMinimum
from ledger.records import Act, Issuance, Ticket
from ledger.tickets import BelowMinimum, UnknownTicket, number_of
from ledger.transfer import DepthExhausted, NotAReceiver
from ledger.words import word_of
from tests.support.actors import CHANGLI, LANGONG, LANWAN, SUHENG, WANYUE, WUZE, XICHUAN, Party
from tests.support.gateway import SHARE, Gateway
from tests.support.world import DAY


def offered(gateway: Gateway, holder: Party, ticket: bytes, *children: tuple[Party, int]) -> Act:
    """An offer that its holder has signed, out of a ticket that need not be there."""
    listed = [
        {"to": to.id, "value": value, "trade": new_salt(), "salt": new_salt()} for to, value in children
    ]
    act = gateway.draft(holder, "Offer", {"ticket": ticket, "version": 0, "children": listed})
    gateway.sign(holder, act)
    return act


def accepted(gateway: Gateway, holder: Party, ticket: bytes, to: Party, value: int) -> bytes:
    """An accepted child that nobody has relayed."""
    act = offered(gateway, holder, ticket, (to, value))
    gateway.sign(to, act)
    return gateway.child(ticket, act, 0)


def test_what_is_not_accepted_is_no_ticket(gateway: Gateway, ticket: bytes) -> None:
    act = offered(gateway, WANYUE, ticket, (WUZE, SHARE))
    child = gateway.child(ticket, act, 0)
    with pytest.raises(UnknownTicket):
        offered(gateway, WUZE, child, (XICHUAN, SHARE))
    gateway.book.write(lambda s: gateway.service.reject(s, gateway.user(WUZE), child, "金额与合同不符"))
    with pytest.raises(UnknownTicket):
        offered(gateway, WUZE, child, (XICHUAN, SHARE))
    with pytest.raises(UnknownTicket):
        offered(gateway, WUZE, act.id, (XICHUAN, SHARE))


def test_a_lock_under_way_is_no_ticket(gateway: Gateway, ticket: bytes) -> None:
    message = gateway.world.lock_draft(WANYUE, ticket, LANWAN, SHARE).message
    act = gateway.draft(WANYUE, "Lock", message)
    for party in (WANYUE, LANWAN):
        gateway.sign(party, act)
    lock = gateway.child(ticket, act, 0)
    assert gateway.state(lock) == State.COMPLETE
    for holder in (WANYUE, LANWAN):
        with pytest.raises(UnknownTicket):
            offered(gateway, holder, lock, (XICHUAN, SHARE))


REFUSED: list[tuple[Party, list[tuple[Party, int]], type[GoldTicketError]]] = [
    (WANYUE, [(XICHUAN, SHARE)], NotYours),
    (WUZE, [(XICHUAN, SHARE), (SUHENG, SHARE)], NotEnough),
    (WUZE, [(XICHUAN, 5)], BelowMinimum),
    (WUZE, [(XICHUAN, SHARE - 5)], RemainderBelowMinimum),
    (WUZE, [(LANGONG, SHARE)], NotAReceiver),
    (WUZE, [(WUZE, SHARE)], NotAReceiver),
]


@pytest.mark.parametrize(("holder", "children", "error"), REFUSED)
def test_it_is_judged_as_what_it_will_be(
    gateway: Gateway,
    ticket: bytes,
    holder: Party,
    children: list[tuple[Party, int]],
    error: type[GoldTicketError],
) -> None:
    child = accepted(gateway, WANYUE, ticket, WUZE, SHARE)
    with pytest.raises(error):
        offered(gateway, holder, child, *children)


def test_what_is_on_offer_already_is_not_offered_again(gateway: Gateway, ticket: bytes) -> None:
    child = accepted(gateway, WANYUE, ticket, WUZE, SHARE)
    offered(gateway, WUZE, child, (XICHUAN, SHARE // 2))
    with pytest.raises(NotEnough, match=r"the part of GT-\d{6} that is under way has 50,000.00 yuan free"):
        offered(gateway, WUZE, child, (SUHENG, SHARE))
    offered(gateway, WUZE, child, (SUHENG, SHARE // 2))
    assert gateway.reserved(child) == SHARE


def test_no_deeper_than_the_issuance_allows(gateway: Gateway, ticket: bytes) -> None:
    people = [WANYUE, WUZE]
    for generation in range(10):
        ticket = accepted(gateway, people[generation % 2], ticket, people[1 - generation % 2], SHARE)
    with pytest.raises(DepthExhausted):
        offered(gateway, WANYUE, ticket, (XICHUAN, SHARE))
    gateway.settle()
    assert (gateway.ticket(ticket).depth, gateway.ticket(ticket).tier) == (0, 11)


def test_generations_take_effect_in_their_order(gateway: Gateway, ticket: bytes) -> None:
    first = accepted(gateway, WANYUE, ticket, WUZE, SHARE)
    second = accepted(gateway, WUZE, first, SUHENG, SHARE // 2)
    third = accepted(gateway, SUHENG, second, XICHUAN, SHARE // 4)
    expected = {id_: gateway.book.read(lambda s, id_=id_: word_of(s, id_)) for id_ in (first, second, third)}
    gateway.settle()
    assert [gateway.ticket(id_).path for id_ in (first, second, third)] == ["1", "1-1", "1-1-1"]
    for id_, judged in expected.items():
        assert judged is not None
        assert _fixed(gateway.ticket(id_)) == _fixed(judged)
    assert gateway.ticket(third).value == SHARE // 4
    assert all(gateway.reserved(id_) == 0 for id_ in (ticket, first, second, third))
    assert gateway.verify().clean


def test_behind_one_that_is_sent_already(gateway: Gateway, ticket: bytes) -> None:
    send, held = gateway.chain.send, []
    gateway.chain.send = held.append
    first = accepted(gateway, WANYUE, ticket, WUZE, SHARE)
    assert gateway.relay.step() == 1
    second = accepted(gateway, WUZE, first, SUHENG, SHARE)
    assert gateway.relay.step() == 1
    gateway.chain.send = send
    for raw in held:
        send(raw)
    gateway.settle()
    assert gateway.ticket(second).party == SUHENG.id


def test_offers_of_it_are_withdrawn_before_it_is_there(gateway: Gateway, ticket: bytes) -> None:
    child = accepted(gateway, WANYUE, ticket, WUZE, SHARE)
    offer = offered(gateway, WUZE, child, (XICHUAN, SHARE))
    withdrawal = gateway.book.write(lambda s: gateway.service.withdraw(s, gateway.user(WUZE), offer.id))
    gateway.sign(WUZE, withdrawal)
    gateway.settle()
    assert gateway.state(gateway.child(child, offer, 0)) == State.WITHDRAWN
    assert (gateway.ticket(child).value, gateway.reserved(child)) == (SHARE, 0)


def test_what_lives_on_a_refused_one_ends_with_it(gateway: Gateway, ticket: bytes) -> None:
    first, second, offer = _living(gateway, ticket)
    gateway.world.fund((ticket, gateway.ticket(ticket).value))
    gateway.settle()
    assert (gateway.state(first), gateway.leg(first).reason["code"]) == (State.REFUSED, "FullyFunded")
    _ended(gateway, [second, gateway.child(second, offer, 0)], "refused (FullyFunded)")


def test_what_lives_on_a_withdrawn_one_ends_with_it(gateway: Gateway, ticket: bytes) -> None:
    first, second, offer = _living(gateway, ticket)
    gateway.world.withdraw_all(WANYUE, ticket)
    gateway.watch.step()
    assert gateway.state(first) == State.WITHDRAWN
    _ended(gateway, [second, gateway.child(second, offer, 0)], "withdrawn")


def test_what_lives_on_an_expired_one_ends_with_it(gateway: Gateway, ticket: bytes) -> None:
    first, second, offer = _living(gateway, ticket)
    gateway.advance(8 * DAY)
    gateway.settle()
    assert gateway.state(first) == State.EXPIRED
    assert {gateway.state(leg) for leg in (second, gateway.child(second, offer, 0))} <= {
        State.EXPIRED,
        State.REFUSED,
    }
    assert gateway.reserved(first) == gateway.reserved(second) == 0


def test_one_in_a_transaction_ends_with_its_parent(gateway: Gateway, ticket: bytes) -> None:
    first = accepted(gateway, WANYUE, ticket, WUZE, SHARE)
    second = accepted(gateway, WUZE, first, SUHENG, SHARE)
    send, held = gateway.chain.send, []
    gateway.chain.send = held.append
    assert gateway.relay.step() == 2
    gateway.chain.send = send
    gateway.world.withdraw_all(WANYUE, ticket)
    gateway.settle()
    assert gateway.state(first) in (State.WITHDRAWN, State.REFUSED)
    assert gateway.state(second) == State.REFUSED
    assert gateway.reserved(ticket) == gateway.reserved(first) == 0
    assert gateway.verify().clean


def _living(gateway: Gateway, ticket: bytes) -> tuple[bytes, bytes, Act]:
    """A complete child, a complete child of that, and an offer out of this one which nobody has accepted."""
    first = accepted(gateway, WANYUE, ticket, WUZE, SHARE)
    second = accepted(gateway, WUZE, first, SUHENG, SHARE)
    return first, second, offered(gateway, SUHENG, second, (CHANGLI, SHARE))


def _ended(gateway: Gateway, legs: list[bytes], how: str) -> None:
    for leg in legs:
        found = gateway.leg(leg)
        assert (found.state, found.reason["code"]) == (State.REFUSED, "parent-ended")
        assert found.reason["by"] == 0, "no participant has refused it"
        assert how in found.reason["message"]
    assert all(gateway.reserved(leg) == 0 for leg in legs)


def _fixed(word: Ticket) -> tuple[Any, ...]:
    """All of a word but its number and time, which it gets when it is mined."""
    return word.id, word.issuance, word.parent, word.party, word.depth, word.tier, word.version


def test_it_is_named_by_what_it_comes_out_of(gateway: Gateway, ticket: bytes) -> None:
    first = accepted(gateway, WANYUE, ticket, WUZE, SHARE)
    second = accepted(gateway, WUZE, first, SUHENG, SHARE)

    def names(store: Any) -> list[str]:
        issuance = store.need(Issuance, ticket[:16])
        return [number_of(issuance, word_of(store, id_)) for id_ in (ticket, first, second)]

    before = gateway.book.read(names)
    assert before[1] == before[2] == f"the part of {before[0]} that is under way"
    gateway.settle()
    assert gateway.book.read(names)[2] == f"{before[0]}-1-1"
