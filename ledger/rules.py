"""Rules that all stages share: who a participant is, what it may do now, who signs for the panel.

Each check mirrors one that the contract makes (`contracts/libraries/Auth.sol`), so that a clerk hears the reason
before anybody signs. The codes are those of the contract's own refusals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum, IntFlag
from itertools import pairwise

from ledger.acts import Due
from ledger.addresses import parse_address
from ledger.clock import shanghai_text
from ledger.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.ports import Store
from ledger.records import Governance, Participant, Profile
from ledger.typed import Message

MOST_KEYS = 16
MOST_MEMBERS = 15


class Role(IntFlag):
    """What a participant is, as `Roles` in contracts/types/Words.sol."""

    CORE = 1
    SUPPLIER = 2
    BANK = 4
    CLEARING_BANK = 8
    REGISTRAR = 16
    AUDITOR = 32

    @property
    def words(self) -> str:
        """For people: `bank, clearing bank`."""
        return ", ".join((role.name or "").lower().replace("_", " ") for role in self) or "none"


class Right(IntEnum):
    """What a key may sign, as `Rights` in contracts/types/Words.sol."""

    NONE = 0
    MAKER = 1
    CHECKER = 2
    SOLE = 3


class Stage(IntFlag):
    """What the panel can stop, as `Stages` in contracts/types/Words.sol."""

    PARTICIPANTS = 1
    LIMITS = 2
    ISSUE = 4
    TRANSFER = 8
    FINANCE = 16


ALL_STAGES = 31


class DeadlinePassed(Conflict):
    """The last second of an act is over."""

    code = "expired"
    title = "The act's deadline has passed"


class StageStopped(Conflict):
    """The panel has stopped this stage for some days."""

    code = "stage-stopped"
    title = "The panel has stopped this stage"


class StaleSequence(Conflict):
    """Something changed what the act is about since it was drafted."""

    code = "stale-sequence"
    title = "The act was drafted before another change"


class UnknownParty(NotFound):
    """No participant has this id or USCC."""

    code = "unknown-party"
    title = "There is no such participant"


class MissingRole(Forbidden):
    """The participant was not admitted in the role that this needs."""

    code = "missing-role"
    title = "The participant does not have the role for this"


class Suspended(Forbidden):
    """The participant may not offer, accept or issue for the time being."""

    code = "suspended"
    title = "The participant is suspended"


class TooMany(Invalid):
    """More items than one act may hold."""

    code = "too-many"
    title = "Too many items in one act"


class BadClearingBank(Invalid):
    """Not a participant that may confirm money here."""

    code = "bad-clearing-bank"
    title = "This participant can't be the clearing bank"


class TooEarly(Conflict):
    """A delay has not passed yet."""

    code = "too-early"
    title = "It is too early for this"


class NotAscending(Invalid):
    """A list that must be in order, without a repetition, is not."""

    code = "not-ascending"
    title = "The list must be in ascending order, each once"


def in_time(message: Message, now: int) -> None:
    """Raises DeadlinePassed when the act's last second is over."""
    if now > message["deadline"]:
        raise DeadlinePassed(
            f"This act was valid up to {shanghai_text(message['deadline'])} (Shanghai), which has passed; "
            "draft it anew with a later deadline.",
            deadline=message["deadline"],
            now=now,
        )


def running(store: Store, stage: Stage, now: int) -> None:
    """Raises StageStopped while the panel has stopped this stage."""
    governance = store.need(Governance, 1)
    if governance.stopped_stages & stage and now < governance.stopped_until:
        raise StageStopped(
            f"The panel has stopped the stage {(stage.name or '').lower()} until "
            f"{shanghai_text(governance.stopped_until)} (Shanghai); try again then.",
            stage=int(stage),
            until=governance.stopped_until,
        )


def current(given: int, sequence: int) -> None:
    """Raises StaleSequence unless the act was drafted on the present state."""
    if given != sequence:
        raise StaleSequence(
            f"This act was drafted for change number {given}, the present number is {sequence}; draft it anew.",
            given=given,
            current=sequence,
        )


def participant(store: Store, party: int) -> Participant:
    """The participant with this id. Raises UnknownParty."""
    found = store.get(Participant, party)
    if found is None:
        raise UnknownParty(f"There is no participant {party}; look its id up in the list.", party=party)
    return found


def by_uscc(store: Store, uscc: str) -> Participant:
    """The participant with this USCC. Raises UnknownParty."""
    for found in store.find(Participant, uscc=uscc):
        return found
    raise UnknownParty(f"{uscc} is no participant here; it has to be admitted first.", uscc=uscc)


def in_role(store: Store, party: int, role: Role) -> Participant:
    """The participant, which must have one of these roles. Raises UnknownParty, MissingRole."""
    found = participant(store, party)
    if not found.roles & role:
        raise MissingRole(
            f"{name_of(store, party)} has the roles {Role(found.roles).words}, but this needs {role.words}; "
            "name another participant.",
            party=party,
            role=int(role),
        )
    return found


def active(store: Store, party: int, now: int) -> Participant:
    """The participant, which must not be suspended. Raises UnknownParty, Suspended."""
    found = participant(store, party)
    if now < found.suspended_until:
        raise Suspended(
            f"{name_of(store, party)} is suspended until {shanghai_text(found.suspended_until)} (Shanghai) "
            "and can't offer, accept or issue; wait, or ask the registrar.",
            party=party,
            until=found.suspended_until,
        )
    return found


def clearing_bank(store: Store, party: int, now: int) -> Participant:
    """A clearing bank that may get something new. Raises UnknownParty, MissingRole, Suspended."""
    in_role(store, party, Role.CLEARING_BANK)
    return active(store, party, now)


def not_before(ready: int, now: int, what: str) -> None:
    """Raises TooEarly."""
    if now < ready:
        raise TooEarly(
            f"{what} is possible from {shanghai_text(ready)} (Shanghai) on; wait until then.",
            ready_at=ready,
            now=now,
        )


def ascending(values: Sequence[int] | Sequence[bytes], what: str) -> None:
    """Raises NotAscending unless each value is above the one before it."""
    for place, (left, right) in enumerate(pairwise(values), 1):
        if right <= left:  # type: ignore[operator]
            raise NotAscending(
                f"The {what} must be in ascending order, each once; number {place + 1} is not. Sort them.",
                position=place,
            )


def at_most(found: int, most: int, what: str) -> None:
    """Raises TooMany."""
    if found > most:
        raise TooMany(
            f"There are {found} {what}, one act holds {most}; make several acts.", found=found, most=most
        )


def name_of(store: Store, party: int) -> str:
    """The name in the participant's file, else its USCC, else its id."""
    found = store.get(Participant, party)
    if found is None:
        return f"participant {party}"
    profile = store.get(Profile, found.profile)
    return str(profile.data["name"]) if profile else found.uscc


def signed_by(party: int, primary: str, message: Message) -> Due:
    """The signature of a participant: a sole key's, or a maker's and a checker's."""
    return Due("party", party, primary, message)


def signed_by_keys(keys: Iterable[Message], party: int, primary: str, message: Message) -> list[Due]:
    """The signature of each key that comes in; `party` 0 for one that is not admitted yet."""
    return [Due("key", party, primary, message, address=parse_address(key["key"])) for key in keys]


def signed_by_panel(store: Store, primary: str, message: Message) -> list[Due]:
    """The signatures of the panel: a seat for each member, ascending; its threshold suffices."""
    members = sorted(store.need(Governance, 1).members)
    return [Due("panel", member, primary, message) for member in members]
