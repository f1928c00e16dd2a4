"""The `goldticket` command: run a node, deploy, serve, and look after a gateway from its own machine.

Commands that change something work on this machine's book as the person named by `--as`; everybody else uses the
HTTP API.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api import cli_doctor, cli_send
from api.cli_network import network
from api.cli_network_init import register
from ledger.access import laid_open
from ledger.acts import State
from ledger.addresses import parse_address
from ledger.book.db import SqlBook
from ledger.chain.deploy import Deployment, Genesis
from ledger.errors import GoldTicketError
from ledger.ids import parse_hex, parse_uscc
from ledger.payable_file import parse_payables, plan_rows
from ledger.payable_store import known, save
from ledger.ports import Store
from ledger.records import Act, Cursor, Leg, Participant, Seat, User
from ledger.settings import Settings, load_settings
from ledger.signatures import HeldKeys
from ledger.statement import statement
from ledger.users import create_user, revoke
from ledger.wiring import App, deploy_genesis, open_app, open_keystore, open_node, relayer_keys
from ledger.work import report as signed_report
from ledger.work.redrive import forget_from, renew
from ledger.work.verify import Report, verify

cli = typer.Typer(
    no_args_is_help=True, help=__doc__, rich_markup_mode=None, pretty_exceptions_show_locals=False
)
people = typer.Typer(no_args_is_help=True, help="Participants and their people.")
payables = typer.Typer(no_args_is_help=True, help="What a core owes its suppliers.")
acts = typer.Typer(no_args_is_help=True, help="Acts: look and sign.")
cli.add_typer(people, name="participants")
cli.add_typer(payables, name="payables")
cli.add_typer(acts, name="acts")
register(network)
cli_send.register(cli)
cli.add_typer(network, name="network")

out = Console()
err = Console(stderr=True)

Home = Annotated[Path | None, typer.Option("--home", help="Folder of the gateway; default GOLDTICKET_HOME.")]


def main() -> None:
    """Runs the command; an error is one line and exit status 1."""
    try:
        cli()
    except GoldTicketError as error:
        err.print(f"[red]{error.title}.[/red] {error.message}", highlight=False)
        raise SystemExit(1) from None


@cli.command()
def node(home: Home = None) -> None:
    """Runs the embedded chain alone, until Ctrl-C."""
    settings = _settings(home)
    with closing(_Stopping(open_node(settings))) as running:
        out.print(
            f"{running.node.engine.name} at {running.node.url}, chain {running.node.chain_id}. Ctrl-C ends it."
        )
        _until_interrupted()


@cli.command()
def deploy(
    genesis: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="First participants, JSON.")],
    home: Home = None,
) -> None:
    """Deploys a new ledger with the participants of a genesis file (docs/deploy.md)."""
    data = json.loads(genesis.read_text(encoding="utf-8"))
    for seed in data["seeds"]:
        seed["profile"] = parse_hex(seed.get("profile", "0x" + "00" * 32))
    with out.status("Deploying libraries and ledger …"):
        record = deploy_genesis(_settings(home), Genesis(**data))
    out.print(f"Deployed at {record.address} on chain {record.chain_id}, block {record.block}.")


@cli.command()
def serve(
    home: Home = None,
    port: Annotated[int | None, typer.Option(help="Port of the API.")] = None,
    observe: Annotated[
        bool, typer.Option("--observe", help="Only follow the chain, with a node and book of one's own.")
    ] = False,
) -> None:
    """Runs node, relay, watcher and API, until Ctrl-C."""
    from api.server import few_arenas  # uvicorn and FastAPI are needed here only
    from api.server import serve as run

    settings = _settings(home)
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    if observe:
        settings = settings.model_copy(update={"observe": True})
    few_arenas()
    with open_app(settings) as app:
        run(
            app,
            lambda url: out.print(
                f"Gold Ticket serves at {url} (its interface: {url}/v1/openapi.json). Ctrl-C ends it."
            ),
        )


@cli.command("verify")
def verify_command(
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON, for programs.")] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--report", dir_okay=False, help="Where the signed report goes; default: the home folder."
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", exists=True, dir_okay=False, help="A signed report: says who has signed it."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="With --check: whose signature counts, beside this gateway's own keys'."),
    ] = None,
) -> None:
    """Rebuilds the book from the chain, compares book, rebuild and storage, and signs what was found."""
    settings = _settings(home)
    if check is not None:
        _show_checked(signed_report.check(check), settings, by or [])
        return
    with open_app(settings) as app:
        app.watch.catch_up()
        report = verified(app)
        written = file or settings.home / f"verify-{report.block}.json"
        signer = (
            HeldKeys() if settings.observe and not _sends(settings) else HeldKeys(*relayer_keys(settings))
        )
        address = next(iter(signer.addresses), "")
        signed_report.write(written, report, app.chain.domain, app.clock.now(), signer, address)
    if as_json:
        out.print_json(data={**signed_report.as_json(report), "report": str(written), "by": address})
    else:
        _show(report)
        how = f"signed by {address}" if address else "not signed: this gateway observes and has no key"
        out.print(f"{written}, {how}.", soft_wrap=True, highlight=False)
    raise typer.Exit(0 if report.clean else 1)


def _sends(settings: Settings) -> bool:
    """Whether there is a relayer's key here already."""
    return (settings.home / "relayer.key").exists() or bool(settings.relayer_key.get_secret_value())


def _show_checked(checked: signed_report.Checked, settings: Settings, by: list[str]) -> None:
    """Who has signed a report, whether that counts here, and what it says. Exits with 2 when it does not count, with
    1 when it tells of differences."""
    said = checked.report
    own = HeldKeys(*relayer_keys(settings)).addresses if _sends(settings) else ()
    record = Deployment.load(settings.deployment_file) if settings.deployment_file.exists() else None
    doubts = signed_report.doubts(
        checked,
        [*own, *map(parse_address, by)],
        (record.address, record.chain_id) if record else None,
    )
    whose = "this gateway's own key" if checked.signer in own else "given" if not doubts else "not known here"
    out.print(f"Unchanged since {checked.signer} has signed it ({whose}).", soft_wrap=True, highlight=False)
    out.print(
        f"Block {said['block']} of {said['ledger']} on chain {said['chain']}: {said['verify']}.",
        soft_wrap=True,
    )
    for doubt in doubts:
        out.print(f"[red]✗[/red] {doubt}", soft_wrap=True, highlight=False)
    if not record:
        out.print("No ledger is known in this home: compare contract and chain yourself.", soft_wrap=True)
    raise typer.Exit(2 if doubts else 0 if said["verify"] == "ok" else 1)


@cli.command("rebuild")
def rebuild_command(
    home: Home = None,
    again: Annotated[
        int | None,
        typer.Option(
            "--from", min=0, help="Take this block and all after it in again, for acts and reservations too."
        ),
    ] = None,
) -> None:
    """Replaces the projection by one made anew from the chain's events."""
    with (
        open_app(_settings(home)) as app,
        app.fresh_projection() as fresh,
        _progress("blocks") as (bar, task),
    ):

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        if again is not None:
            forget_from(app.book, again)
        events = renew(app.book, fresh, app.chain, app.deployment.block, told)
        app.watch.catch_up()
        reached = app.book.read(lambda store: store.get(Cursor, 1)) or Cursor(1, app.deployment.block - 1)
    out.print(f"{events:,} events read again; the projection is new up to block {reached.block}.")


@cli.command("export")
def export_command(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write, JSON.")], home: Home = None
) -> None:
    """Writes what this gateway says of every ticket, for `scripts/recount --compare` (docs/recount.md)."""
    with closing(SqlBook(_settings(home).book_dsn)) as book:
        found = book.read(statement)
    file.write_text(json.dumps(found) + "\n", encoding="utf-8")
    out.print(f"{len(found['tickets']):,} tickets as of block {found['block']}.")


@cli.command()
def doctor(home: Home = None) -> None:
    """Checks Python, Node, chain, book, clock and keys, and says what to do."""
    findings = cli_doctor.examine(_settings(home))
    table = Table("", "what", "found", "what to do")
    for finding in findings:
        table.add_row("✓" if finding.ok else "✗", finding.what, finding.found, finding.todo)
    out.print(table)
    raise typer.Exit(0 if all(f.ok for f in findings) else 1)


@people.command("list")
def list_participants(home: Home = None) -> None:
    """All admitted participants and how many people each has here."""
    with closing(SqlBook(_settings(home).book_dsn)) as book:
        rows = book.read(
            lambda store: [(p, store.count(User, party=p.id, revoked_at=0)) for p in store.find(Participant)]
        )
    table = Table("no.", "USCC", "roles", "clearing bank", "people here")
    for party, count in rows:
        table.add_row(
            str(party.id), party.uscc, roles_text(party.roles), str(party.clearing_bank), str(count)
        )
    out.print(table)


@people.command("add-user")
def add_user(
    party: Annotated[int, typer.Option(help="Number of the participant.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    scopes: Annotated[str, typer.Option(help="maker, checker, viewer; several with commas.")],
    address: Annotated[
        str, typer.Option(help="The person's signing key; `new` makes one in the server's keystore.")
    ] = "",
    home: Home = None,
) -> None:
    """A new person of a participant. The API key is shown once."""
    settings = _settings(home)
    if address == "new":
        address = open_keystore(settings).create()
    with closing(SqlBook(settings.book_dsn)) as book:
        user, key = book.write(
            lambda store: create_user(store, party, name, scopes.split(","), address, int(time.time()))
        )
    out.print(f"{user.name} is user {user.id}{f' with the signing key {address}' if address else ''}.")
    out.print(f"API key, shown this once: {key}", highlight=False)


@people.command("revoke-user")
def revoke_user(user: str, home: Home = None) -> None:
    """Ends a person's API key for good. The signing key on chain goes by a ChangeSigners act."""
    with closing(SqlBook(_settings(home).book_dsn)) as book:
        gone = book.write(lambda store: revoke(store, user, int(time.time())))
    out.print(f"{gone.name} has no access any more.")


@payables.command("import")
def import_payables(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX, docs/payables.md.")],
    core: Annotated[int, typer.Option(help="Number of the core that owes.")],
    home: Home = None,
) -> None:
    """Imports a payables file: all rows, or none with a report."""
    with closing(SqlBook(_settings(home).book_dsn)) as book:

        def work(store: Store) -> Any:
            uscc = parse_uscc(store.need(Participant, core).uscc)
            parsed = parse_payables(file.read_bytes(), uscc)
            plan = plan_rows(parsed, known(store, uscc, {row.payable.supplier for row in parsed.rows}))
            if not plan.errors:
                save(store, plan.new, int(time.time()))
            return plan

        plan = book.write(work)
    if plan.errors:
        table = Table("row", "column", "value", "problem", "way out")
        for problem in plan.errors:
            table.add_row(str(problem.row), problem.column, problem.value, problem.problem, problem.way_out)
        err.print(table)
        err.print("Nothing was imported.")
        raise typer.Exit(1)
    out.print(f"{len(plan.new)} new, {len(plan.unchanged)} known already.")


@acts.command("list")
def list_acts(
    party: Annotated[int, typer.Option(help="What waits for this participant's signature.")],
    home: Home = None,
) -> None:
    """The inbox of a participant."""
    with closing(SqlBook(_settings(home).book_dsn)) as book:
        rows = book.read(lambda store: _inbox(store, party))
    table = Table("act", "kind", "seat", "deadline (UTC)")
    for act, seat in rows:
        deadline = time.strftime("%Y-%m-%d %H:%M", time.gmtime(act.deadline))
        table.add_row("0x" + act.id.hex(), act.kind, str(seat.place), deadline)
    out.print(table)


@acts.command("sign")
def sign_act(
    act: Annotated[str, typer.Argument(help="Id of the act, 0x….")],
    user: Annotated[str, typer.Option("--as", help="Id of the user who signs.")],
    place: Annotated[int, typer.Option(help="Number of the seat.")] = 0,
    home: Home = None,
) -> None:
    """Signs with the user's key in this server's keystore."""
    id_ = parse_hex(act)
    with open_app(_settings(home)) as app:
        app.book.write(lambda store: app.service.sign(store, store.need(User, user), id_, place))
        app.settle()
        legs = app.book.read(lambda store: store.find(Leg, act=id_))
    out.print(f"Signed. The act is {', '.join(sorted({leg.state for leg in legs}))}.")


def verified(app: App) -> Report:
    """Verifies with a progress bar."""
    with app.fresh_projection() as fresh, _progress("blocks") as (bar, task):
        return verify(
            app.book,
            fresh,
            app.chain,
            app.deployment.block,
            lambda done, total: bar.update(task, completed=done, total=total),
        )


def roles_text(roles: int) -> str:
    """Roles as words."""
    names = ("core", "supplier", "bank", "clearing bank", "registrar", "auditor")
    return ", ".join(name for bit, name in enumerate(names) if roles >> bit & 1)


def _show(report: Report) -> None:
    out.print(
        f"Block {report.block}: {report.events:,} events, {report.records:,} records, {report.words:,} words."
    )
    for difference in report.differences:
        out.print(f"[red]✗[/red] {difference}", highlight=False)
    if report.clean:
        out.print("[green]ok[/green]: book, rebuild and chain agree.")


def _participants(store: Store) -> list[tuple[Participant, int]]:
    return [(party, store.count(User, party=party.id, revoked_at=0)) for party in store.find(Participant)]


def _inbox(store: Store, party: int) -> list[tuple[Act, Seat]]:
    open_ = store.find(Seat, party=party, done=False)
    found = [(store.need(Act, seat.act), seat) for seat in open_]
    return [
        (act, seat)
        for act, seat in found
        if _waits(store, act, seat) and (act.party == party or laid_open(store, act))
    ]


def _waits(store: Store, act: Act, seat: Seat) -> bool:
    legs = [store.need(Leg, seat.leg)] if seat.leg else store.find(Leg, act=act.id)
    return any(leg.state in (State.DRAFT, State.AWAITING) for leg in legs)


def _settings(home: Path | None) -> Settings:
    return load_settings(home)


@contextmanager
def _progress(what: str) -> Iterator[tuple[Progress, Any]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True) as bar:
        yield bar, bar.add_task(what, total=None)


class _Stopping:
    """A node that `closing` can close."""

    def __init__(self, node: Any) -> None:
        self.node = node

    def close(self) -> None:
        self.node.stop()


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
