"""One gateway over one chain: what is signed takes effect, once, and the book says what the chain says.

given a ticket and an offer of it
    when nobody has accepted: it should reserve the value, and move nothing
    when one receiver accepts: it should move that child alone
    when one rejects: it should keep the reservation until the withdrawal is mined
    when the deadline passes: it should expire and free the value
    when the ticket was drained by somebody's direct transaction: it should wait, and say what for
given a relay that dies before it sends
    it should send the same bytes afterwards, and carry nothing out twice
given acts that others relayed
    it should mark the known ones final and adopt the unknown ones
given a book that somebody changed
    it should be named by verify
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.acts import State
from ledger.ports import RawTransaction
from ledger.records import Act, Leg, Ticket, Transaction
from ledger.tickets import free
from ledger.work.watch import ChainDiverged
from tests.support.actors import HUAIYUE, LANGONG, WANYUE, WUZE, XICHUAN
from tests.support.evm_chain import START
from tests.support.gateway import SHARE, Gateway
from tests.support.world import DAY, DUE, FACE


def free_of(gateway: Gateway, ticket: bytes) -> int:
    return gateway.book.read(lambda s: free(s, s.need(Ticket, ticket), gateway.clock.now()))


def test_an_offer_reserves_and_moves_nothing(gateway: Gateway, ticket: bytes) -> None:
    gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.settle()
    assert gateway.ticket(ticket).value == FACE
    assert free_of(gateway, ticket) == FACE - SHARE


def test_each_child_goes_by_itself(gateway: Gateway, ticket: bytes) -> None:
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE), (XICHUAN, 2 * SHARE))
    gateway.sign(XICHUAN, act)
    gateway.settle()
    first, second = gateway.child(ticket, act, 0), gateway.child(ticket, act, 1)
    assert (gateway.state(first), gateway.state(second)) == (State.AWAITING, State.FINAL)
    assert gateway.ticket(second).party == XICHUAN.id
    assert gateway.ticket(ticket).value == FACE - 2 * SHARE
    gateway.sign(WUZE, act)
    gateway.settle()
    assert gateway.ticket(first).value == SHARE
    assert gateway.reserved(ticket) == 0
    assert gateway.verify().clean


def test_a_rejected_child_stays_reserved_until_its_withdrawal_is_mined(
    gateway: Gateway, ticket: bytes
) -> None:
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    leg = gateway.child(ticket, act, 0)
    gateway.book.write(lambda s: gateway.service.reject(s, gateway.user(WUZE), leg, "金额与合同不符"))
    gateway.settle()
    assert gateway.state(leg) == State.REJECTED
    assert gateway.reserved(ticket) == SHARE
    withdrawal = gateway.book.write(lambda s: gateway.service.withdraw(s, gateway.user(WANYUE), act.id))
    gateway.sign(WANYUE, withdrawal)
    gateway.settle()
    assert gateway.state(leg) == State.WITHDRAWN
    assert gateway.reserved(ticket) == 0
    assert gateway.verify().clean


def test_an_expired_offer_frees_its_value(gateway: Gateway, ticket: bytes) -> None:
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.advance(8 * DAY)
    gateway.settle()
    assert gateway.state(gateway.child(ticket, act, 0)) == State.EXPIRED
    assert gateway.reserved(ticket) == 0


def test_a_reason_that_can_pass_keeps_the_leg_waiting(gateway: Gateway, ticket: bytes) -> None:
    act = gateway.offer(WANYUE, ticket, (WUZE, FACE))
    gateway.world.panel(
        "Freeze", ticket=ticket, order=b"\x07" * 32, amount=SHARE, end=gateway.world.now + 30 * DAY
    )
    gateway.sign(WUZE, act)
    gateway.settle()
    leg = gateway.leg(gateway.child(ticket, act, 0))
    assert (leg.state, leg.reason["code"]) == (State.COMPLETE, "NotEnough")
    gateway.world.panel("Unfreeze", ticket=ticket, order=b"\x07" * 32)
    gateway.settle()
    assert gateway.state(leg.id) == State.FINAL


def test_a_reason_that_stays_ends_the_leg(gateway: Gateway, ticket: bytes) -> None:
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.world.withdraw_all(WANYUE, ticket)
    gateway.sign(WUZE, act)
    gateway.settle()
    leg = gateway.leg(gateway.child(ticket, act, 0))
    assert leg.state in (State.REFUSED, State.WITHDRAWN)
    assert gateway.reserved(ticket) == 0


def test_a_relay_that_dies_before_it_sends_sends_the_same_bytes_later(
    gateway: Gateway, ticket: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.sign(WUZE, act)
    gateway.watch.step()

    def die(transaction: RawTransaction) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(gateway.chain, "send", die)
        with pytest.raises(KeyboardInterrupt):
            gateway.relay.step()
    [saved] = gateway.book.read(lambda s: s.find(Transaction, state="sent"))
    leg = gateway.child(ticket, act, 0)
    assert gateway.state(leg) == State.RELAYED
    gateway.settle()
    assert gateway.state(leg) == State.FINAL
    mined = gateway.book.read(lambda s: s.need(Transaction, saved.hash))
    assert (mined.state, mined.nonce) == ("mined", saved.nonce)
    assert gateway.ticket(ticket).value == FACE - SHARE


def test_what_others_relayed_is_final_here_too(gateway: Gateway, ticket: bytes) -> None:
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.sign(WUZE, act)
    data = gateway.book.read(lambda s: _calldata(s, gateway, act))
    gateway.world.send(data).expect()
    gateway.settle()
    assert gateway.state(gateway.child(ticket, act, 0)) == State.FINAL
    assert gateway.ticket(ticket).value == FACE - SHARE


def test_a_changed_book_is_named(gateway: Gateway, ticket: bytes) -> None:
    def steal(store: Any) -> None:
        store.put(replace(store.need(Ticket, ticket), party=WUZE.id))

    gateway.book.write(steal)
    report = gateway.verify()
    assert not report.clean
    assert any(ticket.hex() in difference for difference in report.differences)


def test_another_chain_stops_the_watcher(gateway: Gateway, ticket: bytes) -> None:
    height = gateway.chain.head().number
    gateway.chain._blocks[height - START] = replace(gateway.chain._blocks[-1], hash=b"\x09" * 32)
    with pytest.raises(ChainDiverged, match="goldticket rebuild"):
        gateway.watch.step()


def test_a_whole_life(gateway: Gateway, ticket: bytes) -> None:
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.sign(WUZE, act)
    gateway.settle()
    child = gateway.child(ticket, act, 0)
    gateway.advance(DUE - gateway.world.now)
    issuance = ticket[:16]
    gateway.carry_out(
        "Fund",
        {
            "bank": HUAIYUE.id,
            "ref": b"\x01" * 32,
            "total": FACE,
            "legs": [{"issuance": issuance, "amount": FACE}],
        },
        HUAIYUE,
    )
    lines = [
        {"ticket": id_, "amount": gateway.ticket(id_).value, "paidAt": gateway.world.now}
        for id_ in (ticket, child)
    ]
    gateway.carry_out("PayOut", {"bank": HUAIYUE.id, "ref": b"\x02" * 32, "lines": lines}, HUAIYUE)
    assert [gateway.ticket(id_).taken for id_ in (ticket, child)] == [FACE - SHARE, SHARE]
    states = {leg.state for leg in gateway.book.read(lambda s: s.find(Leg))}
    assert states == {State.FINAL}
    assert gateway.verify().clean


def _calldata(store: Any, gateway: Gateway, act: Act) -> bytes:
    from ledger.work.calldata import of_legs

    return of_legs(store, gateway.chain, act, store.find(Leg, act=act.id))


def test_legs_go_out_in_the_order_in_which_they_became_complete(gateway: Gateway, ticket: bytes) -> None:
    acts = [gateway.offer(WANYUE, ticket, (WUZE, SHARE)) for _ in range(6)]
    for act in reversed(acts):
        gateway.sign(WUZE, act)
    gateway.settle()
    paths = [gateway.ticket(gateway.child(ticket, act, 0)).path for act in reversed(acts)]
    assert paths == ["1", "2", "3", "4", "5", "6"]


def test_a_waiting_leg_keeps_no_other_from_its_turn(gateway: Gateway, ticket: bytes) -> None:
    waiting = gateway.offer(WANYUE, ticket, (WUZE, FACE))
    gateway.world.panel(
        "Freeze", ticket=ticket, order=b"\x07" * 32, amount=SHARE, end=gateway.world.now + 30 * DAY
    )
    gateway.sign(WUZE, waiting)
    gateway.settle()
    other = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    assert gateway.ticket(other).value == FACE
    assert gateway.state(gateway.child(ticket, waiting, 0)) == State.COMPLETE


def test_lines_that_the_contract_does_not_take_are_told(gateway: Gateway, ticket: bytes) -> None:
    other = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    gateway.advance(DUE - gateway.world.now)
    legs = [{"issuance": id_[:16], "amount": FACE} for id_ in (ticket, other)]
    gateway.carry_out(
        "Fund", {"bank": HUAIYUE.id, "ref": b"\x01" * 32, "total": 2 * FACE, "legs": legs}, HUAIYUE
    )
    lines = [{"ticket": id_, "amount": FACE, "paidAt": gateway.world.now} for id_ in (ticket, other)]
    act = gateway.draft(HUAIYUE, "PayOut", {"bank": HUAIYUE.id, "ref": b"\x02" * 32, "lines": lines})
    gateway.world.pay_out((other, FACE))
    gateway.sign(HUAIYUE, act)
    gateway.settle()
    leg = gateway.leg(act.id)
    assert (leg.state, leg.reason["code"]) == (State.FINAL, "lines-refused")
    assert list(leg.reason["lines"]) == ["0x" + other.hex()]
    assert gateway.ticket(ticket).taken == FACE
