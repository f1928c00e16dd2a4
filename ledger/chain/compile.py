"""Compile contracts/ with the npm solc and write one artifact per contract.

The settings stand in solc-settings.json, which hardhat.config.js reads too. Source names equal Hardhat 3's
(`project/contracts/…`), since a library's link placeholder is a hash over the qualified name; so both
compilers give the same bytecode, link placeholders included.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.chain.nodes.binaries import ROOT
from ledger.chain.solc import CompileError, compiler_output

MAX_DEPLOYED_BYTES = 24_576
"""Limit of a contract's deployed code (EIP-170)."""

SOURCES = ROOT / "contracts"
ARTIFACTS = Path(__file__).resolve().parent / "artifacts"
CONTRACTS = (
    "GoldTicket",
    "ParticipantsLib",
    "GovernanceLib",
    "IssueLib",
    "FinanceLib",
    "SettleLib",
    "FreezeLib",
    "Lens",
)
"""Those with code of their own on chain; interfaces and what is compiled into others have none."""
SETTINGS = ROOT / "solc-settings.json"

_AST_ID = re.compile(r"(t_(?:struct|enum|contract|userDefinedValueType)\([\w$]+\))\d+")
"""The end of a type's identifier, e.g. `t_struct(Order)16589_storage`."""

Artifact = dict[str, Any]
"""contractName, sourceName, abi, and if there is code: bytecode and deployedBytecode (0x hex with link
placeholders), linkReferences, deployedLinkReferences (source → library → [{start, length}] in bytes),
deployedSize (bytes), storageLayout where the contract has storage (without the compiler's syntax tree ids)."""


@dataclass(frozen=True)
class Compiled:
    """What one compiler run gave: artifacts by contract name, and the compiler's warnings."""

    artifacts: dict[str, Artifact]
    warnings: list[str] = field(default_factory=list)

    def oversized(self) -> list[str]:
        """Names of the contracts whose deployed code is above EIP-170's limit."""
        return [name for name, a in self.artifacts.items() if a.get("deployedSize", 0) > MAX_DEPLOYED_BYTES]


def compile_contracts(sources: Path = SOURCES) -> Compiled:
    """Compile every .sol file below `sources`. Raises CompileError, or ToolMissing without npm packages."""
    output = compiler_output(standard_input(sources))
    return Compiled(
        artifacts=_artifacts(output["contracts"]),
        warnings=[e["formattedMessage"] for e in output.get("errors", [])],
    )


def standard_input(sources: Path = SOURCES) -> dict[str, Any]:
    """The compiler's standard JSON input for the .sol files below `sources`."""
    files = sorted(sources.rglob("*.sol"))
    if not files:
        raise CompileError(f"no .sol file below {sources}")
    wanted = ["abi", "storageLayout"]
    for code in ("evm.bytecode", "evm.deployedBytecode"):
        wanted += [f"{code}.object", f"{code}.linkReferences"]
    return {
        "language": "Solidity",
        "sources": {
            f"project/contracts/{file.relative_to(sources).as_posix()}": {
                "content": file.read_text(encoding="utf-8")
            }
            for file in files
        },
        "settings": {
            **json.loads(SETTINGS.read_text(encoding="utf-8")),
            "outputSelection": {"*": {"*": wanted}},
        },
    }


def artifact_text(artifact: Artifact) -> str:
    """The exact text of an artifact's file, so that a fresh compile can be compared with it."""
    return json.dumps(artifact, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_artifacts(compiled: Compiled, folder: Path = ARTIFACTS) -> None:
    """Write `<Name>.json` for every artifact and delete the files of contracts that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.json"):
        if stale.stem not in compiled.artifacts:
            stale.unlink()
    for name, artifact in compiled.artifacts.items():
        (folder / f"{name}.json").write_text(artifact_text(artifact), encoding="utf-8")


def size_table(compiled: Compiled) -> Iterator[str]:
    """Lines for people: deployed bytes of each contract with code, largest first."""
    sizes = [(a["deployedSize"], name) for name, a in compiled.artifacts.items() if "deployedSize" in a]
    for size, name in sorted(sizes, reverse=True):
        left = MAX_DEPLOYED_BYTES - size
        room = f"{left:>7,} left" if left >= 0 else f"{-left:>7,} TOO MANY (EIP-170)"
        yield f"{name:<28} {size:>7,} of {MAX_DEPLOYED_BYTES:,} bytes {room}"


def _artifacts(contracts: dict[str, dict[str, Any]]) -> dict[str, Artifact]:
    linked = {
        name
        for units in contracts.values()
        for output in units.values()
        for libraries in output["evm"]["bytecode"]["linkReferences"].values()
        for name in libraries
    }
    found: dict[str, Artifact] = {}
    for source, units in contracts.items():
        for name, output in units.items():
            if not output["abi"] and name not in linked:
                continue  # a library of internal functions is part of its callers
            if name in found:
                raise CompileError(f"two contracts are called {name}: {found[name]['sourceName']}, {source}")
            found[name] = _artifact(source, name, output)
    return found


def _artifact(source: str, name: str, output: dict[str, Any]) -> Artifact:
    artifact: Artifact = {
        "contractName": name,
        "sourceName": source.removeprefix("project/"),
        "abi": output["abi"],
    }
    code, deployed = output["evm"]["bytecode"], output["evm"]["deployedBytecode"]
    if code["object"]:
        artifact |= {
            "bytecode": "0x" + code["object"],
            "linkReferences": code["linkReferences"],
            "deployedBytecode": "0x" + deployed["object"],
            "deployedLinkReferences": deployed["linkReferences"],
            "deployedSize": len(deployed["object"]) // 2,
        }
    if output["storageLayout"].get("storage"):
        artifact["storageLayout"] = _without_ast_ids(output["storageLayout"])
    return artifact


def _without_ast_ids(layout: Any) -> Any:
    """A storage layout as it is, but for the numbers of syntax tree nodes: they change with every added file."""
    if isinstance(layout, dict):
        kept = {_AST_ID.sub(r"\1", k): _without_ast_ids(v) for k, v in layout.items() if k != "astId"}
        if len(kept) < len(layout.keys() - {"astId"}):
            raise CompileError(f"two types of one name in the storage layout: {sorted(layout)}")
        return kept
    if isinstance(layout, list):
        return [_without_ast_ids(member) for member in layout]
    return _AST_ID.sub(r"\1", layout) if isinstance(layout, str) else layout


def main() -> int:
    """Compile, write the artifacts, print sizes. Returns 1 on errors, warnings or a contract too large."""
    try:
        compiled = compile_contracts()
    except CompileError as error:
        print(error, file=sys.stderr)
        return 1
    write_artifacts(compiled)
    for line in compiled.warnings:
        print(line, file=sys.stderr)
    for line in size_table(compiled):
        print(line)
    return 1 if compiled.oversized() or compiled.warnings else 0


if __name__ == "__main__":
    raise SystemExit(main())
