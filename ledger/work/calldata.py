"""From signed legs to the calldata of the contract's functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger import kinds
from ledger.acts import join
from ledger.messages import message_of
from ledger.ports import Chain, Store
from ledger.records import Act, Governance, Issuance, Leg, Seat, Signature


def of_legs(store: Store, chain: Chain, act: Act, legs: Sequence[Leg]) -> bytes:
    """One call that carries out these legs of one act, which have all their signatures."""
    message = message_of(act)
    function = kinds.kind(act.kind).function
    if act.kind == "Offer":
        return _transfer(store, chain, act, message, legs)
    if act.kind in ("ReturnLock", "ReportOverdue"):
        return chain.encode(function, message["lock"] if act.kind == "ReturnLock" else message["issuance"])
    arguments: list[Any] = [message, _signatures(store, act)]
    if act.kind in ("WithdrawIssue", "Void"):
        arguments.insert(0, message_of(_issue(store, act, message)))
    return chain.encode(function, *arguments)


def _transfer(store: Store, chain: Chain, act: Act, message: dict[str, Any], legs: Sequence[Leg]) -> bytes:
    """Each leg has its own acceptance, so that each stands alone."""
    by_seat = _by_seat(store, act)
    seats = store.find(Seat, act=act.id)
    holder = next(s for s in seats if not s.leg)
    acceptances = []
    for leg in sorted(legs, key=lambda item: item.place):
        seat = next(s for s in seats if s.leg == leg.id)
        acceptances.append((leg.party, [leg.place], join(by_seat[seat.place]) or b""))
    return chain.encode_transfer(message, join(by_seat[holder.place]) or b"", acceptances)


def _signatures(store: Store, act: Act) -> list[bytes]:
    """In the order of the seats; of the panel as many as the threshold asks for, ascending by member."""
    by_seat = _by_seat(store, act)
    seats = store.find(Seat, act=act.id)
    named = [_joined(s, by_seat[s.place]) for s in seats if s.kind != "panel"]
    panel = sorted((s for s in seats if s.kind == "panel" and s.done), key=lambda s: s.party)
    threshold = store.need(Governance, 1).threshold if panel else 0
    return named + [_joined(s, by_seat[s.place]) for s in panel[:threshold]]


def _joined(seat: Seat, signatures: list[Signature]) -> bytes:
    if seat.kind == "key":
        return signatures[0].signature
    return join(signatures) or b""


def _by_seat(store: Store, act: Act) -> dict[int, list[Signature]]:
    found: dict[int, list[Signature]] = {seat.place: [] for seat in store.find(Seat, act=act.id)}
    for signature in store.find(Signature, act=act.id):
        found[signature.place].append(signature)
    return found


def _issue(store: Store, act: Act, message: dict[str, Any]) -> Act:
    """The issue act that a withdrawal or a void needs in full."""
    if act.kind == "WithdrawIssue":
        return store.need(Act, message["issue"])
    return store.need(Act, store.need(Issuance, message["issuance"]).digest)
