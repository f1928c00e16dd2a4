"""The compiled contracts as they lie in `artifacts/`: reading, linking, and knowing our code again on a chain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

Artifact = dict[str, Any]
"""One file of `artifacts/`; its members are described in ledger.chain.compile."""

_PLACEHOLDER = re.compile(r"__\$[0-9a-f]{34}\$__")
_IMMUTABLE = re.compile(b"\x7f" + b"\0" * 32)
"""PUSH32 of zeros: the place of an immutable, in a library that of its own address."""


@cache
def load_artifact(name: str) -> Artifact:
    """The artifact of one contract. Raises FileNotFoundError when there is none."""
    text = resources.files("ledger.chain").joinpath("artifacts", f"{name}.json").read_text(encoding="utf-8")
    artifact: Artifact = json.loads(text)
    return artifact


def has_artifact(name: str) -> bool:
    """Whether a contract of this name was compiled."""
    return resources.files("ledger.chain").joinpath("artifacts", f"{name}.json").is_file()


def libraries_of(artifact: Artifact) -> tuple[str, ...]:
    """Names of the libraries that the contract calls, in alphabetical order."""
    return tuple(sorted({name for names in artifact["linkReferences"].values() for name in names}))


def creation_code(artifact: Artifact, libraries: Mapping[str, str]) -> bytes:
    """The code that creates the contract; `libraries`: name → address 0x…. Raises KeyError for a missing one."""
    return _linked(artifact["bytecode"], artifact["linkReferences"], libraries)


def linked_libraries(artifact: Artifact, code: bytes) -> dict[str, bytes] | None:
    """Library name → address (20 bytes) in this deployed code; None when one stands there twice, differently."""
    found: dict[str, bytes] = {}
    for name, start in _references(artifact["deployedLinkReferences"]):
        address = code[start : start + 20]
        if found.setdefault(name, address) != address:
            return None
    return found


def is_our_code(artifact: Artifact, code: bytes) -> bool:
    """Whether this deployed code is the artifact's, whatever libraries and immutables it has."""
    ours = bytearray.fromhex(_PLACEHOLDER.sub("0" * 40, artifact["deployedBytecode"])[2:])
    theirs = bytearray(code)
    if len(ours) != len(theirs):
        return False
    spans = [(start, 20) for _, start in _references(artifact["deployedLinkReferences"])]
    spans += [(match.start() + 1, 32) for match in _IMMUTABLE.finditer(bytes(ours))]
    for start, size in spans:
        ours[start : start + size] = theirs[start : start + size] = bytes(size)
    return ours == theirs


def _linked(code: str, references: Mapping[str, Any], libraries: Mapping[str, str]) -> bytes:
    linked = bytearray.fromhex(_PLACEHOLDER.sub("0" * 40, code)[2:])
    for name, start in _references(references):
        linked[start : start + 20] = bytes.fromhex(libraries[name][2:])
    return bytes(linked)


def _references(references: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for names in references.values():
        for name, places in names.items():
            for place in places:
                yield name, place["start"]
