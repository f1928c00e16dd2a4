"""`goldticket network keys` and `network init`: how several organisations begin a network (docs/consortium.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ledger.chain.genesis import BLOCK_GAS, InvalidGenesis
from ledger.chain.genesis_files import Network, check_seats, write_network
from ledger.chain.genesis_seats import make_seat, read_seat
from ledger.settings import load_settings
from ledger.signatures import HeldKeys
from ledger.wiring import relayer_keys

out = Console()
err = Console(stderr=True)


def keys(
    folder: Annotated[
        Path, typer.Argument(file_okay=False, help="Where the key stays, on the node's machine.")
    ],
    name: Annotated[str, typer.Option(help="The organisation, in small letters, e.g. lanwan-bank.")],
    host: Annotated[str, typer.Option(help="Name or address at which other nodes reach this one.")],
    port: Annotated[int, typer.Option(help="Port for other nodes.")] = 30303,
    observer: Annotated[
        bool, typer.Option("--observer", help="A node that follows and makes no blocks.")
    ] = False,
) -> None:
    """Makes this organisation's node key, and the public part that all others need."""
    seat, file = make_seat(folder, name, host, port, validates=not observer)
    out.print(f"{seat.name}: {seat.address}", highlight=False)
    out.print(f"The key is in {folder / 'nodekey'}: it never leaves this machine; keep a copy in a safe.")
    out.print(f"Give {file} to all other organisations.")


def init(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Where to write; a new folder.")],
    chain_id: Annotated[int, typer.Option(help="A number that no other network of yours has.")],
    seat: Annotated[
        list[Path],
        typer.Option(exists=True, dir_okay=False, help="A NAME.seat.json; once for each organisation."),
    ],
    account: Annotated[
        list[str] | None,
        typer.Option(help="Who may send transactions, and so deploy: relayers, each organisation's sender."),
    ] = None,
    anybody: Annotated[
        bool, typer.Option("--anybody", help="Whoever reaches a node may send, in the place of --account.")
    ] = False,
    period: Annotated[int, typer.Option(help="Seconds between blocks.")] = 1,
    block_gas: Annotated[int, typer.Option(help="Gas of a block.")] = BLOCK_GAS,
) -> None:
    """Writes genesis and each node's files. Every organisation does this by itself and compares the fingerprint."""
    require_senders(account or [], anybody)
    seats = sorted((read_seat(file) for file in seat), key=lambda one: one.name)
    network = Network(chain_id, tuple(seats), tuple(account or ()), period, block_gas)
    fingerprint = write_network(network, folder)
    table = Table("organisation", "node", "host", "makes blocks")
    for one in seats:
        table.add_row(one.name, one.address, f"{one.host}:{one.port}", "yes" if one.validates else "no")
    out.print(table)
    if unwise := check_seats(seats):
        err.print(f"[yellow]![/yellow] {unwise}")
    out.print(f"Chain {chain_id}; {network.may_fail} of {len(network.validators)} validators may fail.")
    out.print(f"Fingerprint: {fingerprint}", highlight=False)
    out.print("Compare it with all others, by telephone. If it is the same everywhere, start the nodes.")


def require_senders(accounts: list[str], anybody: bool) -> None:
    """Who may send is said, one way or the other. Raises InvalidGenesis."""
    if anybody and accounts:
        raise InvalidGenesis("--anybody and --account contradict each other: leave one of them out")
    if not anybody and not accounts:
        raise InvalidGenesis(
            "nobody is named who may send transactions: give --account for each gateway's relayer and each "
            "organisation's own sender (`goldticket network account` prints them), or --anybody if whoever reaches a "
            "node may send and deploy there"
        )


def account(
    home: Annotated[Path | None, typer.Option("--home", help="Folder; default GOLDTICKET_HOME.")] = None,
) -> None:
    """Prints the addresses that this home sends with, for `network init --account`; makes their keys with the first
    use."""
    for address in HeldKeys(*relayer_keys(load_settings(home))).addresses:
        out.print(address, highlight=False)


def register(group: typer.Typer) -> None:
    """Adds the commands to `goldticket network`."""
    group.command("keys")(keys)
    group.command("init")(init)
    group.command("account")(account)
