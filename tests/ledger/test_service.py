"""The service: who may draft, sign and reject, and that a request is answered once.

given a key of the wrong kind, or of somebody else
    it should refuse the signature and keep the act as it was
given maker and checker
    it should want two keys of two people, and take nothing twice
given a repeated Idempotency-Key
    it should give the first answer, and refuse another body
given an offer that its holder has not signed
    it should not be there for its receiver
given a value on offer
    it should not be offered again
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.access import MissingScope, NotYours
from ledger.acts import State, WrongState
from ledger.errors import GoldTicketError, Invalid, NotFound
from ledger.ids import new_salt
from ledger.records import Act, Leg, Seat, Signature, User
from ledger.seats import SamePerson, WrongSigner
from ledger.service import KeyReused
from tests.support.actors import LANWAN, WANYUE, WUZE, XICHUAN, Party
from tests.support.gateway import SHARE, Gateway
from tests.support.world import DAY, FACE


def offer(gateway: Gateway, ticket: bytes, seat: str = "sole", value: int = SHARE) -> Act:
    child = {"to": WUZE.id, "value": value, "trade": new_salt(), "salt": new_salt()}
    return gateway.draft(WANYUE, "Offer", {"ticket": ticket, "version": 0, "children": [child]}, seat)


def signatures(gateway: Gateway, act: Act) -> list[Signature]:
    return gateway.book.read(lambda s: s.find(Signature, act=act.id))


def outside(gateway: Gateway, act: Act, place: int, who: Party, caller: Party, key: str = "sole") -> None:
    def work(store: Any) -> None:
        seat = store.need(Seat, act.id, place)
        signature = getattr(who, key).sign(seat.digest)
        gateway.service.sign(store, gateway.user(caller), act.id, place, signature)

    gateway.book.write(work)


def test_a_stranger_finds_nothing(gateway: Gateway, ticket: bytes) -> None:
    act = offer(gateway, ticket)
    with pytest.raises(NotFound):
        gateway.sign(XICHUAN, act, place=0)


def test_the_receiver_can_not_sign_for_the_holder(gateway: Gateway, ticket: bytes) -> None:
    act = offer(gateway, ticket, "maker")
    gateway.sign(WANYUE, act, seat="maker")
    with pytest.raises(NotFound):
        gateway.sign(WUZE, act, place=0)
    gateway.sign(WANYUE, act, seat="checker")
    signed = signatures(gateway, act)
    with pytest.raises(NotYours):
        gateway.sign(WUZE, act, place=0)
    with pytest.raises(WrongSigner, match="signs for participant"):
        outside(gateway, act, 0, WUZE, WUZE)
    assert signatures(gateway, act) == signed


def test_garbage_is_no_signature(gateway: Gateway, ticket: bytes) -> None:
    act = offer(gateway, ticket)
    with pytest.raises(GoldTicketError):
        gateway.book.write(lambda s: gateway.service.sign(s, gateway.user(WANYUE), act.id, 0, bytes(64)))


def test_a_maker_alone_completes_nothing(gateway: Gateway, ticket: bytes) -> None:
    act = offer(gateway, ticket, "maker")
    gateway.sign(WANYUE, act, 0, "maker")
    with pytest.raises(NotFound):
        gateway.sign(WUZE, act)
    assert gateway.state(gateway.child(ticket, act, 0)) == State.AWAITING
    with pytest.raises(WrongState, match="signed this already"):
        gateway.sign(WANYUE, act, 0, "maker")
    gateway.sign(WANYUE, act, 0, "checker")
    gateway.sign(WUZE, act)
    assert gateway.state(gateway.child(ticket, act, 0)) == State.COMPLETE


def test_one_person_with_two_keys_is_still_one_person(gateway: Gateway, ticket: bytes) -> None:
    act = offer(gateway, ticket, "maker")
    gateway.sign(WANYUE, act, 0, "maker")
    maker = gateway.user(WANYUE, "maker")

    def same_person(store: Any) -> None:
        checker = store.need(User, gateway.user(WANYUE, "checker").id)
        signed = store.find(Signature, act=act.id)[0]
        store.put(replace(signed, user=checker.id))

    gateway.book.write(same_person)
    with pytest.raises(SamePerson):
        gateway.sign(WANYUE, act, 0, "checker")
    assert maker.party == WANYUE.id


def test_a_checker_drafts_nothing(gateway: Gateway, ticket: bytes) -> None:
    with pytest.raises(MissingScope):
        offer(gateway, ticket, "checker")


def test_somebody_elses_ticket_is_not_offered(gateway: Gateway, ticket: bytes) -> None:
    child = {"to": XICHUAN.id, "value": SHARE, "trade": new_salt(), "salt": new_salt()}
    with pytest.raises(GoldTicketError):
        gateway.draft(WUZE, "Offer", {"ticket": ticket, "version": 0, "children": [child]})


def test_value_on_offer_is_not_offered_again(gateway: Gateway, ticket: bytes) -> None:
    offer(gateway, ticket, value=FACE - SHARE)
    with pytest.raises(GoldTicketError):
        offer(gateway, ticket, value=2 * SHARE)


def test_only_who_is_asked_can_reject_and_only_with_a_reason(gateway: Gateway, ticket: bytes) -> None:
    act = offer(gateway, ticket)
    leg = gateway.child(ticket, act, 0)
    with pytest.raises(NotFound):
        gateway.book.write(
            lambda s: gateway.service.reject(s, gateway.user(WUZE), leg, "not shown to it yet")
        )
    gateway.sign(WANYUE, act)
    with pytest.raises(NotFound):
        gateway.book.write(lambda s: gateway.service.reject(s, gateway.user(LANWAN), leg, "no"))
    with pytest.raises(Invalid, match="reason is empty"):
        gateway.book.write(lambda s: gateway.service.reject(s, gateway.user(WUZE), leg, "  "))
    gateway.book.write(lambda s: gateway.service.reject(s, gateway.user(WUZE), leg, "尚未收货"))
    with pytest.raises(WrongState):
        gateway.sign(WUZE, act)


def test_after_the_deadline_nothing_is_signed(gateway: Gateway, ticket: bytes) -> None:
    act = offer(gateway, ticket)
    gateway.advance(8 * DAY)
    with pytest.raises(WrongState, match="deadline"):
        gateway.sign(WANYUE, act)


def test_typed_data_is_what_is_signed(gateway: Gateway, ticket: bytes) -> None:
    from eth_account import Account
    from eth_account.messages import encode_typed_data

    from ledger.addresses import parse_address

    act = offer(gateway, ticket)
    gateway.sign(WANYUE, act)
    for place, who in ((0, WANYUE), (1, WUZE)):
        data = gateway.book.read(
            lambda s, place=place, who=who: gateway.service.typed_data(s, gateway.user(who), act.id, place)
        )
        message = encode_typed_data(full_message=data)
        seat = gateway.book.read(lambda s, place=place: s.need(Seat, act.id, place))
        signed = who.sole.sign(seat.digest)
        vs = int.from_bytes(signed[32:], "big")
        recovered = Account.recover_message(
            message,
            vrs=(27 + (vs >> 255), int.from_bytes(signed[:32], "big"), vs & ((1 << 255) - 1)),
        )
        assert parse_address(recovered) == parse_address(who.sole.address)


def test_a_repeated_request_gets_the_first_answer(gateway: Gateway, ticket: bytes) -> None:
    calls = []

    def once(body: bytes) -> Any:
        def work(store: Any) -> Any:
            def draft() -> tuple[int, str]:
                calls.append(body)
                return 201, f"answer {len(calls)}"

            return gateway.service.once(store, "scope", "key 1", body, draft)

        return gateway.book.write(work)

    first, again = once(b"a"), once(b"a")
    assert (first.body, first.again) == ("answer 1", False)
    assert (again.body, again.again, again.status) == ("answer 1", True, 201)
    with pytest.raises(KeyReused):
        once(b"b")
    assert calls == [b"a"]


def test_what_fails_leaves_nothing_behind(gateway: Gateway, ticket: bytes) -> None:
    before = gateway.book.read(lambda s: (s.count(Act), s.count(Leg), s.count(Seat)))
    with pytest.raises(GoldTicketError):
        offer(gateway, ticket, value=FACE + 1)
    assert gateway.book.read(lambda s: (s.count(Act), s.count(Leg), s.count(Seat))) == before
