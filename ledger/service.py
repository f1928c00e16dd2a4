"""The only write path: load, ask the pure rule, save.

Every method runs inside one write transaction of the book (its `store`), so that an act, its signatures, its
reservation, the audit row and the answer to the caller's Idempotency-Key are saved together or not at all.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger import kinds, seats, typed, undertakings
from ledger.access import NotYours, require_scope, visible
from ledger.acts import Due, State, WrongState, act_id, step, subject_of
from ledger.errors import Conflict, Invalid, NotFound
from ledger.ids import new_salt
from ledger.messages import message_json, message_of, require_encodable
from ledger.ports import Clock, Signer, Store
from ledger.records import Act, Answer, Audit, Cursor, Leg, Seat, Signature, User
from ledger.seats import WrongSigner
from ledger.signatures import recover
from ledger.typed import Domain

RIGHTS = {1: "maker", 2: "checker", 3: "sole"}
RESERVING = ("Offer", "Lock")
"""Kinds of act that take value out of a ticket."""
DEFAULT_LIFE = 7 * 86_400
"""Seconds that an act may be signed and relayed when nobody says otherwise."""


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
        require_encodable(kind_name, full)
        dues = kind.dues(full, store)
        # before the check, whose errors tell what a ticket holds
        _require_author(caller, kind_name, dues)
        kind.check(full, store, now)
        id_ = act_id(self.domain, kind_name, full)
        act = self.act_of(id_, caller, caller.party, kind_name, full, now, extra or {})
        store.add(act)
        seats.lay_seats(store, self.domain, act, full, dues)
        seats.lay_legs(store, act, full, bool(dues), now)
        self.audit(store, caller, f"draft {kind_name}", act.id.hex())
        return act

    def act_of(
        self,
        id_: bytes,
        caller: User,
        party: int,
        kind_name: str,
        full: Mapping[str, Any],
        now: int,
        extra: dict[str, Any],
    ) -> Act:
        """The record of an act with this id and these fields, `party`'s, brought by the caller. Nothing is saved."""
        return Act(
            id=id_,
            kind=kind_name,
            message=message_json(kind_name, full),
            extra=extra,
            party=party,
            user=caller.id,
            subject=subject_of(kinds.kind(kind_name), id_, full),
            created_at=now,
            deadline=int(full.get("deadline", now + DEFAULT_LIFE)),
        )

    def sign(
        self, store: Store, caller: User, id_: bytes, place: int, signature: bytes | None = None
    ) -> Signature:
        """Takes one signature for one seat of an act: the given one, or by the caller's own key in the server's
        keystore. Raises WrongSigner, SamePerson, NotYours, WrongState."""
        act = self.act(store, caller, id_)
        seat = store.get(Seat, id_, place)
        if seat is None:
            raise NotFound(f"This act has no signature number {place}.", act=id_, place=place)
        seats.require_open(store, act, seat, self.now(store))
        if signature is None:
            if not caller.address:
                raise WrongSigner("You have no key on this server; sign outside and send the signature.")
            if caller.party != seat.party:
                raise NotYours("This signature is another company's.", party=seat.party)
            signature = self._signer.sign(caller.address, seat.digest)
        record = self.take(store, act, seat, signature)
        detail = {"place": place, "key": record.address}
        self.audit(store, caller, f"sign {act.kind}", id_.hex(), detail)
        return record

    def take(self, store: Store, act: Act, seat: Seat, signature: bytes) -> Signature:
        """Takes a signature for a seat that is open, whoever brings it. Raises WrongSigner, SamePerson, WrongState."""
        now = self.now(store)
        record = self.judged(store, act, seat, signature, store.find(Signature, act=act.id), now)
        store.put(record)
        seats.advance(store, act, seat, now)
        undertakings.address(store, act)
        return record

    def judged(
        self, store: Store, act: Act, seat: Seat, signature: bytes, others: Sequence[Signature], now: int
    ) -> Signature:
        """The record of a signature for a seat, beside the act's others. Raises WrongSigner, SamePerson, WrongState."""
        address = recover(seat.digest, signature)
        right = seats.right_of(store, seat, address)
        person = seats.person_of(store, address)
        if person is not None and RIGHTS[right] in ("maker", "checker") and seat.kind != "key":
            require_scope(person, RIGHTS[right])
        seats.two_people(others, seat, address, person)
        return Signature(act.id, seat.place, address, right, signature, person.id if person else "", now)

    def reject(self, store: Store, caller: User, leg_id: bytes, reason: str) -> Leg:
        """A party that should sign says no (拒签). The others' signatures stay valid until their deadline or until
        the withdrawal is mined, and so does the reservation."""
        require_scope(caller, "maker", "checker")
        leg = store.need(Leg, leg_id)
        act = self.act(store, caller, leg.act)
        mine = [s for s in store.find(Seat, act=act.id) if s.leg in (b"", leg_id) and s.party == caller.party]
        if not mine:
            raise NotYours("Only a company whose signature is needed can reject.", leg=leg_id)
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
            raise WrongState("Nothing of this is left that could be withdrawn.", act=id_)
        fields = {"ticket": message["ticket"], "offer": act.id, "indexes": open_, **tail}
        return self.draft(store, caller, "Withdraw", fields, {"of": act.id.hex()})

    # ---- reading

    def act(self, store: Store, caller: User, id_: bytes) -> Act:
        """The act, if the caller's participant is a party to it. Raises NotFound otherwise."""
        act = store.get(Act, id_)
        if act is None or not visible(store, caller, act):
            raise NotFound("There is no such act, or your company is no party to it.", act=id_)
        return act

    def message(self, act: Act) -> dict[str, Any]:
        """The act's fields as plain Python."""
        return message_of(act)

    def typed_data(self, store: Store, caller: User, id_: bytes, place: int) -> dict[str, Any]:
        """EIP-712 JSON (`eth_signTypedData_v4`) of what one seat signs."""
        act = self.act(store, caller, id_)
        seat = store.get(Seat, id_, place)
        if seat is None:
            raise NotFound(f"This act has no signature number {place}.", act=id_, place=place)
        primary, message = seats.signed_at(store, act, seat)
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


def _require_author(caller: User, kind: str, dues: list[Due]) -> None:
    """Who signs the act as a whole may draft it; what reserves value of a ticket only its holder, who signs first."""
    if dues and caller.party not in authors_of(kind, dues):
        raise NotYours(f"Your company can't draft this {kind}: it signs no part of it.", kind=kind)


def authors_of(kind: str, dues: list[Due]) -> set[int]:
    """The participants that may draft an act whose signatures are due like this."""
    if kind in RESERVING:
        return {dues[0].party}
    return {due.party for due in dues if due.leg is None}
