"""(3) The gateway over REST, from separate client processes, until everything is final and projected."""

from __future__ import annotations

import contextlib
import json
import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.bench_steps import processes
from scripts.bench_steps.gateway import Gateway
from scripts.bench_steps.raw_http import post
from scripts.bench_steps.town import Town

CLIENTS = 2
"""Client processes."""


@dataclass
class Load:
    """What one load has shown. `rate`: operations/s until all were final and projected; CPU in seconds."""

    operations: int
    rate: float
    accept_ms: list[float]
    cpu: dict[str, float]
    node_cpu: float
    rss_mb: tuple[float, float]
    failures: list[str] = field(default_factory=list)
    accepted: dict[int, float] = field(default_factory=dict)
    """Number of the operation → moment of the answer, for single posts."""

    def cpu_us(self) -> dict[str, int]:
        """CPU microseconds an operation, by part."""
        found = {name: round(seconds / self.operations * 1e6) for name, seconds in self.cpu.items()}
        return {**found, "node": round(self.node_cpu / self.operations * 1e6)}


def single(town: Town, gateway: Gateway, count: int, phase: str, key: int | None = None) -> list[list[bytes]]:
    """For each client process its requests: one complete act each; all with one API key, or each with its own."""
    bodies = [json.dumps(town.split(i, phase).body()).encode() for i in range(count)]
    requests = [
        post(
            "/v1/acts/complete",
            body,
            _headers(gateway.keys[i % CLIENTS if key is None else key], f"{phase} {i}"),
        )
        for i, body in enumerate(bodies)
    ]
    return [requests[i::CLIENTS] for i in range(CLIENTS)]


def bulk(town: Town, gateway: Gateway, count: int, phase: str, size: int = 1000) -> list[list[bytes]]:
    """For each client process its requests: up to a thousand complete acts each."""
    requests = []
    for place, start in enumerate(range(0, count, size)):
        items = [town.split(i, phase).body() for i in range(start, min(start + size, count))]
        headers = _headers(gateway.keys[place % CLIENTS], f"{phase} {start}")
        requests.append(post("/v1/acts/bulk", json.dumps({"items": items}).encode(), headers))
    return [requests[i::CLIENTS] for i in range(CLIENTS)]


def measured(
    gateway: Gateway,
    node_pids: Sequence[int],
    lots: Sequence[Sequence[bytes]],
    operations: int,
    folder: Path,
    connections: int,
    rate: float = 0.0,
) -> Load:
    """Runs the clients together. `rate`: requests a second in all, 0 for as fast as answers come."""
    final = gateway.count("final")
    with contextlib.ExitStack() as stack:
        children = []
        for place, lot in enumerate(lots):
            file = folder / f"requests-{place}"
            file.write_bytes(pickle.dumps(list(lot)))
            args = (gateway.url, str(file), str(connections), str(rate / len(lots)))
            children.append(stack.enter_context(processes.child("scripts.bench_steps.client", *args)))
        for child in children:
            processes.line(child)
        cpu, node_cpu = processes.cpu_by_thread(gateway.pid), sum(map(processes.cpu_seconds, node_pids))
        rss, begun = processes.rss_mb(gateway.pid), time.monotonic()
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        seen = [processes.line(child) for child in children]
        gateway.idle()
        took = time.monotonic() - begun
    after = processes.cpu_by_thread(gateway.pid)
    failures = [text for one in seen for text in one["failures"]]
    done = gateway.count("final") - final
    if done != operations:
        failures.append(f"{operations} operations, {done} of them final")
    return Load(
        operations,
        done / took,
        [ms for one in seen for ms in one["accept_ms"]],
        {name: seconds - cpu.get(name, 0.0) for name, seconds in after.items()},
        sum(map(processes.cpu_seconds, node_pids)) - node_cpu,
        (rss, processes.peak_mb(gateway.pid)),
        failures,
        {
            number * len(seen) + place: moment
            for place, one in enumerate(seen)
            for number, moment in one["accepted"]
        },
    )


def _headers(key: str, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Idempotency-Key": name.replace(" ", "-")}
