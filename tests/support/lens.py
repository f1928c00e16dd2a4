"""The lens, deployed over a world: its views by name, structs as dicts."""

from __future__ import annotations

import json
from typing import Any

from tests.support import abi
from tests.support.world import World

NOTHING = bytes(31) + b"\7"
"""An id where nothing was ever written."""
STATUSES = (
    "none",
    "withdrawn",
    "returned",
    "locked",
    "void",
    "spent",
    "paid",
    "partly paid",
    "due",
    "funded",
    "live",
)
"""In the order of `ILens.Status`."""


class Lens:
    """The deployed lens; views by name, structs as dicts."""

    def __init__(self, world: World) -> None:
        self.world = world
        (constructor,) = [e for e in abi.artifact("Lens")["abi"] if e["type"] == "constructor"]
        arguments = abi.encode(constructor["inputs"], [world.address])
        self.address = world.evm.deploy(abi.linked("Lens", {}) + arguments)

    def __call__(self, function: str, *values: Any) -> Any:
        outcome = self.world.evm.send(self.address, abi.calldata(function, *values, contract="Lens"))
        if not outcome.ok:
            raise abi.decode_error(outcome.output)
        (entry,) = [e for e in abi.artifact("Lens")["abi"] if e.get("name") == function]
        answers = abi.decode_output(function, outcome.output, contract="Lens")
        if len(entry["outputs"]) == 1:
            return _named(entry["outputs"][0], answers)
        return tuple(_named(o, a) for o, a in zip(entry["outputs"], answers, strict=True))

    def status(self, ticket: bytes) -> str:
        """The word; the number must say the same."""
        number, word = self("statusOf", ticket)
        assert STATUSES[number] == word
        assert self("ticket", ticket)["status"] == number
        return str(word)

    def card(self, ticket: bytes) -> dict[str, Any]:
        """The JSON of a ticket's card."""
        uri = self("tokenURI", ticket)
        head, body = uri.split(",", 1)
        assert head == "data:application/json;utf8"
        loaded: dict[str, Any] = json.loads(body)
        return loaded


def _named(output: dict[str, Any], value: Any) -> Any:
    if output["type"] == "tuple":
        return {c["name"]: _named(c, v) for c, v in zip(output["components"], value, strict=True)}
    if output["type"].startswith("tuple["):
        return [_named({**output, "type": "tuple"}, item) for item in value]
    return list(value) if isinstance(value, tuple) else value
