"""The acts as EIP-712 typed data: types, digests and the JSON that a wallet shows, encoded directly.

Every act that anybody signs is one of `TYPES`; field order is that of `contracts/types/Acts.sol`. Values are
plain Python: int for numbers (fen, UTC seconds), bytes for bytesN, str for string and address (0x…), list for
arrays, dict for structs. `digest` is what is signed and is the act's id.

Source: EIP-712 (https://eips.ethereum.org/EIPS/eip-712), domain with a salt of the deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ledger.ids import keccak256 as keccak

Message = Mapping[str, Any]
"""One struct: field name → value."""

_TAIL = (("salt", "bytes32"), ("deadline", "uint40"))
_PANEL_TAIL = (("evidence", "bytes32"), ("sequence", "uint32"), *_TAIL)

TYPES: dict[str, tuple[tuple[str, str], ...]] = {
    # participants
    "Key": (("key", "address"), ("right", "uint8")),
    "Admit": (
        ("uscc", "string"),
        ("roles", "uint8"),
        ("clearingBank", "uint48"),
        ("profile", "bytes32"),
        ("keys", "Key[]"),
        ("registrar", "uint48"),
        ("bank", "uint48"),
        *_TAIL,
    ),
    "ChangeSigners": (
        ("party", "uint48"),
        ("add", "Key[]"),
        ("remove", "address[]"),
        ("sequence", "uint32"),
        *_TAIL,
    ),
    "ChangeProfile": (("party", "uint48"), ("profile", "bytes32"), ("sequence", "uint32"), *_TAIL),
    "Recover": (("party", "uint48"), ("keys", "Key[]"), *_PANEL_TAIL),
    "VetoRecovery": (("party", "uint48"), ("recovery", "bytes32"), *_TAIL),
    "CompleteRecovery": (("party", "uint48"), ("recovery", "bytes32"), *_TAIL),
    "Suspend": (("party", "uint48"), ("until", "uint40"), ("byPanel", "bool"), *_PANEL_TAIL),
    "ChangePanel": (("members", "uint48[]"), ("threshold", "uint8"), *_PANEL_TAIL),
    "Stop": (("stages", "uint8"), ("until", "uint40"), *_PANEL_TAIL),
    "Close": _PANEL_TAIL,
    # limits
    "SetPolicy": (("months", "uint8"), ("from", "uint40"), *_PANEL_TAIL),
    "SetLimit": (
        ("core", "uint48"),
        ("amount", "uint96"),
        ("expiry", "uint40"),
        ("sequence", "uint16"),
        *_TAIL,
    ),
    "Halt": (
        ("core", "uint48"),
        ("halted", "bool"),
        ("evidence", "bytes32"),
        ("sequence", "uint16"),
        *_TAIL,
    ),
    # issue
    "Invoice": (("fingerprint", "bytes32"), ("total", "uint96"), ("amount", "uint96")),
    "Issue": (
        ("debtor", "uint48"),
        ("supplier", "uint48"),
        ("clearingBank", "uint48"),
        ("face", "uint96"),
        ("contractualDue", "uint40"),
        ("due", "uint40"),
        ("transferableUntil", "uint40"),
        ("grace", "uint32"),
        ("depth", "uint8"),
        ("minimum", "uint8"),
        ("interest", "uint8"),
        ("undertaking", "bytes32"),
        ("invoices", "Invoice[]"),
        *_TAIL,
    ),
    "WithdrawIssue": (("issue", "bytes32"), *_TAIL),
    "Void": (("issuance", "bytes16"), ("tickets", "bytes32[]"), ("evidence", "bytes32"), *_TAIL),
    # transfer
    "Child": (("to", "uint48"), ("value", "uint96"), ("trade", "bytes32"), ("salt", "bytes32")),
    "Offer": (("ticket", "bytes32"), ("version", "uint16"), ("children", "Child[]"), *_TAIL),
    "Part": (("index", "uint16"), ("value", "uint96"), ("trade", "bytes32")),
    "Accept": (("offer", "bytes32"), ("from", "uint48"), ("to", "uint48"), ("parts", "Part[]")),
    "Withdraw": (("ticket", "bytes32"), ("offer", "bytes32"), ("indexes", "uint16[]"), *_TAIL),
    "WithdrawAll": (("ticket", "bytes32"), ("version", "uint16"), *_TAIL),
    # finance
    "Lock": (
        ("ticket", "bytes32"),
        ("version", "uint16"),
        ("bank", "uint48"),
        ("value", "uint96"),
        ("terms", "bytes32"),
        ("clearingBank", "uint48"),
        ("expiry", "uint40"),
        ("selfCertified", "bool"),
        *_TAIL,
    ),
    "Receipt": (
        ("lock", "bytes32"),
        ("bank", "uint48"),
        ("value", "uint96"),
        ("ref", "bytes32"),
        ("registration", "bytes32"),
        *_TAIL,
    ),
    "CancelLock": (("lock", "bytes32"), *_TAIL),
    # settle
    "FundLeg": (("issuance", "bytes16"), ("amount", "uint96")),
    "Fund": (
        ("bank", "uint48"),
        ("ref", "bytes32"),
        ("total", "uint96"),
        ("legs", "FundLeg[]"),
        *_TAIL,
    ),
    "Line": (("ticket", "bytes32"), ("amount", "uint96"), ("paidAt", "uint40")),
    "PayOut": (("bank", "uint48"), ("ref", "bytes32"), ("lines", "Line[]"), *_TAIL),
    "Waive": (("issuance", "bytes16"), ("evidence", "bytes32"), ("sequence", "uint16"), *_TAIL),
    "ReplaceBank": (
        ("issuance", "bytes16"),
        ("bank", "uint48"),
        ("evidence", "bytes32"),
        ("sequence", "uint16"),
        *_TAIL,
    ),
    "VetoReplacement": (("issuance", "bytes16"), ("replacement", "bytes32"), *_TAIL),
    "CompleteReplacement": (("issuance", "bytes16"), ("replacement", "bytes32"), *_TAIL),
    # freeze
    "Freeze": (
        ("ticket", "bytes32"),
        ("order", "bytes32"),
        ("amount", "uint96"),
        ("end", "uint40"),
        *_PANEL_TAIL,
    ),
    "Unfreeze": (("ticket", "bytes32"), ("order", "bytes32"), *_PANEL_TAIL),
}

_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"


@dataclass(frozen=True)
class Domain:
    """Where an act is valid: one deployment on one chain.

    `address`: 0x… of the contract; `salt`: 32 bytes, `GoldTicket.domainSalt()`.
    """

    chain_id: int
    address: str
    salt: bytes

    @property
    def separator(self) -> bytes:
        """The EIP-712 domain separator, 32 bytes; equals `GoldTicket.separator()`."""
        return _separator(self)

    def to_json(self) -> dict[str, Any]:
        """The `domain` member of EIP-712 JSON."""
        return {
            "name": "GoldTicket",
            "version": "1",
            "chainId": self.chain_id,
            "verifyingContract": self.address,
            "salt": "0x" + self.salt.hex(),
        }


@cache
def _separator(domain: Domain) -> bytes:
    return keccak(
        keccak(_DOMAIN.encode())
        + keccak(b"GoldTicket")
        + keccak(b"1")
        + domain.chain_id.to_bytes(32, "big")
        + bytes.fromhex(domain.address[2:]).rjust(32, b"\0")
        + domain.salt
    )


@cache
def encode_type(primary: str) -> str:
    """EIP-712 encodeType: the type, then the struct types it refers to, by name."""
    used = sorted(_structs_in(primary) - {primary})
    return "".join(
        f"{name}({','.join(f'{kind} {field}' for field, kind in TYPES[name])})" for name in (primary, *used)
    )


@cache
def type_hash(primary: str) -> bytes:
    """keccak of `encode_type`, 32 bytes."""
    return keccak(encode_type(primary).encode())


def struct_hash(primary: str, message: Message) -> bytes:
    """EIP-712 hashStruct. Raises KeyError for a missing field, ValueError for a bad value."""
    return _hasher(primary)(message)


def digest(domain: Domain, primary: str, message: Message) -> bytes:
    """What is signed; also the act's id. 32 bytes."""
    return keccak(b"\x19\x01" + domain.separator + struct_hash(primary, message))


def to_json(domain: Domain, primary: str, message: Message) -> dict[str, Any]:
    """The EIP-712 JSON of `eth_signTypedData_v4`: numbers as decimal strings, bytes as 0x hex."""
    types = {
        name: [{"name": field, "type": kind} for field, kind in TYPES[name]]
        for name in sorted(_structs_in(primary))
    }
    types["EIP712Domain"] = [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
        {"name": "salt", "type": "bytes32"},
    ]
    return {
        "types": types,
        "primaryType": primary,
        "domain": domain.to_json(),
        "message": message_to_json(primary, message),
    }


def message_to_json(primary: str, message: Message) -> dict[str, Any]:
    """A message as JSON values; `message_from_json` is its inverse."""
    return {field: write(message[field]) for field, write in _writers(primary)}


def message_from_json(primary: str, data: Message) -> dict[str, Any]:
    """JSON values back to plain Python. Raises KeyError, ValueError or TypeError on what does not fit."""
    return {field: read(data[field]) for field, read in _readers(primary)}


@cache
def _structs_in(primary: str) -> frozenset[str]:
    inner = (kind.removesuffix("[]") for _, kind in TYPES[primary])
    return frozenset({primary}).union(*(_structs_in(kind) for kind in inner if kind in TYPES))


# Each type is read once into functions for its fields: what a field's name says of it is not looked up again for
# every act.

Convert = Callable[[Any], Any]


@cache
def _hasher(primary: str) -> Callable[[Message], bytes]:
    prefix = type_hash(primary)
    fields = [(field, _encoder(kind)) for field, kind in TYPES[primary]]

    def hashed(message: Message) -> bytes:
        return keccak(b"".join((prefix, *[encode(message[field]) for field, encode in fields])))

    return hashed


@cache
def _writers(primary: str) -> tuple[tuple[str, Convert], ...]:
    return tuple((field, _to_json(kind)) for field, kind in TYPES[primary])


@cache
def _readers(primary: str) -> tuple[tuple[str, Convert], ...]:
    return tuple((field, _from_json(kind)) for field, kind in TYPES[primary])


@cache
def _encoder(kind: str) -> Callable[[Any], bytes]:
    if kind.endswith("[]"):
        inner = _encoder(kind[:-2])
        return lambda value: keccak(b"".join([inner(item) for item in value]))
    if kind in TYPES:
        return _hasher(kind)
    if kind == "string":
        return lambda value: keccak(value.encode())
    if kind == "address":
        return lambda value: bytes.fromhex(value[2:]).rjust(32, b"\0")
    if kind == "bool":
        return lambda value: int(bool(value)).to_bytes(32, "big")
    if kind.startswith("bytes"):
        sized = _sized(int(kind[5:]))
        return lambda value: sized(value).ljust(32, b"\0")
    ranged = _ranged(int(kind[4:]))
    return lambda value: ranged(value).to_bytes(32, "big")


@cache
def _sized(size: int) -> Callable[[bytes], bytes]:
    def check(value: bytes) -> bytes:
        if len(value) != size:
            raise ValueError(f"{len(value)} bytes where {size} are needed: 0x{value.hex()}")
        return value

    return check


@cache
def _ranged(bits: int) -> Callable[[int], int]:
    limit = 1 << bits

    def check(value: int) -> int:
        if not 0 <= value < limit:
            raise ValueError(f"{value} does not fit in {bits} bits without a sign")
        return value

    return check


@cache
def _to_json(kind: str) -> Convert:
    if kind.endswith("[]"):
        inner = _to_json(kind[:-2])
        return lambda value: [inner(item) for item in value]
    if kind in TYPES:
        return lambda value: message_to_json(kind, value)
    if kind.startswith("bytes"):
        return lambda value: "0x" + value.hex()
    return str if kind.startswith("uint") else _same


@cache
def _from_json(kind: str) -> Convert:
    if kind.endswith("[]"):
        inner = _from_json(kind[:-2])
        return lambda value: [inner(item) for item in _listed(value)]
    if kind in TYPES:
        return lambda value: message_from_json(kind, value)
    if kind.startswith("bytes"):
        return bytes_reader(int(kind[5:]))
    if kind.startswith("uint"):
        ranged = _ranged(int(kind[4:]))
        return lambda value: ranged(_whole(value))
    return {"address": _address, "bool": _truth, "string": _text}[kind]


@cache
def bytes_reader(size: int) -> Callable[[Any], bytes]:
    """Reads `size` bytes from JSON: 0x and two hexadecimal digits for each, without the spaces that `bytes.fromhex`
    passes over. Raises TypeError or ValueError that names the value."""
    length = 2 + 2 * size

    def read(value: Any) -> bytes:
        if type(value) is not str:
            raise TypeError(f"{_shown(value)} is not text; write 0x and {2 * size} hexadecimal digits")
        if len(value) == length and value.startswith("0x"):
            try:
                found = bytes.fromhex(value[2:])
            except ValueError:
                found = b""
            if len(found) == size:  # of as many characters: none of them was a space
                return found
        raise ValueError(
            f"{_shown(value)} is not 0x and {2 * size} hexadecimal digits: {size} bytes are needed, copy it whole"
        )

    return read


_twenty = bytes_reader(20)


def _address(value: Any) -> str:
    _twenty(value)
    return str(value)


def _truth(value: Any) -> bool:
    """Text would be true whatever it says."""
    if type(value) is not bool:
        raise TypeError(f"{_shown(value)} is neither true nor false; write one of them, without quotes")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{_shown(value)} is not text; put it in quotes")
    return value


def _shown(value: Any) -> str:
    """As much of it as one likes to read."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:90]}…"


def _whole(value: Any) -> int:
    """A whole number from JSON: digits as text, or a number that is one. Never 1.5, true, "1_000" or digits of other
    scripts, all of which `int` takes."""
    if type(value) is int:
        return value
    if type(value) is not str:
        raise TypeError(f"{_shown(value)} is no whole number; write its digits as text")
    digits = value.removeprefix("-")  # whether it may be below 0 is the type's to say
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{value[:40]!r} is no whole number; write it with the digits 0 to 9 alone")
    return int(value)


def _same(value: Any) -> Any:
    return value


def _listed(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise TypeError(f"an array is needed, not {type(value).__name__}")
    return value
