"""Seats of an act: which signatures are due, who may give them, and what they complete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ledger import typed
from ledger.acts import Due, State, WrongState, accept_message, join, leg_ids, leg_value, step
from ledger.errors import Forbidden, Invalid
from ledger.messages import message_of
from ledger.ports import Store
from ledger.records import Act, Governance, Leg, Reservation, Seat, Signature, SignerKey, User
from ledger.typed import Domain
from ledger.words import spendable


class SamePerson(Forbidden):
    """One person would be maker and checker of one act."""

    code = "same-person"
    title = "One person can't be maker and checker of the same act"


class WrongSigner(Invalid):
    """The signature is of a key that can't sign this."""

    code = "wrong-signer"
    title = "This signature is not one that the act needs"


def lay_seats(store: Store, domain: Domain, act: Act, message: dict[str, Any], dues: list[Due]) -> None:
    """A seat for each signature that is due."""
    for seat in seats_of(store, domain, act.kind, act.id, act.party, message, dues):
        store.add(seat)


def seats_of(
    store: Store, domain: Domain, kind: str, id_: bytes, party: int, message: dict[str, Any], dues: list[Due]
) -> list[Seat]:
    """The seats of an act, `party`'s, that is not saved yet."""
    legs = leg_ids(kind, id_, message)
    holder = spendable(store, message["ticket"]).party if kind == "Offer" else party
    made = []
    for place, due in enumerate(dues):
        digest = id_
        if due.leg is not None:
            digest = typed.digest(domain, "Accept", accept_message(id_, holder, message, due.leg))
        leg = b"" if due.leg is None else legs[due.leg]
        made.append(Seat(id_, place, leg, due.kind, due.party, due.address, digest))
    return made


def lay_legs(store: Store, act: Act, message: dict[str, Any], signed: bool, now: int) -> None:
    """The act's legs, and what they reserve. `signed`: whether anybody has to sign."""
    state = State.DRAFT if signed else State.COMPLETE
    for place, id_ in enumerate(leg_ids(act.kind, act.id, message)):
        value = leg_value(act.kind, message, place)
        party = message["children"][place]["to"] if act.kind == "Offer" else 0
        leg = Leg(id_, act.id, place, party, value, str(state), {}, act.deadline, now)
        store.add(leg if signed else replace(leg, queue=_last_in_queue(store) + 1))
        if value:
            store.add(Reservation(id_, message["ticket"], value, act.deadline))


def signed_at(store: Store, act: Act, seat: Seat) -> tuple[str, dict[str, Any]]:
    """Type and message of what one seat signs."""
    message = message_of(act)
    if not seat.leg:
        return act.kind, message
    holder = spendable(store, message["ticket"]).party
    return "Accept", accept_message(act.id, holder, message, store.need(Leg, seat.leg).place)


def require_open(store: Store, act: Act, seat: Seat, now: int) -> None:
    """Raises WrongState when the seat takes no more signatures."""
    legs = [store.need(Leg, seat.leg)] if seat.leg else store.find(Leg, act=act.id)
    if all(leg.state not in (State.DRAFT, State.AWAITING) for leg in legs):
        raise WrongState(
            f"This {act.kind} takes no more signatures: it is {legs[0].state}.", state=legs[0].state
        )
    if now > act.deadline:
        raise WrongState("The deadline of this act has passed; draft it anew.", deadline=act.deadline)


def right_of(store: Store, seat: Seat, address: str) -> int:
    """The right of the key that signed, where it counts for this seat."""
    key = store.get(SignerKey, address)
    if seat.kind == "key":
        if seat.address:
            if address != seat.address:
                raise WrongSigner(f"This must be signed by {seat.address}, not by {address}.", key=address)
            return 3
        if key is None or key.party != seat.party or not (key.right or key.pending):
            raise WrongSigner(f"{address} is no key of participant {seat.party}.", key=address)
        return 3
    if key is None or key.right == 0:
        raise WrongSigner(f"{address} may sign for nobody; check which key signed.", key=address)
    if key.party != seat.party:
        raise WrongSigner(
            f"{address} signs for participant {key.party}; this needs participant {seat.party}.",
            key=address,
        )
    return key.right


def person_of(store: Store, address: str) -> User | None:
    """The user with this signing key, if there is one."""
    found = [u for u in store.find(User, address=address) if not u.revoked_at]
    return found[0] if found else None


def require_two_people(store: Store, act: Act, seat: Seat, address: str, person: User | None) -> None:
    """See `two_people`, beside the signatures that an act has."""
    two_people(store.find(Signature, act=act.id), seat, address, person)


def two_people(others: Iterable[Signature], seat: Seat, address: str, person: User | None) -> None:
    """No key twice for one seat, no person with two keys on one act. Keys of nobody known here are told apart
    by the contract alone."""
    for other in others:
        if other.place == seat.place and other.address == address:
            raise WrongState("This key has signed this already.", key=address)
        if person is not None and other.user == person.id and other.address != address:
            raise SamePerson(f"{person.name} has signed this act already; a colleague must.", user=person.id)


def advance(store: Store, act: Act, seat: Seat, now: int) -> None:
    """Marks the seat when its signatures suffice, and moves the legs that it completes."""
    signatures = store.find(Signature, act=act.id, place=seat.place)
    if join(signatures) is not None:
        store.put(replace(seat, done=True))
    seats = store.find(Seat, act=act.id)
    for leg in store.find(Leg, act=act.id, order="place"):
        if leg.state not in (State.DRAFT, State.AWAITING) or seat.leg not in (b"", leg.id):
            continue
        if _complete(store, seats, leg):
            state, queue = step(leg.state, State.COMPLETE), _last_in_queue(store) + 1
            store.put(replace(leg, state=str(state), changed_at=now, queue=queue))
        elif leg.state == State.DRAFT:
            store.put(replace(leg, state=str(step(leg.state, State.AWAITING)), changed_at=now))


def lay_signed(
    store: Store, act: Act, message: dict[str, Any], found: list[Seat], signed: list[Signature], now: int
) -> None:
    """Seats, signatures and legs of a new act that comes with signatures: as if it had been laid without them and they
    had been taken one by one, in one go."""
    by_place: dict[int, list[Signature]] = {}
    for signature in signed:
        store.put(signature)
        by_place.setdefault(signature.place, []).append(signature)
    seats = [
        replace(s, done=join(by_place[s.place]) is not None) if s.place in by_place else s for s in found
    ]
    for seat in seats:
        store.add(seat)
    touched = {seat.leg for seat in seats if seat.place in by_place}
    for place, id_ in enumerate(leg_ids(act.kind, act.id, message)):
        value = leg_value(act.kind, message, place)
        party = message["children"][place]["to"] if act.kind == "Offer" else 0
        leg = Leg(id_, act.id, place, party, value, str(State.DRAFT), {}, act.deadline, now)
        if _complete(store, seats, leg):
            leg = replace(leg, state=str(State.COMPLETE), queue=_last_in_queue(store) + 1)
        elif b"" in touched or id_ in touched:
            leg = replace(leg, state=str(State.AWAITING))
        store.add(leg)
        if value:
            store.add(Reservation(id_, message["ticket"], value, act.deadline))


def _last_in_queue(store: Store) -> int:
    last = store.find(Leg, order="-queue", limit=1)
    return last[0].queue if last else 0


def _complete(store: Store, seats: list[Seat], leg: Leg) -> bool:
    mine = [s for s in seats if s.leg in (b"", leg.id)]
    if not all(s.done for s in mine if s.kind != "panel"):
        return False
    panel = [s for s in mine if s.kind == "panel"]
    return not panel or sum(s.done for s in panel) >= store.need(Governance, 1).threshold
