"""Legacy transactions (type 0, EIP-155) by hand: what they cost, their bytes, their signature.

Type 0 is the one kind that every engine takes, Clique and GoQuorum included.
Source: Ethereum Yellow Paper, appendix B (RLP); EIP-155, EIP-2028, EIP-7623.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.chain.engine import Engine, FeePolicy
from ledger.chain.rpc import Rpc
from ledger.errors import Invalid
from ledger.ids import keccak256
from ledger.ports import Call, RawTransaction, Signer
from ledger.signatures import split_signature

INTRINSIC = 21_000
"""Gas of any transaction."""
ITEM = 4_000
"""Gas of `relay` around one item: the loop, the call, the event and the result of a refusal."""
SPARE = 10_000
"""Wei per gas above twice the base fee. Worth nothing anywhere; but where the fee is a few wei, full blocks double it
within a few seconds, and what was signed before would wait until it falls again."""
RESERVE = 700
"""What `relay` wants to have left beside an item's own gas before it calls."""


class TransactionTooLarge(Invalid):
    """A transaction that the network would not take."""

    code = "transaction-too-large"
    title = "A transaction is too large for the network"


@dataclass(frozen=True)
class Transaction:
    """What is signed. `price` in wei per gas, `value` in wei; `to` is 0x… or "" to create a contract."""

    nonce: int
    price: int
    gas: int
    to: str
    data: bytes
    value: int = 0

    def signed(self, signer: Signer, sender: str, chain_id: int) -> RawTransaction:
        """The bytes to send. Raises NotFound when the signer does not hold the sender's key."""
        fields: list[int | bytes] = [
            self.nonce,
            self.price,
            self.gas,
            bytes.fromhex(self.to[2:]),
            self.value,
            self.data,
        ]
        digest = keccak256(rlp([*fields, chain_id, 0, 0]))
        r, s, parity = split_signature(signer.sign(sender, digest))
        raw = rlp([*fields, chain_id * 2 + 35 + parity, r, s])
        return RawTransaction(sender, self.nonce, keccak256(raw), raw)


def require_size(engine: Engine, gas: int, raw: bytes) -> None:
    """Raises TransactionTooLarge when a block or the pool of this network can't hold it."""
    if gas > engine.block_gas:
        raise TransactionTooLarge(
            f"the transaction needs {gas:,} gas, a block of {engine.name} takes {engine.block_gas:,}: "
            "send fewer acts at once",
            gas=gas,
        )
    if len(raw) > engine.limits.transaction_bytes:
        raise TransactionTooLarge(
            f"the transaction has {len(raw):,} bytes, {engine.name} takes {engine.limits.transaction_bytes:,}: "
            "send fewer acts at once",
            bytes=len(raw),
        )


def gas_price(rpc: Rpc, engine: Engine) -> int:
    """Wei per gas by the engine's fee policy. Asks the chain under `base-fee` only."""
    if engine.fee is FeePolicy.ZERO:
        return 0
    if engine.fee is FeePolicy.ONE_WEI:
        return 1
    base = int(rpc.call("eth_getBlockByNumber", "latest", False).get("baseFeePerGas", "0x0"), 16)
    return 2 * base + SPARE if base else 0


def intrinsic_gas(data: bytes) -> int:
    """Gas of a transaction before anything is carried out: 21,000, 4 for a zero byte, 16 for another (EIP-2028)."""
    zeros = data.count(0)
    return INTRINSIC + 4 * zeros + 16 * (len(data) - zeros)


def relay_gas(calls: Sequence[Call], data: bytes) -> int:
    """The gas limit with which `relay` can give each item exactly what it declares; `data`: its calldata.

    A call passes on 63/64 of what is left at most, so the largest item wants a 63rd more than is spent.
    """
    copied = sum(3 * (len(call.data) // 32 + 1) for call in calls)
    words = (max((len(call.data) for call in calls), default=0) + 512 * len(calls)) // 32
    memory = 3 * words + words * words // 512
    largest = max((call.gas for call in calls), default=0) + RESERVE
    inside = (
        sum(call.gas for call in calls) + ITEM * (len(calls) + 1) + copied + memory + largest // 63 + RESERVE
    )
    zeros = data.count(0)
    floor = INTRINSIC + 10 * zeros + 40 * (len(data) - zeros)  # EIP-7623, where a network has it
    return max(intrinsic_gas(data) + inside, floor)


def rlp(value: int | bytes | Sequence[int | bytes]) -> bytes:
    """Recursive length prefix of bytes, of a number without leading zeros, or of a list of those."""
    if isinstance(value, int):
        value = value.to_bytes((value.bit_length() + 7) // 8, "big")
    if isinstance(value, bytes):
        return value if len(value) == 1 and value[0] < 0x80 else _prefix(0x80, len(value)) + value
    inner = b"".join(rlp(item) for item in value)
    return _prefix(0xC0, len(inner)) + inner


def _prefix(base: int, length: int) -> bytes:
    if length < 56:
        return bytes([base + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(size)]) + size
