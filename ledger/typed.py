"""The acts as EIP-712 typed data: types, digests and the JSON that a wallet shows, encoded directly.

Every act that anybody signs is one of `TYPES`; field order is that of `contracts/types/Acts.sol`. Values are
plain Python: int for numbers (fen, UTC seconds), bytes for bytesN, str for string and address (0x…), list for
arrays, dict for structs. `digest` is what is signed and is the act's id.

Source: EIP-712 (https://eips.ethereum.org/EIPS/eip-712), domain with a salt of the deployment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    parts = [type_hash(primary)]
    parts += [_encode(kind, message[field]) for field, kind in TYPES[primary]]
    return keccak(b"".join(parts))


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
    return {field: _to_json(kind, message[field]) for field, kind in TYPES[primary]}


def message_from_json(primary: str, data: Message) -> dict[str, Any]:
    """JSON values back to plain Python. Raises KeyError, ValueError or TypeError on what does not fit."""
    return {field: _from_json(kind, data[field]) for field, kind in TYPES[primary]}


@cache
def _structs_in(primary: str) -> frozenset[str]:
    inner = (kind.removesuffix("[]") for _, kind in TYPES[primary])
    return frozenset({primary}).union(*(_structs_in(kind) for kind in inner if kind in TYPES))


def _encode(kind: str, value: Any) -> bytes:
    if kind.endswith("[]"):
        inner = kind[:-2]
        return keccak(b"".join(_encode(inner, item) for item in value))
    if kind in TYPES:
        return struct_hash(kind, value)
    if kind == "string":
        return keccak(value.encode())
    if kind == "address":
        return bytes.fromhex(value[2:]).rjust(32, b"\0")
    if kind == "bool":
        return int(bool(value)).to_bytes(32, "big")
    if kind.startswith("bytes"):
        return _sized(value, int(kind[5:])).ljust(32, b"\0")
    return _ranged(value, int(kind[4:])).to_bytes(32, "big")


def _sized(value: bytes, size: int) -> bytes:
    if len(value) != size:
        raise ValueError(f"{len(value)} bytes where {size} are needed: 0x{value.hex()}")
    return value


def _ranged(value: int, bits: int) -> int:
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{value} does not fit in {bits} bits without a sign")
    return value


def _to_json(kind: str, value: Any) -> Any:
    if kind.endswith("[]"):
        return [_to_json(kind[:-2], item) for item in value]
    if kind in TYPES:
        return message_to_json(kind, value)
    if kind.startswith("bytes"):
        return "0x" + value.hex()
    return str(value) if kind.startswith("uint") else value


def _from_json(kind: str, value: Any) -> Any:
    if kind.endswith("[]"):
        return [_from_json(kind[:-2], item) for item in _listed(value)]
    if kind in TYPES:
        return message_from_json(kind, value)
    if kind.startswith("bytes"):
        return _sized(bytes.fromhex(value.removeprefix("0x")), int(kind[5:]))
    if kind.startswith("uint"):
        return _ranged(int(value), int(kind[4:]))
    return value


def _listed(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise TypeError(f"an array is needed, not {type(value).__name__}")
    return value
