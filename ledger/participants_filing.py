"""PARTICIPANTS, the papers: from a participant's file to its admission, and a change of the file with its note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ledger import participants, participants_checks
from ledger.clearing import PayeeAccount
from ledger.errors import Conflict, Invalid
from ledger.participants_file import ParticipantFile, file_of
from ledger.ports import Store
from ledger.records import Profile
from ledger.rules import participant


class NothingChanged(Conflict):
    """The file says what it said before."""

    code = "nothing-changed"
    title = "The file is the one in force"


class OtherUscc(Invalid):
    """A file can't turn one company into another."""

    code = "other-uscc"
    title = "The file names another company"


@dataclass(frozen=True)
class Admission:
    """`message`: of the Admit act; `profile`: to be kept in the book, its hash stands in the message."""

    message: dict[str, Any]
    profile: Profile


@dataclass(frozen=True)
class AccountNote:
    """What the clearing bank is told when a payee account changes. `clearing_bank`: party id; `at`: UTC seconds."""

    clearing_bank: int
    party: int
    name: str
    uscc: str
    before: PayeeAccount | None
    after: PayeeAccount
    at: int

    @property
    def text(self) -> str:
        """The plain facts. They hold from the moment the change is final on chain."""
        old = _line(self.before) if self.before else "unknown to this book"
        return (
            f"{self.name} ({self.uscc}) changes its payee account.\nBefore: {old}\nAfter: {_line(self.after)}\n"
            "Pay to the new account once the change is final; call the contact you know if in doubt."
        )


@dataclass(frozen=True)
class FileChange:
    """`message`: of the ChangeProfile act; `note`: for the clearing bank, None when the account stays the same."""

    message: dict[str, Any]
    profile: Profile
    note: AccountNote | None


def admission(
    store: Store,
    file: ParticipantFile,
    roles: int,
    clearing_bank: int,
    keys: Iterable[tuple[str, int]],
    registrar: int,
    bank: int,
    deadline: int,
    now: int,
    salt: bytes | None = None,
) -> Admission:
    """The Admit act of a company with this file. `keys`: (address, right); `bank`: party id of who did the KYC.

    Raises what the contract would refuse: AlreadyAdmitted, BadRoles, BadClearingBank, KeyTaken, NobodyCanSign …
    """
    profile = file.profile(now)
    message = participants.admit(
        file.uscc, roles, clearing_bank, profile.hash, keys, registrar, bank, deadline, salt
    )
    participants_checks.admit(message, store, now)
    return Admission(message, profile)


def change_of_file(
    store: Store, party: int, file: ParticipantFile, deadline: int, now: int, salt: bytes | None = None
) -> FileChange:
    """The ChangeProfile act for a new version of the participant's file. Its own maker and checker sign it, which
    is the two-person rule for a change of the payee account. Raises OtherUscc, NothingChanged."""
    known = participant(store, party)
    if file.uscc != known.uscc:
        raise OtherUscc(f"The file is of {file.uscc}, the participant is {known.uscc}; correct the code.")
    before = file_of(store, known) if store.get(Profile, known.profile) else None
    if before == file:
        raise NothingChanged("The file says exactly what the one in force says; change it or leave it.")
    profile = file.profile(now)
    message = participants.change_profile(store, party, profile.hash, deadline, salt)
    account = before.account if before else None
    note = AccountNote(known.clearing_bank, party, file.name, known.uscc, account, file.account, now)
    return FileChange(message, profile, None if account == file.account else note)


def _line(account: PayeeAccount) -> str:
    return f"{account.name}, {account.number}, {account.bank}, CNAPS {account.cnaps}"
