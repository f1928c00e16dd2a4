"""An act's fields: plain Python for rules and digests, JSON in the book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger import typed
from ledger.errors import Invalid
from ledger.records import Act


def message_of(act: Act) -> dict[str, Any]:
    """The act's fields as plain Python, from their JSON."""
    if act.kind in typed.TYPES:
        return typed.message_from_json(act.kind, act.message)
    return {name: bytes.fromhex(value.removeprefix("0x")) for name, value in act.message.items()}


def message_json(kind: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as JSON, as a record keeps them."""
    if kind in typed.TYPES:
        return typed.message_to_json(kind, message)
    return {name: "0x" + value.hex() for name, value in message.items()}


def require_encodable(kind: str, message: Mapping[str, Any]) -> None:
    """Raises Invalid for a field that is missing or can't be signed."""
    if kind not in typed.TYPES:
        return
    missing = [name for name, _ in typed.TYPES[kind] if name not in message]
    if missing:
        raise Invalid(f"{kind} needs {', '.join(missing)}.", kind=kind, missing=missing)
    try:
        typed.struct_hash(kind, message)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid(f"A field of {kind} has a value that can't be signed: {error}.", kind=kind) from error
