"""What a node takes: prices, opcodes, sizes, ranges, how far back. See ledger.chain.probe for how that is tried."""

from __future__ import annotations

from ledger.chain.nodes import NodeRefused, NodeUnreachable
from ledger.chain.probe_node import NodeFound
from ledger.chain.rpc import Rpc, RpcError
from ledger.chain.transactions import Transaction
from ledger.signatures import HeldKeys, new_key

TAKEN, REFUSED, UNCLEAR = "taken", "refused", "unclear"
OPCODES = {
    "BASEFEE": "4800",
    "PUSH0": "5f00",
    "MCOPY": "6000600060005e00",
    "TLOAD": "60005c00",
}
"""Creation code that does nothing but use it. The contracts need none but those of London, BASEFEE's age."""
BATCHES = (1024, 1000, 500, 200, 100, 50, 20, 10)
KIB = 1024
SIZES = (1024 * KIB, 512 * KIB, 256 * KIB, 128 * KIB, 64 * KIB, 32 * KIB)
DEPTHS = (100_000, 10_000, 1_000, 128, 64, 10)
NOBODY = "0x" + "00" * 20
SYNC_RANGE = 500
"""Blocks that the watcher reads logs of at once."""


def prices(rpc: Rpc, node: NodeFound) -> dict[int, str]:
    """Which gas prices (wei) the pool takes: 0, 1, and twice the base fee."""
    tried = sorted({0, 1, 2 * (node.base_fee or 0)})
    return {price: _priced(_answer(rpc, node, price, 0)) for price in tried}


def opcodes(rpc: Rpc) -> dict[str, bool]:
    """Which of the newer opcodes the EVM knows."""
    found = {}
    for name, code in OPCODES.items():
        try:
            rpc.call("eth_call", {"from": NOBODY, "data": "0x" + code}, "latest")
            found[name] = True
        except RpcError:
            found[name] = False
    return found


def batch_items(rpc: Rpc) -> int:
    """The largest batch that is answered whole, of those that are tried."""
    for count in BATCHES:
        try:
            rpc.batch([("eth_chainId", [])] * count)
        except (NodeRefused, NodeUnreachable):
            continue
        return count
    return 1


def transaction_bytes(rpc: Rpc, node: NodeFound) -> int:
    """The largest transaction that is not refused for its size, of those that are tried."""
    for size in SIZES:
        try:
            answer = _answer(rpc, node, 2 * (node.base_fee or 0) or node.gas_price, size)
        except NodeUnreachable:
            continue
        if not any(word in answer for word in ("oversized", "too large", "size", "too big", "exceed", "413")):
            return size
    return SIZES[-1]


def log_range(rpc: Rpc, node: NodeFound) -> str:
    """Whether logs of as many blocks can be read at once as the watcher reads."""
    first = max(0, node.height - SYNC_RANGE)
    asked = {"address": NOBODY, "fromBlock": hex(first), "toBlock": hex(node.height)}
    try:
        rpc.call("eth_getLogs", asked)
    except (NodeRefused, NodeUnreachable) as error:
        return f"NOT of {node.height - first} blocks at once: {error.message[:160]}"
    return f"of {node.height - first} blocks at once"


def archive(rpc: Rpc, node: NodeFound) -> str:
    """How far back the node knows the state; `verify` compares at the book's last block."""
    for depth in (node.height, *(depth for depth in DEPTHS if depth < node.height)):
        try:
            rpc.call("eth_getBalance", NOBODY, hex(node.height - depth))
        except (NodeRefused, NodeUnreachable):
            continue
        return (
            "the whole chain's state" if depth == node.height else f"the state of the last {depth:,} blocks"
        )
    return "only the latest state: the book can't be verified behind the head"


def _answer(rpc: Rpc, node: NodeFound, price: int, size: int) -> str:
    """What the node says to a transaction that can't be paid for, of `size` bytes at least."""
    key = HeldKeys(new_key())
    [sender] = key.addresses
    data = bytes(max(0, size - 130))
    gas = 21_000 + 10 * len(data)
    signed = Transaction(0, price, gas, sender, data, 1).signed(key, sender, node.chain_id)
    try:
        rpc.call("eth_sendRawTransaction", "0x" + signed.raw.hex())
    except RpcError as error:
        return error.reason.lower()
    return "insufficient funds (taken, and never mined)"


def _priced(answer: str) -> str:
    if any(
        word in answer for word in ("insufficient funds", "upfront", "insufficient balance", "enough funds")
    ):
        return TAKEN
    if any(word in answer for word in ("underpriced", "price", "fee")):
        return REFUSED
    return UNCLEAR
