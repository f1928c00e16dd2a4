"""Start a development engine on this machine, or check an existing network."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ledger.chain.engine import Engine, FeePolicy, InvalidEngine
from ledger.chain.nodes.clock import KeptClock
from ledger.chain.nodes.errors import NodeFailed, NodeRefused, NodeUnreachable, PortTaken
from ledger.chain.nodes.node import DevNode, NetworkNode
from ledger.chain.nodes.process import GuardedProcess
from ledger.chain.nodes.recipes import RECIPES, NodeOptions, Recipe
from ledger.chain.nodes.rpc import NodeRpc, shown

ANSWERS_WITHIN = 5.0
"""Seconds that a node of a network may take to say who it is."""
READY_WITHIN = 60.0
"""Seconds a node may take until it answers; a busy machine needs far more than the usual half second."""


def start_node(
    engine: str, data_dir: Path, port: int | None = None, options: NodeOptions | None = None
) -> DevNode:
    """Start a development engine (`ganache`, `hardhat`, `anvil`) on this machine and wait until it answers.

    Only ganache keeps its chain in `data_dir`: every block that could be read survives a SIGKILL. A
    transaction of which only the hash was answered may be lost, so senders send the same bytes again until it
    is mined. The other engines begin anew. `port` None takes a free one; always on 127.0.0.1. Raises
    InvalidEngine for an unknown name, ToolMissing, PortTaken, NodeFailed.
    """
    if engine not in RECIPES:
        raise InvalidEngine(f"no engine is called {engine!r}: take one of {', '.join(RECIPES)}")
    if port is not None and not _is_free(port):
        raise PortTaken(port)
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    tries = 1 if port is not None else 3  # a port that was free a moment ago may be gone
    while True:
        try:
            return _start(RECIPES[engine], data_dir, port or _free_port(), options or NodeOptions())
        except NodeFailed as error:
            tries -= 1
            if tries == 0 or not re.search("EADDRINUSE|in use", error.message):
                raise


def open_network(engine: Engine) -> NetworkNode:
    """Check that the nodes of an existing network serve the engine's chain; some of them may be down.

    Raises NodeUnreachable when none answers, or InvalidEngine when one serves another chain.
    """
    silent: list[NodeUnreachable] = []
    for url in engine.urls:
        try:
            found = read_chain_id(url)
        except NodeUnreachable as error:
            silent.append(error)
            continue
        if found != engine.chain_id:
            raise InvalidEngine(
                f"{shown(url)} serves chain {found}, not {engine.chain_id}: correct one of the two"
            )
    if len(silent) == len(engine.urls):
        raise silent[0]
    return NetworkNode(engine)


def first_chain_id(urls: Sequence[str]) -> int:
    """The chain id of the first node that answers. Raises NodeUnreachable when none does."""
    for url in urls[:-1]:
        with contextlib.suppress(NodeUnreachable):
            return read_chain_id(url)
    return read_chain_id(urls[-1])


def read_chain_id(url: str) -> int:
    """The chain id of the node at `url`. Raises NodeUnreachable."""
    rpc = NodeRpc(url, timeout=ANSWERS_WITHIN)
    with contextlib.closing(rpc):
        return rpc.chain_id()


def _start(recipe: Recipe, data_dir: Path, port: int, options: NodeOptions) -> DevNode:
    command = recipe.command(port, data_dir, options)
    engine = Engine(
        name=recipe.name,
        urls=(f"http://127.0.0.1:{port}",),
        chain_id=options.chain_id,
        fee=FeePolicy.BASE_FEE,
        block_period=options.block_time,
        block_gas=options.block_gas,
        development=True,
    )
    log_path = data_dir / f"{recipe.name}.log"
    process = GuardedProcess(command.argv, log_path, command.cwd, command.env)
    rpc = NodeRpc(engine.urls[0])
    try:
        _wait_until_ready(recipe.name, process, rpc, options.chain_id)
        if recipe.persistent:
            KeptClock(data_dir / "clock.json").restore(rpc)
    except BaseException:
        rpc.close()
        process.stop()
        raise
    return DevNode(recipe, process, rpc, engine, data_dir)


def _wait_until_ready(name: str, process: GuardedProcess, rpc: NodeRpc, chain_id: int) -> None:
    for _ in _moments(READY_WITHIN):
        with contextlib.suppress(NodeUnreachable, NodeRefused):
            found = rpc.chain_id()
            # If ours has ended, somebody else answers at its port.
            if process.exit_status is None and found == chain_id:
                return
        if process.exit_status is not None:
            raise NodeFailed(name, _why_ended(process), process.log_path, process.log_end())
    raise NodeFailed(name, f"no answer within {READY_WITHIN:.0f} s", process.log_path, process.log_end())


def _why_ended(process: GuardedProcess) -> str:
    if re.search(r"IO error: lock .*/LOCK", process.log_end()):
        return "another node works on the same data: stop that one first, or choose another folder"
    return f"ended with status {process.exit_status}"


def _moments(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.03)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
