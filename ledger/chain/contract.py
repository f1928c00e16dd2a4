"""One deployment of GoldTicket over JSON-RPC: the Chain port on a real network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.chain import codec
from ledger.chain.deploy import Deployment
from ledger.chain.domain import read_domain
from ledger.chain.engine import Engine, FinalityKind
from ledger.chain.hearsay import Hearsay
from ledger.chain.reverts import decode_refusal, revert_data
from ledger.chain.rpc import Rpc, RpcError
from ledger.chain.storage import expected
from ledger.chain.transactions import (
    INTRINSIC,
    Transaction,
    gas_price,
    intrinsic_gas,
    relay_gas,
    require_size,
)
from ledger.chain.witness import words
from ledger.errors import GoldTicketError, NotSent, Unavailable
from ledger.events import Event
from ledger.ports import Block, Call, Outcome, RawTransaction, Receipt, Refusal, Signer
from ledger.typed import Domain, Message

PLAIN_ACCOUNT = "0x" + b"goldticket".hex().rjust(40, "0")
"""Who simulates: any account without code. Acts do not ask who calls."""
SLOTS_AT_ONCE = 1_000
REQUEST_BYTES = 750_000
"""Calldata in one request of several calls; in hex it is twice as long, and anvil reads 2 MB."""
INSIDE = 100
"""Gas that an act takes more as an item of `relay`: there the check who calls looks at two addresses."""


class ChainMoved(Unavailable):
    """The chain changed while it was read."""

    code = "chain-moved"
    title = "The chain changed while it was read"


class GoldTicketChain:
    """The Chain port. `relayers` signs transactions for the addresses it holds. Make it with `connect`."""

    def __init__(self, rpc: Rpc, engine: Engine, domain: Domain, relayers: Signer) -> None:
        self._rpc, self._engine, self._domain, self._relayers = rpc, engine, domain, relayers
        self._hearsay = Hearsay(rpc)

    @classmethod
    def connect(cls, rpc: Rpc, engine: Engine, deployment: Deployment, relayers: Signer) -> GoldTicketChain:
        """Checks chain id, code, libraries and domain before anything is read or sent.

        Raises InvalidDeployment for another network or contract, Unavailable.
        """
        return cls(rpc, engine, read_domain(rpc, engine, deployment), relayers)

    @property
    def domain(self) -> Domain:
        """The EIP-712 domain of this deployment."""
        return self._domain

    def notes(self) -> list[str]:
        """What was read with less certainty than it should be."""
        return self._hearsay.notes()

    # ---- reading

    def head(self) -> Block:
        """The latest block."""
        return _block(self._rpc.call("eth_getBlockByNumber", "latest", False))

    def final_height(self, confirmations: int = 0) -> int:
        """Up to where nothing changes any more, by the engine's finality; `confirmations` may ask for more. Below 0
        while there is no such block."""
        finality = self._engine.finality
        if finality.kind is FinalityKind.FINALIZED:
            found = self._rpc.call("eth_getBlockByNumber", "finalized", False)
            return -1 if found is None else _block(found).number - confirmations
        return self.head().number - max(confirmations, finality.confirmations)

    def block(self, number: int) -> Block | None:
        """The block at this height, None above the head."""
        found = self._rpc.call("eth_getBlockByNumber", hex(number), False)
        return None if found is None else _block(found)

    def events(self, first: int, last: int) -> list[Event]:
        """All logs of the deployment in blocks first…last, in order. Raises ChainMoved; then try again."""
        if last < first:
            return []
        asked = {"address": self._domain.address, "fromBlock": hex(first), "toBlock": hex(last)}
        logs = self._hearsay.logs(asked)
        blocks = self._blocks({int(log["blockNumber"], 16) for log in logs})
        for log in logs:
            block = blocks[int(log["blockNumber"], 16)]
            if log.get("removed") or block.hash != _bytes(log["blockHash"]):
                raise ChainMoved(f"block {block.number} changed while its events were read; try again")
        events = [codec.decode_log(log, blocks[int(log["blockNumber"], 16)].time) for log in logs]
        return sorted(events, key=lambda event: (event.block, event.log))

    def receipt(self, hash_: bytes) -> Receipt | None:
        """What became of a transaction; None while it is not mined."""
        return self.receipts([hash_])[0]

    def receipts(self, hashes: Sequence[bytes]) -> list[Receipt | None]:
        """As `receipt` for several transactions. With several nodes what two of them say alike: nothing else tells of a
        transaction without events."""
        most = self._engine.limits.batch_items
        chunks = [hashes[i : i + most] for i in range(0, len(hashes), most)]
        return [receipt for chunk in chunks for receipt in self._receipts(chunk)]

    def _receipts(self, hashes: Sequence[bytes]) -> list[Receipt | None]:
        requests = [("eth_getTransactionReceipt", [_hex(hash_)]) for hash_ in hashes]
        said = words(self._rpc, requests) if len(self._rpc.urls) > 1 else [self._rpc.batch(requests)]
        found = [list(map(self._receipt, hashes, answers)) for answers in said]
        if not found:
            return [None] * len(hashes)
        return [one if one == other else None for one, other in zip(found[0], found[-1], strict=True)]

    def _receipt(self, hash_: bytes, found: Mapping[str, Any] | None) -> Receipt | None:
        if found is None or found.get("blockNumber") is None:
            return None
        refusals: dict[int, Refusal] = {}
        leg_refusals: dict[bytes, Refusal] = {}
        line_refusals: dict[tuple[bytes, bytes], Refusal] = {}
        for name, args in self._own_logs(found["logs"]):
            if name == "Refused":
                refusals[args["position"]] = decode_refusal(args["reason"])
            elif name == "LegRefused":
                leg_refusals[args["child"]] = decode_refusal(args["reason"])
            elif name == "LineRefused":
                line_refusals[args["ref"], args["ticket"]] = decode_refusal(args["reason"])
        return Receipt(
            hash=hash_,
            block=int(found["blockNumber"], 16),
            ok=int(found["status"], 16) == 1,
            gas_used=int(found["gasUsed"], 16),
            refusals=refusals,
            leg_refusals=leg_refusals,
            line_refusals=line_refusals,
        )

    def acts(self, hash_: bytes) -> list[tuple[str, list[Any]] | None]:
        """The acts in a mined transaction's calldata, by position in `relay`; empty when there is none."""
        data = self.calldata(hash_)
        return [] if data is None else codec.decode_acts(data)

    def calldata(self, hash_: bytes) -> bytes | None:
        """The calldata of a mined transaction to this deployment."""
        found = self._rpc.call("eth_getTransactionByHash", _hex(hash_))
        if found is None or found.get("blockNumber") is None:
            return None
        ours = (found["to"] or "").lower() == self._domain.address.lower()
        return _bytes(found["input"]) if ours else None

    def refusal(self, reason: bytes) -> Refusal:
        """A reason as it stands in an event of the contract."""
        return decode_refusal(reason)

    def nonce(self, address: str) -> int:
        """Transactions of this account that are mined."""
        return int(self._rpc.call("eth_getTransactionCount", address, "latest"), 16)

    def load(self, slots: Sequence[bytes], block: int | None = None) -> list[bytes]:
        """Raw storage words, at a height or the head."""
        at = "latest" if block is None else hex(block)
        chunks = [slots[i : i + SLOTS_AT_ONCE] for i in range(0, len(slots), SLOTS_AT_ONCE)]
        calls = [self._call(codec.encode_call("load", list(chunk))) for chunk in chunks]
        answers = self._rpc.batch([("eth_call", [call, at]) for call in calls])
        return [word for answer in answers for word in codec.decode_output("load", _bytes(answer))["values"]]

    def compare(self, records: Sequence[object], block: int) -> tuple[int, list[str]]:
        """Holds records against storage at a height: words compared, and each difference as a sentence."""
        wanted = expected(records)
        found = self.load([word.slot for word in wanted], block)
        pairs = zip(wanted, found, strict=True)
        return len(wanted), [
            f"{word.about}: the book expects 0x{word.word:064x} in storage, the chain has 0x{there.hex()}"
            for word, there in pairs
            if not word.agrees(there)
        ]

    # ---- writing

    def encode(self, function: str, *args: object) -> bytes:
        """Calldata of an act's function."""
        return codec.encode_call(function, *args)

    def encode_transfer(
        self, offer: Message, signatures: bytes, acceptances: Sequence[tuple[int, Sequence[int], bytes]]
    ) -> bytes:
        """Calldata of `transfer` for accepted children."""
        return codec.encode_transfer(offer, signatures, acceptances)

    def simulate(self, data: bytes) -> Outcome:
        """One act's calldata at the head. The gas is what the item needs in `relay`, with nothing to spare."""
        call = self._call(data)
        try:
            found = self._rpc.call("eth_estimateGas", call, "latest")
        except RpcError as error:
            return Outcome(0, self._reason(call, error))
        return Outcome(max(int(found, 16) - intrinsic_gas(data), 0) + INSIDE, None)

    def attempt(self, batches: Sequence[Sequence[Call]]) -> list[list[Refusal | None]]:
        """What `relay` of each batch would say at the head, item by item; the batches know nothing of each other."""
        found: list[list[Refusal | None]] = []
        for requests in self._by_size([self._attempt(batch, "latest") for batch in batches]):
            found += [_refusals(answer) for answer in self._rpc.batch(requests)]
        return found

    def confirm(self, calls: Sequence[Call]) -> list[list[Refusal | None]]:
        """What two nodes say of each call by itself at the final height; one where there is no other, and an empty list
        while a second can't say."""
        height = self.final_height()
        if height < 0:
            return [[] for _ in calls]
        found: list[list[Refusal | None]] = []
        for requests in self._by_size([self._attempt([call], hex(height)) for call in calls]):
            said = words(self._rpc, requests)
            found += [_alike([each[place] for each in said]) for place in range(len(requests))]
        return found

    def _attempt(self, batch: Sequence[Call], at: str) -> tuple[str, list[Any]]:
        data = codec.encode_relay(batch)
        return "eth_call", [{**self._call(data), "gas": hex(relay_gas(batch, data))}, at]

    def _by_size(self, requests: Sequence[tuple[str, list[Any]]]) -> Iterator[list[tuple[str, list[Any]]]]:
        return _by_size(requests, self._engine.limits.batch_items)

    def sign(self, relayer: str, nonce: int, calls: Sequence[Call]) -> RawTransaction:
        """A signed `relay` transaction; nothing is sent. Raises NotFound for a relayer whose key is not held,
        TransactionTooLarge."""
        data = codec.encode_relay(calls)
        gas = relay_gas(calls, data)
        transaction = Transaction(nonce, gas_price(self._rpc, self._engine), gas, self._domain.address, data)
        raw = transaction.signed(self._relayers, relayer, self._domain.chain_id)
        require_size(self._engine, gas, raw.raw)
        return raw

    def sign_nothing(self, relayer: str, nonce: int) -> RawTransaction:
        """A signed transfer of nothing to oneself, which only uses up its nonce; nothing is sent."""
        transaction = Transaction(nonce, gas_price(self._rpc, self._engine), INTRINSIC, relayer, b"")
        return transaction.signed(self._relayers, relayer, self._domain.chain_id)

    def send(self, transaction: RawTransaction) -> None:
        """Sends the bytes; that the node knows or has mined them already is success. Raises NotSent.

        Nodes have many words for "already known", and some report a failure of what they have just mined: so the
        answer that counts is whether the node has this very transaction.
        """
        try:
            answer = self._rpc.call("eth_sendRawTransaction", _hex(transaction.raw))
        except RpcError as error:
            if self._rpc.call("eth_getTransactionByHash", _hex(transaction.hash)) is not None:
                return
            raise NotSent(
                f"transaction {transaction.nonce} of {transaction.sender} is not taken: {error.reason[:300]}",
                nonce=transaction.nonce,
                sender=transaction.sender,
            ) from None
        if _bytes(answer) != transaction.hash:
            raise NotSent(f"the node calls transaction {_hex(transaction.hash)} {answer}: check the node")

    # ---- inside

    def _call(self, data: bytes) -> dict[str, str]:
        return {"from": PLAIN_ACCOUNT, "to": self._domain.address, "data": _hex(data)}

    def _reason(self, call: Mapping[str, str], error: RpcError) -> Refusal:
        """Why an estimate failed; when its error does not say so, a plain call does."""
        data = revert_data(error.reason, error.data)
        if data:
            return decode_refusal(data)
        try:
            self._rpc.call("eth_call", call, "latest")
        except RpcError as refused:
            data = revert_data(refused.reason, refused.data)
        if data is None:
            raise error
        return decode_refusal(data)

    def _blocks(self, numbers: set[int]) -> dict[int, Block]:
        wanted = sorted(numbers)
        answers = self._rpc.batch([("eth_getBlockByNumber", [hex(number), False]) for number in wanted])
        if None in answers:
            raise ChainMoved(f"block {wanted[answers.index(None)]} is gone; try again")
        return {number: _block(answer) for number, answer in zip(wanted, answers, strict=True)}

    def _own_logs(self, logs: Sequence[Mapping[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
        return [
            codec.decode_event([_bytes(topic) for topic in log["topics"]], _bytes(log["data"]))
            for log in logs
            if log["address"].lower() == self._domain.address.lower()
        ]


def _refusals(answer: str) -> list[Refusal | None]:
    """What `relay` returns."""
    reasons = codec.decode_output("relay", _bytes(answer))["refusals"]
    return [decode_refusal(reason) if reason else None for reason in reasons]


def _alike(answers: Sequence[str]) -> list[Refusal | None]:
    """Each node's word on the one item; none where an answer can't be read."""
    try:
        return [refusal for answer in answers for refusal in _refusals(answer)]
    except (ValueError, LookupError, GoldTicketError):
        return []


def _by_size(requests: Sequence[tuple[str, list[Any]]], most: int) -> Iterator[list[tuple[str, list[Any]]]]:
    """Requests in groups that a node reads at once."""
    group: list[tuple[str, list[Any]]] = []
    size = 0
    for request in requests:
        more = len(request[1][0]["data"]) // 2
        if group and (size + more > REQUEST_BYTES or len(group) == most):
            yield group
            group, size = [], 0
        group.append(request)
        size += more
    if group:
        yield group


def _block(found: Mapping[str, Any]) -> Block:
    return Block(
        number=int(found["number"], 16),
        hash=_bytes(found["hash"]),
        parent=_bytes(found["parentHash"]),
        time=int(found["timestamp"], 16),
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
