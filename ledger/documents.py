"""The documents that people sign or act on: rendered, hashed, stored by their hash.

Each is self-contained HTML in Chinese with an English reading. The same values give the same bytes, and
``hash`` is Keccak-256 of those bytes, which is what an act carries on chain. Every document holds a random
salt, so that its hash tells nothing to someone who guesses the rest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from typing import ClassVar

from jinja2 import Environment, PackageLoader, StrictUndefined

from ledger.clearing import ClearingList
from ledger.clock import shanghai_text
from ledger.discount import Bearer, Quote, format_rate
from ledger.errors import Invalid
from ledger.ids import keccak256, to_hex
from ledger.money import Fen, capitals, format_yuan

MEDIA_TYPE = "text/html; charset=utf-8"


class InvalidText(Invalid):
    """A text with characters that a reader of the document would not see."""

    code = "invalid-text"
    title = "A text holds invisible characters"


@dataclass(frozen=True)
class Document:
    """A rendered document. ``hash``: Keccak-256 of ``body`` as 0x and 64 digits; ``digest``: its 32 bytes."""

    kind: str
    media_type: str
    body: bytes
    hash: str

    @property
    def digest(self) -> bytes:
        """The hash as bytes32, for acts."""
        return bytes.fromhex(self.hash[2:])


@dataclass(frozen=True)
class Company:
    """A participant by name and USCC."""

    name: str
    uscc: str


@dataclass(frozen=True)
class Evidence:
    """A line of trade evidence; amount in fen."""

    order_no: str
    receipt_no: str
    receipt_date: date
    invoice: str
    amount: Fen


@dataclass(frozen=True)
class Undertaking:
    """The core's signed promise behind an issuance (付款承诺函).

    Amounts in fen; ``overdue_bp_per_day`` in basis points a day (5 is 万分之五); ``grace_days`` calendar days
    after ``payment_date``; ``depth`` how many times value may be passed on; ``provisional`` while the payment
    date rests on a forecast calendar; ``salt`` 32 random bytes.
    """

    kind: ClassVar[str] = "undertaking"

    number: str
    core: Company
    supplier: Company
    clearing_bank: Company
    face: Fen
    issue_date: date
    contractual_due: date
    payment_date: date
    provisional: bool
    transferable_until: date
    grace_days: int
    overdue_bp_per_day: int
    depth: int
    minimum: Fen
    bearer: Bearer
    evidence: tuple[Evidence, ...]
    salt: bytes


@dataclass(frozen=True)
class AssignmentNotice:
    """The notice to the debtor, by name, that a holder has assigned a claim to a bank (债权转让通知).

    ``registration`` is the number of the assignment in 中登网; ``undertaking`` the hash of the core's promise.
    """

    kind: ClassVar[str] = "assignment-notice"

    number: str
    notice_date: date
    debtor: Company
    assignor: Company
    assignee: Company
    clearing_bank: Company
    ticket_number: str
    ticket_id: str
    undertaking: str
    value: Fen
    payment_date: date
    registration: str
    salt: bytes


@dataclass(frozen=True)
class FinanceTerms:
    """Price and terms of a ticket's sale to a bank (保理融资要素); its hash is the lock's salted commitment.

    ``expiry`` in UTC seconds: without the clearing bank's receipt the value may be returned from then on.
    ``self_certified``: the bank is its own clearing bank, and the holder knows.
    """

    kind: ClassVar[str] = "finance-terms"

    number: str
    holder: Company
    bank: Company
    debtor: Company
    clearing_bank: Company
    ticket_number: str
    ticket_id: str
    quote: Quote
    registration: str
    expiry: int
    self_certified: bool
    salt: bytes


@dataclass(frozen=True)
class ClearingListDocument:
    """A clearing list (清分表) as the core hands it to its clearing bank."""

    kind: ClassVar[str] = "clearing-list"

    number: str
    prepared: date
    debtor: Company
    clearing_bank: Company
    clearing: ClearingList
    salt: bytes


Content = Undertaking | AssignmentNotice | FinanceTerms | ClearingListDocument


def render(content: Content) -> Document:
    """The document with these values. Raises InvalidText for a text that would not be seen as it is."""
    values: Mapping[str, object] = {field.name: getattr(content, field.name) for field in fields(content)}
    template = _environment().get_template(f"{content.kind}.html.j2")
    body = template.render(values).encode()
    return Document(content.kind, MEDIA_TYPE, body, to_hex(keccak256(body)))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ledger"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters |= _FILTERS
    return environment


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _visible(value: object) -> object:
    """Refuses control and direction marks: who signs must read what is hashed."""
    if isinstance(value, str) and not value.replace("\n", " ").isprintable():
        raise InvalidText(f"{value[:60]!r} holds an invisible character; type it again", value=value[:60])
    return value


_FILTERS: Mapping[str, Callable[..., str]] = {
    "yuan": format_yuan,
    "capitals": capitals,
    "rate": format_rate,
    "zh": _chinese,
    "hex": to_hex,
    "shanghai": shanghai_text,
}
