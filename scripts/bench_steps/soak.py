"""A load that lasts: whether memory stays where it was.

At a steady rate that leaves the machine room, single posts and bulk by turns, with a listener on the stream: what an
ordinary day has. How fast it could go is measured elsewhere.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from scripts.bench_steps import gateway_alone, processes, reckoning
from scripts.bench_steps.gateway import Gateway
from scripts.bench_steps.ledger_node import LedgerNode
from scripts.bench_steps.listener import listening
from scripts.bench_steps.town import Town

ROUND = 20.0
"""Seconds of load between two looks at the memory, less where the whole would have no three of them."""
LEAST = 3
ITEMS = 100
"""Of one bulk request."""
RATE = 120.0
"""Operations a second."""


def measured(
    node: LedgerNode, town: Town, gateway: Gateway, folder: Path, minutes: float, rate: float = RATE
) -> dict[str, Any]:
    """Loads one after another at `rate` operations a second; after each the operations so far, seconds, and resident
    memory of gateway and node (MiB), with the verdict."""
    long = min(ROUND, minutes * 60 / LEAST)
    count = max(ITEMS, round(rate * long / ITEMS) * ITEMS)
    begun, failures = time.monotonic(), list[str]()
    samples: list[tuple[int, int, float, int]] = []
    with listening(gateway.url, gateway.keys[0]):
        while time.monotonic() - begun < minutes * 60 or len(samples) < LEAST:
            name = f"soak {len(samples)}"
            if len(samples) % 2:
                lots = gateway_alone.bulk(town, gateway, count, name, ITEMS)
                asked = (1, rate / ITEMS)
            else:
                lots = gateway_alone.single(town, gateway, count, name)
                asked = (8, rate)
            load = gateway_alone.measured(gateway, node.pids, lots, count, folder, *asked)
            failures += load.failures
            done, took = count * (len(samples) + 1), time.monotonic() - begun
            nodes = sum(map(processes.rss_mb, node.pids))
            samples.append((done, round(took), round(processes.rss_mb(gateway.pid), 1), round(nodes)))
            print(
                f"… {took / 60:5.1f} min  {done:8,}  {samples[-1][2]:6.1f} MiB", file=sys.stderr, flush=True
            )
    found = reckoning.memory([(done, mb) for done, _, mb, _ in samples])
    return {
        "verdict": str(found),
        "flat": found.flat,
        "operations": samples[-1][0],
        "seconds": samples[-1][1],
        "rss_mb_warm": found.warm,
        "rss_mb_end": found.end,
        "mb_per_10k": found.slope,
        "failures": len(failures),
        "failed": failures[:5],
        "samples": samples,
    }
