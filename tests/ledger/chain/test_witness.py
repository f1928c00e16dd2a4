"""Logs that two nodes give alike.

witnessed_logs
├── given one node: it should take its word
├── given a first node that hides logs, or invents some: it should name it, leave it, and give what the others have
├── given the second node lies: likewise
├── given only two that differ: it should stop, naming both
├── given a second that has not come so far: it should ask a third
└── given that no other answers: it should take the one's word
words
├── given one node, or one healthy node: it should be that one's
├── given several: they should be two nodes', whatever each says, a silent one passed over
└── given a second that can't say: there should be none, of a lone one that can't neither
"""

from __future__ import annotations

import pytest

from ledger.chain import witness
from ledger.chain.witness import NodesDisagree, witnessed_logs, words
from tests.support.liars import FakeNetwork

ASKED = {"address": "0xabc", "fromBlock": "0x1", "toBlock": "0xa"}


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    monkeypatch.setattr(witness, "WAIT", 0.0)
    return FakeNetwork()


def numbers(logs: list[dict[str, str]]) -> list[int]:
    return [int(log["blockNumber"], 16) for log in logs]


def test_one_node_should_be_believed() -> None:
    network = FakeNetwork(1)
    network.nodes[0].hide = {3}
    assert len(witnessed_logs(network.rpc(), ASKED)) == 9


def test_all_alike_should_ask_two_only(network: FakeNetwork) -> None:
    assert numbers(witnessed_logs(network.rpc(), ASKED)) == list(range(1, 11))
    assert [node.asked for node in network.nodes] == [1, 1, 0, 0]


@pytest.mark.parametrize("liar", [0, 1])
@pytest.mark.parametrize(
    ("field", "says"), [("hide", "it hides 2 of the logs of blocks 1 to 10"), ("invent", "it invents 2")]
)
def test_a_liar_should_be_named_and_left(network: FakeNetwork, liar: int, field: str, says: str) -> None:
    rpc = network.rpc()
    setattr(network.nodes[liar], field, {3, 4})
    assert numbers(witnessed_logs(rpc, ASKED)) == list(range(1, 11))
    [trouble] = rpc.peers.troubles()
    assert trouble.startswith(f"node http://n{liar}:8545 is left: {says}")
    rpc.peers.look()
    assert network.urls[liar] not in rpc.peers.in_order(), "looking well does not clear it"


def test_two_that_differ_should_stop() -> None:
    network = FakeNetwork(2)
    network.nodes[1].hide = {3}
    with pytest.raises(NodesDisagree, match=r"n0:8545: 10 logs, http://n1:8545: 9 logs"):
        witnessed_logs(network.rpc(), ASKED)


def test_a_late_witness_should_be_passed_over(network: FakeNetwork) -> None:
    rpc = network.rpc()
    network.nodes[1].height = 5
    assert numbers(witnessed_logs(rpc, ASKED)) == list(range(1, 11))
    assert rpc.peers.troubles() == ["node http://n1:8545 is left: it has no block 10 yet, others do"]


def test_no_other_there_should_leave_the_one(network: FakeNetwork) -> None:
    for node in network.nodes[1:]:
        node.dead = True
    assert numbers(witnessed_logs(network.rpc(), ASKED)) == list(range(1, 11))


def test_another_block_should_not_count_as_hidden_logs(network: FakeNetwork) -> None:
    rpc = network.rpc()
    network.nodes[0].fork = "x"
    assert numbers(witnessed_logs(rpc, ASKED)) == list(range(1, 11))
    assert rpc.peers.troubles() == ["node http://n0:8545 is left: its block 10 is x10, others have 10"]


CALL = [("eth_call", [{"to": "0xab"}, "0x9"])]


def test_the_words_of_one(network: FakeNetwork) -> None:
    assert words(FakeNetwork(1).rpc(), CALL) == [["0x"]]
    rpc = network.rpc()
    for url in network.urls[1:]:
        rpc.peers.leave(url, "it is far behind")
    assert words(rpc, CALL) == [["0x"]]


def test_the_words_of_two(network: FakeNetwork) -> None:
    network.nodes[0].says, network.nodes[1].dead, network.nodes[2].says = "0x01", True, "0x02"
    assert words(network.rpc(), CALL) == [["0x01"], ["0x02"]]
    assert network.nodes[3].asked == 0


def test_the_words_of_none(network: FakeNetwork) -> None:
    for node in network.nodes[1:]:
        node.says = None
    assert words(network.rpc(), CALL) == []
    lone = FakeNetwork(1)
    lone.nodes[0].says = None
    assert words(lone.rpc(), CALL) == []
