"""Compiling mutants fast: one compiler process that stays, and only the contracts that a change can reach.

`PLAIN` makes code that does the same without the optimizer, in a fraction of the time. Some contracts need the viaIR
pipeline even so, or their stacks are too deep. `SHIPPED` are the settings of the product.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ledger.chain.compile import SETTINGS, standard_input
from ledger.chain.nodes.binaries import node_binary, node_modules

SHIPPED: dict[str, Any] = json.loads(SETTINGS.read_text(encoding="utf-8"))
PLAIN: dict[str, Any] = {**SHIPPED, "optimizer": {"enabled": False}, "viaIR": False}
DEEP = ("GoldTicket", "IssueLib")
"""Contracts that don't compile without viaIR."""
PREFIX = "project/contracts/"

Sources = dict[str, str]
"""Path below contracts/ → text."""
Codes = dict[str, dict[str, Any]]
"""Contract → the parts of an artifact that its code is: bytecode, linkReferences."""


class DoesNotCompile(Exception):
    """The compiler refuses these sources; the message is its first error."""


class Compiler:
    """One running compiler. A request is sent with `ask`, its answer fetched with `answer`, in the same order."""

    def __init__(self) -> None:
        command = [str(node_binary()), str(Path(__file__).with_name("solc.cjs")), str(node_modules())]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def ask(self, sources: Sources, contracts: Iterable[str], settings: Mapping[str, Any]) -> list[list[str]]:
        """Send what compiles these contracts; gives what `answer` wants to know. PLAIN takes two requests at most."""
        wanted = sorted(contracts)
        groups = [wanted]
        if not settings["viaIR"]:
            groups = [[name for name in wanted if (name in DEEP) == deep] for deep in (True, False)]
        groups = [group for group in groups if group]
        for group in groups:
            chosen = dict(settings)
            if group[0] in DEEP:
                chosen["viaIR"] = True
            self._send(_request(sources, group, chosen))
        return groups

    def answer(self, asked: list[list[str]]) -> Codes:
        """The codes asked for. Raises DoesNotCompile."""
        answers = [self._receive() for _ in asked]
        codes: Codes = {}
        for group, output in zip(asked, answers, strict=True):
            _raise_errors(output)
            for units in output["contracts"].values():
                for name, unit in units.items():
                    if name in group:
                        code = unit["evm"]["bytecode"]
                        codes[name] = {
                            "bytecode": "0x" + code["object"],
                            "linkReferences": code["linkReferences"],
                        }
        return codes

    def compile(self, sources: Sources, contracts: Iterable[str], settings: Mapping[str, Any]) -> Codes:
        """The codes of these contracts. Raises DoesNotCompile."""
        return self.answer(self.ask(sources, contracts, settings))

    def trees(self, sources: Sources) -> dict[str, Any]:
        """The syntax tree of each source."""
        request = _request(sources, (), SHIPPED)
        request["settings"]["outputSelection"] = {"*": {"": ["ast"]}}
        self._send(request)
        output = self._receive()
        _raise_errors(output)
        return {name.removeprefix(PREFIX): unit["ast"] for name, unit in output["sources"].items()}

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the compiler's process ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def sources() -> Sources:
    """What stands in contracts/."""
    found = standard_input()["sources"]
    return {name.removeprefix(PREFIX): unit["content"] for name, unit in found.items()}


def _request(sources: Sources, contracts: Iterable[str], settings: Mapping[str, Any]) -> dict[str, Any]:
    wanted = ["evm.bytecode.object", "evm.bytecode.linkReferences"]
    files = {Path(name).stem: PREFIX + name for name in sources}
    return {
        "language": "Solidity",
        "sources": {PREFIX + name: {"content": text} for name, text in sources.items()},
        "settings": {**settings, "outputSelection": {files[name]: {name: wanted} for name in contracts}},
    }


def _raise_errors(output: dict[str, Any]) -> None:
    for error in output.get("errors", []):
        if error["severity"] == "error":
            raise DoesNotCompile(error["message"])
