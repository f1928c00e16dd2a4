"""What a whole operation costs the gateway as its book grows: from the request to final and projected, on a node.

The book is filled with others' past before the gateway comes up. CPU time of all of the gateway's processes.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scripts.bench_steps import gateway_alone
from scripts.bench_steps.filled import fill
from scripts.bench_steps.gateway import open_gateway
from scripts.bench_steps.ledger_node import LedgerNode
from scripts.bench_steps.town import Town

WARM = 1_000
COUNT = 4_000


def measured(
    node: LedgerNode, town: Town, sizes: Sequence[int], processes: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Tickets in the book → CPU microseconds an operation of bulk, by part and in all; with what failed."""
    found: dict[str, dict[str, int]] = {}
    failures: list[str] = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="goldticket-bench-") as folder:
            file = Path(folder) / "book.sqlite"
            say(f"a book of {size:,} tickets")
            fill(file, size, say)
            _settled(file)
            with open_gateway(node, Path(folder), f"sqlite:///{file}", count=processes) as gateway:
                for phase, count in ((f"warm {size}", WARM), (f"whole {size}", COUNT)):
                    lots = gateway_alone.bulk(town, gateway, count, phase)
                    load = gateway_alone.measured(gateway, node.pids, lots, count, Path(folder), 2)
                    failures += load.failures
        parts = {name: us for name, us in load.cpu_us().items() if name != "node"}
        found[str(size)] = {**parts, "all": sum(parts.values())}
    return {"cpu_us": found, "failures": failures}


def _settled(file: Path) -> None:
    """Nothing of the past is under way, and the chain is to be taken in from its beginning."""
    with contextlib.closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("UPDATE leg SET state = 'final' WHERE state <> 'final'")
        raw.execute("UPDATE reservation SET ended = 1")
        raw.execute("DELETE FROM cursor")
