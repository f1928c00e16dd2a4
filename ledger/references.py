"""Payment references and registration numbers: what a bank names in an act, at most 32 ASCII characters.

On chain a reference fills 32 bytes, zeros behind it, and is spent once for each bank and kind of act.
"""

from __future__ import annotations

from ledger.errors import Conflict, Invalid

SIZE = 32


class BadReference(Invalid):
    """Not a reference that fits into an act."""

    code = "bad-reference"
    title = "A reference or registration number is not valid"


class ReferenceSpent(Conflict):
    """The bank used this reference before in an act of this kind."""

    code = "reference-spent"
    title = "The reference was used before"


def reference(text: str, what: str = "payment reference") -> bytes:
    """The 32 bytes for a reference of 1 to 32 printable ASCII characters. Raises BadReference."""
    trimmed = text.strip()
    if not trimmed or len(trimmed) > SIZE or not (trimmed.isascii() and trimmed.isprintable()):
        raise BadReference(
            f"{text[:60]!r} is not a {what} of 1 to {SIZE} letters, digits and signs; copy it from the bank.",
            value=text[:60],
        )
    return trimmed.encode().ljust(SIZE, b"\0")


def text_of(reference: bytes) -> str:
    """What a person wrote: the reference without its zeros; hexadecimal if it is no text."""
    bare = reference.rstrip(b"\0")
    text = bare.decode("ascii", "replace")
    return text if text.isprintable() and "\ufffd" not in text else "0x" + reference.hex()


def required(reference: bytes, what: str) -> None:
    """Raises BadReference for 32 zeros."""
    if not any(reference):
        raise BadReference(f"The {what} is empty; fill it in.", what=what)


def spent(bank: int, reference: bytes) -> ReferenceSpent:
    """The error for a reference that came before."""
    return ReferenceSpent(
        f"The reference {text_of(reference)} was used before by this bank for an act of this kind; if this is "
        "another payment, give it a reference of its own.",
        bank=bank,
        ref=text_of(reference),
    )
