"""From signed legs to the calldata of the contract's functions, and the gas that goes with it.

What many calls need is read at once (`papers`), so that a batch costs three queries and not three for each act.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ledger import kinds
from ledger.acts import join
from ledger.errors import NotFound
from ledger.messages import message_of
from ledger.ports import Call, Chain, Store
from ledger.records import Act, Governance, Issuance, Leg, Seat, Signature
from ledger.work import gas

R = TypeVar("R")
AT_ONCE = 512
"""Keys in one query."""


@dataclass(frozen=True)
class Papers:
    """Acts with their seats and signatures, by the act's id; `issues`: the issue acts that others must carry in
    full, by the id of the act that carries them; `threshold`: of the panel."""

    acts: dict[bytes, Act]
    seats: dict[bytes, list[Seat]]
    signatures: dict[bytes, list[Signature]]
    issues: dict[bytes, Act]
    threshold: int


def papers(store: Store, acts: Mapping[bytes, Act]) -> Papers:
    """All that the calls of these acts need."""
    wanted = list(acts)
    seats: dict[bytes, list[Seat]] = defaultdict(list)
    for seat in find_all(store, Seat, "act", wanted):
        seats[seat.act].append(seat)
    signatures: dict[bytes, list[Signature]] = defaultdict(list)
    for signature in find_all(store, Signature, "act", wanted):
        signatures[signature.act].append(signature)
    carriers = [act for act in acts.values() if act.kind in ("WithdrawIssue", "Void")]
    issues = {act.id: issue for act in carriers if (issue := _issue(store, act, message_of(act)))}
    governance = store.get(Governance, 1)
    return Papers(dict(acts), seats, signatures, issues, governance.threshold if governance else 0)


def find_all(store: Store, kind: type[R], field: str, values: Sequence[Any]) -> list[R]:
    """Records whose `field` is one of many values. Lists are filled up to a power of two, so that few different
    statements are ever prepared."""
    found: list[R] = []
    for start in range(0, len(values), AT_ONCE):
        part = list(values[start : start + AT_ONCE])
        part += [part[-1]] * ((1 << (len(part) - 1).bit_length()) - len(part))
        where: dict[str, Any] = {field: part}
        found += store.find(kind, **where)
    return found


def of_legs(store: Store, chain: Chain, act: Act, legs: Sequence[Leg]) -> bytes:
    """The calldata that carries out these legs of one act, which have all their signatures."""
    return call(papers(store, {act.id: act}), chain, act, legs).data


def call(given: Papers, chain: Chain, act: Act, legs: Sequence[Leg]) -> Call:
    """As `of_legs`, with its gas. Raises NotFound for an issue act that is not known here."""
    message = message_of(act)
    function = kinds.kind(act.kind).function
    if act.kind == "Offer":
        return _transfer(given, chain, act, message, legs)
    if act.kind in ("ReturnLock", "ReportOverdue"):
        subject = message["lock"] if act.kind == "ReturnLock" else message["issuance"]
        return Call(gas.of_act(act.kind, message, 0), chain.encode(function, subject))
    signatures = _signatures(given, act)
    arguments: list[Any] = [message, signatures]
    if act.kind in ("WithdrawIssue", "Void"):
        if act.id not in given.issues:
            raise NotFound("The issue act that this one ends is not known here; enter it first.", act=act.id)
        arguments.insert(0, message_of(given.issues[act.id]))
    count = sum(map(len, signatures)) // 64
    return Call(gas.of_act(act.kind, message, count), chain.encode(function, *arguments))


def _transfer(given: Papers, chain: Chain, act: Act, message: dict[str, Any], legs: Sequence[Leg]) -> Call:
    """Each leg has its own acceptance, so that each stands alone."""
    by_seat = _by_seat(given, act)
    by_leg = {seat.leg: seat for seat in given.seats[act.id]}
    holder = join(by_seat[by_leg[b""].place]) or b""
    acceptances = [
        (leg.party, [leg.place], join(by_seat[by_leg[leg.id].place]) or b"")
        for leg in sorted(legs, key=lambda item: item.place)
    ]
    count = (len(holder) + sum(len(signed) for _, _, signed in acceptances)) // 64
    needed = gas.of_transfer(len(legs), len(message["children"]) - len(legs), count)
    return Call(needed, chain.encode_transfer(message, holder, acceptances))


def _signatures(given: Papers, act: Act) -> list[bytes]:
    """In the order of the seats; of the panel as many as the threshold asks for, ascending by member."""
    by_seat = _by_seat(given, act)
    seats = given.seats[act.id]
    named = [_joined(s, by_seat[s.place]) for s in seats if s.kind != "panel"]
    panel = sorted((s for s in seats if s.kind == "panel" and s.done), key=lambda s: s.party)
    return named + [_joined(s, by_seat[s.place]) for s in panel[: given.threshold]]


def _joined(seat: Seat, signatures: list[Signature]) -> bytes:
    if seat.kind == "key":
        return signatures[0].signature
    return join(signatures) or b""


def _by_seat(given: Papers, act: Act) -> dict[int, list[Signature]]:
    found: dict[int, list[Signature]] = {seat.place: [] for seat in given.seats[act.id]}
    for signature in given.signatures[act.id]:
        found[signature.place].append(signature)
    return found


def _issue(store: Store, act: Act, message: dict[str, Any]) -> Act | None:
    """The issue act that a withdrawal or a void needs in full."""
    if act.kind == "WithdrawIssue":
        return store.get(Act, message["issue"])
    issuance = store.get(Issuance, message["issuance"])
    return store.get(Act, issuance.digest) if issuance else None
