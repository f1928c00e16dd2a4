"""Which seats of an act a caller may see and sign for."""

from __future__ import annotations

from api.models.acts import SignatureGiven
from ledger.acts import State
from ledger.errors import NotFound
from ledger.ports import Store
from ledger.records import Act, Leg, Seat, Signature, SignerKey, User
from ledger.signatures import recover


class NothingToSign(NotFound):
    """The act wants no signature of the caller's company, or has it already."""

    code = "nothing-to-sign"
    title = "Nothing of this act waits for your signature"


def open_seats(store: Store, caller: User, act: Act) -> list[Seat]:
    """The seats of the caller's company, or of its key, that have not enough signatures and none of this key."""
    unsigned = {leg.id for leg in store.find(Leg, act=act.id) if leg.state in (State.DRAFT, State.AWAITING)}
    signed = {s.place for s in store.find(Signature, act=act.id, address=caller.address)}
    return [
        seat
        for seat in store.find(Seat, act=act.id, done=False)
        if _is_ours(seat, caller)
        and seat.place not in signed
        and (seat.leg in unsigned if seat.leg else bool(unsigned))
    ]


def _is_ours(seat: Seat, caller: User) -> bool:
    return seat.address == caller.address if seat.address else seat.party == caller.party


def own_leg(store: Store, caller: User, leg: Leg) -> bool:
    """Whether a seat of this leg, or of the act as a whole, is the caller's company's."""
    return any(seat.party == caller.party for seat in store.find(Seat, act=leg.act, leg=[leg.id, b""]))


def seat_at(store: Store, caller: User, act: Act, place: int | None) -> Seat:
    """The seat at a place, or the first open one of the caller's company. Raises NotFound, NothingToSign."""
    if place is None:
        found = open_seats(store, caller, act)
        if not found:
            raise nothing_to_sign(act)
        return found[0]
    seat = store.get(Seat, act.id, place)
    if seat is None or not _visible_seat(store, caller, act, seat):
        raise NotFound(f"This act has no signature number {place}.", act=act.id, place=place)
    return seat


def _visible_seat(store: Store, caller: User, act: Act, seat: Seat) -> bool:
    if act.kind != "Offer" or not seat.leg or caller.party in (act.party, seat.party):
        return True
    return bool(store.count(Seat, act=act.id, party=caller.party, leg=b""))


def place_of(store: Store, caller: User, act: Act, body: SignatureGiven) -> int:
    """The seat that a signature from outside is for: the given one, else the first one open for its key."""
    if body.place is not None:
        return seat_at(store, caller, act, body.place).place
    open_ = [
        seat for seat in store.find(Seat, act=act.id, done=False) if _visible_seat(store, caller, act, seat)
    ]
    for seat in open_:
        address = recover(seat.digest, body.signature)
        if seat.address == address or (not seat.address and _signs_for(store, address, seat.party)):
            return seat.place
    if not open_:
        raise nothing_to_sign(act)
    own = [seat for seat in open_ if seat.party == caller.party]
    return (own or open_)[0].place


def _signs_for(store: Store, address: str, party: int) -> bool:
    key = store.get(SignerKey, address)
    return key is not None and key.party == party


def nothing_to_sign(act: Act) -> NothingToSign:
    """The error where no seat is open for the caller's company."""
    return NothingToSign(
        "Nothing of this act waits for your company's signature; look at its seats and states.", act=act.id
    )
