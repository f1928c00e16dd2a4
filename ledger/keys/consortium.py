"""The consortium key: by it one invoice has the same fingerprint at all gateways of a ledger, so that it is not used
through two of them. It is made once, when the ledger is deployed; a gateway that made one of its own would find
no invoice used elsewhere, and nobody would notice."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import Invalid
from ledger.ids import keccak256, to_hex
from ledger.keys.kept import kept

LEAST = 32
"""Bytes, at least. They are random: their mark tells nobody the key."""


class NoConsortiumKey(Invalid):
    """A gateway of a ledger that others may use too has no consortium key."""

    code = "no-consortium-key"
    title = "The consortium key is missing"


class WrongConsortiumKey(Invalid):
    """A consortium key that is not the one of this ledger."""

    code = "wrong-consortium-key"
    title = "This is not the consortium key of this ledger"


def mark_of(key: bytes) -> str:
    """What `deployment.json` says of the key, so that another one is noticed: 0x hex, Keccak-256."""
    return to_hex(keccak256(b"gold ticket consortium" + key))


def made(given: str, file: Path) -> bytes:
    """For a ledger that is being deployed: the key that the settings give, the one in `file`, or a new one there.
    Raises WrongConsortiumKey for one that can't be a key."""
    return _read(given, "GOLDTICKET_CONSORTIUM_KEY") if given else _key_in(file)


def held(given: str, file: Path, mark: str) -> bytes:
    """For a ledger that is there, with its mark; "" where an older version deployed it and wrote none.

    Raises NoConsortiumKey, WrongConsortiumKey.
    """
    if not given and not file.exists():
        raise NoConsortiumKey(
            "With a key of its own this gateway would not know invoices that others have used. Set "
            f"GOLDTICKET_CONSORTIUM_KEY, or put {file.name} of the gateway that deployed the ledger into "
            f"{file.parent}, mode 0600. To follow the ledger only, no key is needed: `goldticket serve --observe`."
        )
    where = "GOLDTICKET_CONSORTIUM_KEY" if given else str(file)
    key = made(given, file)
    if mark and mark_of(key) != mark.lower():
        raise WrongConsortiumKey(
            f"The key in {where} has the mark {mark_of(key)}, and the one of this ledger {mark} (deployment.json): "
            "invoices that others have used would not be known here. Ask the organisation that deployed the ledger "
            "for its key; it stays the same for ever."
        )
    return key


def _key_in(file: Path) -> bytes:
    try:
        return _read(kept(file).hex(), str(file))
    except (OSError, ValueError) as error:
        raise WrongConsortiumKey(f"{file} can't be read as a key ({type(error).__name__}).") from None


def _read(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip().removeprefix("0x"))
    except ValueError:
        key = b""
    if len(key) < LEAST:
        raise WrongConsortiumKey(f"{where} holds no key: {LEAST} bytes as hexadecimal digits are one.")
    return key
