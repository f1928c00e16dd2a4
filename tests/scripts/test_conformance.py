"""scripts/conformance: how the tests are shared out, paid for and told; a network that is not there.

given tags and a number of shares
├── it should give each tag to one share, about equally long each, no share empty
└── it should know every tag's time
given keys for shares
├── where gas has no price: nothing should be sent
├── where it has: each key but the first should be given coin, unless it has some from the last time
└── where the first key can't pay: it should say so, and the way out
given results of several shares: one table, every failure named, every test that was skipped with the reason
given a network that does not answer: it should say so and exit with 2
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import conformance_shares as shares  # noqa: E402
import conformance_steps as steps  # noqa: E402

from ledger.chain.engine import Engine, FeePolicy  # noqa: E402
from ledger.chain.rpc import Rpc  # noqa: E402
from ledger.errors import GoldTicketError  # noqa: E402

KEY = b"\x11" * 32
CASE = '<testcase classname="tests.conformance.test_{tag}" name="{name}" time="2">{inside}</testcase>'


def an_engine(fee: FeePolicy) -> Engine:
    return Engine("pretended", ("http://127.0.0.1:1",), 7, fee)


class Pretended:
    """A node that takes every transaction, or none; counts them."""

    def __init__(self, coin: int = 0, refuses: str = "") -> None:
        self.coin, self.refuses, self.sent = coin, refuses, 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
        if asked["method"] == "eth_sendRawTransaction" and self.refuses:
            return httpx.Response(200, json={**answer, "error": {"code": -32000, "message": self.refuses}})
        if asked["method"] == "eth_sendRawTransaction":
            self.sent += 1
        found = {"eth_getTransactionCount": hex(self.sent), "eth_getBalance": hex(self.coin)}
        return httpx.Response(200, json={**answer, "result": found.get(asked["method"], "0x1")})


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Any:
    def made(node: Pretended, fee: FeePolicy, number: int = 3) -> list[bytes]:
        monkeypatch.setattr(
            shares, "Rpc", lambda urls, chain_id: Rpc(urls, transport=httpx.MockTransport(node))
        )
        return shares.keys_for(an_engine(fee), KEY, number)

    return made


def test_each_tag_once_and_about_equally_long() -> None:
    tags = shares.all_tags()
    lots = shares.shares(tags, 3)
    assert sorted(tag for lot in lots for tag in lot) == tags
    times = [sum(shares.SECONDS[tag] for tag in lot) for lot in lots]
    assert max(times) - min(times) < 20


def test_every_tags_time_is_known() -> None:
    assert set(shares.SECONDS) == set(shares.all_tags())


def test_no_share_is_empty() -> None:
    assert shares.shares(["void"], 3) == [["void"]]
    assert shares.shares(["void", "issue"], 0) == [["void", "issue"]]


def test_nothing_is_sent_where_gas_has_no_price(keys: Any) -> None:
    node = Pretended(refuses="any")
    found = keys(node, FeePolicy.ZERO)
    assert found[0] == KEY
    assert len(set(found)) == 3
    assert found == keys(node, FeePolicy.ZERO), "the same ones the next time"


def test_each_share_is_given_coin_once(keys: Any) -> None:
    node = Pretended()
    keys(node, FeePolicy.ONE_WEI)
    assert node.sent == 2
    node = Pretended(coin=shares.GAS)
    keys(node, FeePolicy.ONE_WEI)
    assert node.sent == 0


def test_a_key_that_can_not_pay(keys: Any) -> None:
    with pytest.raises(GoldTicketError, match=r"insufficient funds.*--at-once 1"):
        keys(Pretended(refuses="insufficient funds"), FeePolicy.ONE_WEI)


def test_the_table_of_several_shares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        ("void", "test_one", ""),
        ("void", "test_two", "<failure/>"),
        ("issue", "test_three", "<skipped message='no second node'/>"),
    ]
    text = "".join(CASE.format(tag=tag, name=name, inside=inside) for tag, name, inside in cases)
    (tmp_path / "results.xml").write_text(f"<testsuites><testsuite>{text}</testsuite></testsuites>")
    tags = steps.read(tmp_path / "results.xml")
    told = steps.summary(an_engine(FeePolicy.ZERO), tags, "", 3.0)
    steps.show(tags, told)
    assert (told["passed"], told["failed"], told["ok"]) == (1, ["void: test_two"], False)
    shown = capsys.readouterr().out
    assert "FAILED void: test_two" in shown
    assert "SKIPPED issue: test_three: no second node" in shown


def test_a_network_that_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY.hex())
    command = [sys.executable, "scripts/conformance_steps.py", "--rpc", "http://127.0.0.1:1", "--key"]
    done = subprocess.run(
        [*command, str(tmp_path / "key")], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "http://127.0.0.1:1" in done.stderr
