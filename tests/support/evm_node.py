"""A node in this process: JSON-RPC over the EVM, with a pool of transactions that are mined when a test says so.

It answers what the gateway's adapter asks, in a node's own words: "already known", "nonce too low", a full pool. Its
pool can be emptied and its answers can lag, as nodes do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ledger.chain.nodes import NodeUnreachable
from ledger.chain.rpc import RpcError
from ledger.chain.transactions import intrinsic_gas, rlp
from ledger.ids import keccak256
from ledger.signatures import recover
from tests.support.evm import CALLER, GAS_LIMIT, Evm, Outcome, RawLog
from tests.support.world import World

URL = "http://node.invalid"
POOL = 64


@dataclass(frozen=True)
class Sent:
    """A transaction as it was carried out."""

    hash: bytes
    sender: str
    to: str
    data: bytes
    outcome: Outcome


@dataclass(frozen=True)
class Mined:
    """A block."""

    number: int
    hash: bytes
    parent: bytes
    time: int
    sent: tuple[Sent, ...]


class RecordingEvm(Evm):
    """Keeps every transaction by its block: what a world does directly is on the node's chain, too."""

    def __init__(self, chain_id: int = 31_337, timestamp: int = 0, number: int = 1) -> None:
        super().__init__(chain_id, timestamp, number)
        self.carried: dict[int, tuple[int, list[Sent]]] = {}
        self._quiet = False

    def send(self, to: str, data: bytes, gas: int = GAS_LIMIT, caller: str = CALLER) -> Outcome:
        outcome = super().send(to, data, gas, caller)
        if not self._quiet:
            hash_ = keccak256(self.number.to_bytes(8, "big") + data)
            self.carried[self.number] = (self.timestamp, [Sent(hash_, caller, to, data, outcome)])
        return outcome

    def create(self, code: bytes) -> Outcome:
        outcome = super().create(code)
        if not self._quiet:
            self.carried[self.number] = (self.timestamp, [Sent(keccak256(code), CALLER, "", b"", outcome)])
            self.number += 1
        return outcome

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Nothing is kept of what runs inside."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def revert(self, point: Any) -> None:
        super().revert(point)
        self.carried = {n: found for n, found in self.carried.items() if n < self.number}


@dataclass
class Pooled:
    """A transaction that waits to be mined."""

    hash: bytes
    sender: str
    nonce: int
    gas: int
    to: str
    data: bytes


@dataclass
class EvmNode:
    """Stands where `ledger.chain.rpc.Rpc` stands. `lag`: blocks by which its answers are late."""

    world: World
    first: int
    lag: int = 0
    pool_size: int = POOL
    pool: dict[bytes, Pooled] = field(default_factory=dict)
    nonces: dict[str, int] = field(default_factory=dict)
    known: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    urls: tuple[str, ...] = (URL,)
    _blocks: list[Mined] = field(default_factory=list)
    _own: dict[int, list[Sent]] = field(default_factory=dict)

    # ---- what a test does

    def mine(self, seconds: int = 1) -> int:
        """A block with all that can be mined of the pool; the number of transactions."""
        evm: Any = self.world.evm
        evm.timestamp += seconds
        done: list[Sent] = []
        with evm.quiet():
            while ready := [p for p in self.pool.values() if p.nonce == self.nonces.get(p.sender, 0)]:
                for one in ready:
                    del self.pool[one.hash]
                    self.nonces[one.sender] = one.nonce + 1
                    done.append(self._carry_out(one))
        self.known |= {sent.hash: (evm.number, place) for place, sent in enumerate(done)}
        evm.carried[evm.number] = (evm.timestamp, done)
        evm.number += 1
        return len(done)

    def forget(self) -> int:
        """Loses its pool, as a node that is started again; how many there were."""
        lost = len(self.pool)
        self.pool.clear()
        return lost

    def _carry_out(self, one: Pooled) -> Sent:
        if one.to != self.world.address.lower():
            return Sent(one.hash, one.sender, one.to, one.data, Outcome(True, b"", 21_000, ()))
        outcome = self.world.evm.send(one.to, one.data, one.gas, one.sender)
        return Sent(one.hash, one.sender, one.to, one.data, outcome)

    # ---- Rpc

    def call(self, method: str, *params: Any) -> Any:
        return getattr(self, f"_{method}")(*params)

    def batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        return [self.call(method, *params) for method, params in requests]

    def close(self) -> None:
        pass

    # ---- methods

    def _eth_getBlockByNumber(self, tag: str, full: bool) -> dict[str, Any] | None:
        found = self._block(self.head if tag == "latest" else int(tag, 16))
        return None if found is None else _header(found)

    def _eth_getLogs(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        found = []
        for number in range(int(asked["fromBlock"], 16), min(int(asked["toBlock"], 16), self.head) + 1):
            block = self._block(number)
            if block is not None:
                found += self._logs(block, asked["address"].lower())
        return found

    def _eth_call(self, call: Mapping[str, str], tag: str) -> str:
        outcome = self._simulated(call)
        if outcome.ok:
            return "0x" + outcome.output.hex()
        raise _error("eth_call", "execution reverted", "0x" + outcome.output.hex())

    def _eth_estimateGas(self, call: Mapping[str, str], tag: str) -> str:
        outcome = self._simulated(call)
        if outcome.ok:
            return hex(outcome.gas_used * 5 // 4)
        raise _error("eth_estimateGas", "execution reverted", "0x" + outcome.output.hex())

    def _eth_sendRawTransaction(self, text: str) -> str:
        raw = bytes.fromhex(text[2:])
        one = decode_transaction(raw)
        if one.hash in self.pool or one.hash in self.known:
            raise _error("eth_sendRawTransaction", "already known")
        if one.nonce < self.nonces.get(one.sender, 0):
            raise _error("eth_sendRawTransaction", "nonce too low")
        if any(other.sender == one.sender and other.nonce == one.nonce for other in self.pool.values()):
            raise _error("eth_sendRawTransaction", "replacement transaction underpriced")
        if len(self.pool) >= self.pool_size:
            raise _error("eth_sendRawTransaction", "txpool is full")
        if one.gas < intrinsic_gas(one.data):
            raise _error("eth_sendRawTransaction", "intrinsic gas too low")
        self.pool[one.hash] = one
        return "0x" + one.hash.hex()

    def _eth_getTransactionByHash(self, text: str) -> dict[str, Any] | None:
        hash_ = bytes.fromhex(text[2:])
        if hash_ in self.pool:
            one = self.pool[hash_]
            return {"blockNumber": None, "to": one.to, "input": "0x" + one.data.hex()}
        found = self._find(hash_)
        if found is None:
            return None
        block, sent, _ = found
        return {"blockNumber": hex(block.number), "to": sent.to, "input": "0x" + sent.data.hex()}

    def _eth_getTransactionReceipt(self, text: str) -> dict[str, Any] | None:
        hash_ = bytes.fromhex(text[2:])
        found = self._find(hash_)
        if found is None:
            return None
        block, sent, _ = found
        logs = [log for log in self._logs(block) if log["transactionHash"] == text]
        return {
            "blockNumber": hex(block.number),
            "status": hex(sent.outcome.ok),
            "gasUsed": hex(sent.outcome.gas_used),
            "logs": logs,
        }

    def _eth_getTransactionCount(self, address: str, tag: str) -> str:
        return hex(self.nonces.get(address.lower(), 0))

    # ---- inside

    @property
    def head(self) -> int:
        """The height that it shows."""
        return max(int(self.world.evm.number) - 1 - self.lag, self.first)

    def _simulated(self, call: Mapping[str, str]) -> Outcome:
        evm: Any = self.world.evm
        with evm.quiet():
            point = evm.snapshot()
            try:
                gas = int(call.get("gas", hex(GAS_LIMIT)), 16)
                return evm.send(call["to"], bytes.fromhex(call["data"][2:]), gas, call["from"])
            finally:
                evm.revert(point)

    def _block(self, number: int) -> Mined | None:
        if not self.first <= number <= self.head:
            return None
        while len(self._blocks) <= number - self.first:
            self._blocks.append(self._next())
        return self._blocks[number - self.first]

    def _next(self) -> Mined:
        number = self.first + len(self._blocks)
        carried: Any = self.world.evm
        parent = self._blocks[-1] if self._blocks else None
        time, sent = carried.carried.get(number, (parent.time if parent else self.world.now, []))
        before = parent.hash if parent else bytes(32)
        mark = number.to_bytes(8, "big") + b"".join(one.hash for one in sent)
        return Mined(number, keccak256(before + mark), before, time, tuple(sent))

    def _find(self, hash_: bytes) -> tuple[Mined, Sent, int] | None:
        if hash_ in self.known:
            number, place = self.known[hash_]
            block = self._block(number)
            return None if block is None else (block, block.sent[place], place)
        for number in range(self.first, self.head + 1):
            block = self._block(number)
            for place, sent in enumerate(block.sent if block else ()):
                if sent.hash == hash_ and block is not None:
                    return block, sent, place
        return None

    def _logs(self, block: Mined, address: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for sent in block.sent:
            for log in sent.outcome.logs:
                found.append(_log(log, block, sent.hash, len(found)))
        return [log for log in found if not address or log["address"] == address]


def decode_transaction(raw: bytes) -> Pooled:
    """A legacy transaction (EIP-155), with who signed it."""
    fields = _unrlp(raw)
    nonce, price, gas, to, value, data, v, r, s = fields
    chain = (int.from_bytes(v, "big") - 35) // 2
    numbers = [int.from_bytes(part, "big") for part in (nonce, price, gas)]
    digest = keccak256(rlp([*numbers, to, int.from_bytes(value, "big"), data, chain, 0, 0]))
    parity = (int.from_bytes(v, "big") - 35) % 2
    compact = r.rjust(32, b"\0") + bytes([s.rjust(32, b"\0")[0] | parity << 7]) + s.rjust(32, b"\0")[1:]
    sender = recover(digest, compact).lower()
    return Pooled(keccak256(raw), sender, numbers[0], numbers[2], "0x" + to.hex(), data)


def _unrlp(raw: bytes) -> list[bytes]:
    at = raw[0] - 0xF7 + 1 if raw[0] > 0xF7 else 1
    found = []
    while at < len(raw):
        head = raw[at]
        if head < 0x80:
            found.append(raw[at : at + 1])
            at += 1
            continue
        if head <= 0xB7:
            size, start = head - 0x80, at + 1
        else:
            more = head - 0xB7
            size, start = int.from_bytes(raw[at + 1 : at + 1 + more], "big"), at + 1 + more
        found.append(raw[start : start + size])
        at = start + size
    return found


def _header(block: Mined) -> dict[str, Any]:
    return {
        "number": hex(block.number),
        "hash": "0x" + block.hash.hex(),
        "parentHash": "0x" + block.parent.hex(),
        "timestamp": hex(block.time),
        "baseFeePerGas": "0x0",
    }


def _log(log: RawLog, block: Mined, hash_: bytes, place: int) -> dict[str, Any]:
    return {
        "address": log.address,
        "topics": ["0x" + topic.hex() for topic in log.topics],
        "data": "0x" + log.data.hex(),
        "blockNumber": hex(block.number),
        "blockHash": "0x" + block.hash.hex(),
        "transactionHash": "0x" + hash_.hex(),
        "logIndex": hex(place),
    }


def _error(method: str, message: str, data: str | None = None) -> RpcError:
    return RpcError(URL, method, {"message": message, "data": data})


def unreachable(method: str) -> NodeUnreachable:
    """What a client says of a node that does not answer."""
    return NodeUnreachable(f"{URL} does not answer {method}", url=URL, method=method)
