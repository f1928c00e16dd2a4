"""What the ledger has to know about a network: where it is, what it charges, when a block is final.

An engine's description is data. It says nothing about how a node is started (see ledger.chain.nodes) and
holds for one machine's ganache as for a consortium's Besu network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from ledger.errors import Invalid


class InvalidEngine(Invalid):
    """A value of an engine's description can't be right; names the value and what would be."""

    code = "invalid-engine"
    title = "The description of the network is not valid"


class FeePolicy(StrEnum):
    """What a transaction offers per unit of gas."""

    ZERO = "zero"
    """Exactly 0 (GoQuorum, Besu with a free-gas policy): the sender needs no balance."""
    ONE_WEI = "one-wei"
    """Exactly 1 wei (Clique refuses less)."""
    BASE_FEE = "base-fee"
    """Twice the latest block's base fee and 10,000 wei: mined for several blocks even if the fee rises."""


class Charging(StrEnum):
    """Which gas a sender pays for. For people, who put coin on the relayers' accounts: the gateway declares the same
    under both, since an act's gas is at most twice what it uses anyway (ledger.work.gas)."""

    USED = "used"
    """What the transaction used (Ethereum's rule)."""
    HALF_LIMIT = "half-limit"
    """What it used, and at least half of its gas limit (CometBFT EVM): a generous limit costs and fills blocks."""


class FinalityKind(StrEnum):
    """How a block becomes final."""

    INSTANT = "instant"
    """A mined block is final (QBFT, CometBFT, a development engine): a changed parent is an incident."""
    CONFIRMATIONS = "confirmations"
    """Final under so many further blocks (Clique)."""
    FINALIZED = "finalized"
    """Final when the nodes' `finalized` tag has passed it."""


@dataclass(frozen=True)
class Finality:
    """When a block is final; `confirmations` counts blocks on top and belongs to that kind alone."""

    kind: FinalityKind = FinalityKind.INSTANT
    confirmations: int = 0

    def __post_init__(self) -> None:
        counted = self.kind is FinalityKind.CONFIRMATIONS
        if counted and self.confirmations < 1:
            raise InvalidEngine(f"confirmations is {self.confirmations}: give at least 1, or say instant")
        if not counted and self.confirmations:
            raise InvalidEngine(
                f"confirmations is {self.confirmations}, but finality is {self.kind}: leave it out"
            )


@dataclass(frozen=True)
class Limits:
    """What a node takes: requests in one JSON-RPC batch, bytes of one transaction, waiting per sender.

    The defaults are Besu's lowest: batches up to 1024, 128 KiB, 200 in the layered pool.
    """

    batch_items: int = 1024
    transaction_bytes: int = 128 * 1024
    pool_per_sender: int = 200

    def __post_init__(self) -> None:
        for name in ("batch_items", "transaction_bytes", "pool_per_sender"):
            if getattr(self, name) < 1:
                raise InvalidEngine(f"{name} is {getattr(self, name)}: give at least 1")


@dataclass(frozen=True)
class Engine:
    """One network. `block_period` is in seconds; None means a block for every transaction, at once.

    `development` engines answer evm_increaseTime and evm_mine; nothing of value belongs on them. As TOML:
    `load_engine` and `engine_toml` in ledger.chain.engine_file.
    Raises InvalidEngine for a value that can't be right.
    """

    name: str
    urls: tuple[str, ...]
    chain_id: int
    fee: FeePolicy = FeePolicy.BASE_FEE
    finality: Finality = field(default_factory=Finality)
    block_period: float | None = None
    block_gas: int = 30_000_000
    limits: Limits = field(default_factory=Limits)
    charging: Charging = Charging.USED
    development: bool = False

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidEngine("an engine needs a name, e.g. besu-qbft")
        if not self.urls:
            raise InvalidEngine(f"{self.name}: give at least one URL of a node")
        for url in self.urls:
            check_url(url)
        if self.chain_id < 1:
            raise InvalidEngine(f"{self.name}: chain id is {self.chain_id}: it has to be positive")
        if self.block_period is not None and self.block_period <= 0:
            raise InvalidEngine(f"{self.name}: block period is {self.block_period} s: more than 0, or None")
        if self.block_gas < 1_000_000:
            raise InvalidEngine(f"{self.name}: block gas is {self.block_gas}: below 1,000,000 nothing fits")


def check_url(url: str) -> None:
    """Raises InvalidEngine unless `url` is an http(s) address of a node."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidEngine(f"{url!r} is no address of a node: write it as http://127.0.0.1:8545")
