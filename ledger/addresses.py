"""The address of a key: 0x and 40 digits, with the checksum in its capitals (EIP-55)."""

import re

from ledger.errors import Invalid
from ledger.ids import keccak256

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


class InvalidAddress(Invalid):
    """Not the address of a key."""

    code = "invalid-address"
    title = "The address of a key is not valid"


def parse_address(text: str) -> str:
    """An address with the checksum in its capitals (EIP-55). All small or all capital letters are taken as they
    are; a mixture must have the right checksum. Raises InvalidAddress."""
    if not _ADDRESS.fullmatch(text) or not int(text, 16):
        raise InvalidAddress(
            f"{text[:60]!r} is no address: 0x and 40 digits; copy it whole.", value=text[:60]
        )
    digits = text[2:].lower()
    marks = keccak256(digits.encode()).hex()
    checked = "0x" + "".join(d.upper() if int(m, 16) > 7 else d for d, m in zip(digits, marks, strict=False))
    if text[2:] not in (digits, digits.upper(), checked[2:]):
        raise InvalidAddress(
            f"{text} has a wrong checksum, so a character is mistyped; copy it again.", value=text
        )
    return checked
