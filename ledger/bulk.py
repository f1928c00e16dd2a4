"""Acts that come complete, with their signatures, one or a thousand in a request.

Who brings a complete act has no meaning: the chain would take it from anybody. So it may be brought by a participant
that is no party to it, who is told no more about it than whether it was taken. The rules are those of
`ledger.service`; what is done here ahead of them only makes them quick: signers recovered in two threads, and what
the rules will ask for read from the book in a few queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from ledger import kinds, seats, typed, undertakings
from ledger.access import NotYours, require_scope, visible
from ledger.acts import Due, accept_message, act_id, join, leg_ids
from ledger.errors import Conflict, GoldTicketError, NotFound
from ledger.messages import message_of, require_encodable
from ledger.ports import Book, Store
from ledger.records import (
    Act,
    Governance,
    Issuance,
    Leg,
    Participant,
    Reservation,
    Seat,
    Signature,
    SignerKey,
    Ticket,
    User,
)
from ledger.seats import right_of
from ledger.service import Service, authors_of
from ledger.signatures import InvalidSignature, recover, recover_many
from ledger.typed import Domain

T = TypeVar("T")

MOST_ITEMS = 1_000
"""Of one request, saved in one transaction."""
_MOST_KNOWN = 65_536


class NotTaken(Conflict):
    """What somebody is told who brings others' act, and no more: the reason may hold what is theirs alone."""

    code = "not-taken"
    title = "The ledger does not take this act"


class Loading(Store, Protocol):
    """A store that can read ahead."""

    def load(
        self,
        kind: type,
        field: str,
        values: Iterable[object] | Mapping[Any, tuple[type, Any]],
        **fixed: object,
    ) -> None: ...

    def attempt(self, work: Callable[[Store], T]) -> tuple[T | None, Exception | None]: ...


class BulkBook(Book, Protocol):
    """A book that takes works of many acts."""

    def submit(
        self, work: Callable[[Store], T], loads: Callable[[Any], None] | None = None, weight: int = 1
    ) -> Future[T]: ...


@dataclass(frozen=True)
class Given:
    """A signature made outside. `place`: of the seat, None for the first open one that its key can sign."""

    signature: bytes
    place: int | None = None


@dataclass(frozen=True)
class Brought:
    """An act with signatures. `message`: all fields of the kind's EIP-712 type as plain Python; `id`: its digest."""

    kind: str
    message: dict[str, Any]
    given: Sequence[Given]
    id: bytes


@dataclass(frozen=True)
class Signed:
    """Signatures for an act that is here already."""

    id: bytes
    given: Sequence[Given]


Item = Brought | Signed


def brought(domain: Domain, kind: str, message: dict[str, Any], given: Sequence[Given]) -> Brought:
    """An act as it was brought. Raises Invalid for what can't be signed."""
    try:
        return Brought(kind, message, given, act_id(domain, kind, message))
    except (ValueError, TypeError, KeyError, AttributeError):
        require_encodable(kind, message)  # says what is wrong with it
        raise


class Intake:
    """Takes acts that come with signatures into the journal, by the rules of the service."""

    def __init__(self, book: Book, service: Service) -> None:
        self._book = book
        self._service = service
        self._parties: dict[str, int] = {}

    # ---- ahead of the writer

    def ready(self, items: Sequence[Item]) -> Callable[[Loading], None]:
        """Recovers the signers of many acts, and returns what reads ahead for them."""
        found = [item for item in items if isinstance(item, Brought)]
        first = [
            (item.id, given.signature) for item in found for given in item.given if given.place in (0, None)
        ]
        addresses = self._recovered(first)
        self._learn(addresses.values())
        second = [pair for item in found if item.kind == "Offer" for pair in self._accepts(item, addresses)]
        keys = set(addresses.values()) | set(self._recovered(second).values())
        parties = [self._parties[key] for key in keys if key in self._parties]
        return lambda store: _load(store, items, keys, parties)

    def _recovered(self, pairs: list[tuple[bytes, bytes]]) -> dict[tuple[bytes, bytes], str]:
        recover_many(pairs)
        found = {}
        for pair in pairs:
            try:
                found[pair] = recover(*pair)
            except InvalidSignature:
                continue
        return found

    def _learn(self, addresses: Iterable[str]) -> None:
        """Whose the keys are: a key belongs to one participant for ever, so it need not be asked twice."""
        fresh = [address for address in dict.fromkeys(addresses) if address not in self._parties]
        if not fresh:
            return
        if len(self._parties) > _MOST_KNOWN:
            self._parties.clear()
        known = self._book.read(lambda store: store.find(SignerKey, address=fresh))
        self._parties |= {key.address: key.party for key in known}

    def _accepts(
        self, item: Brought, addresses: Mapping[tuple[bytes, bytes], str]
    ) -> list[tuple[bytes, bytes]]:
        """What the receivers have signed, if the offer is signed by who it says: (digest, signature)."""
        holder = next((g.signature for g in item.given if (item.id, g.signature) in addresses), None)
        if holder is None:
            return []
        party = self._parties.get(addresses[item.id, holder], 0)
        children = range(len(item.message["children"]))
        return [
            (self._accept_digest(item, party, given.place - 1), given.signature)
            for given in item.given
            if given.place is not None and given.place - 1 in children
        ]

    def _accept_digest(self, item: Brought, holder: int, place: int) -> bytes:
        message = accept_message(item.id, holder, item.message, place)
        return typed.digest(self._service.domain, "Accept", message)

    # ---- in the writer

    def take(self, store: Store, caller: User, item: Item) -> Act:
        """Saves what the caller brings. Raises what drafting and signing raise, NotTaken to strangers."""
        require_scope(caller, "maker", "checker")
        act = store.get(Act, item.id)
        if act is not None and visible(store, caller, act):
            self._sign(store, caller, act, item.given)
            return act
        if isinstance(item, Signed):
            raise NotFound("There is no such act, or your company is no party to it.", act=item.id)
        dues = kinds.kind(item.kind).dues(item.message, store)
        if not dues or caller.party in authors_of(item.kind, dues):
            return self._new(store, caller, item, dues, caller.party, None)
        found = self._seats(store, item, act, dues)
        self._require_proved(store, item, found)
        try:
            if act is None:
                party = dues[0].party or caller.party
                return self._new(store, caller, item, dues, party, found)
            self._sign(store, caller, act, item.given)
            return act
        except GoldTicketError as error:
            raise NotTaken(
                f"The ledger does not take this act ({error.code}); its parties are told why.",
                reason=error.code,
            ) from error

    def _new(
        self, store: Store, caller: User, item: Brought, dues: list[Due], party: int, found: list[Seat] | None
    ) -> Act:
        service = self._service
        now = service.now(store)
        if caller.party == party:
            require_scope(caller, "maker")
        kinds.kind(item.kind).check(item.message, store, now)
        act = service.act_of(item.id, caller, party, item.kind, item.message, now, {})
        store.add(act)
        laid = self._seats(store, item, None, dues) if found is None else found
        signed: list[Signature] = []
        for one in item.given:
            seat = _seat(store, laid, one)
            if all((s.place, s.signature) != (seat.place, one.signature) for s in signed):
                signed.append(service.judged(store, act, seat, one.signature, signed, now))
        seats.lay_signed(store, act, item.message, laid, signed, now)
        undertakings.address(store, act)
        self._audit(store, caller, act, signed)
        return act

    def _sign(self, store: Store, caller: User, act: Act, given: Sequence[Given]) -> None:
        """More signatures for an act that is here; those that are here as well are passed over."""
        signed = []
        for one in given:
            seat = _seat(store, store.find(Seat, act=act.id), one)
            if any(s.signature == one.signature for s in store.find(Signature, act=act.id, place=seat.place)):
                continue
            seats.require_open(store, act, seat, self._service.now(store))
            signed.append(self._service.take(store, act, seat, one.signature))
        self._audit(store, caller, act, signed)

    def _audit(self, store: Store, caller: User, act: Act, signed: Sequence[Signature]) -> None:
        keys = {str(signature.place): signature.address for signature in signed}
        self._service.audit(store, caller, f"bring {act.kind}", act.id.hex(), {"keys": keys})

    def _require_proved(self, store: Store, item: Brought, found: list[Seat]) -> None:
        """From who is no party to it: every signature that the contract requires. Raises NotYours, which says nothing
        else, so that nobody learns from acts that were guessed."""
        if not found or not _proved(store, found, item.given):
            raise NotYours(
                f"Your company signs no part of this {item.kind}, and it does not come with every signature that "
                "it needs; send it complete, or let one of its parties send it.",
                kind=item.kind,
            )

    def _seats(self, store: Store, item: Brought, act: Act | None, dues: list[Due]) -> list[Seat]:
        if act is not None:
            return store.find(Seat, act=act.id)
        return seats.seats_of(store, self._service.domain, item.kind, item.id, 0, item.message, dues)


def _seat(store: Store, found: Sequence[Seat], given: Given) -> Seat:
    """The seat that a signature is for."""
    if given.place is None:
        return next((seat for seat in found if _fits(store, seat, given.signature)), found[0])
    for seat in found:
        if seat.place == given.place:
            return seat
    raise NotFound(f"This act has no signature number {given.place}.", place=given.place)


def _proved(store: Store, found: Sequence[Seat], given: Sequence[Given]) -> bool:
    """Whether these signatures fill every seat."""
    done = {seat.place for seat in found if join(_signatures(store, seat, given)) is not None}
    panel = [seat.place for seat in found if seat.kind == "panel"]
    if panel and len(done & set(panel)) < store.need(Governance, 1).threshold:
        return False
    return all(seat.place in done for seat in found if seat.kind != "panel")


def _signatures(store: Store, seat: Seat, given: Sequence[Given]) -> list[Signature]:
    found = []
    for one in given:
        if one.place in (None, seat.place):
            try:
                address = recover(seat.digest, one.signature)
                right = right_of(store, seat, address)
            except GoldTicketError:
                continue
            found.append(Signature(seat.act, seat.place, address, right, one.signature, "", 0))
    return found


def _fits(store: Store, seat: Seat, signature: bytes) -> bool:
    return not seat.done and bool(_signatures(store, seat, [Given(signature)]))


def _load(store: Loading, items: Sequence[Item], keys: Iterable[str], parties: Iterable[int]) -> None:
    """What the rules will ask for. Whatever is missing here is read when it is asked for."""
    acts_of = {item.id: (Act, item.id) for item in items}
    store.load(Act, "id", acts_of.keys())
    for kind in (Leg, Seat, Signature):
        store.load(kind, "act", acts_of)
    store.load(SignerKey, "address", keys)
    store.load(User, "address", keys)
    acts = [store.get(Act, item.id) for item in items if isinstance(item, Signed)]
    pairs = [(act.kind, message_of(act), act.id) for act in acts if act is not None]
    pairs += [(item.kind, item.message, item.id) for item in items if isinstance(item, Brought)]
    tickets = [message["ticket"] for _, message, _ in pairs if "ticket" in message]
    legs = {leg: (Act, id_) for kind, message, id_ in pairs for leg in leg_ids(kind, id_, message)}
    store.load(Ticket, "id", tickets)
    store.load(Issuance, "id", [ticket[:16] for ticket in tickets])
    store.load(Reservation, "ticket", tickets, ended=False)
    store.load(Reservation, "leg", legs)
    store.load(Leg, "id", legs)
    receivers = [
        child["to"] for kind, message, _ in pairs if kind == "Offer" for child in message["children"]
    ]
    store.load(Participant, "id", [*parties, *receivers])
