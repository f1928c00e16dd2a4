"""A participant's file (参与方档案): who it is, where it is paid, whom to call.

The file stays in the book; what stands on chain is its salted hash. A change is the participant's own act, so its
two people sign it, and a changed payee account is told to its clearing bank.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ledger.clearing import PayeeAccount
from ledger.errors import GoldTicketError, Invalid, NotFound
from ledger.ids import commitment, new_salt, parse_uscc
from ledger.ports import Store
from ledger.records import Participant, Profile

SIZES = ("large", "medium", "small", "micro")
"""大型、中型、小型、微型 (工信部联企业〔2011〕300号)."""

_INDUSTRY = re.compile(r"([A-T])?([0-9]{2})[0-9]{0,2}", re.ASCII)
_LAST_DIVISION = {
    "A": 5, "B": 12, "C": 43, "D": 46, "E": 50, "F": 52, "G": 60, "H": 62, "I": 65, "J": 69, "K": 70, "L": 72,
    "M": 75, "N": 79, "O": 82, "P": 83, "Q": 85, "R": 90, "S": 96, "T": 97,
}  # fmt: skip
"""Section letter → the last two-digit division in it (GB/T 4754-2017)."""


class InvalidProfile(Invalid):
    """A participant's file with wrong fields; the evidence lists each under `errors`."""

    code = "invalid-profile"
    title = "The participant's file has wrong fields"


class NoProfile(NotFound):
    """The book does not have the file behind a participant's hash."""

    code = "no-profile"
    title = "The participant's file is not in this book"


@dataclass(frozen=True)
class Contact:
    """Whom to call; a phone number, an e-mail address or both."""

    name: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class ParticipantFile:
    """`size`: one of `SIZES`; `industry`: section letter and 2 to 4 digits of GB/T 4754; `group_parent`: the USCC of
    the group's parent, "" for none; `account`: where it is paid, with the 12-digit CNAPS code (联行号)."""

    name: str
    uscc: str
    size: str
    industry: str
    group_parent: str
    account: PayeeAccount
    contact: Contact

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ParticipantFile:
        """The file from JSON, tidied. Raises InvalidProfile, which names each wrong field with the way out."""
        reader = _Reader(data)
        made = cls(
            name=reader.text("name"),
            uscc=reader.read("uscc", parse_uscc),
            size=reader.read("size", _size),
            industry=reader.read("industry", _industry),
            group_parent=reader.read("group_parent", parse_uscc, needed=False),
            account=PayeeAccount(
                name=reader.text("account.name"),
                bank=reader.text("account.bank"),
                number=reader.read("account.number", _number),
                cnaps=reader.read("account.cnaps", _cnaps),
            ),
            contact=Contact(
                name=reader.text("contact.name"),
                phone=reader.read("contact.phone", _phone, needed=False),
                email=reader.read("contact.email", _email, needed=False),
            ),
        )
        if not (made.contact.phone or made.contact.email or "contact.phone" in reader.wrong):
            reader.fault("contact.phone", "", "is empty, and so is contact.email; give at least one of them")
        reader.finish()
        return made

    def to_dict(self) -> dict[str, Any]:
        """The file as JSON; `from_dict` is its inverse."""
        return asdict(self)

    def profile(self, now: int, salt: bytes | None = None) -> Profile:
        """The record that keeps this version by its hash. `salt` of 32 bytes is random unless given."""
        chosen = salt or new_salt()
        return Profile(profile_hash(self, chosen), self.uscc, self.to_dict(), chosen, now)


def canonical(file: ParticipantFile) -> str:
    """The file as JSON with one spelling: keys in order, no spaces, characters as they are."""
    return json.dumps(file.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def profile_hash(file: ParticipantFile, salt: bytes) -> bytes:
    """The 32 bytes on chain: a commitment to the canonical JSON under a salt of 32 bytes."""
    return commitment(salt, canonical(file))


def file_of(store: Store, party: Participant) -> ParticipantFile:
    """The participant's file in force. Raises NoProfile when this book does not have it."""
    profile = store.get(Profile, party.profile)
    if profile is None:
        raise NoProfile(
            f"The file of {party.uscc} is not in this book; ask the participant to hand it in again.",
            party=party.id,
        )
    return ParticipantFile.from_dict(profile.data)


def account_of(store: Store, party: Participant) -> PayeeAccount:
    """Where the participant is paid. Raises NoProfile."""
    return file_of(store, party).account


class _Reader:
    """Reads dotted fields and collects what is wrong, so that a clerk hears all of it at once."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self.wrong: dict[str, dict[str, str]] = {}

    def text(self, field: str) -> str:
        return self.read(field, lambda value: value)

    def read(self, field: str, parse: Callable[[str], str], needed: bool = True) -> str:
        value: Any = self._data
        for part in field.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None or value == "":
            if needed:
                self.fault(field, "", "is missing; fill it in")
            return ""
        if not isinstance(value, str) or not value.strip().isprintable() or len(value) > 200:
            self.fault(field, str(value), "is not a visible text of at most 200 characters; type it again")
            return ""
        try:
            return parse(value.strip())
        except GoldTicketError as error:
            self.fault(field, value, error.message)
            return ""

    def fault(self, field: str, value: str, problem: str) -> None:
        self.wrong[field] = {"field": field, "value": value[:60], "problem": problem}

    def finish(self) -> None:
        if self.wrong:
            lines = "; ".join(f"{entry['field']} {entry['problem']}" for entry in self.wrong.values())
            raise InvalidProfile(
                f"The participant's file is not good yet: {lines}.", errors=[*self.wrong.values()]
            )


def _size(text: str) -> str:
    if text not in SIZES:
        raise Invalid(f"{text!r} is no size; write one of {', '.join(SIZES)}")
    return text


def _industry(text: str) -> str:
    match = _INDUSTRY.fullmatch(text.upper())
    letter = match and next((k for k, last in _LAST_DIVISION.items() if 0 < int(match[2]) <= last), None)
    if match is None or letter is None or match[1] not in (None, letter):
        raise Invalid(
            f"{text!r} is no industry of GB/T 4754; write its section letter and 2 to 4 digits, such as C3311"
        )
    return letter + text.upper().removeprefix(letter)


def _number(text: str) -> str:
    digits = re.sub(r"[ -]", "", text)
    if not re.fullmatch(r"[0-9]{8,32}", digits, re.ASCII):
        raise Invalid(f"{text!r} is no account number; write its 8 to 32 digits")
    return digits


def _cnaps(text: str) -> str:
    digits = text.replace(" ", "")
    if not re.fullmatch(r"[0-9]{12}", digits, re.ASCII):
        raise Invalid(f"{text!r} is no CNAPS code (联行号); it has 12 digits, ask the account's bank")
    return digits


def _phone(text: str) -> str:
    if not re.fullmatch(r"\+?[0-9][0-9 ()-]{4,24}", text, re.ASCII):
        raise Invalid(f"{text!r} is no telephone number; write digits, such as 0551-6288 0000")
    return text


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise Invalid(f"{text!r} is no e-mail address; write name@company.cn")
    return text
