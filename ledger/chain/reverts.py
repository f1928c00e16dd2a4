"""Why the contract refused: revert data as `Refusal`, in words for a treasury clerk, and whether it can pass.

The words and the plain yes or no stand in reverts.toml beside this file; what depends on the evidence is here.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, Literal

from ledger.chain.abi import Kind, Reader, Undecodable, struct_of
from ledger.chain.artifact import load_artifact
from ledger.clock import SHANGHAI
from ledger.errors import Refused
from ledger.errors import refusal as refusal_class
from ledger.ids import keccak256
from ledger.money import format_yuan
from ledger.ports import Refusal

Language = Literal["en", "zh"]
Evidence = Mapping[str, Any]


@dataclass(frozen=True)
class Reason:
    """What is known of one custom error. `ends`: None when it depends, see `permanent`."""

    ends: bool | None
    en: str
    zh: str


ERRORS: dict[bytes, tuple[str, Kind]] = {}
"""Selector → name and arguments, for every custom error of the contract."""
for _entry in load_artifact("GoldTicket")["abi"]:
    if _entry["type"] == "error":
        _inputs = struct_of(_entry["inputs"])
        ERRORS[keccak256((_entry["name"] + _inputs.name).encode())[:4]] = (_entry["name"], _inputs)

REASONS: dict[str, Reason] = {
    name: Reason(None if entry["ends"] == "depends" else entry["ends"], entry["en"], entry["zh"])
    for name, entry in tomllib.loads(
        resources.files("ledger.chain").joinpath("reverts.toml").read_text(encoding="utf-8")
    ).items()
}
"""By the error's name."""

UNKNOWN = Reason(
    False,
    "The contract refused without a reason that is known here. The operator looks into it.",
    "合约拒绝了该指令，原因无法识别：请联系运营方。",
)

_PANIC, _ERROR = bytes.fromhex("4e487b71"), bytes.fromhex("08c379a0")
_MOST_ON_PANEL = 15
_HEX = re.compile(r"(?:Reverted )?0x((?:[0-9a-fA-F]{2})*)")
_REVERT = re.compile(r"revert|out of gas|invalid opcode|VM Exception", re.IGNORECASE)

DEPENDS: dict[str, Callable[[Evidence, str], bool]] = {
    # A clearing bank of an issuance may be replaced; all others that have to sign stay the same.
    "WrongParty": lambda e, function: function not in ("", "fund", "payOut"),
    # A number from the future comes when the acts before it have come.
    "StaleSequence": lambda e, _: e["given"] < e["current"],
    "StaleVersion": lambda e, _: e["given"] < e["current"],
    # Only the panel can grow, and not beyond its most.
    "TooMany": lambda e, _: e["most"] >= _MOST_ON_PANEL,
    # A key of one's own may be removed and come again; a newcomer has none.
    "KeyTaken": lambda e, function: function == "admit",
    # Its end comes nearer as time passes; an end in the past stays there.
    "StopTooLong": lambda e, _: e["until"] <= e["most"],
    # What others used may come back by a void.
    "InvoiceUsed": lambda e, _: e["amount"] > e["total"],
    # A ticket that is not mined yet belongs to nobody; only these look for that first.
    "NotHolder": lambda e, function: function in ("transfer", "lock"),
    "PaidAtOutOfRange": lambda e, _: e["paidAt"] < e["earliest"],
}
"""Errors whose end depends on the evidence and on the contract's function ("" when unknown)."""


def decode_refusal(data: bytes) -> Refusal:
    """Revert data as a Refusal. What is unknown, a panic or out of gas (no data) has the name ""."""
    name, kind = ERRORS.get(data[:4], ("", None))
    try:
        if kind is not None:
            return Refusal(name, kind.decode(Reader(data[4:]), 0), data)
        return Refusal("", _builtin(data), data)
    except Undecodable:
        return Refusal("", {}, data)


def revert_data(message: str, data: object) -> bytes | None:
    """Revert data out of a node's JSON-RPC error (its message and data), None when the error is no revert.

    geth, anvil, Hardhat 3 and Besu: the hex string. Hardhat 2: in `data.data`. ganache: the string for a call, in
    `data.result` for an estimate; before version 7 in `return` below the transaction's hash. An older Besu and
    others say "Reverted 0x…". No data at all, as out of gas: empty.
    """
    found = _hex_in(data)
    if found is not None:
        return found
    return b"" if _REVERT.search(message) else None


def permanent(refusal: Refusal, function: str = "") -> bool:
    """Whether the act as it was signed can never take effect any more, neither by time nor by other acts.

    `function`: the contract's function that was called (`transfer` for a leg); without it the answer is
    cautious. An unknown reason can pass: only what is certain may free reserved value.
    """
    reason = REASONS.get(refusal.name, UNKNOWN)
    if reason.ends is not None:
        return reason.ends
    return DEPENDS[refusal.name](refusal.args, function)


def took_effect(refusal: Refusal) -> bool:
    """Whether this refusal says that the act has been carried out before."""
    return refusal.name in ("AlreadyDone", "AlreadyIssued")


def explain(
    refusal: Refusal, language: Language = "en", party_name: Callable[[int], str] | None = None
) -> str:
    """A sentence for a treasury clerk, with the way out. `party_name` gives names for participants' numbers."""
    reason = REASONS.get(refusal.name, UNKNOWN)
    words = _Words(language, party_name or _numbered(language))
    return words.vformat(reason.zh if language == "zh" else reason.en, (), refusal.args)


def refused(refusal: Refusal, party_name: Callable[[int], str] | None = None) -> Refused:
    """The error to raise: message in English, the Chinese one as evidence `zh`, then the contract's evidence."""
    kind = refusal_class(refusal.name) if refusal.name else Refused
    evidence = {name: _plain(value) for name, value in refusal.args.items()}
    return kind(explain(refusal, "en", party_name), **{**evidence, "zh": explain(refusal, "zh", party_name)})


def _hex_in(data: object) -> bytes | None:
    if isinstance(data, str):
        match = _HEX.fullmatch(data)
        return bytes.fromhex(match[1]) if match else None
    if not isinstance(data, dict):
        return None
    inner = [data[name] for name in ("data", "result", "return") if name in data]
    inner += [value for value in data.values() if isinstance(value, dict)]
    return next((found for found in map(_hex_in, inner) if found is not None), None)


def _builtin(data: bytes) -> dict[str, object]:
    """Solidity's own Error(string) and Panic(uint256)."""
    kinds = {_ERROR: ("message", "string"), _PANIC: ("panic", "uint256")}
    if data[:4] not in kinds:
        return {}
    name, kind = kinds[data[:4]]
    found: dict[str, object] = struct_of([{"name": name, "type": kind}]).decode(Reader(data[4:]), 0)
    return found


def _plain(value: object) -> object:
    return "0x" + value.hex() if isinstance(value, bytes) else value


class _Words(string.Formatter):
    """Format specs of reverts.toml."""

    def __init__(self, language: Language, party_name: Callable[[int], str]) -> None:
        self._zh = language == "zh"
        self._party_name = party_name

    def format_field(self, value: Any, spec: str) -> str:
        if spec == "party":
            return self._party_name(value)
        if spec == "yuan":
            return f"{format_yuan(value)} {'元' if self._zh else 'yuan'}"
        if spec == "time":
            return self._time(value)
        if spec == "id":
            return f"0x{value[:4].hex()}…{value[-4:].hex()}"
        if spec in _NAMES:
            names = _NAMES[spec].get(value, (str(value), str(value)))
            return names[self._zh]
        return format(value, spec)

    def _time(self, instant: int) -> str:
        try:
            text = datetime.fromtimestamp(instant, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        except (ValueError, OverflowError, OSError):
            return "永久" if self._zh else "the end of time"
        return f"北京时间 {text}" if self._zh else f"{text} (Shanghai)"


def _numbered(language: Language) -> Callable[[int], str]:
    return lambda party: f"{'参与方' if language == 'zh' else 'participant'} {party}"


_NAMES: dict[str, dict[int, tuple[str, str]]] = {
    "role": {
        1: ("a core enterprise", "核心企业"),
        2: ("a supplier", "供应商"),
        4: ("a bank", "银行"),
        8: ("a clearing bank", "清算银行"),
        16: ("the registrar", "登记方"),
        32: ("an auditor", "审计方"),
    },
    "right": {
        0: ("none", "无"),
        1: ("maker", "经办"),
        2: ("checker", "复核"),
        3: ("sole signer", "单人签署"),
    },
    "stage": {
        1: ("admissions", "准入"),
        2: ("limits and policy", "额度与政策"),
        4: ("issuing", "开立"),
        8: ("transfers", "转让"),
        16: ("financing", "融资"),
    },
}
