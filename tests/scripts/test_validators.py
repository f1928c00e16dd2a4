"""scripts/validators against nodes that only pretend, by Besu's names for it and by GoQuorum's.

given nodes that speak qbft_… or istanbul_…
    votes should arrive at each node that was named, be shown, be taken back, and be waited for
given a vote that changes nothing, or would end the network
    it should be refused, and no node be asked for it
given nodes that do not name the same validators, take no votes, refuse one, or do not answer
    it should say which and what to do, with status 1
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ledger.errors import Invalid, Unavailable
from scripts.validators_steps import BESU, QUORUM, Node, NoQbft, main, run

A, B, C = (f"0x{digit * 40}" for digit in "123")


class Pretended(ThreadingHTTPServer):
    """A node of a network. `counts`: votes take effect at once; `refuses`: each vote is an error."""

    daemon_threads = True

    def __init__(self, names: dict[str, str], validators: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.names, self.validators = names, validators
        self.votes: dict[str, bool] = {}
        self.counts = self.refuses = False
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        what = next((what for what, name in self.names.items() if name == method), "")
        self.asked.append(what)
        if not what:
            return {"error": {"code": -32601, "message": f"the method {method} does not exist"}}
        if what == "list":
            assert params == ["latest"]
            return {"result": self.validators}
        if what == "votes":
            return {"result": self.votes}
        if self.refuses:
            return {"error": {"code": -32000, "message": "not now"}}
        address, *into = params
        self.votes.pop(address, None)
        if what == "vote":
            self.votes[address] = into[0]
            if self.counts:
                others = [one for one in self.validators if one != address]
                self.validators[:] = [*others, address] if into[0] else others
        return {"result": True}


class _Answers(BaseHTTPRequestHandler):
    server: Pretended

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = {"jsonrpc": "2.0", "id": asked["id"], **self.server.answer(asked["method"], asked["params"])}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=[BESU, QUORUM], ids=["besu", "goquorum"])
def two(request: pytest.FixtureRequest) -> Iterator[tuple[Pretended, Pretended]]:
    shared = [A, B]
    first, second = Pretended(request.param, shared), Pretended(request.param, shared)
    yield first, second
    for node in (first, second):
        node.shutdown()
        node.server_close()


def nodes(*given: Pretended) -> list[Node]:
    return [Node(node.url) for node in given]


def test_a_vote_at_each_node(two: tuple[Pretended, Pretended], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(nodes(*two), "add", C, 0) == 0
    assert [node.votes for node in two] == [{C: True}] * 2
    assert run(nodes(*two), "list", "", 0) == 0
    told = capsys.readouterr().out
    assert f"{two[1].url}: votes to add {C}" in told
    assert f"{two[0].url}: {C} in" in told
    assert "2 validators; 0 may fail." in told
    assert run(nodes(two[0]), "discard", C, 0) == 0
    assert [node.votes for node in two] == [{}, {C: True}]
    assert run(nodes(two[1]), "remove", B, 0) == 0
    assert two[1].votes == {C: True, B: False}


def test_it_waits_until_it_is_so(
    two: tuple[Pretended, Pretended], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(nodes(*two), "add", C, 0.01) == 1
    assert "Not yet after 0.01 s: more than half" in capsys.readouterr().err
    two[1].counts = True
    assert run(nodes(*two), "add", C, 5) == 0
    assert f"{C} is a validator; 3 are." in capsys.readouterr().out
    assert run(nodes(*two), "remove", A, 5) == 0
    assert f"{A} is no validator any more; 2 are." in capsys.readouterr().out


def test_what_changes_nothing_or_ends_the_network_is_refused(two: tuple[Pretended, Pretended]) -> None:
    first, _ = two
    for what, address, words in (
        ("add", A, "already"),
        ("remove", C, "is no validator"),
        ("add", "0x12", "0x12"),
    ):
        with pytest.raises(Invalid, match=words):
            run(nodes(first), what, address, 0)
    first.validators[:] = [A]
    with pytest.raises(Invalid, match="the last validator"):
        run(nodes(first), "remove", A, 0)
    assert "vote" not in first.asked


def test_nodes_that_differ(two: tuple[Pretended, Pretended], capsys: pytest.CaptureFixture[str]) -> None:
    two[1].validators = [A, C]
    assert run(nodes(*two), "list", "", 0) == 1
    assert "do not name the same validators" in capsys.readouterr().err


def test_a_node_that_refuses_takes_no_votes_or_is_gone(two: tuple[Pretended, Pretended]) -> None:
    first, second = two
    first.refuses = True
    with pytest.raises(Unavailable, match=r"refuses .*not now"):
        run(nodes(first), "add", C, 0)
    second.names = {}
    with pytest.raises(NoQbft, match="switch the API on"):
        run(nodes(second), "list", "", 0)
    with pytest.raises(Unavailable, match="is the node running"):
        Node("http://127.0.0.1:9").validators()


def test_the_command(
    two: tuple[Pretended, Pretended], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rpc = [word for node in two for word in ("--rpc", node.url)]
    monkeypatch.setattr("sys.argv", ["validators", "remove", B, *rpc])
    assert main() == 0
    monkeypatch.setattr("sys.argv", ["validators", "add", B, *rpc])
    assert main() == 1
    assert "is a validator already" in capsys.readouterr().err
