"""The Chain port over the EVM in this process: every transaction that is sent is mined at once, as a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.chain import codec
from ledger.chain.reverts import decode_refusal
from ledger.chain.storage import expected
from ledger.errors import NotSent
from ledger.events import Event
from ledger.ids import keccak256
from ledger.ports import Block, Call, Outcome, RawTransaction, Receipt, Refusal
from ledger.typed import Domain
from tests.support.both import decoded
from tests.support.world import World

START = 100
"""Height of the block that holds everything from before the gateway."""


class EvmChain:
    """`relay` transactions of one relayer, whose nonces are counted. What happened in the world before stands in the
    first block; what a test does to the world directly comes as a block with the next look."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._taken = 0
        self._events: list[Event] = []
        self._blocks: list[Block] = []
        self._receipts: dict[bytes, Receipt] = {}
        self._data: dict[bytes, bytes] = {}
        self._nonces: dict[str, int] = {}
        self._senders: dict[bytes, str] = {}
        self.mine()

    @property
    def domain(self) -> Domain:
        return self.world.domain

    def mine(self, tx: bytes = b"\0" * 32) -> Block:
        """A block with everything that happened since the last one."""
        number = START + len(self._blocks)
        parent = self._blocks[-1].hash if self._blocks else bytes(32)
        block = Block(number, keccak256(parent + number.to_bytes(8, "big") + tx), parent, self.world.now)
        for position, event in enumerate(self.world.history[self._taken :]):
            found = decoded(event, self.world, position)
            self._events.append(Event(found.name, found.args, number, tx, position, block.time))
        self._taken = len(self.world.history)
        self._blocks.append(block)
        return block

    def head(self) -> Block:
        if self._taken < len(self.world.history) or self._blocks[-1].time < self.world.now:
            self.mine()
        return self._blocks[-1]

    def final_height(self, confirmations: int = 0) -> int:
        return self.head().number - confirmations

    def block(self, number: int) -> Block | None:
        index = number - START
        return self._blocks[index] if 0 <= index < len(self._blocks) else None

    def events(self, first: int, last: int) -> list[Event]:
        return [event for event in self._events if first <= event.block <= last]

    def simulate(self, data: bytes) -> Outcome:
        with self.world.scratch():
            outcome = self.world.evm.send(self.world.address, data)
        if not outcome.ok:
            return Outcome(0, decode_refusal(outcome.output))
        return Outcome(outcome.gas_used, None)

    def attempt(self, batches: Sequence[Sequence[Call]]) -> list[list[Refusal | None]]:
        return [self._attempt(codec.encode_relay(batch)) for batch in batches]

    def confirm(self, calls: Sequence[Call]) -> list[list[Refusal | None]]:
        return [self._attempt(codec.encode_relay([call])) for call in calls]

    def _attempt(self, data: bytes) -> list[Refusal | None]:
        with self.world.scratch():
            outcome = self.world.evm.send(self.world.address, data)
        assert outcome.ok, "relay itself is not refused"
        reasons = codec.decode_output("relay", outcome.output)["refusals"]
        return [decode_refusal(reason) if reason else None for reason in reasons]

    def sign(self, relayer: str, nonce: int, calls: Sequence[Call]) -> RawTransaction:
        raw = nonce.to_bytes(8, "big") + codec.encode_relay(calls)
        return RawTransaction(relayer, nonce, keccak256(relayer.encode() + raw), raw)

    def send(self, transaction: RawTransaction) -> None:
        if transaction.hash in self._receipts:
            return
        mined = self._nonces.get(transaction.sender, 0)
        if transaction.nonce < mined:
            raise NotSent(f"nonce {transaction.nonce} is too low: the next one is {mined}")
        assert transaction.nonce == mined, "a gap in the nonces"
        self._nonces[transaction.sender] = transaction.nonce + 1
        self._senders[transaction.hash] = transaction.sender
        if not transaction.raw[8:]:
            block = self.mine(transaction.hash)
            self._receipts[transaction.hash] = Receipt(transaction.hash, block.number, True, 21_000, {}, {})
            return
        self._carry_out(transaction.hash, transaction.raw[8:])

    def fall_back(self, height: int) -> None:
        """The node forgets all blocks above. (The world's own state is the caller's to take back.)"""
        lost = self._blocks[height - START + 1 :]
        del self._blocks[height - START + 1 :]
        gone = {block.number for block in lost}
        self._events = [event for event in self._events if event.block not in gone]
        self._receipts = {h: r for h, r in self._receipts.items() if r.block not in gone}
        for sender in self._nonces:
            self._nonces[sender] = sum(
                self._senders[h] == sender for h in self._receipts if h in self._senders
            )
        self._taken = len(self.world.history)

    def foreign(self, data: bytes) -> None:
        """A transaction that somebody else sends to the ledger."""
        self._carry_out(keccak256(b"foreign" + len(self._data).to_bytes(8, "big") + data), data)

    def _carry_out(self, hash_: bytes, data: bytes) -> None:
        before = len(self.world.history)
        receipt = self.world.send(data)
        block = self.mine(hash_)
        refusals: dict[int, Refusal] = {}
        legs: dict[bytes, Refusal] = {}
        lines: dict[tuple[bytes, bytes], Refusal] = {}
        for event in self.world.history[before:]:
            if event.name == "Refused":
                refusals[event.args["position"]] = decode_refusal(event.args["reason"])
            if event.name == "LegRefused":
                legs[event.args["child"]] = decode_refusal(event.args["reason"])
            if event.name == "LineRefused":
                lines[event.args["ref"], event.args["ticket"]] = decode_refusal(event.args["reason"])
        self._data[hash_] = data
        self._receipts[hash_] = Receipt(
            hash_, block.number, receipt.status, receipt.gas_used, refusals, legs, lines
        )

    def receipt(self, hash_: bytes) -> Receipt | None:
        return self._receipts.get(hash_)

    def receipts(self, hashes: Sequence[bytes]) -> list[Receipt | None]:
        return [self.receipt(hash_) for hash_ in hashes]

    def refusal(self, reason: bytes) -> Refusal:
        return decode_refusal(reason)

    def sign_nothing(self, relayer: str, nonce: int) -> RawTransaction:
        raw = nonce.to_bytes(8, "big")
        return RawTransaction(relayer, nonce, keccak256(relayer.encode() + raw), raw)

    def nonce(self, address: str) -> int:
        return self._nonces.get(address, 0)

    def encode(self, function: str, *args: object) -> bytes:
        return codec.encode_call(function, *args)

    def encode_transfer(
        self,
        offer: Mapping[str, Any],
        signatures: bytes,
        acceptances: Sequence[tuple[int, Sequence[int], bytes]],
    ) -> bytes:
        return codec.encode_transfer(offer, signatures, acceptances)

    def acts(self, hash_: bytes) -> list[tuple[str, list[Any]] | None]:
        data = self._data.get(hash_)
        return [] if data is None else codec.decode_acts(data)

    def compare(self, records: Sequence[object], block: int) -> tuple[int, list[str]]:
        words = expected(records)
        found = self.load([word.slot for word in words], block)
        pairs = zip(words, found, strict=True)
        return len(words), [word.about for word, there in pairs if not word.agrees(there)]

    def load(self, slots: Sequence[bytes], block: int | None = None) -> list[bytes]:
        return [
            self.world.evm.storage(self.world.address, int.from_bytes(slot, "big")).to_bytes(32, "big")
            for slot in slots
        ]
