"""An engine's description as a TOML file, which `goldticket network probe` writes and the settings name.

    [engine]
    name = "clique"
    urls = ["http://127.0.0.1:8545", "http://127.0.0.1:8546"]
    chain_id = 1337
    fee = "one-wei"                 # zero | one-wei | base-fee
    finality = "confirmations"      # instant | confirmations | finalized
    confirmations = 3               # with that kind of finality alone
    block_period = 1.0              # seconds; leave it out where every transaction makes its block
    block_gas = 30_000_000
    charging = "used"               # used | half-limit; for people: what the relayers' coin is spent on

    [engine.limits]
    batch_items = 1024
    transaction_bytes = 131_072
    pool_per_sender = 200

`transaction_bytes`, `block_gas` and `pool_per_sender` bound what the relay puts into one transaction and how many of
one key it leaves waiting. Name, URLs and chain id have to be there. What is left out is careful (see `Engine` and
`Limits`); a word that nobody knows is refused, since it is a slip that would change nothing and seem to.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from ledger.chain.engine import Charging, Engine, FeePolicy, Finality, FinalityKind, InvalidEngine, Limits

W = TypeVar("W", FeePolicy, FinalityKind, Charging)

_REQUIRED = {"name": str, "urls": list, "chain_id": int}
_OPTIONAL = {
    "fee": str,
    "finality": str,
    "confirmations": int,
    "block_period": float,
    "block_gas": int,
    "charging": str,
    "limits": dict,
}
_LIMITS = {"batch_items": int, "transaction_bytes": int, "pool_per_sender": int}
_WORDS = {
    str: "a text",
    list: "a list of addresses",
    int: "a whole number",
    float: "a number",
    dict: "a table",
}


def load_engine(file: Path) -> Engine:
    """The engine described in a TOML file. Raises InvalidEngine, which names file, key and what would be right."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidEngine(
            f"there is no file {file}: write it with `goldticket network probe URL… --toml {file}`"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidEngine(f"{file} can't be read as TOML: {error}") from None
    try:
        return engine_from(found)
    except InvalidEngine as error:
        raise InvalidEngine(f"{file}: {error.message}") from None


def engine_from(document: Mapping[str, Any]) -> Engine:
    """The engine of a parsed document. Raises InvalidEngine."""
    table = document.get("engine")
    if not isinstance(table, dict):
        raise InvalidEngine("there is no table [engine]")
    for name in _REQUIRED.keys() - table.keys():
        raise InvalidEngine(f"[engine] has no {name}")
    _require(table, {**_REQUIRED, **_OPTIONAL}, "engine")
    limits = table.get("limits", {})
    _require(limits, _LIMITS, "engine.limits")
    if not all(isinstance(url, str) for url in table["urls"]):
        raise InvalidEngine("urls holds something that is no text")
    period = table.get("block_period")
    return Engine(
        name=table["name"],
        urls=tuple(table["urls"]),
        chain_id=table["chain_id"],
        fee=_word(FeePolicy, "fee", table.get("fee", FeePolicy.BASE_FEE)),
        finality=Finality(
            _word(FinalityKind, "finality", table.get("finality", FinalityKind.INSTANT)),
            table.get("confirmations", 0),
        ),
        block_period=None if period is None else float(period),
        block_gas=table.get("block_gas", Engine.block_gas),
        limits=Limits(**limits),
        charging=_word(Charging, "charging", table.get("charging", Charging.USED)),
    )


def engine_toml(engine: Engine) -> str:
    """The description as TOML, to paste or save; `load_engine` gives the same engine again."""
    lines = [
        "[engine]",
        f"name = {json.dumps(engine.name)}",
        f"urls = {json.dumps(list(engine.urls))}",
        f"chain_id = {engine.chain_id}",
        f'fee = "{engine.fee}"',
        f'finality = "{engine.finality.kind}"',
    ]
    if engine.finality.confirmations:
        lines.append(f"confirmations = {engine.finality.confirmations}")
    if engine.block_period is not None:
        lines.append(f"block_period = {engine.block_period}")
    lines += [f"block_gas = {engine.block_gas}", f'charging = "{engine.charging}"', "", "[engine.limits]"]
    lines += [f"{name} = {getattr(engine.limits, name)}" for name in _LIMITS]
    return "\n".join(lines) + "\n"


def _require(table: Mapping[str, Any], known: Mapping[str, type], where: str) -> None:
    for name, value in table.items():
        if name not in known:
            raise InvalidEngine(f"[{where}] has {name}, which nobody knows: {', '.join(known)} are known")
        kind = known[name]
        fits = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
        if not fits:
            raise InvalidEngine(f"{name} is {value!r}: it has to be {_WORDS[kind]}")


def _word(kind: type[W], name: str, value: str) -> W:
    try:
        return kind(value)
    except ValueError:
        raise InvalidEngine(f"{name} is {value!r}: take one of {', '.join(kind)}") from None
