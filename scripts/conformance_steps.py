"""The steps of scripts/conformance: find out what the network is, run tests/conformance there, tell what passed."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import conformance_shares as shares  # noqa: E402

from ledger.chain.engine import Engine  # noqa: E402
from ledger.chain.engine_file import engine_toml, load_engine  # noqa: E402
from ledger.chain.probe import probe  # noqa: E402
from ledger.errors import GoldTicketError  # noqa: E402

LONGEST = 600
"""Seconds for the whole run."""
AT_ONCE = 3
"""Shares of the tests that run side by side."""


@dataclass
class Tag:
    """What became of one tag's tests."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main() -> int:
    """0 when every test passed or said why it can't run here."""
    args = parsed()
    try:
        engine = described(args)
    except GoldTicketError as error:
        print(error.message, file=sys.stderr)
        return 2
    begin = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            tags, ended = run(engine, args, Path(scratch))
    except GoldTicketError as error:
        print(error.message, file=sys.stderr)
        return 2
    told = summary(engine, tags, ended, time.monotonic() - begin)
    show(tags, told)
    print(json.dumps(told))
    return 0 if told["ok"] else 1


def described(args: argparse.Namespace) -> Engine:
    """The network's description, given or found out. Raises InvalidEngine."""
    if args.description:
        engine = load_engine(args.description)
        return replace(engine, urls=tuple(args.rpc)) if args.rpc else engine
    found = probe(args.rpc)
    for what, finding in found.rows:
        print(f"{what}: {finding}", file=sys.stderr)
    if found.engine is None or found.problems:
        raise GoldTicketError("; ".join(found.problems) or "no network was found there")
    return found.engine


def run(engine: Engine, args: argparse.Namespace, scratch: Path) -> tuple[dict[str, Tag], str]:
    """The tests, by tag; the second is why they ended early, if they did. Raises GoldTicketError."""
    begin = time.monotonic()
    description = scratch / "engine.toml"
    description.write_text(engine_toml(engine))
    lots = shares.shares(args.only.split(",") if args.only else shares.all_tags(), args.at_once)
    key = bytes.fromhex(args.key.read_text().strip().removeprefix("0x"))
    keys = shares.keys_for(engine, key, len(lots))
    left = args.within - (time.monotonic() - begin)
    results, ended = shares.run(lots, keys, description, scratch, left)
    tags: dict[str, Tag] = {}
    for file in results:
        tags |= read(file)
    return dict(sorted(tags.items())), ended


def read(results: Path) -> dict[str, Tag]:
    """The runner's results by tag, which is the name of the test's file."""
    tags: dict[str, Tag] = defaultdict(Tag)
    for case in ET.parse(results).iter("testcase"):  # noqa: S314
        tag = tags[case.get("classname", "").rpartition("test_")[2]]
        tag.seconds += float(case.get("time", 0))
        name = case.get("name", "")
        if case.find("failure") is not None or case.find("error") is not None:
            tag.failed.append(name)
        elif (skipped := case.find("skipped")) is not None:
            tag.skipped.append(f"{name}: {skipped.get('message', '')}")
        else:
            tag.passed += 1
    return dict(tags)


def summary(engine: Engine, tags: dict[str, Tag], ended: str, seconds: float) -> dict[str, Any]:
    """The line of JSON."""
    failed = [f"{tag}: {name}" for tag, found in tags.items() for name in found.failed]
    passed = sum(found.passed for found in tags.values())
    return {
        "engine": engine.name,
        "chain_id": engine.chain_id,
        "nodes": len(engine.urls),
        "passed": passed,
        "failed": failed,
        "skipped": [f"{tag}: {why}" for tag, found in tags.items() for why in found.skipped],
        "seconds": round(seconds, 1),
        "ended": ended,
        "ok": bool(passed) and not failed and not ended,
    }


def show(tags: dict[str, Tag], told: dict[str, Any]) -> None:
    """The table, why tests were skipped, what failed."""
    print(f"{'tag':<14} {'passed':>6} {'failed':>6} {'skipped':>7} {'seconds':>8}")
    for name, found in tags.items():
        counts = f"{found.passed:>6} {len(found.failed):>6} {len(found.skipped):>7}"
        print(f"{name:<14} {counts} {found.seconds:>8.1f}")
    for line in told["skipped"]:
        print(f"SKIPPED {line}")
    for line in [*told["failed"], *([told["ended"]] if told["ended"] else [])]:
        print(f"FAILED {line}")


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/conformance", description=__doc__)
    parser.add_argument(
        "--rpc", action="append", default=[], help="URL of a node; again for each further one"
    )
    parser.add_argument("--key", type=Path, required=True, help="file with the sending key, hex")
    parser.add_argument("--description", type=Path, help="the engine's description; default: it is probed")
    parser.add_argument("--only", default="", help="tags, with commas: issue,transfer,…")
    parser.add_argument(
        "--at-once", type=int, default=AT_ONCE, help=f"shares that run side by side; {AT_ONCE} if not said"
    )
    parser.add_argument("--within", type=int, default=LONGEST, help="seconds for the whole run")
    args = parser.parse_args()
    if not args.rpc and not args.description:
        parser.error("give --rpc URL, or --description FILE")
    return args


if __name__ == "__main__":
    sys.exit(main())
