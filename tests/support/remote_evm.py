"""A network that is already there in the place of the EVM in process, so that a `World` can live on it.

Nothing is asked of it that only a development node can do: no mining, no time travel, no accounts of the node. One
key sends everything; time passes as it passes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from ledger.chain.engine import Engine
from ledger.chain.reverts import revert_data
from ledger.chain.rpc import Rpc, RpcError
from ledger.chain.transactions import Transaction, gas_price
from ledger.signatures import HeldKeys
from tests.support.actors import ADMITTED
from tests.support.evm import CALLER, Evm, Outcome
from tests.support.node_evm import _raw
from tests.support.terms import DAY, SHANGHAI
from tests.support.world import World, deploy

MINED_WITHIN = 60.0
LONGEST_WAIT = 30
"""Seconds that a test may wait for; one that wants more can't run here."""
SPARE = 10_000
"""Gas above the estimate: the block comes later than the estimate, and words may be dearer by then."""


class RemoteEvm:
    """The part of `Evm` that a life needs, by `eth_call` and signed transactions alone.

    Every transaction is called first, so that the reason of a refusal and the output are known on every engine; a
    refused one is not sent. Before that the last one is looked for again: where blocks can be reorganised it may have
    gone back to the pool.
    """

    def __init__(self, rpc: Rpc, engine: Engine, key: bytes) -> None:
        self.rpc, self.engine, self.chain_id, self.number = rpc, engine, engine.chain_id, 0
        self._key = HeldKeys(key)
        [self.sender] = self._key.addresses
        self._nonce = int(rpc.call("eth_getTransactionCount", self.sender, "latest"), 16)
        self._last = ""
        self.sent = 0

    @property
    def timestamp(self) -> int:
        """The latest block's time. Some engines refuse to tell of a block that they have not indexed yet."""
        end = time.monotonic() + MINED_WITHIN
        while True:
            [found] = self.rpc.try_batch([("eth_getBlockByNumber", ["latest", False])])
            if isinstance(found, dict):
                return int(found["timestamp"], 16)
            if time.monotonic() > end:
                raise TimeoutError(f"no latest block within {MINED_WITHIN:.0f} s: {found}")
            time.sleep(0.05)

    @timestamp.setter
    def timestamp(self, moment: int) -> None:
        self.wait_until(moment)

    def wait_until(self, moment: int) -> None:
        """Until a block has this time. Skips the test when that is too far away."""
        if moment - self.timestamp > LONGEST_WAIT:
            pytest.skip(f"would have to wait {moment - self.timestamp} s")
        end = time.monotonic() + LONGEST_WAIT + MINED_WITHIN
        while self.timestamp < moment:
            if time.monotonic() > end:
                raise TimeoutError(f"no block of {moment} within {LONGEST_WAIT + MINED_WITHIN:.0f} s")
            time.sleep(0.2)
            if time.time() >= moment:  # not every network makes blocks when there is nothing to do
                self.pay(Transaction(self._nonce, gas_price(self.rpc, self.engine), 21_000, self.sender, b""))

    def deploy(self, code: bytes) -> str:
        """The address of what `code` creates. Raises ValueError when it creates nothing."""
        outcome = self.create(code)
        if not outcome.ok:
            raise ValueError(f"no contract: 0x{outcome.output.hex()}")
        return outcome.created

    def create(self, code: bytes) -> Outcome:
        """Run creation code."""
        return self._transact("", code)

    def send(self, to: str, data: bytes, gas: int = 0, caller: str = CALLER) -> Outcome:
        """Run one transaction; `gas` and `caller` have no meaning here. What changes nothing is not sent."""
        return self._transact(to, data)

    def look(self, to: str, data: bytes) -> Outcome:
        """Call, and send nothing."""
        self._settle()
        try:
            return Outcome(True, self._called(to, data), 0, ())
        except RpcError as error:
            return Outcome(False, revert_data(error.reason, error.data) or b"", 0, ())

    def storage(self, address: str, slot: int) -> int:
        """One storage word."""
        self._settle()
        word = self.rpc.call("eth_getStorageAt", address, f"0x{slot:064x}", "latest")
        return int(word[2:] or "0", 16)

    def _called(self, to: str, data: bytes) -> bytes:
        fields = {"from": self.sender, "data": "0x" + data.hex()}
        return bytes.fromhex(self.rpc.call("eth_call", {**fields, "to": to} if to else fields, "latest")[2:])

    def _transact(self, to: str, data: bytes) -> Outcome:
        found = self.look(to, data)
        if not found.ok:
            return found
        fields = {"from": self.sender, "data": "0x" + data.hex()}
        gas = int(self.rpc.call("eth_estimateGas", {**fields, "to": to} if to else fields), 16)
        price = gas_price(self.rpc, self.engine)
        receipt = self.pay(Transaction(self._nonce, price, gas * 16 // 15 + SPARE, to, data))
        logs = tuple(_raw(log) for log in receipt["logs"])
        created = (receipt.get("contractAddress") or "").lower()
        ok = int(receipt["status"], 16) == 1
        return Outcome(ok, found.output, int(receipt["gasUsed"], 16), logs, created)

    @property
    def nonce(self) -> int:
        """Of the next transaction."""
        return self._nonce

    def pay(self, transaction: Transaction) -> dict[str, Any]:
        """Send what has this nonce; the receipt once it is mined."""
        signed = transaction.signed(self._key, self.sender, self.chain_id)
        self._last = str(self.rpc.call("eth_sendRawTransaction", "0x" + signed.raw.hex()))
        self._nonce, self.sent = self._nonce + 1, self.sent + 1
        return self._receipt(self._last)

    def _settle(self) -> None:
        if self._last:
            self._receipt(self._last)

    def _receipt(self, hash_: str) -> dict[str, Any]:
        end = time.monotonic() + MINED_WITHIN
        while time.monotonic() < end:
            try:
                receipt: dict[str, Any] | None = self.rpc.call("eth_getTransactionReceipt", hash_)
            except RpcError:  # some engines say "not indexed yet" by an error
                receipt = None
            if receipt is not None and receipt.get("blockNumber"):
                return receipt
            time.sleep(0.05)
        raise TimeoutError(f"{hash_} was not mined within {MINED_WITHIN} s")


class RemoteWorld(World):
    """Views are called, not sent."""

    def view(self, function: str, *values: Any) -> Any:
        from tests.support.abi import calldata, decode_error, decode_output

        found = cast(RemoteEvm, self.evm).look(self.address, calldata(function, *values))
        if not found.ok:
            raise decode_error(found.output)
        return decode_output(function, found.output)


@contextmanager
def remote_world(urls: Sequence[str], engine: Engine, key: bytes) -> Iterator[World]:
    """A new deployment there, everybody admitted in a few transactions; due dates follow the network's clock."""
    with closing(Rpc(list(urls), chain_id=engine.chain_id)) as rpc:
        evm = RemoteEvm(rpc, engine, key)
        world = deploy(cast(Evm, evm))
        world.__class__ = RemoteWorld
        day = datetime.fromtimestamp(world.now, SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        world.due = int((day + timedelta(days=170)).timestamp())
        world.contractual_due, world.transferable_until = world.due - DAY, world.due - 3 * DAY
        for some in (ADMITTED[:5], ADMITTED[5:]):
            _, results = world.relay([(world.admit_draft(party).data, 900_000) for party in some])
            assert all(result.ok for result in results), results
        for core in ADMITTED[:2]:
            world.limit(core)
        yield world
