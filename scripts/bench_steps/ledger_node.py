"""The node under measurement: its own process with a deployment on it, and senders of presigned transactions."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.chain import codec
from ledger.chain.deploy import Deployment, Genesis, deploy
from ledger.chain.domain import read_domain
from ledger.chain.nodes import DevNode, NodeOptions, start_node
from ledger.chain.rpc import Rpc
from ledger.chain.transactions import Transaction, gas_price, relay_gas
from ledger.ids import keccak256
from ledger.ports import Call, RawTransaction
from ledger.signatures import HeldKeys
from ledger.typed import Domain

BLOCK_GAS = 10_000_000_000
"""So that the block's gas is never the limit that is measured."""
PATIENCE = 120.0


class NotMined(Exception):
    """A transaction of the bench failed or is not mined in time."""


@dataclass
class LedgerNode:
    """`engine`: anvil mines by the clock, ganache at once."""

    node: DevNode
    rpc: Rpc
    deployment: Deployment
    domain: Domain

    @property
    def url(self) -> str:
        return self.node.engine.urls[0]

    @property
    def period(self) -> float:
        """Seconds from block to block; 0 where each transaction is mined at once."""
        return self.node.engine.block_period or 0.0

    def sender(self, name: str) -> Sender:
        """A fresh account that can pay."""
        found = Sender(self, keccak256(f"bench sender {name}".encode()))
        self.node.set_balance(found.address, 10**24)
        return found


@contextlib.contextmanager
def open_node(engine: str, folder: Path, genesis: Genesis) -> Iterator[LedgerNode]:
    """A node of its own with a new ledger on it."""
    options = NodeOptions(block_gas=BLOCK_GAS, block_time=1 if engine == "anvil" else None)
    with start_node(engine, folder / "chain", options=options) as node:
        rpc = Rpc(node.engine.urls, timeout=60)
        try:
            key = keccak256(b"bench deployer")
            node.set_balance(HeldKeys(key).addresses[0], 10**24)
            deployment = deploy(rpc, node.engine, key, genesis)
            yield LedgerNode(node, rpc, deployment, read_domain(rpc, node.engine, deployment))
        finally:
            rpc.close()


class Sender:
    """One account with its own nonces, counted here."""

    def __init__(self, node: LedgerNode, key: bytes) -> None:
        self._node = node
        self._keys = HeldKeys(key)
        (self.address,) = self._keys.addresses
        self._nonce = 0
        self._price = gas_price(node.rpc, node.node.engine)

    def one(self, data: bytes, gas: int) -> RawTransaction:
        """One act in a transaction of its own, signed; nothing is sent."""
        domain = self._node.domain
        made = Transaction(self._nonce, self._price, gas, domain.address, data)
        self._nonce += 1
        return made.signed(self._keys, self.address, domain.chain_id)

    def relay(self, calls: Sequence[Call]) -> RawTransaction:
        """A `relay` transaction, signed; nothing is sent."""
        data = codec.encode_relay(calls)
        return self.one(data, relay_gas(calls, data))

    def relay_all(self, acts: Iterable[bytes], gas: int, size: int = 100) -> None:
        """Relays all acts and waits until they are mined. Raises NotMined when one of them is refused."""
        calls = [Call(gas, data) for data in acts]
        raws = [self.relay(calls[i : i + size]) for i in range(0, len(calls), size)]
        for raw in raws:
            self._node.rpc.call("eth_sendRawTransaction", "0x" + raw.raw.hex())
        for raw in raws:
            receipt = mined(self._node, raw.hash)
            refused = sum(log["topics"][0] == _REFUSED for log in receipt["logs"])
            if int(receipt["status"], 16) != 1 or refused:
                raise NotMined(f"0x{raw.hash.hex()}: status {receipt['status']}, {refused} acts refused")


_REFUSED = "0x" + codec.EVENTS["Refused"].topic.hex()


def mined(node: LedgerNode, hash_: bytes) -> dict[str, Any]:
    """The receipt, waited for. Raises NotMined."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found: dict[str, Any] | None = node.rpc.call("eth_getTransactionReceipt", "0x" + hash_.hex())
        if found is not None:
            return found
        time.sleep(0.02)
    raise NotMined(f"0x{hash_.hex()} is not mined within {PATIENCE:.0f} s")
