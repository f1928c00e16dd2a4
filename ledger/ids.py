"""Names of things: companies (USCC), tickets, issuances, invoices, salts.

A ticket id is 32 bytes. Its upper half is the issuance id, the upper half of the issue act's digest; its
lower half is zero for the root, else a hash of (parent, offer, index). So an id is known before mining.
"""

import hmac
import re
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import NewType

import sha3  # type: ignore[import-untyped]
from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength, ValidationError

from ledger.errors import Invalid

Uscc = NewType("Uscc", str)
TicketId = NewType("TicketId", bytes)
IssuanceId = NewType("IssuanceId", bytes)

NUMBER_PATTERN = r"GT-[0-9]{6,15}(-[1-9][0-9]{0,5}){0,255}"
"""Of a ticket's number for people."""

_USCC_FAULTS: dict[type[ValidationError], str] = {
    InvalidLength: "does not have 18 characters",
    InvalidFormat: "has a character that a USCC cannot have (no I, O, S, V, Z; digits up to the eighth)",
    InvalidChecksum: "has a wrong check digit, so a character is mistyped",
}


class InvalidUscc(Invalid):
    """Not a unified social credit code."""

    code = "invalid-uscc"
    title = "A unified social credit code is not valid"


class InvalidId(Invalid):
    """Not the id of a ticket, an issuance or a document."""

    code = "invalid-id"
    title = "An id is not valid"


def keccak256(data: bytes) -> bytes:
    """Keccak-256 as the EVM has it, 32 bytes."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


def parse_uscc(text: str) -> Uscc:
    """The USCC (统一社会信用代码) in ``text``, in capitals without spaces or hyphens.

    Source: GB 32100-2015, with its check digit. Raises InvalidUscc.
    """
    compact = text.replace(" ", "").replace("-", "").upper()
    try:
        if not compact.isascii():
            raise InvalidFormat
        uscc.validate(compact)
    except ValidationError as fault:
        raise InvalidUscc(
            f"{text[:40]!r} is not a unified social credit code: it {_USCC_FAULTS[type(fault)]}; "
            "compare it with the business licence",
            value=text[:40],
        ) from None
    return Uscc(compact)


def parse_hex(text: str, size: int = 32) -> bytes:
    """``size`` bytes from ``0x`` and ``2 × size`` hexadecimal digits. Raises InvalidId."""
    digits = text[2:] if text.startswith("0x") else ""
    if len(digits) != 2 * size or not set(digits) <= set("0123456789abcdefABCDEF"):
        raise InvalidId(
            f"{text[:80]!r} is not 0x and {2 * size} hexadecimal digits; copy it whole", value=text[:80]
        )
    return bytes.fromhex(digits)


def to_hex(value: bytes) -> str:
    """``0x`` and lower-case hexadecimal digits."""
    return "0x" + value.hex()


def parse_ticket_id(text: str) -> TicketId:
    """A ticket id from its hexadecimal form. Raises InvalidId."""
    return TicketId(parse_hex(text))


def root_id(issue_digest: bytes) -> TicketId:
    """The root ticket of the issuance that the act with this digest opens."""
    return TicketId(_word(issue_digest, "issue digest")[:16] + bytes(16))


def child_id(parent: bytes, offer_digest: bytes, index: int) -> TicketId:
    """Child ``index`` of an offer out of ``parent``.

    ``parent[:16] || keccak256(abi.encode(parent, offer, index))[16:]``, as the contract computes it.
    """
    content = _word(parent, "parent") + _word(offer_digest, "offer digest") + index.to_bytes(32, "big")
    return TicketId(parent[:16] + keccak256(content)[16:])


def issuance_id(ticket: bytes) -> IssuanceId:
    """The issuance that a ticket belongs to: 16 bytes, on chain ``id >> 128``."""
    return IssuanceId(_word(ticket, "ticket id")[:16])


def root_of(issuance: bytes) -> TicketId:
    """The root ticket of an issuance id of 16 bytes."""
    return TicketId(_word(issuance + bytes(16), "issuance id with its zeros"))


def ticket_number(serial: int, path: Sequence[int] = ()) -> str:
    """The number for people, from lineage: ``GT-000123-2-1`` is the first child of the second child of 123.

    ``serial`` counts issuances from 1; ``path`` counts each generation's children from 1.
    """
    if serial < 1 or any(step < 1 for step in path):
        raise ValueError(f"serial {serial} and path {list(path)} count from 1")
    return "-".join(["GT", f"{serial:06d}", *(str(step) for step in path)])


def split_number(number: str) -> tuple[int, list[int]]:
    """Serial and path of a ticket's number, as `ticket_number` made it. Raises InvalidId."""
    if not re.fullmatch(NUMBER_PATTERN, number):
        raise InvalidId(
            f"{number[:80]!r} is no ticket's number; write it as GT-000123-2-1", value=number[:80]
        )
    _, serial, *path = number.split("-")
    return int(serial), [int(step) for step in path]


def fingerprint(key: bytes, seller: str, buyer: str, invoice_code: str, invoice_number: str) -> bytes:
    """The 32 bytes by which an invoice is known on chain without being readable there.

    HMAC-SHA256 under the consortium's key over the length-prefixed fields, so that no two different
    invoices read alike. A fully digital invoice (数电票) has no code: pass "".
    """
    if len(key) < 32:
        raise ValueError("the consortium key has less than 32 bytes")
    return hmac.digest(key, _prefixed(seller, buyer, invoice_code, invoice_number), sha256)


def commitment(salt: bytes, *values: str) -> bytes:
    """The 32 bytes that stand on chain for private values: Keccak-256 of the salt and the prefixed values.

    Whoever knows salt and values can check it; nobody can guess them from it.
    """
    return keccak256(_word(salt, "salt") + _prefixed(*values))


def new_salt() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(32)


def _prefixed(*values: str) -> bytes:
    """Each value's UTF-8 after its length in four bytes: no two lists of values read alike."""
    encoded = [value.encode() for value in values]
    return b"".join(len(value).to_bytes(4, "big") + value for value in encoded)


def _word(value: bytes, what: str) -> bytes:
    if len(value) != 32:
        raise ValueError(f"{what} has {len(value)} bytes, not 32")
    return value
