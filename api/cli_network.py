"""`goldticket network`: what a network is like."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, NoReturn

import structlog
import typer
from rich.console import Console
from rich.table import Table

from ledger.chain.engine_file import engine_toml
from ledger.chain.probe import probe

network = typer.Typer(no_args_is_help=True, help="Networks of several validators.")
out = Console()
err = Console(stderr=True)


@network.command("probe")
def probe_command(
    urls: Annotated[
        list[str], typer.Argument(help="JSON-RPC URLs of its nodes, the one to ask first first.")
    ],
    name: Annotated[str, typer.Option(help="What to call it in the description.")] = "",
    toml: Annotated[Path | None, typer.Option(dir_okay=False, help="Write the description here.")] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            exists=True,
            help="File of a key (hex) that can pay: tries the pool per sender and which gas is charged as well.",
        ),
    ] = None,
) -> None:
    """Finds out what a network is like: fees, finality, opcodes, limits, clock, archive, whether its nodes agree.

    Prints a table, and the description as TOML for GOLDTICKET_ENGINE_FILE. Changes nothing there unless a key is given:
    then some 260 transfers of nothing are mined. Exit status 1 when something has to be put right first.
    """
    # a node that is no use is a row of the table, not a warning in between
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found = probe(urls, name, key=b"" if key is None else _secret(key))
    table = Table("what", "found", show_lines=False)
    for what, finding in found.rows:
        table.add_row(what, finding)
    out.print(table)
    for problem in found.problems:
        err.print(f"[red]✗[/red] {problem}", highlight=False, soft_wrap=True)
    if found.engine is not None:
        text = engine_toml(found.engine)
        out.print(text, highlight=False, markup=False, soft_wrap=True)
        if toml is not None:
            toml.write_text(text, encoding="utf-8")
    elif toml is not None:
        err.print(f"Nothing was written to {toml}.")
    raise typer.Exit(1 if found.problems else 0)


def _secret(file: Path) -> bytes:
    found = file.read_text(encoding="utf-8").strip().removeprefix("0x")
    try:
        return bytes.fromhex(found) if len(found) == 64 else _no_key(file)
    except ValueError:
        return _no_key(file)


def _no_key(file: Path) -> NoReturn:
    raise typer.BadParameter(
        f"{file} holds no key: 64 hexadecimal digits, with or without 0x", param_hint="--key"
    )
