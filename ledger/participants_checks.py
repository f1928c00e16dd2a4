"""PARTICIPANTS, what the contract would refuse, said before anybody signs (`ParticipantsLib.sol`).

Each check takes an act's message, the store and the latest block's time, and raises the first reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import Conflict, Invalid, NotFound
from ledger.ids import parse_uscc
from ledger.participants_keys import after_change, require_free, require_somebody, rights_of
from ledger.ports import Store
from ledger.records import Participant, Recovery
from ledger.rules import (
    MOST_KEYS,
    BadClearingBank,
    Role,
    Stage,
    at_most,
    current,
    in_role,
    in_time,
    not_before,
    participant,
    running,
)
from ledger.typed import Message

LONGEST_SUSPENSION = 30 * 86_400
RECOVERY_DELAY = 14 * 86_400
"""As long again after it was ready, a recovery that nobody completed makes way for another."""


class AlreadyAdmitted(Conflict):
    """The USCC stands in the ledger."""

    code = "already-admitted"
    title = "This company is a participant already"


class NotIndependent(Invalid):
    """The registrar cannot be the bank that has checked the newcomer as well."""

    code = "not-independent"
    title = "Registrar and bank are one participant"


class BadRoles(Invalid):
    """Roles that exclude each other, or none."""

    code = "bad-roles"
    title = "These roles don't go together"


class NoRecovery(NotFound):
    """No recovery of this participant is running under this digest."""

    code = "no-recovery"
    title = "There is no such recovery"


class RecoveryRunning(Conflict):
    """One recovery at a time."""

    code = "recovery-running"
    title = "A recovery is running already"


class SuspensionTooLong(Invalid):
    """The registrar alone suspends for 30 days at most."""

    code = "suspension-too-long"
    title = "The registrar suspends for 30 days at most"


class NotSuspended(Conflict):
    """There is nothing for the registrar to lift."""

    code = "not-suspended"
    title = "This participant is not suspended"


class SuspendedByPanel(Conflict):
    """The panel's suspension is not the registrar's to change."""

    code = "suspended-by-panel"
    title = "The panel has suspended this participant"


def recovery(store: Store, party: int) -> Recovery:
    """The running recovery of a participant. Raises NoRecovery."""
    found = store.get(Recovery, party)
    if found is None:
        raise NoRecovery(f"No recovery of participant {party} is running; start one first.", party=party)
    return found


def admit(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    running(store, Stage.PARTICIPANTS, now)
    in_role(store, message["registrar"], Role.REGISTRAR)
    in_role(store, message["bank"], Role.BANK)
    if message["registrar"] == message["bank"]:
        raise NotIndependent(
            f"Participant {message['bank']} is named as registrar and as bank; another bank has to check the newcomer.",
            party=message["bank"],
        )
    uscc = parse_uscc(message["uscc"])
    for known in store.find(Participant, uscc=uscc):
        raise AlreadyAdmitted(f"{uscc} is participant {known.id} already; use that one.", party=known.id)
    require_roles(message["roles"])
    after_change(store, 0, message["keys"], [])
    _require_clearing_bank(store, message["roles"], message["clearingBank"])


def require_roles(roles: int) -> None:
    """Only a bank may be a clearing bank; a bank gets tickets by release only, so it is no supplier and no core.
    Raises BadRoles."""
    bank, trader = roles & Role.BANK, roles & (Role.CORE | Role.SUPPLIER)
    clearing = roles & Role.CLEARING_BANK
    if not 0 < roles < 64 or (bank and trader) or (clearing and not bank):
        raise BadRoles(
            f"The roles {Role(roles & 63).words} don't go together: at least one, a clearing bank is a bank too, and "
            "a bank is neither core nor supplier.",
            roles=roles,
        )


def _require_clearing_bank(store: Store, roles: int, named: int) -> None:
    needed = Role.BANK if roles & Role.CLEARING_BANK else Role.CLEARING_BANK
    found = store.get(Participant, named)
    if found is None or not found.roles & needed:
        raise BadClearingBank(
            f"Participant {named} is no {needed.words}; a clearing bank names another bank, everybody else a "
            "clearing bank.",
            bank=named,
        )


def signers(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    current(message["sequence"], participant(store, message["party"]).sequence)
    after_change(store, message["party"], message["add"], message["remove"])


def profile(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    current(message["sequence"], participant(store, message["party"]).sequence)


def recover(message: Message, store: Store, now: int) -> None:
    profile(message, store, now)
    party = message["party"]
    running_now = store.get(Recovery, party)
    if running_now is not None and now < running_now.ready_at + RECOVERY_DELAY:
        raise RecoveryRunning(f"A recovery of participant {party} runs; veto it or wait for it.", party=party)
    at_most(len(message["keys"]), MOST_KEYS, "keys")
    _require_new(store, party, message["keys"])


def _require_new(store: Store, party: int, entries: Sequence[Message]) -> None:
    seen = rights_of(store, party)
    for entry in entries:
        seen[require_free(store, entry, party, seen, again=True)] = entry["right"]
    require_somebody([entry["right"] for entry in entries], party)


def veto(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    _same_recovery(message, store)


def completion(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    not_before(_same_recovery(message, store).ready_at, now, "Completing this recovery")


def _same_recovery(message: Message, store: Store) -> Recovery:
    found = recovery(store, message["party"])
    if found.digest != message["recovery"]:
        raise NoRecovery(
            f"Another recovery of participant {found.party} is running; draft anew.", party=found.party
        )
    return found


def suspend(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    party = participant(store, message["party"])
    current(message["sequence"], party.suspension_sequence)
    if not message["byPanel"]:
        _registrar_may(party, message["until"], now)


def _registrar_may(party: Participant, until: int, now: int) -> None:
    if party.suspended_by_panel and now < party.suspended_until:
        raise SuspendedByPanel(
            "The panel has suspended this participant; only the panel changes that.", party=party.id
        )
    if until <= now:
        if now >= party.suspended_until:
            raise NotSuspended(
                f"Participant {party.id} is not suspended; there is nothing to lift.", party=party.id
            )
        return
    if until > now + LONGEST_SUSPENSION:
        raise SuspensionTooLong(
            "The registrar suspends for 30 days at most; name an earlier end.", until=until
        )
    not_before(party.suspension_free_from, now, "Another suspension by the registrar")
