"""What only a transaction that is mined can show: how many of one sender wait in the pool, which gas is charged.

An account that was made for it gets coin from the key that is given, where gas has a price. Its transactions are
transfers of nothing to itself: one with far more gas than it uses; then many that can't be mined, since the one before
them is missing, of which those that the node has kept are counted; then that one, so that nothing stays in the pool.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger.chain.engine import Charging
from ledger.chain.probe_node import NodeFound
from ledger.chain.rpc import Rpc, RpcError
from ledger.chain.transactions import INTRINSIC, Transaction
from ledger.ports import RawTransaction
from ledger.signatures import HeldKeys, new_key

MOST = 256
"""Transactions that are tried; far more than the gateway has under way of one key."""
GENEROUS = 10 * INTRINSIC
"""Gas limit of the one that shows what is charged."""
MINED_WITHIN = 60.0
FUNDED_WITHIN = 10.0


@dataclass(frozen=True)
class Paid:
    """`pool`: transactions of one sender that wait, None when the node does not show them; `all_kept`: whether that
    is only how many were tried; `charged`: gas, of `GENEROUS` that were allowed and `INTRINSIC` that were used."""

    pool: int | None
    all_kept: bool
    charged: int

    @property
    def charging(self) -> Charging:
        return Charging.HALF_LIMIT if self.charged >= GENEROUS // 2 else Charging.USED

    def told(self) -> tuple[str, str]:
        """Pool and gas for people."""
        kept = "not shown by the node" if self.pool is None else f"{self.pool} by trial"
        if self.all_kept:
            kept = f"at least {self.pool} by trial"
        gas = f"{self.charging} by trial: {self.charged:,} gas of {INTRINSIC:,} used and {GENEROUS:,} allowed"
        return kept, gas


class NotTried(Exception):
    """The key can't pay, or nothing was mined; the message says which."""


def tried(
    rpc: Rpc,
    node: NodeFound,
    price: int,
    key: bytes,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Paid:
    """`price`: wei per gas that the network takes. Raises NotTried."""
    probing = _Probing(rpc, node.chain_id, price, now, pause)
    probing.funded_by(HeldKeys(key), (MOST + 10) * INTRINSIC * price)
    first, missing = probing.nothing(0, GENEROUS), probing.nothing(1, INTRINSIC)
    probing.send_early(first)
    charged = probing.mined(first)
    kept = probing.kept([probing.nothing(nonce, INTRINSIC) for nonce in range(2, MOST + 2)])
    probing.send(missing)
    probing.mined(missing)
    return Paid(kept, kept == MOST, charged)


class _Probing:
    def __init__(
        self, rpc: Rpc, chain_id: int, price: int, now: Callable[[], float], pause: Callable[[float], None]
    ) -> None:
        self._rpc, self._chain_id, self._price, self._now, self._pause = rpc, chain_id, price, now, pause
        self._own = HeldKeys(new_key())
        [self._account] = self._own.addresses

    def funded_by(self, keys: HeldKeys, wei: int) -> None:
        if not self._price:
            return
        [payer] = keys.addresses
        nonce = int(self._rpc.call("eth_getTransactionCount", payer, "latest"), 16)
        made = Transaction(nonce, self._price, INTRINSIC, self._account, b"", wei)
        signed = made.signed(keys, payer, self._chain_id)
        try:
            self.send(signed)
        except RpcError as error:
            raise NotTried(f"{payer} can't give {wei:,} wei: {error.reason}") from None
        self.mined(signed)

    def nothing(self, nonce: int, gas: int) -> RawTransaction:
        made = Transaction(nonce, self._price, gas, self._account, b"")
        return made.signed(self._own, self._account, self._chain_id)

    def send(self, signed: RawTransaction) -> None:
        self._rpc.call("eth_sendRawTransaction", "0x" + signed.raw.hex())

    def kept(self, many: Sequence[RawTransaction]) -> int | None:
        """How many of them the node has after all were sent; None when it has taken them and shows none."""
        taken = 0
        for one in many:
            try:
                self.send(one)
            except RpcError:
                break
            taken += 1
        asked = [("eth_getTransactionByHash", ["0x" + one.hash.hex()]) for one in many[:taken]]
        shown = sum(isinstance(found, dict) for found in self._rpc.try_batch(asked))
        if taken and not shown:
            return taken if taken < len(many) else None
        return shown

    def send_early(self, signed: RawTransaction) -> None:
        """A pool may hear of the coin a little later than of the block in which it came."""
        end = self._now() + FUNDED_WITHIN
        while True:
            try:
                return self.send(signed)
            except RpcError as error:
                if self._now() >= end:
                    raise NotTried(f"a transfer of nothing is refused: {error.reason}") from None
            self._pause(0.2)

    def mined(self, signed: RawTransaction) -> int:
        """The gas that was charged."""
        end = self._now() + MINED_WITHIN
        while self._now() < end:
            [found] = self._rpc.try_batch([("eth_getTransactionReceipt", ["0x" + signed.hash.hex()])])
            if isinstance(found, dict) and found.get("blockNumber"):
                return int(found["gasUsed"], 16)
            self._pause(0.2)
        raise NotTried(f"0x{signed.hash.hex()} was not mined within {MINED_WITHIN:.0f} s")
