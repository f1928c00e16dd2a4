"""The contract's storage by the compiler's own layout: where a value stands, how it is packed, and words in plain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ledger.ids import keccak256 as keccak
from tests.support.abi import artifact

Slots = dict[int, int]
"""Storage slot → word."""


@dataclass(frozen=True)
class Place:
    """A value in storage: the compiler's type id, slot, and offset in it in bytes."""

    type: str
    slot: int
    offset: int = 0


def place(label: str, *keys: Any) -> Place:
    """A member of the one `Layout` struct; `keys` go into mappings, indexes into arrays of fixed length."""
    found = _member(_types()[_root().type]["members"], label, _root().slot)
    for key in keys:
        found = _inside(found, key)
    return found


def pack(where: Place, value: Any) -> Slots:
    """The words that a value takes: int, bytes, str (address), dict (struct) or list (array)."""
    slots: Slots = {}
    for slot, offset, bits in _packed(where, value):
        slots[slot] = slots.get(slot, 0) | bits << 8 * offset
    return slots


def read(where: Place, load: Callable[[int], int]) -> Any:
    """The value at a place: int for numbers and words, bytes for bytesN, 0x… for addresses, dict, list."""
    kind = _types()[where.type]
    if "members" in kind:
        return {
            m["label"]: read(_member(kind["members"], m["label"], where.slot), load) for m in kind["members"]
        }
    if kind["encoding"] == "dynamic_array":
        return [read(_item(where, i), load) for i in range(load(where.slot))]
    if where.type.startswith("t_array"):
        return [read(_inside(where, i), load) for i in range(_length(where.type))]
    size = int(kind["numberOfBytes"])
    raw = load(where.slot) >> 8 * where.offset & (1 << 8 * size) - 1
    if where.type.startswith("t_bytes"):
        return raw.to_bytes(size, "big")
    return f"0x{raw:040x}" if where.type == "t_address" else raw


def _packed(where: Place, value: Any) -> Iterator[tuple[int, int, int]]:
    kind = _types()[where.type]
    if "members" in kind:
        for member in kind["members"]:
            yield from _packed(_member(kind["members"], member["label"], where.slot), value[member["label"]])
    elif kind["encoding"] == "dynamic_array":
        yield where.slot, 0, len(value)
        for i, item in enumerate(value):
            yield from _packed(_item(where, i), item)
    elif where.type.startswith("t_array"):
        for i, item in enumerate(value):
            yield from _packed(_inside(where, i), item)
    else:
        yield where.slot, where.offset, _number(value)


def _number(value: Any) -> int:
    if isinstance(value, bytes):
        return int.from_bytes(value, "big")
    return int(value, 16) if isinstance(value, str) else int(value)


def _inside(where: Place, key: Any) -> Place:
    kind = _types()[where.type]
    if kind["encoding"] == "mapping":
        slot = int.from_bytes(keccak(_key(kind["key"], key) + where.slot.to_bytes(32, "big")), "big")
        return Place(kind["value"], slot)
    base = kind["base"]
    return Place(base, where.slot + key * -(-int(_types()[base]["numberOfBytes"]) // 32))


def _item(where: Place, index: int) -> Place:
    base = _types()[where.type]["base"]
    size = int(_types()[base]["numberOfBytes"])
    per_slot = 32 // size
    first = int.from_bytes(keccak(where.slot.to_bytes(32, "big")), "big")
    return Place(base, first + index // per_slot, index % per_slot * size)


def _key(kind: str, key: Any) -> bytes:
    if isinstance(key, bytes):
        return key.ljust(32, b"\0")
    return _number(key).to_bytes(32, "big")


def _member(members: list[dict[str, Any]], label: str, base: int) -> Place:
    for member in members:
        if member["label"] == label:
            return Place(member["type"], base + int(member["slot"]), member["offset"])
    raise KeyError(label)


def _length(array: str) -> int:
    return int(array.rsplit(")", 1)[1].removesuffix("_storage"))


@cache
def _types() -> dict[str, dict[str, Any]]:
    types: dict[str, dict[str, Any]] = artifact("GoldTicket")["storageLayout"]["types"]
    return types


@cache
def _root() -> Place:
    (only,) = artifact("GoldTicket")["storageLayout"]["storage"]
    return Place(only["type"], int(only["slot"]))


@dataclass(frozen=True)
class Ticket:
    """A ticket word in plain; see `TicketWord` in contracts/types/Words.sol."""

    party: int
    value: int
    version: int
    depth: int
    flags: int
    expiry: int

    LOCKED, WITHDRAWN, RETURNED, ORDERED, PAID = 1, 2, 4, 8, 16

    @classmethod
    def of(cls, word: int) -> Ticket:
        """From the storage word."""
        return cls(*_split(word, 48, 96, 16, 8, 8, 40))


@dataclass(frozen=True)
class Issuance:
    """An issuance word in plain; see `IssuanceWord`. `minimum` is the power of ten."""

    debtor: int
    transferable_until: int
    minimum: int
    flags: int
    face: int
    clearing_bank: int

    FUNDED, VOID = 1, 2

    @classmethod
    def of(cls, word: int) -> Issuance:
        """From the storage word."""
        return cls(*_split(word, 48, 40, 8, 8, 96, 48))


@dataclass(frozen=True)
class Signer:
    """A signer word in plain; see `SignerWord`."""

    party: int
    right: int
    roles: int
    suspended_until: int
    pending: int

    @classmethod
    def of(cls, word: int) -> Signer:
        """From the storage word."""
        return cls(*_split(word, 48, 8, 8, 40, 8))


def joined(*fields: tuple[int, int]) -> int:
    """A word from (value, bits) pairs, lowest first."""
    word = shift = 0
    for value, bits in fields:
        word |= value << shift
        shift += bits
    return word


def _split(word: int, *bits: int) -> Iterator[int]:
    for size in bits:
        yield word & (1 << size) - 1
        word >>= size
