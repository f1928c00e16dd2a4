"""A node to work with: one of our own by subprocess, or an existing network by its addresses."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from ledger.chain.engine import Engine, InvalidEngine
from ledger.chain.nodes.clock import KeptClock
from ledger.chain.nodes.process import GuardedProcess
from ledger.chain.nodes.recipes import Recipe
from ledger.chain.nodes.rpc import NodeRpc


class Node(Protocol):
    """A network that answers at `url`. Leaving the context stops it if it is ours."""

    @property
    def url(self) -> str: ...
    @property
    def chain_id(self) -> int: ...
    @property
    def engine(self) -> Engine: ...
    def stop(self) -> None: ...


class NetworkNode:
    """An existing network. Stopping it does nothing: it is not ours."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.url = engine.urls[0]
        self.chain_id = engine.chain_id

    def stop(self) -> None:
        """Nothing to do."""


class DevNode:
    """A development chain of this process's own, gone when this process ends (see guard.py).

    `pid` is the node's real process. Context manager; `stop` may be called twice.
    """

    def __init__(
        self, recipe: Recipe, process: GuardedProcess, rpc: NodeRpc, engine: Engine, data: Path
    ) -> None:
        self.engine = engine
        self.url = rpc.url
        self.chain_id = engine.chain_id
        self.pid = process.pid
        self.log_path = process.log_path
        self.data_dir = data
        self._recipe = recipe
        self._process = process
        self._rpc = rpc
        self._clock = KeptClock(data / "clock.json")

    @property
    def running(self) -> bool:
        """Whether the node's process still runs."""
        return self._process.exit_status is None

    def advance_time(self, seconds: int) -> int:
        """Move the chain's clock forward and mine a block that shows it; returns that block's UTC seconds.

        Exists on development engines only. A persistent chain keeps the offset over a restart.
        """
        if seconds < 0:
            raise InvalidEngine(f"can't move the clock by {seconds} s: a chain's time only goes forward")
        if self._recipe.persistent:
            self._clock.advance(seconds)
        self._rpc.call("evm_increaseTime", seconds)
        return self.mine()

    def mine(self) -> int:
        """Mine one empty block; returns its UTC seconds. Exists on development engines only."""
        self._rpc.call("evm_mine")
        return self._rpc.latest_time()

    def set_balance(self, address: str, wei: int) -> None:
        """Give an account so much native coin, to pay for gas. Exists on development engines only."""
        self._rpc.call(self._recipe.set_balance, address, hex(wei))

    def stop(self) -> None:
        """End the node and wait for its end."""
        self._rpc.close()
        self._process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
