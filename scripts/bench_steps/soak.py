"""A load that lasts: whether memory stays where it was."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from scripts.bench_steps import gateway_alone, processes
from scripts.bench_steps.gateway import Gateway
from scripts.bench_steps.ledger_node import LedgerNode
from scripts.bench_steps.town import Town

LOT = 2_000


def measured(node: LedgerNode, town: Town, gateway: Gateway, folder: Path, minutes: float) -> dict[str, Any]:
    """Bulk loads one after another; resident memory (MiB) and rate after each."""
    end, round_ = time.monotonic() + minutes * 60, 0
    memory, rates, failures = [], [], 0
    while time.monotonic() < end:
        lots = gateway_alone.bulk(town, gateway, LOT, f"soak {round_}")
        load = gateway_alone.measured(gateway, node.pids, lots, LOT, folder, 1)
        memory.append(round(processes.rss_mb(gateway.pid), 1))
        rates.append(round(load.rate))
        failures += len(load.failures)
        round_ += 1
    return {"operations": LOT * round_, "rss_mb": memory, "rates": rates, "failures": failures}
