"""What a network is like, found out by asking.

probe
├── given Clique: base fee, as many confirmations as signers need, no PUSH0
├── given GoQuorum, which refuses any price but 0: zero fee, instant by the header's mark
├── given a CometBFT EVM: instant by the `finalized` tag, half of the gas limit is charged
├── given a network with a `finalized` tag behind the head: by that tag
├── given a development engine: instant, blocks by demand
├── given small limits, a pruned node, a short range of logs: it should say so
├── given a dead node, or a page in its place: it should say so and describe the others
├── given nodes of two networks, on a fork, late, or ahead of time: it should say so
└── given nothing that answers: it should describe nothing

the description should be what load_engine takes
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.chain.engine import Charging, FeePolicy, Finality, FinalityKind
from ledger.chain.engine_file import engine_toml, load_engine
from ledger.chain.probe import Probe, probe
from ledger.chain.probe_node import BFT_MARK
from ledger.chain.rpc import Rpc

NOW = 1_800_000_000


class Host:
    """One node; its fields say what it is like."""

    def __init__(self, **said: Any) -> None:
        self.client, self.chain, self.height, self.genesis = "Geth/v1", 1337, 100, "0x01"
        self.period, self.ahead, self.fork = 1, 0, ""
        self.base_fee: str | None = None
        self.mix, self.extra, self.difficulty = "0x00", "0x", "0x0"
        self.finalized: int | None = None
        self.prices = "any"
        self.known = {"4800"}
        self.batch, self.bytes, self.state, self.logs = 5_000, 131_072, 10**6, 10**6
        self.page, self.gas_price = False, "0x0"
        self.__dict__.update(said)

    def block(self, number: int) -> dict[str, Any]:
        found = {
            "number": hex(number),
            "hash": self.genesis if number == 0 else f"0xb{self.fork}{number}",
            "timestamp": hex(NOW + self.ahead - (self.height - number) * self.period),
            "gasLimit": hex(30_000_000),
            "mixHash": self.mix,
            "extraData": "0x" + "00" * (97 + 4 * 20)
            if number == 0 and self.difficulty == "0x2"
            else self.extra,
            "difficulty": self.difficulty,
        }
        return {**found, "baseFeePerGas": self.base_fee} if self.base_fee else found

    def result(self, method: str, params: list[Any]) -> Any:
        if method == "eth_getBlockByNumber":
            tags = {"latest": self.height, "finalized": self.finalized}
            number = tags[params[0]] if params[0] in tags else int(params[0], 16)
            if number is None:
                raise ValueError("finalized block not found")
            return self.block(number)
        if method == "eth_call":
            if params[0]["data"][2:] not in self.known:
                raise ValueError("invalid opcode")
            return "0x"
        if method == "eth_getBalance" and self.height - int(params[1], 16) > self.state:
            raise ValueError("missing trie node")
        if method == "eth_getLogs":
            if int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) > self.logs:
                raise ValueError("range too large")
            return []
        if method == "eth_sendRawTransaction":
            raise ValueError(self.sent(bytes.fromhex(params[0][2:])))
        plain = {
            "web3_clientVersion": self.client,
            "eth_chainId": hex(self.chain),
            "eth_gasPrice": self.gas_price,
            "net_peerCount": "0x3",
        }
        return plain.get(method, "0x0")

    def sent(self, raw: bytes) -> str:
        if len(raw) > self.bytes:
            return "oversized data"
        free = raw[3 if raw[0] == 0xF8 else 4 : -1][:1] == b"\x80" if len(raw) < 300 else True
        if self.prices == "zero" and not free:
            return "Gas Price not 0"
        if self.prices == "paid" and free:
            return "transaction underpriced"
        return "insufficient funds for gas * price + value"

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.page:
            return httpx.Response(200, text="<html>a shop</html>")
        body = json.loads(request.content)
        if isinstance(body, list) and len(body) > self.batch:
            return httpx.Response(200, json={"jsonrpc": "2.0", "id": None, "error": {"message": "too many"}})
        answers = [self.one(item) for item in (body if isinstance(body, list) else [body])]
        return httpx.Response(200, json=answers if isinstance(body, list) else answers[0])

    def one(self, item: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"id": item["id"], "result": self.result(item["method"], item["params"])}
        except ValueError as error:
            return {"id": item["id"], "error": {"code": -32000, "message": str(error)}}


CLIQUE = {"difficulty": "0x2", "extra": "0x" + "00" * 97, "base_fee": "0x7"}
QUORUM = {"mix": BFT_MARK, "client": "Geth/v1.10.3-quorum", "prices": "zero"}
COMET = {
    "client": "Version dev\nCompiled with Go",
    "gas_price": "0x1",
    "finalized": 100,
    "known": {"4800", "5f00"},
}


def probed(*hosts: Host | None, **given: Any) -> Probe:
    """None is a host where nothing listens."""

    def handle(request: httpx.Request) -> httpx.Response:
        host = hosts[int(request.url.host[1:])]
        if host is None:
            raise httpx.ConnectError("refused", request=request)
        return host.answer(request)

    def opened(urls: list[str], **options: Any) -> Rpc:
        return Rpc(urls, transport=httpx.MockTransport(handle), **options)

    urls = [f"http://h{number}:8545" for number in range(len(hosts))]
    return probe(urls, now=lambda: NOW + 0.4, open_=opened, **given)


def rows(found: Probe) -> dict[str, str]:
    return dict(found.rows)


def test_clique(tmp_path: Path) -> None:
    found = probed(*(Host(**CLIQUE) for _ in range(4)))
    assert found.problems == []
    engine = found.engine
    assert engine is not None
    assert (engine.name, engine.fee, engine.block_period) == ("geth-clique", FeePolicy.BASE_FEE, 1.0)
    assert engine.finality == Finality(FinalityKind.CONFIRMATIONS, 3)
    assert len(engine.urls) == 4
    assert "PUSH0 NO" in rows(found)["opcodes"]
    assert rows(found)["agreement"] == "the same block 95 at all nodes"
    file = tmp_path / "engine.toml"
    file.write_text(engine_toml(engine))
    assert load_engine(file) == engine


def test_goquorum() -> None:
    engine = probed(Host(**QUORUM)).engine
    assert engine is not None
    assert (engine.fee, engine.finality, engine.charging) == (FeePolicy.ZERO, Finality(), Charging.USED)


def test_a_paid_network_without_base_fee() -> None:
    engine = probed(Host(**{**CLIQUE, "base_fee": None, "prices": "paid"})).engine
    assert engine is not None
    assert engine.fee is FeePolicy.ONE_WEI


def test_cometbft() -> None:
    found = probed(Host(**COMET))
    assert found.engine is not None
    assert (found.engine.name, found.engine.finality) == ("cometbft", Finality())
    assert (found.engine.charging, found.engine.fee) == (Charging.HALF_LIMIT, FeePolicy.ONE_WEI)
    assert "PUSH0 yes" in rows(found)["opcodes"]


def test_a_finalized_tag_behind_the_head() -> None:
    engine = probed(Host(finalized=36)).engine
    assert engine is not None
    assert engine.finality == Finality(FinalityKind.FINALIZED)


def test_nothing_known_of_finality_should_be_said() -> None:
    found = probed(Host())
    assert "NOT KNOWN" in rows(found)["consensus"]


def test_a_development_engine() -> None:
    engine = probed(Host(client="anvil/v1.7.1")).engine
    assert engine is not None
    assert (engine.block_period, engine.finality) == (None, Finality())


def test_small_limits_should_be_said() -> None:
    found = probed(Host(batch=60, bytes=70_000, state=128, logs=50, height=5_000))
    assert found.engine is not None
    assert (found.engine.limits.batch_items, found.engine.limits.transaction_bytes) == (50, 65_536)
    assert rows(found)["archive"] == "the state of the last 128 blocks"
    assert rows(found)["logs"].startswith("NOT of 500 blocks at once")


@pytest.mark.parametrize("host", [None, Host(page=True)])
def test_a_dead_or_foreign_address_should_be_named(host: Host | None) -> None:
    found = probed(host, Host())
    [problem] = found.problems
    assert "h0:8545" in problem
    assert found.engine is not None
    assert found.engine.urls == ("http://h1:8545",)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (Host(chain=5), "not one network, their chain id differs: http://h0:8545: 1337, http://h1:8545: 5"),
        (Host(genesis="0x02"), "their first block differs"),
        (Host(fork="f"), "different blocks at height 95"),
        (Host(height=50), "h1:8545 is 50 blocks behind"),
        (Host(ahead=60), "h1:8545: its last block is 60 s in the future"),
    ],
)
def test_nodes_that_do_not_fit_together_should_be_named(other: Host, says: str) -> None:
    assert any(says in problem for problem in probed(Host(), other).problems)


def test_two_networks_should_not_be_described() -> None:
    assert probed(Host(), Host(chain=5)).engine is None


def test_nothing_that_answers_should_be_no_description() -> None:
    found = probed(None)
    assert found.engine is None
    assert len(found.problems) == 1
