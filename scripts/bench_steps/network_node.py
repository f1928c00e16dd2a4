"""A network of validators under measurement: started here, or one that is there already."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ledger.chain.deploy import Genesis, deploy
from ledger.chain.domain import read_domain
from ledger.chain.engine import Engine
from ledger.chain.probe import probe
from ledger.chain.rpc import Rpc
from ledger.chain.transactions import INTRINSIC, Transaction, gas_price
from ledger.signatures import HeldKeys
from scripts.bench_steps.ledger_node import HEADROOM, LedgerNode, mined
from scripts.networks.keeper import Network
from scripts.networks.plan import NetworkFailed
from scripts.networks.recipes import RECIPES

BLOCK_GAS = 40_000_000
"""What four validators that share two cores carry out within a second; of more GoQuorum makes empty blocks only."""
COIN = 10**17
"""Wei for each account: ten thousand million gas at ten million wei."""


class Given:
    """Coin out of one funded account, where gas has a price."""

    def __init__(self, rpc: Rpc, engine: Engine, key: bytes) -> None:
        self._rpc, self._engine, self._keys = rpc, engine, HeldKeys(key)
        [self._address] = self._keys.addresses
        self._nonce = -1
        self._last = b""

    def give(self, address: str) -> None:
        price = HEADROOM * gas_price(self._rpc, self._engine)
        if not price:
            return
        if self._nonce < 0:
            self._nonce = int(self._rpc.call("eth_getTransactionCount", self._address, "latest"), 16)
        made = Transaction(self._nonce, price, INTRINSIC, address, b"", COIN)
        signed = made.signed(self._keys, self._address, self._engine.chain_id)
        self._rpc.call("eth_sendRawTransaction", "0x" + signed.raw.hex())
        self._nonce, self._last = self._nonce + 1, signed.hash

    def given(self) -> None:
        if self._last:
            wanted = (
                int(mined(self._rpc, self._last)["blockNumber"], 16) + self._engine.finality.confirmations
            )
            while int(self._rpc.call("eth_blockNumber"), 16) < wanted:
                time.sleep(0.1)
            self._last = b""


@contextlib.contextmanager
def open_network_node(
    name: str, folder: Path, genesis: Genesis, apart: bool, block_gas: int
) -> Iterator[LedgerNode]:
    """Four validators of an engine with a new ledger on them. `apart`: they share one half of the machine's cores, and
    what this process starts from then on has the other half. Raises BinaryMissing, NetworkFailed."""
    cores = sorted(os.sched_getaffinity(0))
    if apart and len(cores) < 2:
        raise NetworkFailed("--apart wants two cores at least, this machine gives one")
    with contextlib.ExitStack() as undo:
        if apart:
            undo.callback(os.sched_setaffinity, 0, cores)
            os.sched_setaffinity(0, cores[: len(cores) // 2])
        network = undo.enter_context(Network.up(RECIPES[name], folder / "network", block_gas=block_gas))
        if apart:
            os.sched_setaffinity(0, cores[len(cores) // 2 :])
        key = bytes.fromhex(network.plan.relayer)
        pids = [state.pid for state in network.states()]
        yield undo.enter_context(_with_ledger(network.engine, key, genesis, pids))


@contextlib.contextmanager
def open_there(urls: Sequence[str], key: Path, genesis: Genesis) -> Iterator[LedgerNode]:
    """The network at these URLs with a new ledger on it, paid for by the key in a file. Raises NetworkFailed."""
    found = probe(urls)
    if found.engine is None or found.problems:
        raise NetworkFailed("; ".join(found.problems) or "no network was found there")
    secret = bytes.fromhex(key.read_text().strip().removeprefix("0x"))
    with _with_ledger(found.engine, secret, genesis, []) as node:
        yield node


@contextlib.contextmanager
def _with_ledger(engine: Engine, key: bytes, genesis: Genesis, pids: Sequence[int]) -> Iterator[LedgerNode]:
    with contextlib.closing(Rpc(engine.urls, timeout=60, chain_id=engine.chain_id)) as rpc:
        deployment = deploy(rpc, engine, key, genesis)
        domain = read_domain(rpc, engine, deployment)
        yield LedgerNode(engine, rpc, deployment, domain, Given(rpc, engine, key), pids, key)
