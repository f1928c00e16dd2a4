"""The chain's own rate: presigned transactions, singly, in JSON-RPC batches, and as `relay` transactions."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ledger.chain import codec
from ledger.chain.transactions import intrinsic_gas
from ledger.ports import RawTransaction
from scripts.bench_steps.ledger_node import LedgerNode, NotMined, Sender, mined
from scripts.bench_steps.raw_http import Connection, post
from scripts.bench_steps.town import Town

SENDERS = 8
"""Accounts that send at one time, each over a connection of its own; only one where every transaction is mined at once:
ganache then mines what two send at the same moment twice, refuses it the second time, and stands still for good."""
BATCH = 100


def single(node: LedgerNode, town: Town, count: int) -> float:
    """(1a) One operation a transaction, one transaction a request: operations/s until all are final."""
    return _measured(node, _presigned(node, town, count, "1a"), 1)


def batched(node: LedgerNode, town: Town, count: int) -> float:
    """(1b) One operation a transaction, 100 transactions a JSON-RPC batch."""
    return _measured(node, _presigned(node, town, count, "1b"), BATCH)


def relayed(node: LedgerNode, town: Town, count: int, phase: str = "2") -> float:
    """(2) 100 operations a `relay` transaction: what the design can reach with no gateway at all."""
    senders = _senders(node, phase)
    calls = [town.split(i, phase).call() for i in range(count)]
    lots: list[list[RawTransaction]] = [[] for _ in senders]
    for place, start in enumerate(range(0, count, BATCH)):
        at = place % len(senders)
        lots[at].append(senders[at].relay(calls[start : start + BATCH]))
    return _measured(node, lots, 1, count)


def _presigned(node: LedgerNode, town: Town, count: int, phase: str) -> list[list[RawTransaction]]:
    senders = _senders(node, phase)
    return [_lot(town, sender, range(i, count, len(senders)), phase) for i, sender in enumerate(senders)]


def _senders(node: LedgerNode, phase: str) -> list[Sender]:
    count = 1 if node.engine.development and not node.period else SENDERS
    return [node.sender(f"{phase} {i}") for i in range(count)]


def _lot(town: Town, sender: Sender, numbers: range, phase: str) -> list[RawTransaction]:
    calls = (town.split(number, phase).call() for number in numbers)
    return [sender.one(call.data, intrinsic_gas(call.data) + call.gas) for call in calls]


def _measured(
    node: LedgerNode, lots: Sequence[Sequence[RawTransaction]], size: int, count: int | None = None
) -> float:
    """From the first post until the last transaction is final, by as many blocks behind it as the network wants, as the
    gateway's acts are. Raises NotMined when one of them failed."""
    requests = [_requests(lot, size) for lot in lots]
    node.bank.given()
    operations, before = count or sum(map(len, lots)), _height(node)
    begun = time.perf_counter()
    with ThreadPoolExecutor(len(lots)) as pool:
        list(pool.map(lambda mine: _post_all(node.url, mine), requests))
    last = [mined(node.rpc, lot[-1].hash) for lot in lots if lot]
    final = max(int(receipt["blockNumber"], 16) for receipt in last) + node.engine.finality.confirmations
    _until_height(node, final)
    took = time.perf_counter() - begun
    _require_done(node, before, operations)
    return operations / took


def _requests(lot: Sequence[RawTransaction], size: int) -> list[bytes]:
    asked = [
        {"jsonrpc": "2.0", "id": i, "method": "eth_sendRawTransaction", "params": ["0x" + raw.raw.hex()]}
        for i, raw in enumerate(lot)
    ]
    if size == 1:
        return [post("/", json.dumps(one).encode()) for one in asked]
    return [post("/", json.dumps(asked[i : i + size]).encode()) for i in range(0, len(asked), size)]


def _post_all(url: str, requests: Sequence[bytes]) -> None:
    connection = Connection(url)
    for request in requests:
        _, body = connection.ask(request)
        if b'"error"' in body:
            raise NotMined(f"the node refuses: {body[:300]!r}")
    connection.close()


def _require_done(node: LedgerNode, before: int, operations: int) -> None:
    """By the events of the blocks since: receipts one by one are slow where a block holds thousands."""
    asked = {"address": node.domain.address, "topics": [_TRANSFERRED]}
    numbers = map(hex, range(before + 1, _height(node) + 1))
    requests = [("eth_getLogs", [{**asked, "fromBlock": number, "toBlock": number}]) for number in numbers]
    done = sum(map(len, node.rpc.batch(requests)))
    if done != operations:
        raise NotMined(f"{done} of {operations} operations took effect")


def _until_height(node: LedgerNode, wanted: int) -> None:
    """Waits for a block."""
    while _height(node) < wanted:
        time.sleep(0.02)


def _height(node: LedgerNode) -> int:
    return int(node.rpc.call("eth_blockNumber"), 16)


_TRANSFERRED = "0x" + codec.EVENTS["Transferred"].topic.hex()
