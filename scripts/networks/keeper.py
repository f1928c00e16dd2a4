"""A running network of this process's own: nodes started, killed, paused, wiped, parted and healed by number.

with Network.up(RECIPES["clique"], folder) as network:
    network.kill(0)

Every node runs under ledger.chain.nodes.guard: it ends when this process ends, however this process ends.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.chain.engine import Engine
from ledger.chain.engine_file import engine_toml
from ledger.chain.nodes import NodeRefused, NodeUnreachable
from ledger.chain.nodes.process import GuardedProcess
from ledger.chain.nodes.rpc import NodeRpc
from scripts.networks.links import Links
from scripts.networks.plan import BLOCK_GAS, NetworkFailed, Plan, Recipe, Seat, new_plan
from scripts.networks.ties import untie

MAKES_BLOCKS_WITHIN = 90.0
"""Seconds until a new network has made its first blocks; a busy machine needs far more than the usual ten."""
ANSWERS_WITHIN = 2.0
TOGETHER = 5
"""A height that no four signers reach unless most of them are on one chain."""


@dataclass(frozen=True)
class NodeState:
    """A node as it is now. `doing`: running, paused or down; `height` and `peers` None when it does not answer."""

    number: int
    url: str
    doing: str
    pid: int
    height: int | None
    peers: int | None


class Network:
    """Nodes by number. Context manager; `down` may be called twice."""

    def __init__(self, recipe: Recipe, plan: Plan) -> None:
        self.recipe, self.plan = recipe, plan
        self.engine: Engine = recipe.engine(plan)
        self._running: dict[int, GuardedProcess] = {}
        self._paused: set[int] = set()
        self._links: Links | None = None

    @classmethod
    def up(
        cls,
        recipe: Recipe,
        folder: Path,
        validators: int = 4,
        period: int = 1,
        binary: str | None = None,
        cuttable: bool = False,
        block_gas: int = BLOCK_GAS,
    ) -> Self:
        """A new network in an empty folder, making blocks when this returns.

        `cuttable`: nodes meet through links, so that `part` can cut them. Raises BinaryMissing, NetworkFailed.
        """
        found = recipe.binary(binary)
        if folder.exists() and any(folder.iterdir()):
            raise NetworkFailed(f"{folder} is not empty: choose another folder, or remove it")
        folder.mkdir(parents=True, exist_ok=True)
        plan = new_plan(recipe, folder, found, validators, period, cuttable, block_gas)
        recipe.prepare(plan)
        plan.save()
        (folder / "relayer.key").touch(mode=0o600)
        (folder / "relayer.key").write_text(plan.relayer + "\n")
        (folder / "engine.toml").write_text(engine_toml(recipe.engine(plan)))
        network = cls(recipe, plan)
        try:
            network.start_all()
            network.wait_for_blocks(2)
            network.begin_together()
        except BaseException:
            network.down()
            raise
        return network

    def begin_together(self) -> None:
        """Clique's signers each sign a first block alone, and may tie before they hear of each other: untied then."""
        if self.recipe.mending(self.plan, self.seats[0]) is None:
            return
        if not self.until(lambda: self.height() >= TOGETHER, TOGETHER * self.plan.period + 12):
            print(untie(self), file=sys.stderr, flush=True)

    @property
    def seats(self) -> Sequence[Seat]:
        return self.plan.seats

    def start_all(self) -> None:
        """Every node that does not run."""
        if self.plan.cuttable and self._links is None:
            ports = {seat.number: seat.p2p for seat in self.seats}
            routes = {
                (seat.number, other): (door, ports[other])
                for seat in self.seats
                for other, door in seat.doors.items()
            }
            self._links = Links(routes)
        for seat in self.seats:
            self.start(seat.number)

    def start(self, number: int, mending: bool = False) -> None:
        """Start a node that is down, go on with one that is paused. Nothing for one that runs.

        `mending`: without its miner, where the recipe has that (ties.py).
        """
        seat = self._seat(number)
        if number in self._paused:
            os.kill(self._running[number].pid, signal.SIGCONT)
            self._paused.discard(number)
            return
        running = self._running.get(number)
        if running and running.exit_status is None:
            return
        if not self.plan.home(seat).exists():
            self.recipe.fresh(self.plan, seat)
        command = (self.recipe.mending(self.plan, seat) if mending else None) or self.recipe.command(
            self.plan, seat
        )
        self._running[number] = GuardedProcess(command.argv, self.plan.log(seat), command.cwd, command.env)

    def kill(self, number: int) -> None:
        """SIGKILL, and wait for its end."""
        self._seat(number)
        process = self._running.get(number)
        if process is None or process.exit_status is not None:
            raise NetworkFailed(f"node {number} does not run")
        os.kill(process.pid, signal.SIGKILL)
        self._paused.discard(number)
        process.stop()

    def pause(self, number: int) -> None:
        """SIGSTOP: the node keeps its connections and says nothing."""
        self._seat(number)
        process = self._running.get(number)
        if process is None or process.exit_status is not None:
            raise NetworkFailed(f"node {number} does not run")
        os.kill(process.pid, signal.SIGSTOP)
        self._paused.add(number)

    def wipe(self, number: int) -> None:
        """Fresh data; the node is down afterwards, and syncs when it is started."""
        seat = self._seat(number)
        process = self._running.get(number)
        if process is not None and process.exit_status is None:
            self.kill(number)
        home = self.plan.home(seat)
        kept = {name: (home / name).read_bytes() for name in self.recipe.kept if (home / name).exists()}
        shutil.rmtree(home, ignore_errors=True)
        self.recipe.fresh(self.plan, seat)
        for name, content in kept.items():
            (home / name).write_bytes(content)

    def part(self, one: Sequence[int], other: Sequence[int]) -> None:
        """No node of the one side hears of the other any more, until `heal`."""
        if self._links is None:
            raise NetworkFailed("the nodes of this network meet directly: start it with --cuttable")
        self._links.part(one, other)

    def heal(self) -> None:
        """Ends `part`."""
        if self._links is not None:
            self._links.heal()

    def down(self) -> None:
        """Stop every node and link, data stays."""
        for number in list(self._paused):
            self.start(number)
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)  # all at once; `stop` waits one by one
        for process in self._running.values():
            process.stop()
        if self._links is not None:
            self._links.close()
            self._links = None

    def state(self, number: int) -> NodeState:
        """One node as it is now."""
        seat = self._seat(number)
        process = self._running.get(number)
        alive = process is not None and process.exit_status is None
        doing = "paused" if number in self._paused else "running" if alive else "down"
        height, peers = look(seat.url) if doing == "running" else (None, None)
        return NodeState(number, seat.url, doing, process.pid if process and alive else 0, height, peers)

    def states(self) -> list[NodeState]:
        """All nodes."""
        return [self.state(seat.number) for seat in self.seats]

    def height(self) -> int:
        """The highest block that any node has; -1 when none answers."""
        return max((s.height for s in self.states() if s.height is not None), default=-1)

    def makes_blocks(self, within: float | None = None) -> bool:
        """Whether the height grows within so many seconds."""
        begin = self.height()
        return self.until(lambda: self.height() > begin, within or 5 * self.plan.period + 5)

    def wait_for_blocks(self, height: int, within: float = MAKES_BLOCKS_WITHIN) -> None:
        """Until every node that runs has this height. Raises NetworkFailed with the end of a log."""

        def there() -> bool:
            running = [s for s in self.states() if s.doing == "running"]
            self._require_running()
            return bool(running) and all((s.height or 0) >= height for s in running)

        if not self.until(there, within):
            lines = "\n".join(line(state) for state in self.states())
            raise NetworkFailed(
                f"no block {height} within {within:.0f} s:\n{lines}\nlogs: {self.plan.folder}/logs"
            )

    def _require_running(self) -> None:
        for number, process in self._running.items():
            if process.exit_status is not None and number not in self._paused and not self._killed(process):
                raise NetworkFailed(
                    f"node {number} ended with {process.exit_status}; {process.log_path}:\n{process.log_end()}"
                )

    @staticmethod
    def _killed(process: GuardedProcess) -> bool:
        return process.exit_status in (-signal.SIGKILL, 128 + signal.SIGKILL)

    @staticmethod
    def until(done: Callable[[], bool], within: float) -> bool:
        """Waits for something; False when it did not come about within so many seconds."""
        end = time.monotonic() + within
        while not done():
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        return True

    def _seat(self, number: int) -> Seat:
        if not 0 <= number < len(self.seats):
            raise NetworkFailed(f"there is no node {number}: they are 0 to {len(self.seats) - 1}")
        return self.seats[number]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()


def look(url: str) -> tuple[int | None, int | None]:
    """A node's height and peers; None for what it does not tell."""
    rpc = NodeRpc(url, ANSWERS_WITHIN)
    with contextlib.closing(rpc):
        try:
            return int(rpc.call("eth_blockNumber"), 16), int(str(rpc.call("net_peerCount")), 0)
        except (NodeUnreachable, NodeRefused):
            return None, None


def line(state: NodeState) -> str:
    """A node's line of `status`."""
    seen = "no answer" if state.height is None else f"height {state.height:>6}  peers {state.peers}"
    pid = f"  pid {state.pid}" if state.pid else ""
    return f"node {state.number}  {state.doing:<8} {seen}  {state.url}{pid}"
