"""An act (业务指令) collects signatures; its legs take effect one by one.

    draft → awaiting → complete → relayed → final
              └ rejected · withdrawn · expired   └ refused

The life cycle belongs to the **leg**: a child of an offer, or the whole of any other act. An act's state is derived
from its legs'. Rejecting a leg here does not end it: its signature stays valid until the deadline or until its
withdrawal is mined, and so does its reservation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ledger import typed
from ledger.errors import Conflict, Invalid
from ledger.ids import child_id, keccak256, root_id
from ledger.money import Fen
from ledger.ports import Store
from ledger.records import Signature
from ledger.typed import Domain, Message


class State(StrEnum):
    """Where a leg is. `REJECTED` legs can still be withdrawn or expire; the other ended ones stay as they are."""

    DRAFT = "draft"
    AWAITING = "awaiting"
    COMPLETE = "complete"
    RELAYED = "relayed"
    FINAL = "final"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REFUSED = "refused"


OPEN = (State.DRAFT, State.AWAITING, State.COMPLETE, State.RELAYED)
_NEXT: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.AWAITING, State.COMPLETE, *State} - {State.DRAFT}),
    State.AWAITING: frozenset(set(State) - {State.DRAFT, State.AWAITING}),
    State.COMPLETE: frozenset({State.RELAYED, State.FINAL, State.WITHDRAWN, State.EXPIRED, State.REFUSED}),
    # back to complete: a transaction that was lost, or an item that may pass later
    State.RELAYED: frozenset({State.COMPLETE, State.FINAL, State.REFUSED, State.WITHDRAWN, State.EXPIRED}),
    # somebody else may relay what was complete before it was rejected, refused or given up here
    State.REJECTED: frozenset({State.FINAL, State.WITHDRAWN, State.EXPIRED}),
    State.REFUSED: frozenset({State.FINAL, State.WITHDRAWN}),
    State.EXPIRED: frozenset({State.FINAL}),
    State.WITHDRAWN: frozenset(),
    State.FINAL: frozenset(),
}


class WrongState(Conflict):
    """An act or leg is not where this step needs it."""

    code = "wrong-state"
    title = "This act is no longer, or not yet, where this step needs it"


class UnknownKind(Invalid):
    """There is no such kind of act."""

    code = "unknown-kind"
    title = "There is no act of this kind"


def step(before: str, after: State) -> State:
    """The new state, if a leg may go there. Raises WrongState."""
    if after not in _NEXT[State(before)]:
        raise WrongState(
            f"This is {before}, so it can't become {after}; look at it again and start anew if needed.",
            state=before,
            wanted=str(after),
        )
    return after


def derive(states: Iterable[str]) -> State:
    """An offer's state from its legs': the earliest that is still under way, else final if any leg is."""
    found = {State(s) for s in states}
    for state in (*OPEN, State.FINAL, State.REJECTED, State.REFUSED, State.WITHDRAWN, State.EXPIRED):
        if state in found:
            return state
    return State.DRAFT


@dataclass(frozen=True)
class Due:
    """A signature that the contract requires.

    `kind`: "party" (a sole key, or maker and checker, of `party`), "key" (64 bytes of `address` itself, or of any one
    key of `party`), "panel" (of each panel member, `party`, there is one; the threshold suffices).
    `leg`: place of the child it is for, None for the act as a whole. `primary`, `message`: what is signed.
    """

    kind: str
    party: int
    primary: str
    message: Message
    address: str = ""
    leg: int | None = None


Dues = Callable[[Message, Store], list[Due]]
Check = Callable[[Message, Store, int], None]


@dataclass(frozen=True)
class Kind:
    """What the ledger has to know of one kind of act.

    `name`: its EIP-712 type; `stage`: the stage word; `function`: of the contract; `dues`: who signs, in the order of
    the contract's signatures; `check`: raises the error that the contract would refuse with now (UTC seconds);
    `subject`: the ticket, padded issuance id or party id (32 bytes) that it is about.
    """

    name: str
    stage: str
    function: str
    dues: Dues
    check: Check
    subject: Callable[[Message], bytes]


def act_id(domain: Domain, kind: str, message: Message) -> bytes:
    """The EIP-712 digest. An act that nobody signs (`ReturnLock`, `ReportOverdue`) gets a hash of its fields."""
    if kind in typed.TYPES:
        return typed.digest(domain, kind, message)
    fields = [f"{name}={_text(value)}" for name, value in sorted(message.items())]
    return keccak256("|".join([kind, *fields]).encode())


def leg_ids(kind: str, id_: bytes, message: Message) -> list[bytes]:
    """A child's id for each child of an offer and for a lock; otherwise the act's own id."""
    if kind == "Offer":
        return [child_id(message["ticket"], id_, place) for place in range(len(message["children"]))]
    if kind == "Lock":
        return [child_id(message["ticket"], id_, 0)]
    return [id_]


def leg_value(kind: str, message: Message, place: int) -> Fen:
    """What a leg takes out of its ticket: fen on offer or to be locked, 0 for all other acts."""
    if kind == "Offer":
        return Fen(message["children"][place]["value"])
    return Fen(message["value"]) if kind == "Lock" else Fen(0)


def join(signatures: Iterable[Signature]) -> bytes | None:
    """One party's signatures as the contract wants them: a sole one (64 bytes), or a maker's and a checker's (128);
    None while they do not suffice."""
    by_right = {s.right: s.signature for s in signatures}
    if 3 in by_right:
        return by_right[3]
    if 1 in by_right and 2 in by_right:
        return by_right[1] + by_right[2]
    return None


def pad(value: bytes | int) -> bytes:
    """A subject: an issuance id or a party id as 32 bytes, a ticket id as it is."""
    if isinstance(value, int):
        return value.to_bytes(32, "big")
    return value.ljust(32, b"\0")


def subject_of(kind: Kind, id_: bytes, message: Message) -> bytes:
    """What an act is about; an issue act is about the root ticket that its own digest (`id_`) names."""
    return root_id(id_) if kind.name == "Issue" else kind.subject(message)


def accept_message(offer: bytes, holder: int, message: Mapping[str, Any], place: int) -> dict[str, Any]:
    """What the receiver of one child signs (type `Accept`)."""
    child = message["children"][place]
    return {
        "offer": offer,
        "from": holder,
        "to": child["to"],
        "parts": [{"index": place, "value": child["value"], "trade": child["trade"]}],
    }


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
