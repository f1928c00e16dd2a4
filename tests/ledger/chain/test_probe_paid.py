"""What a network shows only to a key that can pay.

given a pool that keeps some of one sender
├── and refuses or drops the others: it should be how many were kept
├── and hears of the coin later than of its block: it should be asked again
├── and keeps none: it should say so
├── and keeps all that are tried: it should say at least
└── and shows none: it should say so, and keep to the default
given a network that charges half of what was allowed: it should say so
in the end: the gap should be filled, so that nothing stays in the pool
given a key that can't pay, or a network that makes no blocks: it should say which
given no price: no coin should be sent
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import rlp
from typer.testing import CliRunner

from api.cli import cli
from ledger.chain.engine import Charging
from ledger.chain.nodes import NodeRefused
from ledger.chain.probe_paid import GENEROUS, MOST, NotTried, tried
from ledger.chain.rpc import RpcError
from ledger.ids import keccak256
from ledger.signatures import HeldKeys

KEY = b"\x22" * 32
PAYER = HeldKeys(KEY).addresses[0]


class Network:
    """A node with a pool; `keeps`: of one sender behind a gap; `silent`: drops what is more without a word."""

    def __init__(self, keeps: int = 10_000, silent: bool = False, half: bool = False, **more: Any) -> None:
        self.keeps, self.silent, self.half = keeps, silent, half
        self.blind, self.poor, self.still = (more.get(name, False) for name in ("blind", "poor", "still"))
        self.deaf = more.get("deaf", 0)
        self.waiting: dict[str, int] = {}
        self.mined: dict[str, int] = {}
        self.sent: list[tuple[int, int]] = []

    def call(self, method: str, *params: Any) -> Any:
        if method == "eth_getTransactionCount":
            return "0x7"
        assert method == "eth_sendRawTransaction"
        raw = bytes.fromhex(params[0][2:])
        nonce, _, gas, _, value = (int.from_bytes(field, "big") for field in rlp.decode(raw)[:5])
        self.sent.append((nonce, value))
        hash_ = "0x" + keccak256(raw).hex()
        if value and self.poor:
            raise RpcError("node", method, {"message": "insufficient funds"})
        if self.deaf and not value:
            self.deaf -= 1
            raise RpcError("node", method, {"message": "insufficient funds"})
        if value or nonce < 2:
            self.mined[hash_] = max(21_000, gas // 2 if self.half else 0)
        elif len(self.waiting) < self.keeps:
            self.waiting[hash_] = nonce
        elif not self.silent:
            raise RpcError("node", method, {"message": "txpool is full"})
        return hash_

    def try_batch(self, requests: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        return [self.found(method, params[0]) for method, params in requests]

    def found(self, method: str, hash_: str) -> Any:
        if method == "eth_getTransactionByHash":
            return {"hash": hash_} if hash_ in self.waiting and not self.blind else None
        if hash_ in self.mined and not self.still:
            return {"blockNumber": "0x5", "gasUsed": hex(self.mined[hash_])}
        return NodeRefused("not indexed yet")


class Clock:
    """Time passes by waiting alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


class Node:
    chain_id = 1337


def on(network: Network, price: int = 14) -> Any:
    clock = Clock()
    return tried(network, Node(), price, KEY, clock, clock.wait)  # type: ignore[arg-type]


@pytest.mark.parametrize("silent", [False, True])
def test_as_many_as_were_kept(silent: bool) -> None:
    found = on(Network(keeps=64, silent=silent))
    assert (found.pool, found.all_kept, found.charging) == (64, False, Charging.USED)
    assert found.told()[0] == "64 by trial"


def test_more_than_are_tried() -> None:
    found = on(Network())
    assert (found.pool, found.all_kept) == (MOST, True)
    assert found.told()[0] == f"at least {MOST} by trial"


def test_a_node_that_shows_none() -> None:
    found = on(Network(blind=True))
    assert found.pool is None
    assert found.told()[0] == "not shown by the node"
    assert on(Network(keeps=40, blind=True)).pool == 40, "what it refuses shows it as well"


def test_half_of_what_was_allowed() -> None:
    found = on(Network(half=True))
    assert (found.charging, found.charged) == (Charging.HALF_LIMIT, GENEROUS // 2)


def test_the_gap_is_filled_in_the_end() -> None:
    network = Network()
    on(network)
    assert network.sent[0] == (7, (MOST + 10) * 21_000 * 14), "coin for all of them"
    assert (network.sent[1], network.sent[-1]) == ((0, 0), (1, 0))
    assert sorted(nonce for nonce, _ in network.sent[1:]) == list(range(MOST + 2))


def test_a_pool_that_hears_of_the_coin_later() -> None:
    assert on(Network(keeps=64, deaf=3)).pool == 64


def test_a_pool_that_keeps_none() -> None:
    found = on(Network(keeps=0))
    assert (found.pool, found.told()[0]) == (0, "0 by trial")


def test_a_pool_that_refuses_everything() -> None:
    with pytest.raises(NotTried, match="a transfer of nothing is refused: insufficient funds"):
        on(Network(deaf=10_000))


def test_a_key_that_can_not_pay() -> None:
    with pytest.raises(NotTried, match=rf"{PAYER} can't give .* insufficient funds"):
        on(Network(poor=True))


def test_a_network_that_makes_no_blocks() -> None:
    with pytest.raises(NotTried, match="was not mined within 60 s"):
        on(Network(still=True))


def test_no_coin_where_gas_has_no_price() -> None:
    network = Network(poor=True)
    on(network, price=0)
    assert all(value == 0 for _, value in network.sent)


def test_a_file_without_a_key_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "relayer.key"
    file.write_text("a word")
    done = CliRunner().invoke(cli, ["network", "probe", "http://127.0.0.1:1", "--key", str(file)])
    assert done.exit_code == 2
    assert "64 hexadecimal" in done.output
