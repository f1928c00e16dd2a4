"""`scripts/bench`: everything in one run on one machine, so that the ratios mean something."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from ledger.ids import child_id, to_hex
from scripts.bench_steps import (
    by_size,
    chain_alone,
    gateway_alone,
    on_network,
    plain_alone,
    plots,
    processes,
    proof,
    queries,
    reckoning,
    soak,
    whole_by_size,
)
from scripts.bench_steps.gateway import Gateway, open_gateway
from scripts.bench_steps.gateway_alone import Load
from scripts.bench_steps.ledger_node import LedgerNode, open_node
from scripts.bench_steps.listener import listening
from scripts.bench_steps.network_node import BLOCK_GAS
from scripts.bench_steps.profiles import PROFILES, Profile
from scripts.bench_steps.town import Town, build, genesis
from scripts.networks.plan import BinaryMissing, NetworkFailed
from scripts.networks.recipes import RECIPES

Figures = dict[str, Any]


def main() -> int:
    """Measures and tells. Returns 1 when an operation failed, 3 when the network's program is not here."""
    given = arguments(sys.argv[1:])
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if given.network or given.rpc:
        return measure_network(given)
    if given.queries:
        return measure_queries(given)
    profile = PROFILES[given.profile]
    figures: Figures = {
        "engine": given.engine,
        "book": given.book.split(":")[0],
        "processes": given.processes,
        "profile": given.profile,
    }
    with (
        tempfile.TemporaryDirectory(prefix="goldticket-bench-") as folder,
        open_node(given.engine, Path(folder), genesis()) as node,
    ):
        say("setting up the town")
        town = build(node.domain, node.sender("town"), profile.town)
        through_gateway(figures, node, town, profile, given, Path(folder))
        say("rebuild and verify")
        figures |= proof.rebuilt(node, Path(folder))
        figures |= proof.verified(node, Path(folder), _address(given, Path(folder)))
        figures["failures"] += len(figures["verify_differences"])
        alone(figures, node, town, profile)
        if sizes := given.whole or profile.whole:
            found = whole_by_size.measured(node, town, sizes, given.processes, say)
            figures |= {"whole_cpu_us_by_tickets": found["cpu_us"]}
            figures["failures"] += len(found["failures"])
            figures["failed"] += found["failures"][:5]
    if profile.sizes:
        say("cost against the book's size")
        figures["cpu_us_by_tickets"] = {str(k): round(v) for k, v in by_size.measured(profile.sizes).items()}
    figures["ratios"] = reckoning.ratios(figures)
    told(figures, given, pictures(figures))
    return 1 if figures["failures"] else 0


def arguments(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, default="usual")
    parser.add_argument("--engine", choices=["anvil", "ganache"], default="anvil")
    parser.add_argument("--book", default="sqlite", help="sqlite, or the DSN of an empty PostgreSQL database")
    parser.add_argument("--processes", type=int, default=2, help="of the gateway; 1: one does everything")
    parser.add_argument(
        "--soak", type=float, default=0.0, metavar="MINUTES", help="load for so long, memory watched"
    )
    parser.add_argument("--soak-rate", type=float, default=soak.RATE, help="operations a second meanwhile")
    parser.add_argument(
        "--queries",
        type=int,
        metavar="TICKETS",
        help="only: what people ask for, in books of 10,000 and so many",
    )
    parser.add_argument(
        "--whole",
        type=int,
        nargs="+",
        default=[],
        metavar="TICKETS",
        help="whole operations, SQLite, with so many tickets of others in the book; else as the profile says",
    )
    parser.add_argument("--out", type=Path, help="folder for figures.json and the plots")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    networks = parser.add_argument_group("on a network of validators")
    networks.add_argument("--network", choices=sorted(RECIPES), help="four validators, started here")
    networks.add_argument("--rpc", action="append", default=[], help="or URLs of a network that is there")
    networks.add_argument("--key", type=Path, help="with --rpc: file of a key (hex) that can pay there")
    networks.add_argument(
        "--block-gas",
        type=int,
        default=BLOCK_GAS,
        help=f"of a network started here; {BLOCK_GAS:,} if not said",
    )
    networks.add_argument("--relayers", type=int, default=1, help="keys that the gateway sends with")
    networks.add_argument(
        "--apart", action="store_true", help="validators on one half of the cores, gateway on the other"
    )
    found = parser.parse_args(words)
    if bool(found.rpc) != bool(found.key) or (found.rpc and found.network):
        parser.error("--rpc URL wants --key FILE, and no --network")
    return found


def measure_queries(given: argparse.Namespace) -> int:
    """`--queries`."""
    figures: Figures = {"queries": queries.compared(given.queries, say)}
    points = queries.points(figures["queries"])
    told(figures, given, {"queries": plots.pairs("Queries, p95", "ms", points)})
    return 0


def measure_network(given: argparse.Namespace) -> int:
    """`--network` and `--rpc`."""
    try:
        with tempfile.TemporaryDirectory(prefix="goldticket-bench-") as folder:
            figures = on_network.measured(given, Path(folder))
    except BinaryMissing as missing:
        print(f"\n*** SKIPPED: {given.network} was not measured. {missing} ***\n", file=sys.stderr)
        return 3
    except NetworkFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    told(figures, given, {})
    return 1 if figures["failures"] else 0


def through_gateway(
    figures: Figures, node: LedgerNode, town: Town, profile: Profile, given: argparse.Namespace, folder: Path
) -> None:
    """(3) REST, from separate processes, until final and projected."""
    dsn = "" if given.book == "sqlite" else given.book
    say("starting the gateway")
    with open_gateway(node, folder, dsn, count=given.processes) as gateway:
        load = _loads(node, town, gateway, folder)
        say("warming up")
        load("warm", gateway_alone.bulk, min(300, profile.bulk), 1)
        say("gateway, single posts")
        single = load("single", gateway_alone.single, profile.single, 16)
        say("gateway, bulk")
        bulk = load("bulk", gateway_alone.bulk, profile.bulk, 2)
        say("gateway, single posts at half load")
        half, final = _half(node, town, gateway, folder, profile.half, single.rate / 2)
        figures |= {
            "gateway_single": round(single.rate, 1),
            "gateway_bulk": round(bulk.rate, 1),
            "accept_p95_ms": round(reckoning.percentile(half.accept_ms, 95), 1),
            "accept_p50_ms": round(reckoning.percentile(half.accept_ms, 50), 1),
            "final_p95_ms": round(reckoning.percentile(final, 95)),
            "final_p50_ms": round(reckoning.percentile(final, 50)),
            "block_period_ms": round(node.period * 1000),
            "cpu_us": {"single": single.cpu_us(), "bulk": bulk.cpu_us()},
            "rss_mb_start": round(single.rss_mb[0]),
            "rss_mb_end": round(processes.rss_mb(gateway.pid)),
            "rss_mb_peak": round(half.rss_mb[1]),
            "failures": len(single.failures) + len(bulk.failures) + len(half.failures),
            "failed": [*single.failures, *bulk.failures, *half.failures][:5],
        }
        if given.soak:
            say(f"soak, {given.soak:g} minutes")
            figures["soak"] = soak.measured(node, town, gateway, folder, given.soak, given.soak_rate)
            figures["rss_mb_start"] = round(figures["soak"]["rss_mb_warm"])
            figures["rss_mb_end"] = round(figures["soak"]["rss_mb_end"])
            figures["failures"] += figures["soak"]["failures"]


def _address(given: argparse.Namespace, folder: Path) -> str:
    """Of the gateway's book, as `open_gateway` has made it."""
    return given.book if given.book != "sqlite" else f"sqlite:///{folder / 'home' / 'book.sqlite'}"


def _loads(node: LedgerNode, town: Town, gateway: Gateway, folder: Path) -> Callable[..., Load]:
    def load(phase: str, make: Callable[..., Any], count: int, connections: int) -> Load:
        lots = make(town, gateway, count, phase)
        return gateway_alone.measured(gateway, node.pids, lots, count, folder, connections)

    return load


def _half(
    node: LedgerNode, town: Town, gateway: Gateway, folder: Path, count: int, rate: float
) -> tuple[Load, list[float]]:
    """Single posts at a rate, and for each the milliseconds from its acceptance until it was told to be final."""
    lots = gateway_alone.single(town, gateway, count, "half", key=0)
    with listening(gateway.url, gateway.keys[0]) as told_final:
        found = gateway_alone.measured(gateway, node.pids, lots, count, folder, 16, rate)
        time.sleep(0.5)
        waits = []
        for number, moment in found.accepted.items():
            split = town.split(number, "half")
            leg = to_hex(child_id(split.offer["ticket"], split.digest, 0))
            if leg in told_final:
                waits.append((told_final[leg] - moment) * 1000)
    if len(waits) != count:
        found.failures.append(f"{count - len(waits)} of {count} were not told to be final")
    return found, waits


def alone(figures: Figures, node: LedgerNode, town: Town, profile: Profile) -> None:
    """(1a), (1b), (2) and (4)."""
    say("the chain alone")
    figures["chain_single"] = round(chain_alone.single(node, town, profile.chain_single), 1)
    figures["chain_batch"] = round(chain_alone.batched(node, town, profile.chain_batch), 1)
    figures["design"] = round(chain_alone.relayed(node, town, profile.design), 1)
    say("a plain web3.py gateway")
    figures["web3py"] = round(plain_alone.measured(node, town, profile.plain), 1)


def told(figures: Figures, given: argparse.Namespace, drawn: Mapping[str, str]) -> None:
    """For people, into files, and as the last line."""
    for name, value in figures.items():
        print(f"{name:24} {json.dumps(value, ensure_ascii=False)}")
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "figures.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
        for name, svg in drawn.items():
            (given.out / f"{name}.svg").write_text(svg, encoding="utf-8")
    if given.json:
        print(json.dumps(figures, ensure_ascii=False), flush=True)


def pictures(figures: Figures) -> dict[str, str]:
    """File name → SVG."""
    names = {
        "web3py": "plain web3.py gateway",
        "gateway_single": "gateway, single posts",
        "chain_single": "chain, single posts",
        "chain_batch": "chain, batches of 100",
        "gateway_bulk": "gateway, bulk",
        "design": "chain, relay transactions",
    }
    rates = {text: figures[name] for name, text in names.items()}
    made = {"rates": plots.bars("Operations a second, one run on one machine", "/s", rates)}
    if found := figures.get("cpu_us_by_tickets"):
        points = [(float(size), float(us)) for size, us in found.items()]
        made["by-size"] = plots.line("CPU microseconds an operation, by tickets in the book", "µs", points)
    if found := figures.get("soak"):
        samples = [(seconds / 60, mb) for _, seconds, mb, _ in found["samples"]]
        made["soak"] = plots.course("Resident memory of the gateway", "MiB", "minutes", samples)
    return made


def say(text: str) -> None:
    """Where it is."""
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what was begun is tidied up
    sys.exit(main())
