"""PARTICIPANTS: admission, keys, the file, recovery and suspension.

Authority comes from being named: a registrar and a bank admit, and each first key signs itself in; everything else
a participant changes by its own act. Mirrors `contracts/libraries/ParticipantsLib.sol`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger import participants_checks as checks
from ledger import participants_panel as panel
from ledger.acts import Check, Due, Dues, Kind, pad
from ledger.addresses import parse_address
from ledger.errors import NotFound
from ledger.ids import new_salt, parse_uscc
from ledger.participants_checks import recovery
from ledger.participants_events import EVENTS as EVENTS
from ledger.participants_keys import keys
from ledger.ports import Store
from ledger.records import Participant
from ledger.rules import Right as Right
from ledger.rules import Role as Role
from ledger.rules import participant, signed_by, signed_by_keys, signed_by_panel
from ledger.typed import Message

# ---- messages


def admit(
    uscc: str,
    roles: int,
    clearing_bank: int,
    profile: bytes,
    first_keys: Iterable[tuple[str, int]],
    registrar: int,
    bank: int,
    deadline: int,
    salt: bytes | None = None,
) -> dict[str, Any]:
    """Admit. `profile`: hash of its file; `first_keys`: (address, right) each; `bank`: who did the KYC."""
    return {
        "uscc": parse_uscc(uscc),
        "roles": int(roles),
        "clearingBank": clearing_bank,
        "profile": profile,
        "keys": keys(first_keys),
        "registrar": registrar,
        "bank": bank,
        **_tail(deadline, salt),
    }


def change_signers(
    store: Store,
    party: int,
    add: Iterable[tuple[str, int]],
    remove: Iterable[str],
    deadline: int,
    salt: bytes | None = None,
) -> dict[str, Any]:
    """ChangeSigners: keys (address, right) that come in, addresses that go."""
    return {
        "party": party,
        "add": keys(add),
        "remove": [parse_address(address) for address in remove],
        "sequence": participant(store, party).sequence,
        **_tail(deadline, salt),
    }


def change_profile(
    store: Store, party: int, profile: bytes, deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """ChangeProfile: the hash of the participant's new file."""
    sequence = participant(store, party).sequence
    return {"party": party, "profile": profile, "sequence": sequence, **_tail(deadline, salt)}


def recover(
    store: Store,
    party: int,
    new_keys: Iterable[tuple[str, int]],
    evidence: bytes,
    deadline: int,
    salt: bytes | None = None,
) -> dict[str, Any]:
    """Recover: after 14 days these keys replace all others, unless a current signer vetoes."""
    fields = {"party": party, "keys": keys(new_keys), "evidence": evidence}
    return {**fields, "sequence": participant(store, party).sequence, **_tail(deadline, salt)}


def veto_recovery(store: Store, party: int, deadline: int, salt: bytes | None = None) -> dict[str, Any]:
    """VetoRecovery: ends the running recovery. Signed by any one current key. Raises NoRecovery."""
    return {"party": party, "recovery": recovery(store, party).digest, **_tail(deadline, salt)}


def complete_recovery(store: Store, party: int, deadline: int, salt: bytes | None = None) -> dict[str, Any]:
    """CompleteRecovery: after the delay. Signed by any one new key. Raises NoRecovery."""
    return {"party": party, "recovery": recovery(store, party).digest, **_tail(deadline, salt)}


def suspend(
    store: Store,
    party: int,
    until: int,
    by_panel: bool,
    evidence: bytes,
    deadline: int,
    salt: bytes | None = None,
) -> dict[str, Any]:
    """Suspend until then (UTC seconds; 0 lifts): no offering, accepting or issuing."""
    sequence = participant(store, party).suspension_sequence
    fields = {"party": party, "until": until, "byPanel": by_panel, "evidence": evidence, "sequence": sequence}
    return {**fields, **_tail(deadline, salt)}


def _tail(deadline: int, salt: bytes | None) -> dict[str, Any]:
    return {"salt": salt or new_salt(), "deadline": deadline}


# ---- who signs


def _admit_dues(message: Message, store: Store) -> list[Due]:
    named = [signed_by(message[who], "Admit", message) for who in ("registrar", "bank")]
    return named + signed_by_keys(message["keys"], 0, "Admit", message)


def _signers_dues(message: Message, store: Store) -> list[Due]:
    party = message["party"]
    first = signed_by(party, "ChangeSigners", message)
    return [first, *signed_by_keys(message["add"], party, "ChangeSigners", message)]


def _recover_dues(message: Message, store: Store) -> list[Due]:
    party = participant(store, message["party"])
    return [
        signed_by(party.clearing_bank, "Recover", message),
        *signed_by_keys(message["keys"], party.id, "Recover", message),
        *signed_by_panel(store, "Recover", message),
    ]


def _suspend_dues(message: Message, store: Store) -> list[Due]:
    if message["byPanel"]:
        return signed_by_panel(store, "Suspend", message)
    return [signed_by(registrar(store).id, "Suspend", message)]


def registrar(store: Store) -> Participant:
    """The registrar; the first one where there are several. Raises NotFound."""
    for party in store.find(Participant):
        if party.roles & Role.REGISTRAR:
            return party
    raise NotFound("There is no registrar in this deployment; the panel must act instead.")


def _kind(name: str, function: str, dues: Dues, check: Check) -> Kind:
    return Kind(name, "participants", function, dues, check, _subject)


def _subject(message: Message) -> bytes:
    return pad(message["uscc"].encode()) if "uscc" in message else pad(message["party"])


KINDS: tuple[Kind, ...] = (
    _kind("Admit", "admit", _admit_dues, checks.admit),
    _kind("ChangeSigners", "changeSigners", _signers_dues, checks.signers),
    _kind(
        "ChangeProfile",
        "changeProfile",
        lambda m, _: [signed_by(m["party"], "ChangeProfile", m)],
        checks.profile,
    ),
    _kind("Recover", "recover", _recover_dues, checks.recover),
    _kind(
        "VetoRecovery",
        "vetoRecovery",
        lambda m, _: [Due("key", m["party"], "VetoRecovery", m)],
        checks.veto,
    ),
    _kind(
        "CompleteRecovery",
        "completeRecovery",
        lambda m, _: [Due("key", m["party"], "CompleteRecovery", m)],
        checks.completion,
    ),
    _kind("Suspend", "suspend", _suspend_dues, checks.suspend),
    *panel.KINDS,
)
