"""Contract ABI encoding of plain Python values, compiled once per type: int, bytes, str, bool, list, dict.

A struct is a dict by field name, so the messages of ledger.typed go in as they are and come out the same.
Decoding takes bytes from strangers: every bound is checked and work is limited by the input's size.

Source: Contract ABI Specification (https://docs.soliditylang.org/en/latest/abi-spec.html).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.signatures import checksum_address

WORD = 32
_SPREAD = 8
"""How many times its size an encoding may unfold to by pointing twice to the same place."""


class Undecodable(ValueError):
    """Bytes that are no encoding of the type."""


class Reader:
    """Encoded bytes with a limit to how much may be read out of them."""

    __slots__ = ("_left", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._left = _SPREAD * len(data) + 1024

    def number(self, at: int) -> int:
        """The 32 bytes at this place as a number."""
        return int.from_bytes(self.take(at, WORD), "big")

    def take(self, at: int, size: int) -> bytes:
        """So many bytes from this place on. Raises Undecodable when they are not there."""
        self._left -= size
        if at + size > len(self.data) or self._left < 0:
            raise Undecodable(f"{size} bytes at {at} lie outside the {len(self.data)} bytes given")
        return self.data[at : at + size]


@dataclass(frozen=True)
class Kind:
    """One ABI type. `name` canonical as in a signature; `size`: bytes in the head; `dynamic`: lies in the tail."""

    name: str
    dynamic: bool
    size: int
    encode: Callable[[Any], bytes]
    decode: Callable[[Reader, int], Any]


def kind_of(entry: Mapping[str, Any]) -> Kind:
    """The kind of one input, output or component of a JSON ABI."""
    return _kind(entry["type"], entry.get("components", ()))


def struct_of(entries: Sequence[Mapping[str, Any]]) -> Kind:
    """What stands between a function's parentheses: a dict by parameter name."""
    return _tuple(entries)


def padded(data: bytes) -> bytes:
    """`data` filled up with zeros to whole words."""
    return data + bytes(-len(data) % WORD)


def number(value: int) -> bytes:
    """A number as one word."""
    return value.to_bytes(WORD, "big")


def _kind(name: str, components: Sequence[Mapping[str, Any]]) -> Kind:
    if name.endswith("[]"):
        return _array(_kind(name[:-2], components))
    if name == "tuple":
        return _tuple(components)
    if name.startswith("uint"):
        return _uint(name, int(name[4:]))
    if name == "bytes":
        return Kind(name, True, WORD, _encode_bytes, _decode_bytes)
    if name.startswith("bytes"):
        return _fixed(name, int(name[5:]))
    return _SIMPLE[name]


def _uint(name: str, bits: int) -> Kind:
    limit = 1 << bits

    def encode(value: int) -> bytes:
        if not isinstance(value, int):
            raise TypeError(f"a whole number is needed, not {type(value).__name__}")
        if not 0 <= value < limit:
            raise ValueError(f"{value} does not fit in {name}")
        return value.to_bytes(WORD, "big")

    def decode(reader: Reader, at: int) -> int:
        value = reader.number(at)
        if value >= limit:
            raise Undecodable(f"{value} does not fit in {name}")
        return value

    return Kind(name, False, WORD, encode, decode)


def _fixed(name: str, size: int) -> Kind:
    fill = bytes(WORD - size)

    def encode(value: bytes) -> bytes:
        if len(value) != size:
            raise ValueError(f"{len(value)} bytes where {size} are needed: 0x{bytes(value[:40]).hex()}")
        return value + fill

    def decode(reader: Reader, at: int) -> bytes:
        word = reader.take(at, WORD)
        if word[size:] != fill:
            raise Undecodable(f"more than {size} bytes in a {name}")
        return word[:size]

    return Kind(name, False, WORD, encode, decode)


def _array(item: Kind) -> Kind:
    def encode(values: Sequence[Any]) -> bytes:
        parts = [item.encode(value) for value in values]
        if not item.dynamic:
            return number(len(parts)) + b"".join(parts)
        return number(len(parts)) + _heads_and_tails([(True, part) for part in parts], WORD * len(parts))

    def decode(reader: Reader, at: int) -> list[Any]:
        count, start = reader.number(at), at + WORD
        if count * item.size > len(reader.data):
            raise Undecodable(f"{count} elements do not fit in the {len(reader.data)} bytes given")
        return [_component(reader, item, start, start + i * item.size) for i in range(count)]

    return Kind(item.name + "[]", True, WORD, encode, decode)


def _tuple(components: Sequence[Mapping[str, Any]]) -> Kind:
    fields = [(entry["name"], kind_of(entry)) for entry in components]
    dynamic = any(kind.dynamic for _, kind in fields)
    head = sum(kind.size for _, kind in fields)

    def encode(values: Mapping[str, Any]) -> bytes:
        return _heads_and_tails([(kind.dynamic, _field(name, kind, values)) for name, kind in fields], head)

    def decode(reader: Reader, at: int) -> dict[str, Any]:
        found, place = {}, at
        for name, kind in fields:
            found[name] = _component(reader, kind, at, place)
            place += kind.size
        return found

    name = f"({','.join(kind.name for _, kind in fields)})"
    return Kind(name, dynamic, WORD if dynamic else head, encode, decode)


def _field(name: str, kind: Kind, values: Mapping[str, Any]) -> bytes:
    if name not in values:
        raise ValueError(f"{name} is missing")
    try:
        return kind.encode(values[name])
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name}: {error}") from None


def _component(reader: Reader, kind: Kind, base: int, place: int) -> Any:
    return kind.decode(reader, base + reader.number(place) if kind.dynamic else place)


def _heads_and_tails(parts: Sequence[tuple[bool, bytes]], offset: int) -> bytes:
    heads, tails = [], []
    for dynamic, part in parts:
        if not dynamic:
            heads.append(part)
            continue
        heads.append(number(offset))
        tails.append(part)
        offset += len(part)
    return b"".join(heads) + b"".join(tails)


def _encode_bytes(value: bytes) -> bytes:
    return number(len(value)) + padded(value)


def _decode_bytes(reader: Reader, at: int) -> bytes:
    return reader.take(at + WORD, reader.number(at))


def _decode_string(reader: Reader, at: int) -> str:
    # What is not UTF-8 still has to be readable: no stranger's act may stop who reads along.
    return _decode_bytes(reader, at).decode("utf-8", "backslashreplace")


def _encode_address(value: str) -> bytes:
    digits = bytes.fromhex(value.removeprefix("0x"))
    if len(digits) != 20 or not value.startswith("0x"):
        raise ValueError(f"{value!r} is no address (0x and 40 digits)")
    return bytes(12) + digits


def _decode_address(reader: Reader, at: int) -> str:
    word = reader.take(at, WORD)
    if any(word[:12]):
        raise Undecodable("more than 20 bytes in an address")
    return checksum_address(word[12:])


def _encode_bool(value: bool) -> bytes:
    if not isinstance(value, bool):
        raise TypeError(f"true or false is needed, not {value!r}")
    return number(int(value))


def _decode_bool(reader: Reader, at: int) -> bool:
    value = reader.number(at)
    if value > 1:
        raise Undecodable(f"{value} is neither true nor false")
    return value == 1


_SIMPLE = {
    "address": Kind("address", False, WORD, _encode_address, _decode_address),
    "bool": Kind("bool", False, WORD, _encode_bool, _decode_bool),
    "string": Kind("string", True, WORD, lambda value: _encode_bytes(value.encode()), _decode_string),
}
