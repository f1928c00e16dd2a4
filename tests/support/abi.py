"""Contracts as committed: artifacts, linking, and their ABI: calldata from plain messages, logs and errors back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode

from ledger.ids import keccak256 as keccak
from tests.support.evm import RawLog

ARTIFACTS = Path(__file__).resolve().parents[2] / "ledger" / "chain" / "artifacts"


class Reverted(Exception):
    """A custom error of the contract, decoded: its name and arguments by name. Name "" for an empty revert."""

    def __init__(self, name: str, args: Mapping[str, Any]) -> None:
        super().__init__(f"{name}({', '.join(f'{key}={_shown(value)}' for key, value in args.items())})")
        self.name, self.evidence = name, dict(args)


@dataclass(frozen=True)
class Event:
    """One decoded log."""

    name: str
    args: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.args[key]


@cache
def artifact(name: str) -> dict[str, Any]:
    """One committed artifact."""
    loaded: dict[str, Any] = json.loads((ARTIFACTS / f"{name}.json").read_text())
    return loaded


def linked(name: str, libraries: Mapping[str, str], deployed: bool = False) -> bytes:
    """A contract's creation code with the addresses of its libraries put in."""
    code = bytearray.fromhex(_unlinked(artifact(name)["bytecode"]))
    for by_name in artifact(name)["linkReferences"].values():
        for library, places in by_name.items():
            for place in places:
                code[place["start"] : place["start"] + 20] = bytes.fromhex(libraries[library][2:])
    return bytes(code)


def _unlinked(text: str) -> str:
    """Placeholders (`__$…$__`, 40 characters) as zeros."""
    parts = text.removeprefix("0x").split("__$")
    return parts[0] + "".join("0" * 40 + part[37:] for part in parts[1:])


def library_names() -> list[str]:
    """The libraries that GoldTicket is linked with."""
    return sorted({n for by in artifact("GoldTicket")["linkReferences"].values() for n in by})


def calldata(function: str, *values: Any, contract: str = "GoldTicket") -> bytes:
    """Selector and arguments; a struct is a dict with its fields' names."""
    entry = _entries(contract, "function")[function]
    return selector(entry) + encode(entry["inputs"], values)


def decode_output(function: str, data: bytes, contract: str = "GoldTicket") -> Any:
    """What a function returned: one value, or a tuple of several."""
    outputs = _entries(contract, "function")[function]["outputs"]
    values = abi_decode([_kind(o) for o in outputs], data)
    return values[0] if len(values) == 1 else values


def encode(inputs: Sequence[Mapping[str, Any]], values: Sequence[Any]) -> bytes:
    """ABI encoding of plain values by their ABI description."""
    return abi_encode([_kind(i) for i in inputs], [_plain(i, v) for i, v in zip(inputs, values, strict=True)])


def decode_log(log: RawLog) -> Event:
    """A log of the contract, by the events of its ABI."""
    entry = _by_topic()[log.topics[0]]
    inputs = entry["inputs"]
    topics = iter(log.topics[1:])
    data = iter(abi_decode([_kind(i) for i in inputs if not i["indexed"]], log.data))
    args = {
        i["name"]: abi_decode([i["type"]], next(topics))[0] if i["indexed"] else next(data) for i in inputs
    }
    return Event(entry["name"], args)


def decode_error(data: bytes) -> Reverted:
    """The error behind revert data. Panics and foreign errors keep their hex as evidence."""
    entry = _by_selector().get(data[:4])
    if entry is None:
        return Reverted("", {"data": data})
    values = abi_decode([_kind(i) for i in entry["inputs"]], data[4:])
    return Reverted(entry["name"], {i["name"]: v for i, v in zip(entry["inputs"], values, strict=True)})


def function_name(data: bytes, contract: str = "GoldTicket") -> str:
    """The function that calldata calls, or ""."""
    return _functions(contract).get(data[:4], "")


def function_names(contract: str = "GoldTicket", writing: bool = True) -> list[str]:
    """The functions that change state, or those that only read."""
    entries = _entries(contract, "function").values()
    return sorted(e["name"] for e in entries if (e["stateMutability"] == "nonpayable") == writing)


def error_names() -> list[str]:
    """Every error that the contract can revert with."""
    return sorted(_entries("IErrors", "error"))


def event_names() -> list[str]:
    """Every event that the contract can emit."""
    return sorted(_entries("IEvents", "event"))


def selector(entry: Mapping[str, Any]) -> bytes:
    """The first 4 bytes of the hash of a function's or error's signature."""
    return _signature_hash(entry)[:4]


@cache
def _entries(contract: str, kind: str) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in artifact(contract)["abi"] if entry["type"] == kind}


@cache
def _functions(contract: str) -> dict[bytes, str]:
    return {selector(entry): name for name, entry in _entries(contract, "function").items()}


@cache
def _by_topic() -> dict[bytes, dict[str, Any]]:
    return {_signature_hash(entry): entry for entry in _entries("IEvents", "event").values()}


@cache
def _by_selector() -> dict[bytes, dict[str, Any]]:
    return {selector(entry): entry for entry in _entries("IErrors", "error").values()}


def _signature_hash(entry: Mapping[str, Any]) -> bytes:
    return keccak(f"{entry['name']}({','.join(_kind(i) for i in entry['inputs'])})".encode())


def _kind(item: Mapping[str, Any]) -> str:
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_kind(c) for c in item['components'])}){kind[5:]}"


def _plain(item: Mapping[str, Any], value: Any) -> Any:
    if item["type"].endswith("[]"):
        inner = {**item, "type": item["type"][:-2]}
        return [_plain(inner, v) for v in value]
    if item["type"] == "tuple":
        return tuple(_plain(c, value[c["name"]]) for c in item["components"])
    return value


def _shown(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
