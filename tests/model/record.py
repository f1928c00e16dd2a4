"""Runs written to files and read again. Ids and digests are written as what made them, so that a run stays the same
on a ledger with another address: "digest:4" is that of step 4, "child:4:1" its second child, "issuance:2", "root:2".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from ledger.typed import Domain
from tests.model.steps import UNSIGNED, Accept, Keys, Seal, Sig, Step
from tests.support.actors import Key

Json = Any
NAMED = ("relay", "wait", "deploy", *UNSIGNED)
"""Kinds that have no digest."""


def made_by(step: Step, name: str, domain: Domain) -> Iterator[tuple[str, bytes]]:
    """Names and values of what a step makes."""
    for number, (item, _) in enumerate(step.items):
        if item is not None:
            yield from made_by(item, f"{name}.{number}", domain)
    if step.kind in NAMED:
        return
    digest = step.digest(domain)
    yield f"digest:{name}", digest
    ids = step.made(domain)
    if step.kind == "issue":
        yield f"issuance:{name}", digest[:16]
        yield f"root:{name}", ids[0]
    else:
        for place, id in enumerate(ids):
            yield f"child:{name}:{place}", id


class Writer:
    """Steps to JSON. `domains`: of the ledgers that the run comes to have."""

    def __init__(self, domains: Sequence[Domain], keys: Keys) -> None:
        self._domains, self._keys = domains, keys
        self._names: dict[bytes, str] = {}

    def steps(self, steps: Sequence[Step]) -> Json:
        """The whole run."""
        return [self._step(step, str(number)) for number, step in enumerate(steps)]

    def _step(self, step: Step, name: str) -> Json:
        written: dict[str, Json] = {"kind": step.kind}
        if step.on:
            written["on"] = step.on
        for part in ("message", "carried"):
            if getattr(step, part):
                written[part] = self._value(getattr(step, part))
        if step.seals:
            written["seals"] = [self._seal(seal) for seal in step.seals]
        if step.accepts:
            written["accepts"] = [{**vars(a), "seal": self._seal(a.seal)} for a in step.accepts]
        if step.items:
            items = enumerate(step.items)
            written["items"] = [[item and self._step(item, f"{name}.{n}"), gas] for n, (item, gas) in items]
        for found, value in made_by(step, name, self._domains[min(step.on, len(self._domains) - 1)]):
            self._names.setdefault(value, found)
        return written

    def _seal(self, seal: Seal) -> Json:
        return [[self._keys.name(sig.key), self._value(sig.over)] for sig in seal]

    def _value(self, value: Any) -> Json:
        if isinstance(value, bytes):
            return self._names.get(value, "0x" + value.hex())
        if isinstance(value, dict):
            return {name: self._value(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        return f"key:{self._keys.name(value)}" if self._keys.knows(value) else value


class Reader:
    """Steps from JSON, one after the other, since later ones name what earlier ones made."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._found: dict[str, bytes] = {}

    def step(self, written: Json, name: str, domain: Domain) -> Step:
        """One step of a run on this ledger."""
        items = [
            (item and self.step(item, f"{name}.{n}", domain), gas)
            for n, (item, gas) in enumerate(written.get("items", []))
        ]
        step = Step(
            written["kind"],
            self._value(written.get("message", {})),
            [self._seal(seal) for seal in written.get("seals", [])],
            self._value(written.get("carried")),
            [self._accept(accept) for accept in written.get("accepts", [])],
            items,
            written.get("on", 0),
        )
        self._found |= dict(made_by(step, name, domain))
        return step

    def _accept(self, written: Json) -> Accept:
        given = {field.name: written[field.name] for field in fields(Accept)}
        return Accept(**{**given, "seal": self._seal(written["seal"])})

    def _seal(self, written: Json) -> Seal:
        return tuple(Sig(key and self._keys.add(Key(key)), self._value(over)) for key, over in written)

    def _value(self, value: Json) -> Any:
        if isinstance(value, dict):
            return {name: self._value(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, str) or (":" not in value and not value.startswith("0x")):
            return value
        if value.startswith("key:"):
            return self._keys.add(Key(value[4:]))
        return bytes.fromhex(value[2:]) if value.startswith("0x") else self._found[value]
