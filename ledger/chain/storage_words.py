"""Storage words and where they stand: slots from the compiler's layout in the artifact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ledger.chain.artifact import load_artifact
from ledger.ids import keccak256

ALL_BITS = (1 << 256) - 1


@dataclass(frozen=True)
class Expected:
    """One storage word that should be there. `mask`: the bits that the record speaks of; `about`: for people."""

    about: str
    slot: bytes
    word: int
    mask: int = ALL_BITS

    def agrees(self, found: bytes) -> bool:
        """Whether the word on chain is the expected one."""
        return int.from_bytes(found, "big") & self.mask == self.word & self.mask


def packed(*fields: tuple[int, int]) -> int:
    """Values with their widths in bits, the first at the lowest bits."""
    word = at = 0
    for value, bits in fields:
        word |= int(value) << at
        at += bits
    return word


def in_map(label: str, key: bytes | int) -> bytes:
    """The slot of one entry of a mapping: numbers are padded on the left, bytesN on the right."""
    padded = key.to_bytes(32, "big") if isinstance(key, int) else key.ljust(32, b"\0")
    return keccak256(padded + _positions()[label].to_bytes(32, "big"))


def member(label: str) -> bytes:
    """The slot of a member of the one struct."""
    return _positions()[label].to_bytes(32, "big")


def behind(slot: bytes, count: int) -> bytes:
    """The slot so many places on."""
    return (int.from_bytes(slot, "big") + count).to_bytes(32, "big")


def array(about: str, slot: bytes, items: Sequence[int], bits: int) -> Iterator[Expected]:
    """A dynamic array of numbers: its length, and its words, which hold as many as fit."""
    yield Expected(f"{about}, length", slot, len(items))
    each = 256 // bits
    for place, start in enumerate(range(0, len(items), each)):
        word = packed(*((item, bits) for item in items[start : start + each]))
        yield Expected(f"{about}, word {place}", behind(keccak256(slot), place), word)


@cache
def _positions() -> dict[str, int]:
    layout: dict[str, Any] = load_artifact("GoldTicket")["storageLayout"]
    [state] = layout["storage"]
    return {m["label"]: int(m["slot"]) for m in layout["types"][state["type"]]["members"]}
