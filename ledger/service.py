"""The only write path: load, ask the pure rule, save.

Every method runs inside one write transaction of the book (its `store`), so that an act, its signatures, its
reservation, the audit row and the answer to the caller's Idempotency-Key are saved together or not at all.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ledger import kinds, outcome, typed
from ledger.acts import (
    OPEN,
    Due,
    Kind,
    State,
    WrongState,
    accept_message,
    act_id,
    join,
    leg_ids,
    leg_value,
    pad,
    step,
    subject_of,
)
from ledger.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.ids import new_salt
from ledger.ports import Clock, Signer, Store
from ledger.records import (
    Act,
    Answer,
    Audit,
    Cursor,
    Governance,
    Leg,
    Reservation,
    Seat,
    Signature,
    SignerKey,
    Ticket,
    User,
)
from ledger.signatures import recover
from ledger.typed import Domain

RIGHTS = {1: "maker", 2: "checker", 3: "sole"}
RESERVING = ("Offer", "Lock")
"""Kinds of act that take value out of a ticket."""
DEFAULT_LIFE = 7 * 86_400
"""Seconds that an act may be signed and relayed when nobody says otherwise."""


class NotYours(Forbidden):
    """The caller is no party to this."""

    code = "not-yours"
    title = "You are not a party to this"


class MissingScope(Forbidden):
    """The API key lacks a scope."""

    code = "missing-scope"
    title = "Your API key may not do this"


class SamePerson(Forbidden):
    """One person would be maker and checker of one act."""

    code = "same-person"
    title = "One person can't be maker and checker of the same act"


class WrongSigner(Invalid):
    """The signature is of a key that can't sign this."""

    code = "wrong-signer"
    title = "This signature is not one that the act needs"


class KeyReused(Conflict):
    """An Idempotency-Key came again with another body."""

    code = "idempotency-key-reused"
    title = "This Idempotency-Key was used for another request"


@dataclass(frozen=True)
class Reply:
    """What a request is answered: HTTP status and JSON text; `again` when it was answered before."""

    status: int
    body: str
    again: bool = False


class Service:
    """Drafts, signatures, rejections: everything that changes the journal on behalf of a person.

    `domain`: of the deployment that is written to; `signer`: the server's keystore.
    """

    def __init__(self, domain: Domain, signer: Signer, clock: Clock) -> None:
        self.domain = domain
        self._signer = signer
        self._clock = clock

    # ---- once

    def once(
        self, store: Store, scope: str, key: str, body: bytes, work: Callable[[], tuple[int, str]]
    ) -> Reply:
        """Runs `work` once for each (scope, key); a repeated request gets the first answer. Raises KeyReused."""
        body_hash = hashlib.sha256(body).digest()
        known = store.get(Answer, scope, key)
        if known is not None:
            if known.body_hash != body_hash:
                raise KeyReused(f"The key {key!r} came before with another body; use a new key.", key=key)
            return Reply(known.status, known.body, again=True)
        status, text = work()
        store.add(Answer(scope, key, body_hash, status, text, self._clock.now()))
        return Reply(status, text)

    # ---- time

    def now(self, store: Store) -> int:
        """What deadlines are judged by, UTC seconds: the last block that was taken in, or the wall clock where
        that is later (a quiet development node makes no blocks)."""
        cursor = store.get(Cursor, 1)
        return max(cursor.time if cursor else 0, self._clock.now())

    # ---- acts

    def draft(
        self,
        store: Store,
        caller: User,
        kind_name: str,
        message: Mapping[str, Any],
        extra: dict[str, Any] | None = None,
    ) -> Act:
        """Saves an act that waits for its signatures, and reserves the value that it offers.

        `message`: the fields of the kind's EIP-712 type; `salt` and `deadline` (7 days) are filled in. Raises the
        kind's own errors, NotYours when the caller's participant signs no part of it.
        """
        require_scope(caller, "maker")
        kind = kinds.kind(kind_name)
        now = self.now(store)
        full = {"salt": new_salt(), "deadline": now + DEFAULT_LIFE, **message}
        if kind_name not in typed.TYPES:
            full.pop("deadline")
        _require_encodable(kind_name, full)
        dues = kind.dues(full, store)
        # before the check, whose errors tell what a ticket holds
        _require_author(caller, kind_name, dues)
        kind.check(full, store, now)
        id_ = act_id(self.domain, kind_name, full)
        deadline = int(full.get("deadline", now + DEFAULT_LIFE))
        act = Act(
            id=id_,
            kind=kind_name,
            message=_message_json(kind_name, full),
            extra=extra or {},
            party=caller.party,
            user=caller.id,
            subject=subject_of(kind, id_, full),
            created_at=now,
            deadline=deadline,
        )
        store.add(act)
        self._seat(store, act, full, dues)
        self._lay_legs(store, act, full, bool(dues), now)
        self.audit(store, caller, f"draft {kind_name}", act.id.hex())
        return act

    def sign(
        self, store: Store, caller: User, id_: bytes, place: int, signature: bytes | None = None
    ) -> Signature:
        """Takes one signature for one seat of an act: the given one, or by the caller's own key in the server's
        keystore. Raises WrongSigner, SamePerson, NotYours, WrongState."""
        act = self.act(store, caller, id_)
        seat = store.get(Seat, id_, place)
        if seat is None:
            raise NotFound(f"This act has no signature number {place}.", act=id_.hex(), place=place)
        self._require_open(store, act, seat)
        if signature is None:
            if not caller.address:
                raise WrongSigner("You have no key on this server; sign outside and send the signature.")
            if caller.party != seat.party:
                raise NotYours("This signature is another company's.", party=seat.party)
            signature = self._signer.sign(caller.address, seat.digest)
        address = recover(seat.digest, signature)
        right = self._right(store, seat, address)
        person = self._person(store, address)
        if person is not None and RIGHTS[right] in ("maker", "checker") and seat.kind != "key":
            require_scope(person, RIGHTS[right])
        self._require_two_people(store, act, seat, address, person)
        record = Signature(
            id_, place, address, right, signature, person.id if person else "", self.now(store)
        )
        store.put(record)
        self._advance(store, act, seat)
        self.audit(store, caller, f"sign {act.kind}", id_.hex(), {"place": place, "key": address})
        return record

    def reject(self, store: Store, caller: User, leg_id: bytes, reason: str) -> Leg:
        """A party that should sign says no (拒签). The others' signatures stay valid until their deadline or until
        the withdrawal is mined, and so does the reservation."""
        require_scope(caller, "maker", "checker")
        leg = store.need(Leg, leg_id)
        act = self.act(store, caller, leg.act)
        seats = [
            s for s in store.find(Seat, act=act.id) if s.leg in (b"", leg_id) and s.party == caller.party
        ]
        if not seats:
            raise NotYours("Only a company whose signature is needed can reject.", leg=leg_id.hex())
        if leg.state not in (State.DRAFT, State.AWAITING):
            raise WrongState(
                f"This is {leg.state}: it can be rejected only before it is complete.", state=leg.state
            )
        if not reason.strip():
            raise Invalid("Say why, so that the other side can mend it: the reason is empty.")
        rejected = replace(
            leg,
            state=str(step(leg.state, State.REJECTED)),
            reason={"code": "rejected", "message": reason.strip(), "by": caller.party},
            changed_at=self.now(store),
        )
        store.put(rejected)
        self.audit(store, caller, "reject", leg_id.hex(), {"reason": reason.strip()})
        return rejected

    def withdraw(self, store: Store, caller: User, id_: bytes, places: list[int] | None = None) -> Act:
        """Drafts the act that ends an offer's children (or a lock, or an issue act) before they take effect."""
        act = self.act(store, caller, id_)
        message = self.message(act)
        now = self.now(store)
        tail = {"deadline": now + DEFAULT_LIFE}
        if act.kind == "Issue":
            return self.draft(store, caller, "WithdrawIssue", {"issue": act.id, **tail}, {"of": act.id.hex()})
        if act.kind not in ("Offer", "Lock"):
            raise Invalid(
                f"A {act.kind} can't be withdrawn on chain; it ends at its deadline.", kind=act.kind
            )
        legs = [leg for leg in store.find(Leg, act=act.id) if places is None or leg.place in places]
        open_ = [leg.place for leg in legs if leg.state not in (State.FINAL, State.WITHDRAWN)]
        if not open_:
            raise WrongState("Nothing of this is left that could be withdrawn.", act=id_.hex())
        fields = {"ticket": message["ticket"], "offer": act.id, "indexes": open_, **tail}
        return self.draft(store, caller, "Withdraw", fields, {"of": act.id.hex()})

    # ---- reading

    def act(self, store: Store, caller: User, id_: bytes) -> Act:
        """The act, if the caller's participant is a party to it. Raises NotFound otherwise."""
        act = store.get(Act, id_)
        if act is None or not visible(store, caller, act):
            raise NotFound("There is no such act, or your company is no party to it.", act=id_.hex())
        return act

    def message(self, act: Act) -> dict[str, Any]:
        """The act's fields as plain Python."""
        return message_of(act)

    def typed_data(self, store: Store, caller: User, id_: bytes, place: int) -> dict[str, Any]:
        """EIP-712 JSON (`eth_signTypedData_v4`) of what one seat signs."""
        act = self.act(store, caller, id_)
        seat = store.get(Seat, id_, place)
        if seat is None:
            raise NotFound(f"This act has no signature number {place}.", act=id_.hex(), place=place)
        primary, message = self._signed(store, act, seat)
        return typed.to_json(self.domain, primary, message)

    def audit(
        self,
        store: Store,
        caller: User | None,
        action: str,
        subject: str,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """One line of the audit trail."""
        now = self._clock.now()
        store.add(
            Audit(
                id=f"{now:012d}-{secrets.token_hex(8)}",
                at=now,
                user=caller.id if caller else "",
                party=caller.party if caller else 0,
                action=action,
                subject=subject,
                detail=detail or {},
            )
        )

    # ---- inside

    def _seat(self, store: Store, act: Act, message: dict[str, Any], dues: list[Due]) -> None:
        legs = leg_ids(act.kind, act.id, message)
        holder = act.party
        if act.kind == "Offer":
            holder = store.need(Ticket, message["ticket"]).party
        for place, due in enumerate(dues):
            digest = act.id
            if due.leg is not None:
                digest = typed.digest(self.domain, "Accept", accept_message(act.id, holder, message, due.leg))
            leg = b"" if due.leg is None else legs[due.leg]
            store.add(Seat(act.id, place, leg, due.kind, due.party, due.address, digest))

    def _lay_legs(self, store: Store, act: Act, message: dict[str, Any], signed: bool, now: int) -> None:
        state = State.DRAFT if signed else State.COMPLETE
        for place, id_ in enumerate(leg_ids(act.kind, act.id, message)):
            value = leg_value(act.kind, message, place)
            party = message["children"][place]["to"] if act.kind == "Offer" else 0
            leg = Leg(id_, act.id, place, party, value, str(state), {}, act.deadline, now)
            store.add(leg if signed else replace(leg, queue=_last_in_queue(store) + 1))
            if value:
                store.add(Reservation(id_, message["ticket"], value, act.deadline))

    def _signed(self, store: Store, act: Act, seat: Seat) -> tuple[str, dict[str, Any]]:
        message = message_of(act)
        if not seat.leg:
            return act.kind, message
        holder = store.need(Ticket, message["ticket"]).party
        return "Accept", accept_message(act.id, holder, message, store.need(Leg, seat.leg).place)

    def _require_open(self, store: Store, act: Act, seat: Seat) -> None:
        legs = [store.need(Leg, seat.leg)] if seat.leg else store.find(Leg, act=act.id)
        if all(leg.state not in (State.DRAFT, State.AWAITING) for leg in legs):
            raise WrongState(
                f"This {act.kind} takes no more signatures: it is {legs[0].state}.", state=legs[0].state
            )
        if self.now(store) > act.deadline:
            raise WrongState("The deadline of this act has passed; draft it anew.", deadline=act.deadline)

    def _right(self, store: Store, seat: Seat, address: str) -> int:
        """The right of the key that signed, where it counts for this seat."""
        key = store.get(SignerKey, address)
        if seat.kind == "key":
            if seat.address:
                if address != seat.address:
                    raise WrongSigner(
                        f"This must be signed by {seat.address}, not by {address}.", key=address
                    )
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

    def _person(self, store: Store, address: str) -> User | None:
        found = [u for u in store.find(User, address=address) if not u.revoked_at]
        return found[0] if found else None

    def _require_two_people(
        self, store: Store, act: Act, seat: Seat, address: str, person: User | None
    ) -> None:
        """No key twice for one seat, no person with two keys on one act. Keys of nobody known here are told apart
        by the contract alone."""
        for other in store.find(Signature, act=act.id):
            if other.place == seat.place and other.address == address:
                raise WrongState("This key has signed this already.", key=address)
            if person is not None and other.user == person.id and other.address != address:
                raise SamePerson(
                    f"{person.name} has signed this act already; a colleague must.", user=person.id
                )

    def _advance(self, store: Store, act: Act, seat: Seat) -> None:
        """Marks the seat when its signatures suffice, and moves the legs that it completes."""
        signatures = store.find(Signature, act=act.id, place=seat.place)
        if join(signatures) is not None:
            store.put(replace(seat, done=True))
        seats = store.find(Seat, act=act.id)
        now = self.now(store)
        for leg in store.find(Leg, act=act.id, order="place"):
            if leg.state not in (State.DRAFT, State.AWAITING) or seat.leg not in (b"", leg.id):
                continue
            if _complete(store, seats, leg):
                state, queue = step(leg.state, State.COMPLETE), _last_in_queue(store) + 1
                store.put(replace(leg, state=str(state), changed_at=now, queue=queue))
            elif leg.state == State.DRAFT:
                store.put(replace(leg, state=str(step(leg.state, State.AWAITING)), changed_at=now))


def require_scope(caller: User, *scopes: str) -> None:
    """Raises MissingScope unless the caller has one of the scopes."""
    if not set(scopes) & set(caller.scopes):
        wanted = " or ".join(scopes)
        raise MissingScope(
            f"This needs the scope {wanted}; yours: {', '.join(caller.scopes)}.", needed=list(scopes)
        )


def visible(store: Store, caller: User, act: Act) -> bool:
    """A party to an act: who drafted it, who has to sign it, and whom it names in `extra["parties"]`."""
    if caller.party == act.party or caller.party in act.extra.get("parties", []):
        return True
    return bool(store.count(Seat, act=act.id, party=caller.party))


def message_of(act: Act) -> dict[str, Any]:
    """The act's fields as plain Python, from their JSON."""
    if act.kind in typed.TYPES:
        return typed.message_from_json(act.kind, act.message)
    return {name: bytes.fromhex(value.removeprefix("0x")) for name, value in act.message.items()}


def drop_ended(store: Store, now: int) -> None:
    """Legs and reservations whose deadline the chain has passed. `now`: time of the last block taken in."""
    outcome.expire(store, now)


def _message_json(kind: str, message: Mapping[str, Any]) -> dict[str, Any]:
    if kind in typed.TYPES:
        return typed.message_to_json(kind, message)
    return {name: "0x" + value.hex() for name, value in message.items()}


def _require_encodable(kind: str, message: Mapping[str, Any]) -> None:
    if kind not in typed.TYPES:
        return
    missing = [name for name, _ in typed.TYPES[kind] if name not in message]
    if missing:
        raise Invalid(f"{kind} needs {', '.join(missing)}.", kind=kind, missing=missing)
    try:
        typed.struct_hash(kind, message)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid(f"A field of {kind} has a value that can't be signed: {error}.", kind=kind) from error


def _require_author(caller: User, kind: str, dues: list[Due]) -> None:
    """Who signs the act as a whole may draft it; what reserves value of a ticket only its holder, who signs first."""
    authors = {due.party for due in dues if due.leg is None}
    if kind in RESERVING:
        authors = {dues[0].party}
    if dues and caller.party not in authors:
        raise NotYours(f"Your company can't draft this {kind}: it signs no part of it.", kind=kind)


def _last_in_queue(store: Store) -> int:
    last = store.find(Leg, order="-queue", limit=1)
    return last[0].queue if last else 0


def _complete(store: Store, seats: list[Seat], leg: Leg) -> bool:
    mine = [s for s in seats if s.leg in (b"", leg.id)]
    if not all(s.done for s in mine if s.kind != "panel"):
        return False
    panel = [s for s in mine if s.kind == "panel"]
    return not panel or sum(s.done for s in panel) >= store.need(Governance, 1).threshold


__all__ = ["OPEN", "Kind", "Reply", "Service", "message_of", "pad", "require_scope", "visible"]
