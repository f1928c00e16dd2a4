"""The npm Solidity compiler, driven by py-solc-x. Needed by who changes contracts; a user never compiles."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, cast

from ledger.chain.nodes.binaries import node_binary, node_modules, npm_file
from ledger.errors import GoldTicketError


class CompileError(GoldTicketError):
    """The sources do not compile; the message is the compiler's."""

    code = "compile-error"
    title = "The contracts do not compile"


def compiler_output(request: dict[str, Any]) -> dict[str, Any]:
    """The compiler's standard JSON answer, remembered: the same input always gives the same answer.

    Raises CompileError, or ToolMissing when the compiler is not installed.
    """
    import solcx  # a development package: a user lives on the committed artifacts
    from solcx.exceptions import SolcError

    command = _solc_command()
    version = npm_file("the Solidity compiler", "solc/package.json").read_bytes()
    key = hashlib.sha256(json.dumps(request, sort_keys=True).encode() + version).hexdigest()
    kept = command.with_name(f"goldticket-{key}.json")
    if kept.exists():
        return cast(dict[str, Any], json.loads(kept.read_text(encoding="utf-8")))
    try:
        output: dict[str, Any] = solcx.compile_standard(request, solc_binary=command)
    except SolcError as error:
        raise CompileError(error.message) from None
    _replace_file(kept, json.dumps(output))
    return output


def _replace_file(file: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that nobody ever sees half of it."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(mode)
    fresh.replace(file)


def _solc_command() -> Path:
    """An executable that behaves like a native solc, written beside the packages it starts."""
    npm_file("the Solidity compiler", "solc/soljson.js")
    command = node_modules() / ".cache" / "goldticket-solc"
    script = Path(__file__).with_name("solcjs.cjs")
    text = f"#!/bin/sh\nexec '{node_binary()}' '{script}' '{node_modules()}' \"$@\"\n"
    if not command.exists() or command.read_text(encoding="utf-8") != text:
        command.parent.mkdir(exist_ok=True, parents=True)
        _replace_file(command, text, mode=0o755)
    return command
