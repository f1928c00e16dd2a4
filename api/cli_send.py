"""`goldticket send`: one's own complete act straight to the chain, whatever any gateway says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from api.acts import plain_message
from api.models.bulk import ActBrought
from ledger.bulk import Given, brought
from ledger.chain.contract import GoldTicketChain
from ledger.chain.reverts import explain
from ledger.errors import Invalid
from ledger.settings import load_settings
from ledger.signatures import HeldKeys
from ledger.wiring import open_app, relayer_keys
from ledger.work.sending_alone import calldata_of, require_unused, send

out = Console()


def send_command(
    act: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="As POST /v1/acts/complete takes it."),
    ],
    home: Annotated[Path | None, typer.Option("--home", help="Folder; default GOLDTICKET_HOME.")] = None,
    dry: Annotated[bool, typer.Option("--dry", help="Only asks the chain what it would say.")] = False,
) -> None:
    """Sends an act that has all its signatures to the chain, from an account of this home (relayer.key, made with the
    first use) or GOLDTICKET_RELAYER_KEY. Whoever sends gains nothing by it: the signatures count."""
    settings = load_settings(home).model_copy(update={"observe": True})
    body = _read(act)
    account = HeldKeys(relayer_keys(settings)[0])
    [sender] = account.addresses
    with open_app(settings) as app:
        if not dry:
            require_unused(app.book, sender, app.clock.now())
        app.watch.catch_up()
        chain = GoldTicketChain(app.rpc, app.node.engine, app.chain.domain, account)
        given = [Given(one.signature, one.place) for one in body.signatures]
        item = brought(chain.domain, body.kind, plain_message(body.kind, body.message), given)
        call = calldata_of(app.book, chain, app.service, item)
        if dry:
            [[refusal]] = chain.attempt([[call]])
            out.print(
                "The ledger would take it." if refusal is None else f"It would refuse: {explain(refusal)}"
            )
            raise typer.Exit(0 if refusal is None else 1)
        out.print(f"Sent by {sender} …", highlight=False)
        receipt = send(chain, call, sender, explain)
        app.watch.catch_up()
    out.print(
        f"{body.kind} 0x{item.id.hex()} took effect in block {receipt.block}.",
        highlight=False,
        soft_wrap=True,
    )


def _read(file: Path) -> ActBrought:
    try:
        return ActBrought.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except (ValidationError, ValueError) as error:
        raise Invalid(f"{file} is no act with signatures: {str(error)[:400]}") from error


def register(group: typer.Typer) -> None:
    """Adds the command."""
    group.command("send")(send_command)
