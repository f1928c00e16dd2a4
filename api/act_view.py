"""An act as one participant may see it: a receiver of one child sees nothing of the other children."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.models.acts import AboutOut, ActOut, LegOut, ReasonOut, SeatOut, SignatureMade
from api.models.parties import party_out
from ledger import kinds, typed
from ledger.access import visible
from ledger.acts import State, derive
from ledger.clock import shanghai_date
from ledger.ids import ticket_number, to_hex
from ledger.messages import message_of
from ledger.ports import Store
from ledger.records import Act, Issuance, Leg, Seat, Signature, Ticket, User
from ledger.tickets import number_of
from ledger.trade_evidence import visible as visible_evidence

UNSIGNED = (State.DRAFT, State.AWAITING)


def act_out(store: Store, caller: User, act: Act) -> ActOut:
    """What the caller may see of an act that it is a party to."""
    whole, legs = sees_whole(store, caller, act), seen_legs(store, caller, act)
    shown = {leg.id for leg in legs}
    seats = [seat for seat in store.find(Seat, act=act.id) if not seat.leg or seat.leg in shown]
    signatures = store.find(Signature, act=act.id)
    extra = act.extra if whole else visible_evidence(act.extra, act.message, caller.party, act.party)
    return ActOut(
        id=act.id,
        kind=act.kind,
        stage=kinds.kind(act.kind).stage,
        state=str(derive(leg.state for leg in legs)),
        party=party_out(store, act.party),
        subject=act.subject,
        about=_about(store, act),
        created_at=act.created_at,
        deadline=act.deadline,
        message=act.message if whole else _own_children(act, {leg.place for leg in legs}),
        extra=extra,
        legs=[_leg(store, leg) for leg in legs],
        seats=[_seat(store, seat, signatures) for seat in seats],
    )


def sees_whole(store: Store, caller: User, act: Act) -> bool:
    """Whether nothing of the act is hidden: all but offers, and an offer for its holder."""
    if act.kind != "Offer" or caller.party == act.party:
        return True
    return bool(store.count(Seat, act=act.id, party=caller.party, leg=b""))


def seen_legs(store: Store, caller: User, act: Act) -> list[Leg]:
    """The legs that the caller may see."""
    whole = sees_whole(store, caller, act)
    shown = [leg for leg in store.find(Leg, act=act.id) if whole or leg.party == caller.party]
    return sorted(shown, key=lambda leg: leg.place)


def state_of(store: Store, caller: User, act: Act) -> State:
    """The act's state, as far as the caller sees its legs."""
    return derive(leg.state for leg in seen_legs(store, caller, act))


def waits_for(store: Store, caller: User, act: Act, now: int) -> bool:
    """Whether a signature of the caller's company is still wanted for anything of this act."""
    if now > act.deadline or not visible(store, caller, act):
        return False
    legs = [leg for leg in store.find(Leg, act=act.id) if leg.state in UNSIGNED]
    wanted = {leg.id for leg in legs}
    seats = store.find(Seat, act=act.id, party=caller.party, done=False)
    return any(seat.leg in wanted if seat.leg else bool(wanted) for seat in seats)


def _about(store: Store, act: Act) -> AboutOut | None:
    """The issuance that the subject belongs to; the subject of other acts is a party and has no issuance."""
    issuance, ticket = store.get(Issuance, act.subject[:16]), store.get(Ticket, act.subject)
    if issuance is None:
        return None
    return AboutOut(
        number=number_of(issuance, ticket) if ticket else ticket_number(issuance.number),
        debtor=party_out(store, issuance.debtor),
        clearing_bank=party_out(store, issuance.clearing_bank),
        payment_date=shanghai_date(issuance.due),
        transferable_until=issuance.transferable_until,
        undertaking=issuance.undertaking,
    )


def _own_children(act: Act, places: set[int]) -> dict[str, Any]:
    """The offer with the other children as their struct hashes, which is all that the contract is given of them."""
    children = message_of(act)["children"]
    shown = [
        child if place in places else {"hash": to_hex(typed.struct_hash("Child", children[place]))}
        for place, child in enumerate(act.message["children"])
    ]
    return {**act.message, "children": shown}


def _leg(store: Store, leg: Leg) -> LegOut:
    return LegOut(
        id=leg.id,
        place=leg.place,
        party=party_out(store, leg.party) if leg.party else None,
        value=leg.value,
        state=leg.state,
        reason=ReasonOut(**leg.reason) if leg.reason else None,
        changed_at=leg.changed_at,
    )


def _seat(store: Store, seat: Seat, signatures: Sequence[Signature]) -> SeatOut:
    made = [s for s in signatures if s.place == seat.place]
    return SeatOut(
        place=seat.place,
        leg=seat.leg or None,
        kind=seat.kind,
        party=party_out(store, seat.party) if seat.party else None,
        address=seat.address or None,
        digest=seat.digest,
        done=seat.done,
        signatures=[
            SignatureMade(address=s.address, right=s.right, signature=s.signature, at=s.at) for s in made
        ],
    )
