"""A development node in the place of the EVM in process, so that a `World` can live on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from ledger.chain.nodes import start_node
from ledger.chain.nodes.node import DevNode
from ledger.chain.reverts import revert_data
from ledger.chain.rpc import Rpc, RpcError
from tests.support.evm import CALLER, Evm, Outcome, RawLog
from tests.support.terms import DAY, SHANGHAI
from tests.support.world import World, deploy, furnish

MOST_GAS = 50_000_000
MINED_WITHIN = 20.0

__all__ = ["NodeEvm", "start_node", "world_on"]


class NodeEvm:
    """The part of `Evm` that a life needs; its clock is the node's, and moves on by itself.

    Every transaction is called first, so that the reason of a refusal and the output are known on every engine; a
    refused one is not sent.
    """

    def __init__(self, node: DevNode) -> None:
        self.chain_id, self.number, self.node = node.chain_id, 0, node
        self.rpc = Rpc([node.url])
        self._sender = str(self.rpc.call("eth_accounts")[0])

    @property
    def timestamp(self) -> int:
        """The latest block's time."""
        return int(self.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    @timestamp.setter
    def timestamp(self, moment: int) -> None:
        self.node.advance_time(moment - self.timestamp)

    def deploy(self, code: bytes) -> str:
        """The address of what `code` creates. Raises ValueError when it creates nothing."""
        outcome = self.create(code)
        if not outcome.ok:
            raise ValueError(f"no contract: 0x{outcome.output.hex()}")
        return outcome.created

    def create(self, code: bytes) -> Outcome:
        """Run creation code."""
        return self._transact({"data": "0x" + code.hex()}, MOST_GAS)

    def send(self, to: str, data: bytes, gas: int = MOST_GAS, caller: str = CALLER) -> Outcome:
        """Run one transaction by the node's first account; `caller` has no meaning here."""
        return self._transact({"to": to, "data": "0x" + data.hex()}, gas)

    def storage(self, address: str, slot: int) -> int:
        """One storage word."""
        word = self.rpc.call("eth_getStorageAt", address, hex(slot), "latest")
        return int(word[2:] or "0", 16)  # ganache says 0x for nothing

    def _transact(self, fields: dict[str, str], gas: int) -> Outcome:
        call = {"from": self._sender, "gas": hex(min(gas, MOST_GAS)), **fields}
        try:
            output = bytes.fromhex(self.rpc.call("eth_call", call, "latest")[2:])
        except RpcError as error:
            return Outcome(False, revert_data(error.reason, error.data) or b"", 0, ())
        receipt = self._receipt(self.rpc.call("eth_sendTransaction", call))
        logs = tuple(_raw(log) for log in receipt["logs"])
        created = (receipt.get("contractAddress") or "").lower()
        ok = int(receipt["status"], 16) == 1
        return Outcome(ok, output, int(receipt["gasUsed"], 16), logs, created)

    def _receipt(self, hash_: str) -> dict[str, Any]:
        end = time.monotonic() + MINED_WITHIN
        while time.monotonic() < end:
            receipt: dict[str, Any] | None = self.rpc.call("eth_getTransactionReceipt", hash_)
            if receipt is not None:
                return receipt
            time.sleep(0.005)
        raise TimeoutError(f"{hash_} was not mined within {MINED_WITHIN} s")


@contextmanager
def world_on(node: DevNode) -> Iterator[World]:
    """Everybody admitted on a node; due dates follow the node's clock. No snapshots, no cold copies there."""
    evm = NodeEvm(node)
    with closing(evm.rpc):
        yield _furnished(deploy(cast(Evm, evm)))


def _furnished(world: World) -> World:
    day = datetime.fromtimestamp(world.now, SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    world.due = int((day + timedelta(days=170)).timestamp())
    world.contractual_due, world.transferable_until = world.due - DAY, world.due - 3 * DAY
    return furnish(world)


def _raw(log: dict[str, Any]) -> RawLog:
    topics = tuple(bytes.fromhex(topic[2:]) for topic in log["topics"])
    return RawLog(log["address"].lower(), topics, bytes.fromhex(log["data"][2:]))
