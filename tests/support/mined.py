"""A real node whose every transaction is really mined, refused ones too, with the clock of the EVM in process.

`NodeEvm` asks before it sends, which is what a gateway does. Here nobody is that polite: what is refused stands in a
block with status 0, and what is compared afterwards is the node's own storage. Anvil only, for its snapshots, its
clock and its traces. Scenarios written for the EVM in process run here as they are.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, cast

from ledger.chain.nodes.node import DevNode
from tests.support.evm import CALLER, Evm, Outcome
from tests.support.node_evm import MOST_GAS, NodeEvm, _raw
from tests.support.world import OPENED, World, deploy, furnish

_ENOUGH = 10**30


class MinedEvm(NodeEvm):
    """As `Evm`: `timestamp` stands still until it is set; anybody may send; `snapshot` and `revert` nest."""

    def __init__(self, node: DevNode, timestamp: int = OPENED) -> None:
        super().__init__(node)
        self._now = timestamp
        self._rich: set[str] = set()
        self.rpc.call("anvil_autoImpersonateAccount", True)
        self.rpc.call("evm_setTime", timestamp)
        self._pass()

    @property
    def timestamp(self) -> int:
        """Time of the next block, UTC seconds."""
        return self._now

    @timestamp.setter
    def timestamp(self, moment: int) -> None:
        self._now = moment
        self._pass()

    @property
    def sender(self) -> str:
        """The account that deployed the ledger."""
        return self._sender

    def _pass(self) -> None:
        self.rpc.call("evm_setNextBlockTimestamp", self._now)
        self.rpc.call("evm_mine")

    def send(self, to: str, data: bytes, gas: int = MOST_GAS, caller: str = CALLER) -> Outcome:
        """One transaction, mined whatever becomes of it."""
        return self.mine([self.post(to, data, gas, caller)])[0]

    def post(self, to: str, data: bytes, gas: int = MOST_GAS, caller: str = CALLER) -> str:
        """Hand a transaction in; its hash."""
        if caller not in self._rich:
            self.rpc.call("anvil_setBalance", caller, hex(_ENOUGH))
            self._rich.add(caller)
        fields = {"from": caller, "to": to, "data": "0x" + data.hex()}
        return self._post(fields, gas)

    def mine(self, hashes: Sequence[str]) -> list[Outcome]:
        """What became of transactions that were handed in."""
        return [self._outcome(hash_) for hash_ in hashes]

    def together(self, to: str, *datas: bytes) -> list[Outcome]:
        """Transactions in one block, in this order."""
        self.rpc.call("evm_setAutomine", False)
        try:
            hashes = [self.post(to, data, MOST_GAS // 2) for data in datas]
            self._pass()
        finally:
            self.rpc.call("evm_setAutomine", True)
        outcomes = self.mine(hashes)
        blocks = {self._receipt(hash_)["blockNumber"] for hash_ in hashes}
        assert len(blocks) == 1, blocks
        return outcomes

    def touched(self, address: str) -> dict[int, int]:
        """Every storage word of a contract, from the node's own database."""
        state = json.loads(gzip.decompress(bytes.fromhex(self.rpc.call("anvil_dumpState")[2:])))
        storage = state["accounts"][address]["storage"]
        return {int(slot, 16): int(value, 16) for slot, value in storage.items()}

    def poke(self, address: str, slot: int, value: int) -> None:
        """Write a word past every rule, to reach what takes years."""
        self.rpc.call("anvil_setStorageAt", address, f"0x{slot:064x}", f"0x{value:064x}")

    def snapshot(self) -> Any:
        """A point to come back to with `revert`; points nest."""
        return self.rpc.call("evm_snapshot"), self._now, self.number

    def revert(self, point: Any) -> None:
        """Everything as it was at `point`, the clock too."""
        id_, self._now, self.number = point
        assert self.rpc.call("evm_revert", id_)

    def fresh(self, chain_id: int | None = None) -> Evm:
        """Here every transaction is cold; one that is sent through this leaves nothing behind."""
        return cast(Evm, _Passing(self, chain_id or self.chain_id))

    def _transact(self, fields: dict[str, str], gas: int) -> Outcome:
        return self._outcome(self._post({"from": self._sender, **fields}, gas))

    def _post(self, fields: dict[str, str], gas: int) -> str:
        self.rpc.call("evm_setNextBlockTimestamp", self._now)
        call = {"gas": hex(min(gas, MOST_GAS)), "gasPrice": "0x0", **fields}
        return str(self.rpc.call("eth_sendTransaction", call))

    def _outcome(self, hash_: str) -> Outcome:
        receipt = self._receipt(hash_)
        trace = self.rpc.call("debug_traceTransaction", hash_, {"tracer": "callTracer"})
        output = bytes.fromhex((trace.get("output") or "0x")[2:])
        logs = tuple(_raw(log) for log in receipt["logs"])
        created = (receipt.get("contractAddress") or "").lower()
        return Outcome(int(receipt["status"], 16) == 1, output, int(receipt["gasUsed"], 16), logs, created)


class _Passing:
    """A `MinedEvm` that undoes each transaction; on another chain id if wanted."""

    def __init__(self, evm: MinedEvm, chain_id: int) -> None:
        self._evm, self.chain_id = evm, chain_id
        self.timestamp, self.number = evm.timestamp, evm.number

    def send(self, to: str, data: bytes, gas: int = MOST_GAS, caller: str = CALLER) -> Outcome:
        point = self._evm.snapshot()
        self._evm.rpc.call("anvil_setChainId", self.chain_id)
        try:
            return self._evm.send(to, data, gas, caller)
        finally:
            self._evm.rpc.call("anvil_setChainId", self._evm.chain_id)
            self._evm.revert(point)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._evm, name)


@contextmanager
def mined_world(node: DevNode, timestamp: int = OPENED) -> Iterator[World]:
    """Everybody of the tests admitted on an anvil, at the same time as in process."""
    evm = MinedEvm(node, timestamp)
    with closing(evm.rpc):
        yield furnish(deploy(cast(Evm, evm)))
