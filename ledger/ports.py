"""What the ledger needs from outside: a chain, a book, a clock, signers. `wiring` plugs the real ones in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from ledger.events import Event
    from ledger.typed import Domain

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Block:
    """A block header. `hash`, `parent`: 32 bytes; `time`: UTC seconds."""

    number: int
    hash: bytes
    parent: bytes
    time: int


@dataclass(frozen=True)
class Call:
    """One item of `relay`: calldata of an act's function and exactly the gas it gets."""

    gas: int
    data: bytes


@dataclass(frozen=True)
class Refusal:
    """Why the contract refuses. `name`: the custom error of IErrors ("" if unknown); `args`: its evidence;
    `data`: the raw revert data."""

    name: str
    args: dict[str, object]
    data: bytes


@dataclass(frozen=True)
class Outcome:
    """What a simulated call would do: gas used, and the refusal if it would not take effect."""

    gas: int
    refusal: Refusal | None


@dataclass(frozen=True)
class RawTransaction:
    """A signed transaction as it goes out. `hash`: 32 bytes."""

    sender: str
    nonce: int
    hash: bytes
    raw: bytes


@dataclass(frozen=True)
class Receipt:
    """A mined transaction. `refusals`: position in the relay batch → why that item did not take effect;
    `leg_refusals`: child id → why that leg of an offer did not, while others did; `line_refusals`: (reference,
    ticket) → why that line of a pay-out did not, while others did."""

    hash: bytes
    block: int
    ok: bool
    gas_used: int
    refusals: dict[int, Refusal]
    leg_refusals: dict[bytes, Refusal]
    line_refusals: dict[tuple[bytes, bytes], Refusal] = field(default_factory=dict)


class Chain(Protocol):
    """One deployment on one network. Raises `ledger.errors.Unavailable` when no node answers."""

    @property
    def domain(self) -> Domain: ...

    def head(self) -> Block: ...

    def final_height(self, confirmations: int = 0) -> int:
        """Up to where nothing changes any more, by the network's finality; `confirmations` may ask for more."""
        ...

    def block(self, number: int) -> Block | None: ...

    def events(self, first: int, last: int) -> list[Event]:
        """All logs of the deployment in blocks first…last, in order."""
        ...

    def simulate(self, data: bytes) -> Outcome:
        """One act's calldata, as if sent by a plain account at the head."""
        ...

    def attempt(self, batches: Sequence[Sequence[Call]]) -> list[list[Refusal | None]]:
        """What `relay` of each batch would say at the head, item by item: None for one that takes effect. Within a
        batch each item sees what those before it have done; the batches know nothing of each other."""
        ...

    def confirm(self, calls: Sequence[Call]) -> list[list[Refusal | None]]:
        """What is said of each call by itself at a height where nothing changes any more: by two nodes, by the one
        that is there alone, or by none (an empty list) while a second can't say."""
        ...

    def sign(self, relayer: str, nonce: int, calls: Sequence[Call]) -> RawTransaction:
        """A signed `relay` transaction; nothing is sent."""
        ...

    def sign_nothing(self, relayer: str, nonce: int) -> RawTransaction:
        """A signed transfer of nothing to oneself, which only uses up its nonce; nothing is sent."""
        ...

    def send(self, transaction: RawTransaction) -> None:
        """Sends the bytes; that the node knows or has mined them already is success. Raises
        `ledger.errors.NotSent`."""
        ...

    def receipt(self, hash_: bytes) -> Receipt | None: ...

    def receipts(self, hashes: Sequence[bytes]) -> list[Receipt | None]:
        """As `receipt` for several transactions at once."""
        ...

    def refusal(self, reason: bytes) -> Refusal:
        """A reason as it stands in an event of the contract."""
        ...

    def nonce(self, address: str) -> int:
        """Transactions of this account that are mined."""
        ...

    def encode(self, function: str, *args: object) -> bytes:
        """Calldata of an act's function, from the plain Python messages of `ledger.typed`."""
        ...

    def encode_transfer(
        self,
        offer: Mapping[str, Any],
        signatures: bytes,
        acceptances: Sequence[tuple[int, Sequence[int], bytes]],
    ) -> bytes:
        """Calldata of `transfer`: the offer with its holder's signatures; for each receiver its party id, the
        indexes of its children in this transaction and its signatures."""
        ...

    def acts(self, hash_: bytes) -> list[tuple[str, list[Any]] | None]:
        """The acts in a mined transaction's calldata: (function, arguments as plain Python) by position in
        `relay`; None for an item that is no act. Empty when there is no such transaction."""
        ...

    def compare(self, records: Sequence[object], block: int) -> tuple[int, list[str]]:
        """Holds records of the projection against the contract's storage at a height: the number of words
        compared, and each difference as a sentence."""
        ...

    def load(self, slots: Sequence[bytes], block: int | None = None) -> list[bytes]:
        """Raw storage words, at a height or the head."""
        ...


class Store(Protocol):
    """The records of `ledger.records` inside one transaction. Keys are given in field order."""

    def get(self, kind: type[R], *key: object) -> R | None: ...

    def need(self, kind: type[R], *key: object) -> R:
        """As `get`; raises `ledger.errors.NotFound` that names the kind and the key."""
        ...

    def put(self, record: object) -> None:
        """Inserts, or replaces the record with the same key."""
        ...

    def add(self, record: object) -> None:
        """Inserts; raises `ledger.errors.Conflict` when the key is there."""
        ...

    def delete(self, kind: type, *key: object) -> None: ...

    def find(
        self,
        kind: type[R],
        /,
        *,
        order: str = "",
        after: object = None,
        limit: int = 0,
        **where: object,
    ) -> list[R]:
        """Records whose fields equal `where` (a list or tuple: one of these), by `order` (a field; "-field" for
        descending; default: the key), from behind `after` on (a value of that field, or a tuple of it and the
        key's fields: a cursor that no tie can upset), `limit` 0 for all."""
        ...

    def count(self, kind: type, /, **where: object) -> int: ...

    def leads(
        self, kind: type, where: Mapping[str, object], field: str, to: type, wanted: Mapping[str, object]
    ) -> bool:
        """Whether a record of `kind` as in `where` (see `find`) names in `field` the key of a record of `to` as in
        `wanted`: one question, however many records lie between."""
        ...


class Book(Protocol):
    """The database. One writer; what `write` returns is durable."""

    def write(self, work: Callable[[Store], T], loads: Callable[[Any], None] | None = None) -> T:
        """Runs `work` in the one write transaction; commits before it returns, or leaves nothing behind. `loads`: for
        works on many records; is given a store with `load(kind, field, values)`, which reads ahead."""
        ...

    def read(self, work: Callable[[Store], T]) -> T:
        """Runs `work` on a snapshot."""
        ...


class Clock(Protocol):
    """The wall clock, for sessions and logs. Deadlines and due dates go by the latest block's time."""

    def now(self) -> int:
        """UTC seconds."""
        ...


class Signer(Protocol):
    """Holds keys for people who chose to leave them here."""

    def sign(self, address: str, digest: bytes) -> bytes:
        """64 bytes (EIP-2098). Raises `ledger.errors.NotFound` for a key it does not hold."""
        ...
