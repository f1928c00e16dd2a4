"""LIMITS: how much a core may have outstanding, the tenor policy, and halts for outside reasons.

An opening limit (开立额度) is no guarantee. The core's named clearing bank sets it; issuing uses it, funding and void
free it. Mirrors the second half of `contracts/libraries/GovernanceLib.sol`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ledger.acts import Due, Kind, pad
from ledger.clock import shanghai_text
from ledger.errors import Conflict, Invalid
from ledger.events import Event
from ledger.ids import new_salt
from ledger.money import Fen, format_yuan
from ledger.participants_events import change_governance
from ledger.ports import Store
from ledger.records import Governance, Opening
from ledger.rules import Role, Stage, current, in_role, in_time, name_of, running, signed_by, signed_by_panel
from ledger.typed import Message

MOST_MONTHS = 36
MOST_LIMIT = Fen(2**88 - 1)


class BadMonths(Invalid):
    """A tenor of no or too many months."""

    code = "bad-months"
    title = "The longest tenor is 1 to 36 months"


class StartsInThePast(Invalid):
    """A policy is dated ahead."""

    code = "starts-in-the-past"
    title = "A policy can't begin in the past"


class LimitTooLarge(Invalid):
    """More than the storage word holds."""

    code = "limit-too-large"
    title = "The opening limit is too large"


class LimitExpired(Conflict):
    """The opening limit has run out, or was never set."""

    code = "limit-expired"
    title = "The core has no opening limit in force"


class LimitExceeded(Conflict):
    """The issuance would bring the core above its opening limit."""

    code = "limit-exceeded"
    title = "The opening limit does not cover this"


class CoreHalted(Conflict):
    """The core is overdue, or the panel has halted it (暂停开立)."""

    code = "core-halted"
    title = "The core may not issue at present"


# ---- messages


def set_policy(
    store: Store, months: int, start: int, evidence: bytes, deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """SetPolicy: the longest tenor in calendar months for issuances from `start` (UTC seconds) on."""
    sequence = store.need(Governance, 1).sequence
    fields = {"months": months, "from": start, "evidence": evidence, "sequence": sequence}
    return {**fields, "salt": salt or new_salt(), "deadline": deadline}


def set_limit(
    store: Store, core: int, amount: Fen, expiry: int, deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """SetLimit: fen that the core may have outstanding before `expiry` (UTC seconds)."""
    fields = {"core": core, "amount": amount, "expiry": expiry, "sequence": opening(store, core).sequence}
    return {**fields, "salt": salt or new_salt(), "deadline": deadline}


def halt(
    store: Store, core: int, halted: bool, evidence: bytes, deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """Halt: stop a core's issuing for outside reasons, or let it go on (False)."""
    fields = {"core": core, "halted": halted, "evidence": evidence, "sequence": opening(store, core).sequence}
    return {**fields, "salt": salt or new_salt(), "deadline": deadline}


# ---- what others ask


def opening(store: Store, core: int) -> Opening:
    """The core's limit and halts; an empty one when nothing was ever set."""
    return store.get(Opening, core) or Opening(core)


def months_now(store: Store, now: int) -> int:
    """The longest tenor in force, in calendar months."""
    governance = store.need(Governance, 1)
    due = governance.next_months and now >= governance.next_from
    return governance.next_months if due else governance.months


def require_issuable(store: Store, core: int, face: Fen, now: int) -> None:
    """Whether the core may issue this much now. Raises CoreHalted, LimitExpired, LimitExceeded."""
    found, name = opening(store, core), name_of(store, core)
    if found.overdue or found.halted:
        reason = (
            f"{found.overdue} of its issuances are overdue: fund them in full" if found.overdue else ""
        ) or "the panel has halted it: ask the panel"
        raise CoreHalted(
            f"{name} may not issue, {reason}.", core=core, overdue=found.overdue, halted=found.halted
        )
    if now >= found.expiry:
        raise LimitExpired(_expired(name, found), core=core, expiry=found.expiry)
    if found.used + face > found.limit:
        raise LimitExceeded(
            f"{name} has {format_yuan(found.used)} of {format_yuan(found.limit)} yuan in use; "
            f"{format_yuan(face)} more do not fit. Issue {format_yuan(max(0, found.limit - found.used))} at most, "
            "or ask the clearing bank for a higher limit.",
            core=core,
            needed=found.used + face,
            limit=found.limit,
        )


@dataclass(frozen=True)
class Room:
    """What a core could issue now. `reason`: "" or the code of what stands against it; amounts in fen."""

    limit: Fen
    used: Fen
    free: Fen
    expiry: int
    reason: str


def room(store: Store, core: int, now: int) -> Room:
    """The core's limit as its treasurer wants to see it."""
    found = opening(store, core)
    reason = CoreHalted.code if found.overdue or found.halted else ""
    reason = reason or (LimitExpired.code if now >= found.expiry else "")
    left = 0 if reason else max(0, found.limit - found.used)
    return Room(found.limit, found.used, Fen(left), found.expiry, reason)


def use(store: Store, core: int, change: int) -> None:
    """Projection: what issuing (above 0), funding and void (below 0) do to the limit's use."""
    found = opening(store, core)
    store.put(replace(found, used=Fen(found.used + change)))


def _expired(name: str, found: Opening) -> str:
    if not found.expiry:
        return f"{name} has no opening limit; its clearing bank has to set one first."
    ended = shanghai_text(found.expiry)
    return f"The opening limit of {name} ended at {ended} (Shanghai); its clearing bank has to set a new one."


# ---- what the contract would refuse


def _check_policy(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    running(store, Stage.LIMITS, now)
    current(message["sequence"], store.need(Governance, 1).sequence)
    if not 0 < message["months"] <= MOST_MONTHS:
        raise BadMonths(f"{message['months']} months: name 1 to {MOST_MONTHS}.", months=message["months"])
    if message["from"] < now:
        raise StartsInThePast(
            f"The policy would begin at {shanghai_text(message['from'])} (Shanghai), which has passed; "
            "name a later moment.",
            start=message["from"],
        )


def _check_limit(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    running(store, Stage.LIMITS, now)
    in_role(store, message["core"], Role.CORE)
    current(message["sequence"], opening(store, message["core"]).sequence)
    if message["amount"] > MOST_LIMIT:
        raise LimitTooLarge(
            f"A limit of {format_yuan(message['amount'])} yuan is above {format_yuan(MOST_LIMIT)}; "
            "look for a slipped digit.",
            amount=message["amount"],
        )


def _check_halt(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    in_role(store, message["core"], Role.CORE)
    current(message["sequence"], opening(store, message["core"]).sequence)


def _limit_dues(message: Message, store: Store) -> list[Due]:
    return [signed_by(in_role(store, message["core"], Role.CORE).clearing_bank, "SetLimit", message)]


KINDS: tuple[Kind, ...] = (
    Kind(
        "SetPolicy",
        "limits",
        "setPolicy",
        lambda m, store: signed_by_panel(store, "SetPolicy", m),
        _check_policy,
        lambda _: pad(0),
    ),
    Kind("SetLimit", "limits", "setLimit", _limit_dues, _check_limit, lambda m: pad(m["core"])),
    Kind(
        "Halt",
        "limits",
        "halt",
        lambda m, store: signed_by_panel(store, "Halt", m),
        _check_halt,
        lambda m: pad(m["core"]),
    ),
)


# ---- what the chain says


def _policy_set(event: Event, store: Store) -> None:
    a = event.args
    change_governance(
        store,
        months=a["months"],
        next_months=a["nextMonths"],
        next_from=a["nextFrom"],
        sequence=a["sequence"],
    )


def _limit_set(event: Event, store: Store) -> None:
    a = event.args
    found = opening(store, a["core"])
    store.put(replace(found, limit=Fen(a["amount"]), expiry=a["expiry"], sequence=a["sequence"]))


def _halt_set(event: Event, store: Store) -> None:
    a = event.args
    store.put(replace(opening(store, a["core"]), halted=a["halted"], sequence=a["sequence"]))


EVENTS: Mapping[str, Callable[[Event, Store], None]] = {
    "PolicySet": _policy_set,
    "LimitSet": _limit_set,
    "HaltSet": _halt_set,
}
"""Event → changes of the projection."""
