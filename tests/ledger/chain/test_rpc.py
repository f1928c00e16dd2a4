"""JSON-RPC over several nodes.

Rpc
├── given no node that answers: it should name each without user, password, path and query
├── given an error answer: it should raise RpcError with the node's message, number and data, asking no other node
├── given an answer that is no JSON-RPC, or to another request: it should ask the next, or name the fault
├── given a first node that does not answer
│   ├── it should ask the second, and leave the first alone for a while
│   └── it should return to the first afterwards
├── given an overloaded node (503): it should ask the next
└── given a batch
    ├── with one failing call: try_batch should give the others' results, batch raise it
    ├── answered out of order: it should sort by id
    ├── larger than the limit: it should send several
    ├── refused as a whole: it should raise RpcError
    └── with a call left out: it should ask the next, or name the fault
"""

import json

import httpx
import pytest

from ledger.chain.nodes import NodeUnreachable
from ledger.chain.nodes.rpc import NodeRpc
from ledger.chain.rpc import LEFT_ALONE, Rpc, RpcError, shown
from ledger.errors import Unavailable

BOTH = ("http://one:8545", "http://two:8545")


class Nodes:
    """Two nodes that answer what `answers` says for their host; a dead host refuses connections."""

    def __init__(self):
        self.dead, self.asked, self.answers = set(), [], {}
        self.now = 1_000.0

    def __call__(self, request):
        host = request.url.host
        self.asked.append(host)
        if host in self.dead:
            raise httpx.ConnectError("refused", request=request)
        body = json.loads(request.content)
        if host in self.answers:
            return self.answers[host](body)
        return httpx.Response(200, json=answer_all(body, host))

    def rpc(self, urls=BOTH, **options):
        return Rpc(urls, transport=httpx.MockTransport(self), now=lambda: self.now, **options)


def answer(item, host="one"):
    if item["method"] == "fail":
        error = {"code": 3, "message": "execution reverted", "data": "0x1234"}
        return {"jsonrpc": "2.0", "id": item["id"], "error": error}
    return {"jsonrpc": "2.0", "id": item["id"], "result": [host, *item["params"]]}


def answer_all(body, host="one"):
    return [answer(item, host) for item in body] if isinstance(body, list) else answer(body, host)


@pytest.fixture
def nodes():
    return Nodes()


def test_given_no_url_it_should_refuse():
    with pytest.raises(ValueError, match="at least one URL"):
        Rpc([])


def test_given_no_node_that_answers_it_should_name_each_without_secrets(nodes):
    nodes.dead = {"one", "two"}
    rpc = nodes.rpc(("http://user:secret@one:8545/v3/secret?key=secret", "http://two:8545"))
    with pytest.raises(
        Unavailable, match=r"eth_x: http://one:8545 \(ConnectError\), http://two:8545"
    ) as caught:
        rpc.call("eth_x")
    assert "secret" not in f"{caught.value} {caught.value.evidence}"
    assert caught.value.evidence["urls"] == ["http://one:8545", "http://two:8545"]
    outside = caught.value.for_clients()
    assert (outside.code, "http" in f"{outside} {outside.evidence}") == ("node-unreachable", False)


def test_given_a_node_that_does_not_start_up_it_should_be_named_without_secrets():
    with pytest.raises(Unavailable, match=r"^http://127.0.0.1:1 does not answer eth_x") as caught:
        NodeRpc("http://user:secret@127.0.0.1:1/v3/secret").call("eth_x")
    assert "secret" not in f"{caught.value} {caught.value.evidence}"


def test_shown_should_keep_scheme_host_and_port():
    assert shown("https://u:p@host:1/a?b#c") == "https://host:1"


def test_given_an_error_answer_it_should_raise_it_and_ask_no_other(nodes):
    with pytest.raises(RpcError, match="http://one:8545 refuses fail: execution reverted") as caught:
        nodes.rpc().call("fail")
    assert (caught.value.number, caught.value.data) == (3, "0x1234")
    outside = caught.value.for_clients()
    assert (str(outside), outside.code) == (
        "A node of the chain refuses fail: execution reverted",
        "node-refused",
    )
    assert nodes.asked == ["one"]


def test_given_an_error_answer_with_status_500_it_should_raise_it(nodes):
    nodes.answers["one"] = lambda body: httpx.Response(500, json=answer({**body, "method": "fail"}))
    with pytest.raises(RpcError, match="execution reverted"):
        nodes.rpc().call("eth_x")


@pytest.mark.parametrize("content", [b'"hello"', b"[]", b'{"id":1}'])
def test_given_no_json_rpc_it_should_ask_the_next(nodes, content):
    nodes.answers["one"] = lambda body: httpx.Response(200, content=content)
    assert nodes.rpc().call("eth_x") == ["two"]
    with pytest.raises(NodeUnreachable, match=r"http://one:8545 \(no JSON-RPC\)"):
        nodes.rpc(["http://one:8545"]).call("eth_x")


def test_given_a_node_that_repeats_itself_it_should_ask_the_next(nodes):
    first = {"jsonrpc": "2.0", "id": 77, "result": "old"}
    nodes.answers["one"] = lambda body: httpx.Response(200, json=first)
    assert nodes.rpc().call("eth_x") == ["two"]
    with pytest.raises(NodeUnreachable, match="the answer to another request"):
        nodes.rpc(["http://one:8545"]).call("eth_x")


def test_given_a_page_instead_of_json_it_should_ask_the_next(nodes):
    nodes.answers["one"] = lambda body: httpx.Response(200, text="<html>")
    assert nodes.rpc().call("eth_x") == ["two"]


def test_given_a_silent_first_node_it_should_leave_it_and_return(nodes):
    rpc = nodes.rpc()
    nodes.dead = {"one"}
    assert rpc.call("eth_x", 1) == ["two", 1]
    assert rpc.call("eth_x", 2) == ["two", 2]
    assert nodes.asked == ["one", "two", "two"]
    nodes.dead = set()
    nodes.now += LEFT_ALONE + 1
    assert rpc.call("eth_x", 3) == ["one", 3]


def test_given_two_silent_nodes_it_should_still_try_both(nodes):
    rpc = nodes.rpc()
    nodes.dead = {"one", "two"}
    with pytest.raises(NodeUnreachable):
        rpc.call("eth_x")
    nodes.dead = {"one"}
    assert rpc.call("eth_x") == ["two"]


def test_given_an_overloaded_node_it_should_ask_the_next(nodes):
    nodes.answers["one"] = lambda body: httpx.Response(503, json=answer(body))
    assert nodes.rpc().call("eth_x") == ["two"]


def test_given_one_failing_call_the_batch_should_keep_the_others(nodes):
    requests = [("a", [1]), ("fail", []), ("b", [2])]
    first, error, last = nodes.rpc().try_batch(requests)
    assert (first, last) == (["one", 1], ["one", 2])
    assert isinstance(error, RpcError)
    with pytest.raises(RpcError, match="refuses fail"):
        nodes.rpc().batch(requests)


def test_given_answers_out_of_order_it_should_sort_by_id(nodes):
    nodes.answers["one"] = lambda body: httpx.Response(200, json=answer_all(body)[::-1])
    assert nodes.rpc().batch([("a", [i]) for i in range(5)]) == [["one", i] for i in range(5)]


def test_given_more_than_the_limit_it_should_send_several(nodes):
    found = nodes.rpc(batch_items=2).batch([("a", [i]) for i in range(5)])
    assert found == [["one", i] for i in range(5)]
    assert len(nodes.asked) == 3


def test_given_no_requests_it_should_ask_nobody(nodes):
    assert nodes.rpc().batch([]) == []
    assert nodes.asked == []


def test_given_a_batch_refused_as_a_whole_it_should_raise(nodes):
    whole = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batch too large"}}
    nodes.answers["one"] = lambda body: httpx.Response(200, json=whole)
    with pytest.raises(RpcError, match="refuses a batch of 2: batch too large"):
        nodes.rpc().batch([("a", []), ("b", [])])


def test_given_a_call_left_out_it_should_ask_the_next(nodes):
    nodes.answers["one"] = lambda body: httpx.Response(200, json=answer_all(body)[:1])
    assert nodes.rpc().batch([("a", []), ("b", [])]) == [["two"], ["two"]]
    with pytest.raises(NodeUnreachable, match="b in a batch of 2 is without an answer"):
        nodes.rpc(["http://one:8545"]).batch([("a", []), ("b", [])])
