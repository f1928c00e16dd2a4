"""`scripts/bench --network`: the chain alone and the gateway on a network of validators, in one run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scripts.bench_steps import chain_alone, gateway_alone, processes
from scripts.bench_steps.gateway import open_gateway
from scripts.bench_steps.gateway_alone import Load
from scripts.bench_steps.ledger_node import LedgerNode
from scripts.bench_steps.network_node import open_network_node, open_there
from scripts.bench_steps.profiles import NETWORK_PROFILES, NetworkProfile
from scripts.bench_steps.town import Town, build, genesis

Figures = dict[str, Any]


def measured(given: argparse.Namespace, folder: Path) -> Figures:
    """All figures. Raises BinaryMissing and NetworkFailed where there is no network to measure."""
    profile = NETWORK_PROFILES[given.profile]
    where = (
        open_there(given.rpc, given.key, genesis())
        if given.rpc
        else open_network_node(given.network, folder, genesis(), given.apart, given.block_gas)
    )
    with where as node:
        say(f"{node.engine.name}: setting up the town")
        town = build(node.domain, node.sender("town"), profile.town)
        figures = {
            **told(node, given),
            **alone(node, town, profile),
            **in_turns(node, town, profile, given, folder),
        }
    return {**figures, "ratios": ratios(figures)}


def told(node: LedgerNode, given: argparse.Namespace) -> Figures:
    """What was measured where."""
    return {
        "network": node.engine.name,
        "nodes": len(node.engine.urls),
        "cores": os.cpu_count(),
        "apart": given.apart,
        "profile": given.profile,
        "book": given.book.split(":")[0],
        "processes": given.processes,
        "relayers": given.relayers,
        "block_period_ms": round(node.period * 1000),
        "block_gas": node.engine.block_gas,
        "load_before": round(os.getloadavg()[0], 1),
    }


def alone(node: LedgerNode, town: Town, profile: NetworkProfile) -> Figures:
    """(1a) and (1b)."""
    say("the chain alone, one operation a transaction")
    single = Phase(node, profile.chain_single, lambda: chain_alone.single(node, town, profile.chain_single))
    say("the chain alone, JSON-RPC batches")
    batch = Phase(node, profile.chain_batch, lambda: chain_alone.batched(node, town, profile.chain_batch))
    return {
        "chain_single": round(single.rate, 1),
        "chain_batch": round(batch.rate, 1),
        "node_cpu_us": {"chain_single": single.cpu_us, "chain_batch": batch.cpu_us},
    }


def in_turns(
    node: LedgerNode, town: Town, profile: NetworkProfile, given: argparse.Namespace, folder: Path
) -> Figures:
    """(2), (3), and (2) again: what else the machine does touches both. A gateway would take in what others relay, so
    it runs for its own part only."""
    before = relayed(node, town, profile, "2a")
    bulk, by_node, filled = through_gateway(node, town, profile, given, folder)
    after = relayed(node, town, profile, "2b")
    failures = [text for load in bulk for text in load.failures]
    operations = sum(load.operations for load in bulk)
    return {
        "design": round(2 / (1 / before.rate + 1 / after.rate), 1),
        "design_rounds": [round(phase.rate, 1) for phase in (before, after)],
        "gateway_bulk": round(operations / sum(load.operations / load.rate for load in bulk), 1),
        "bulk_rounds": [round(load.rate, 1) for load in bulk],
        "cpu_us": {"design": {"node": before.cpu_us}, "bulk": bulk[-1].cpu_us()},
        "each_node_cpu_us": {"design": before.by_node, "bulk": by_node},
        "fullest_block": before.fullest,
        "block_percent": {"design": before.filled, "bulk": filled},
        "acts_in_a_block": before.acts,
        "failures": len(failures),
        "failed": failures[:5],
    }


def relayed(node: LedgerNode, town: Town, profile: NetworkProfile, name: str) -> Phase:
    """(2) Presigned relay transactions."""
    say("the chain alone, relay transactions")
    return Phase(node, profile.design, lambda: chain_alone.relayed(node, town, profile.design, name))


def through_gateway(
    node: LedgerNode, town: Town, profile: NetworkProfile, given: argparse.Namespace, folder: Path
) -> tuple[list[Load], list[int], list[int]]:
    """(3) Bulk, until final and projected, round by round; CPU microseconds an operation of each node; how full the
    blocks were. The gateway asks the first node."""
    dsn = "" if given.book == "sqlite" else given.book

    def load(phase: str, count: int) -> Load:
        lots = gateway_alone.bulk(town, gateway, count, phase)
        return gateway_alone.measured(gateway, node.pids, lots, count, folder, 1)

    say("starting the gateway, warming up")
    with open_gateway(node, folder, dsn, relayers=given.relayers, count=given.processes) as gateway:
        load("warm", min(1_000, profile.bulk))
        say("gateway, bulk")
        first, cpu = _height(node), Cpu(node)
        loads = [load(f"3 {number}", profile.bulk) for number in range(profile.rounds)]
        return loads, cpu.us(profile.bulk * profile.rounds), _percent(node, _gas(node, first))


class Cpu:
    """The nodes' CPU time from now on."""

    def __init__(self, node: LedgerNode) -> None:
        self._pids = node.pids
        self._before = [*map(processes.cpu_seconds, node.pids)]

    def us(self, operations: int) -> list[int]:
        """Microseconds an operation of each node."""
        pairs = zip(map(processes.cpu_seconds, self._pids), self._before, strict=True)
        return [round((now - before) / operations * 1e6) for now, before in pairs]


class Phase:
    """One measurement of the chain alone. `cpu_us`: of all nodes an operation, and `by_node`; `fullest`: the part of
    its gas that the fullest block used, `filled`: of each in per cent; `acts`: operations in the fullest, reckoned by
    its gas."""

    def __init__(self, node: LedgerNode, count: int, work: Callable[[], float]) -> None:
        first, cpu = _height(node), Cpu(node)
        self.rate = work()
        self.by_node = cpu.us(count)
        self.cpu_us = sum(self.by_node)
        used = _gas(node, first)
        self.filled = _percent(node, used)
        self.fullest = round(max(used) / node.engine.block_gas, 3)
        self.acts = round(max(used) * count / max(1, sum(used)))


def _gas(node: LedgerNode, after: int) -> list[int]:
    """Used by each block after that one."""
    numbers = range(after + 1, _height(node) + 1)
    blocks = node.rpc.batch([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
    return [int(block["gasUsed"], 16) for block in blocks if block]


def _percent(node: LedgerNode, used: Sequence[int]) -> list[int]:
    return [round(100 * gas / node.engine.block_gas) for gas in used]


def _height(node: LedgerNode) -> int:
    return int(node.rpc.call("eth_blockNumber"), 16)


def ratios(figures: Figures) -> Figures:
    """What counts: the gateway against the chain that need not wait for it."""
    bulk = figures["gateway_bulk"]
    return {
        "bulk / relay batches (0.8)": round(bulk / figures["design"], 2),
        "bulk / JSON-RPC batches": round(bulk / figures["chain_batch"], 2),
        "bulk / single": round(bulk / figures["chain_single"], 2),
    }


def say(text: str) -> None:
    """Where it is."""
    print(f"… {text}", file=sys.stderr, flush=True)
