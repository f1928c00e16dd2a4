"""The node or network under measurement with a deployment on it, and senders of presigned transactions."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ledger.chain import codec
from ledger.chain.deploy import Deployment, Genesis, deploy
from ledger.chain.domain import read_domain
from ledger.chain.engine import Engine, FeePolicy
from ledger.chain.nodes import DevNode, NodeOptions, start_node
from ledger.chain.rpc import Rpc, RpcError
from ledger.chain.transactions import Transaction, gas_price, relay_gas
from ledger.ids import keccak256
from ledger.ports import Call, RawTransaction
from ledger.signatures import HeldKeys
from ledger.typed import Domain

BLOCK_GAS = 10_000_000_000
"""So that the block's gas is never the limit that is measured."""
PATIENCE = 120.0
MOST_BYTES = 110_000
"""Calldata in one transaction of the setting up; networks refuse those above 128 KiB."""
HEADROOM = 100
"""Times the base fee that presigned transactions offer: it may rise while they wait, and they can't be signed anew."""


class NotMined(Exception):
    """A transaction of the bench failed or is not mined in time."""


class Bank(Protocol):
    """Gives accounts coin to pay for gas with."""

    def give(self, address: str) -> None:
        """So much that it is never in the way; it may take until `given`."""
        ...

    def given(self) -> None:
        """Waits until everybody has it."""
        ...


@dataclass(frozen=True)
class Minted:
    """The coin of a development node: there at once."""

    node: DevNode

    def give(self, address: str) -> None:
        self.node.set_balance(address, 10**24)

    def given(self) -> None:
        pass


@dataclass
class LedgerNode:
    """What is measured. `pids`: of the nodes' processes, where they run on this machine; `secret`: what the senders'
    keys are made of."""

    engine: Engine
    rpc: Rpc
    deployment: Deployment
    domain: Domain
    bank: Bank
    pids: Sequence[int]
    secret: bytes = b"bench sender "

    @property
    def url(self) -> str:
        return self.engine.urls[0]

    @property
    def period(self) -> float:
        """Seconds from block to block; 0 where each transaction is mined at once."""
        return self.engine.block_period or 0.0

    def sender(self, name: str) -> Sender:
        """An account of the bench's own that can pay once the bank has `given`."""
        found = Sender(self, keccak256(self.secret + name.encode()))
        self.bank.give(found.address)
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
            domain = read_domain(rpc, node.engine, deployment)
            yield LedgerNode(node.engine, rpc, deployment, domain, Minted(node), [node.pid])
        finally:
            rpc.close()


class Sender:
    """One account with its own nonces, counted here."""

    def __init__(self, node: LedgerNode, key: bytes) -> None:
        self._node = node
        self._keys = HeldKeys(key)
        (self.address,) = self._keys.addresses
        self._nonce = int(node.rpc.call("eth_getTransactionCount", self.address, "latest"), 16)
        times = HEADROOM if node.engine.fee is FeePolicy.BASE_FEE else 1
        self._price = times * gas_price(node.rpc, node.engine)

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

    def relay_all(self, calls: Iterable[Call], size: int = 100) -> None:
        """Relays all acts and waits until they are mined. Raises NotMined when one of them is refused."""
        self._node.bank.given()
        raws = [self.relay(some) for some in _cut(calls, size, self._node.engine.block_gas // 2)]
        for raw in raws:
            self._node.rpc.call("eth_sendRawTransaction", "0x" + raw.raw.hex())
        for raw in raws:
            receipt = mined(self._node.rpc, raw.hash)
            refused = sum(log["topics"][0] == _REFUSED for log in receipt["logs"])
            if int(receipt["status"], 16) != 1 or refused:
                raise NotMined(f"0x{raw.hash.hex()}: status {receipt['status']}, {refused} acts refused")


def _cut(calls: Iterable[Call], size: int, most_gas: int) -> Iterator[list[Call]]:
    """As many in one transaction as were asked for and go in."""
    lot: list[Call] = []
    for call in calls:
        more = [*lot, call]
        full = sum(len(one.data) for one in more) > MOST_BYTES or sum(one.gas for one in more) > most_gas
        if lot and (full or len(lot) == size):
            yield lot
            lot = []
        lot.append(call)
    if lot:
        yield lot


_REFUSED = "0x" + codec.EVENTS["Refused"].topic.hex()


def mined(rpc: Rpc, hash_: bytes) -> dict[str, Any]:
    """The receipt, waited for. Raises NotMined."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(RpcError):  # some engines say "not indexed yet" by an error
            found: dict[str, Any] | None = rpc.call("eth_getTransactionReceipt", "0x" + hash_.hex())
            if found is not None and found.get("blockNumber"):
                return found
        time.sleep(0.02)
    raise NotMined(f"0x{hash_.hex()} is not mined within {PATIENCE:.0f} s")
