"""The command line of scripts/network; see there."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from scripts.networks import control
from scripts.networks.keeper import Network, line
from scripts.networks.plan import BLOCK_GAS, BinaryMissing, NetworkFailed, Plan
from scripts.networks.recipes import RECIPES
from scripts.networks.ties import tied, tips

FOLDER = Path(".goldticket/network")
TRACE = "Traceback (most recent call last)"
ABSENT = 3
"""Exit status when the engine's program is not here."""


def main() -> int:
    """Carry out one command; its exit status."""
    args = parsed()
    try:
        return COMMANDS[args.command](args)
    except BinaryMissing as missing:
        print(f"\n*** SKIPPED: {args.engine} was not started. {missing} ***\n", file=sys.stderr)
        return ABSENT
    except NetworkFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 128 + signal.SIGINT


def up(args: argparse.Namespace) -> int:
    """A new network, kept by a process of its own, or by this one with --foreground."""
    folder = args.folder.resolve()
    if args.foreground:
        return keep(args)
    RECIPES[args.engine].binary(args.binary)  # builds or refuses here, where a person reads it
    folder.mkdir(parents=True, exist_ok=True)
    log = folder.with_name(folder.name + ".keeper.log")
    with open(log, "wb") as out:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "scripts.networks", *sys.argv[1:], "--foreground"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        while not (folder / control.FILE).exists():
            if keeper.poll() is not None:
                raise NetworkFailed(last_words(log))
            time.sleep(0.1)
    except BaseException:
        end(keeper)
        raise
    log.rename(folder / "logs" / "keeper.log")
    show(folder)
    print(
        f"\nrelayer key: {folder}/relayer.key   description: {folder}/engine.toml   down: scripts/network down"
    )
    return 0


def end(keeper: subprocess.Popen[bytes]) -> None:
    """A keeper that nobody waits for any more, and its nodes."""
    keeper.terminate()
    try:
        keeper.wait(30)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()


def last_words(log: Path) -> str:
    """Why a keeper has ended, for the person who started it: what it said, of an error inside its last line alone."""
    said = log.read_text(errors="replace").strip()
    if TRACE in said:
        said = f"the network did not start: {said.splitlines()[-1]} (the whole: {log})"
    return said or f"the keeper ended without a word, see {log}"


def keep(args: argparse.Namespace) -> int:
    """Keep a network until `down`, SIGTERM or Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Network.up(
        RECIPES[args.engine],
        args.folder.resolve(),
        args.validators,
        args.period,
        args.binary,
        args.cuttable,
        args.block_gas,
    ) as network:
        try:
            control.serve(network)
        except KeyboardInterrupt:
            return 0
    return 0


def install(args: argparse.Namespace) -> int:
    """Build geth for Clique now, instead of on first use."""
    args.engine = "clique"
    print(RECIPES["clique"].binary(None))
    return 0


def status(args: argparse.Namespace) -> int:
    """A line for each node; 0 while blocks are being made."""
    begin = max((s.height or 0 for s in control.states(args.folder)), default=0)
    period = Plan.load(args.folder).period
    end = time.monotonic() + 3 * period + 5
    makes = False
    while not makes and time.monotonic() < end:
        time.sleep(0.3)
        makes = any((s.height or 0) > begin for s in control.states(args.folder))
    show(args.folder)
    print("blocks are being made" if makes else "NO BLOCKS are being made")
    found = tips([state.url for state in control.states(args.folder)])
    if not makes and tied(found):
        print("chains of equal weight; the way out: scripts/network untie", *found, sep="\n")
    return 0 if makes else 1


def steer(args: argparse.Namespace) -> int:
    """kill, pause, start, wipe one node."""
    control.ask(args.folder, args.command, number=args.number)
    show(args.folder)
    return 0


def part(args: argparse.Namespace) -> int:
    """Cut the nodes named from the others."""
    plan = Plan.load(args.folder)
    others = [seat.number for seat in plan.seats if seat.number not in args.numbers]
    control.ask(args.folder, "part", one=args.numbers, other=others)
    return 0


def untie(args: argparse.Namespace) -> int:
    """Clique: bring nodes that stand still on chains of equal weight back to one."""
    print(control.ask(args.folder, "untie"))
    show(args.folder)
    return 0


def heal(args: argparse.Namespace) -> int:
    """End a cut."""
    control.ask(args.folder, "heal")
    return 0


def down(args: argparse.Namespace) -> int:
    """Stop everything; wait until the keeper is gone."""
    file = args.folder / control.FILE
    pid = Path(f"/proc/{_pid(file)}")
    control.ask(args.folder, "down")
    for _ in range(300):
        if not file.exists() and not pid.exists():
            return 0
        time.sleep(0.1)
    raise NetworkFailed(f"the keeper does not end: see {args.folder}/logs/keeper.log")


def show(folder: Path) -> None:
    """A line for each node."""
    for state in control.states(folder):
        print(line(state))


def _pid(file: Path) -> int:
    import json

    try:
        return int(json.loads(file.read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError, KeyError):
        return os.getpid()


COMMANDS = {
    "up": up,
    "install": install,
    "status": status,
    "kill": steer,
    "pause": steer,
    "start": steer,
    "wipe": steer,
    "part": part,
    "heal": heal,
    "untie": untie,
    "down": down,
}


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/network", description=__doc__)
    verbs = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        verb = verbs.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        verb.add_argument("--folder", type=Path, default=FOLDER, help=f"data and logs; default {FOLDER}")
        if function is steer:
            verb.add_argument("number", type=int, help="number of the node, from 0 on")
        if name == "part":
            verb.add_argument("numbers", type=int, nargs="+", help="the nodes of one side")
        if name == "up":
            verb.add_argument("--engine", choices=sorted(RECIPES), default="clique")
            verb.add_argument("--validators", type=int, default=4)
            verb.add_argument("--period", type=int, default=1, help="seconds between blocks")
            verb.add_argument("--binary", help="the engine's program, if not the one on PATH")
            verb.add_argument("--block-gas", type=int, default=BLOCK_GAS, help="gas that a block takes")
            verb.add_argument("--cuttable", action="store_true", help="nodes meet through links: for `part`")
            verb.add_argument("--foreground", action="store_true", help="stay; Ctrl-C ends the network")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
