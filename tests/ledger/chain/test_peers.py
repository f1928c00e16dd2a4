"""Which of several nodes may be asked.

a look
├── given a node that serves another chain, or another first block
│   ├── it should name and leave it, and ask it not even when no other is there
│   └── it should take it back when it serves ours
├── given a node far behind: it should leave it until it is level
├── given a node far ahead of all others: it should not take the others for late
├── given a node with another block than most at a settled height: it should leave it
├── given blocks that may still change: it should not compare them
├── given two against two: it should leave nobody
├── given a dead node: it should leave it, and return to it when it answers and is level
├── given a node that repeats itself: it should say that of it
└── given all healthy: it should leave nobody
"""

from __future__ import annotations

import pytest

from ledger.chain.nodes import NodeUnreachable
from tests.support.liars import FakeNetwork


@pytest.fixture
def network() -> FakeNetwork:
    return FakeNetwork()


def test_all_healthy_should_all_stay(network: FakeNetwork) -> None:
    rpc = network.rpc()
    rpc.peers.look()
    assert rpc.peers.healthy() == network.urls
    assert rpc.peers.troubles() == []


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [("chain", 5, "it serves chain 5, not 1337"), ("genesis", "h", "first block is another network's")],
)
def test_another_network_should_be_named_and_never_asked(
    network: FakeNetwork, field: str, value: object, says: str
) -> None:
    rpc = network.rpc()
    good = getattr(network.nodes[0], field)
    setattr(network.nodes[0], field, value)
    rpc.peers.look()
    assert rpc.peers.troubles()[0].startswith("node http://n0:8545 is left")
    assert says in rpc.peers.troubles()[0]
    asked = network.nodes[0].asked
    for node in network.nodes[1:]:
        node.dead = True
    with pytest.raises(NodeUnreachable):
        rpc.call("eth_blockNumber")
    assert network.nodes[0].asked == asked

    for node in network.nodes:
        node.dead = False
    setattr(network.nodes[0], field, good)
    rpc.peers.look()
    assert rpc.peers.healthy() == network.urls


def test_the_chain_id_that_was_given_should_outvote_all(network: FakeNetwork) -> None:
    rpc = network.rpc(chain_id=5)
    network.nodes[3].chain = 5
    rpc.peers.look()
    assert rpc.peers.healthy() == network.urls[3:]


def test_a_late_node_should_be_left_until_it_is_level(network: FakeNetwork) -> None:
    rpc = network.rpc()
    network.grow(6, but=lambda number: number == 0)
    rpc.peers.look()
    assert rpc.peers.troubles() == ["node http://n0:8545 is left: it is 6 blocks behind the others"]
    assert rpc.peers.in_order()[-1] == network.urls[0]
    rpc.peers.answered(network.urls[0])
    assert len(rpc.peers.healthy()) == 3, "an answer alone does not make it level"
    network.nodes[0].height = network.nodes[1].height
    rpc.peers.look()
    assert rpc.peers.healthy() == network.urls


def test_one_that_boasts_should_not_make_the_others_late(network: FakeNetwork) -> None:
    rpc = network.rpc()
    network.nodes[2].height = 1_000_000
    rpc.peers.look()
    assert rpc.peers.healthy() == network.urls


def test_another_block_than_most_should_be_left(network: FakeNetwork) -> None:
    rpc = network.rpc()
    network.nodes[1].fork = "x"
    rpc.peers.look()
    [trouble] = rpc.peers.troubles()
    assert trouble == "node http://n1:8545 is left: its block 100 is x100, the others have 100"


def test_blocks_that_may_change_should_not_be_compared(network: FakeNetwork) -> None:
    rpc = network.rpc(depth=101)
    network.nodes[1].fork = "x"
    rpc.peers.look()
    assert rpc.peers.healthy() == network.urls


def test_two_against_two_should_leave_nobody(network: FakeNetwork) -> None:
    rpc = network.rpc()
    network.nodes[1].fork = network.nodes[2].fork = "x"
    rpc.peers.look()
    assert rpc.peers.healthy() == network.urls


def test_a_dead_node_should_be_left_and_come_back(network: FakeNetwork) -> None:
    rpc = network.rpc()
    network.nodes[0].dead = True
    rpc.peers.look()
    assert rpc.peers.troubles() == ["node http://n0:8545 is left: it does not answer (ConnectError)"]
    assert rpc.peers.notes() == ["node 1 of 4 is left: it does not answer (ConnectError)"], "for anybody"
    network.grow(50, but=lambda number: number == 0)
    network.nodes[0].dead = False
    rpc.peers.look()
    assert rpc.peers.healthy() == network.urls[1:], "it answers, but is not level"
    network.nodes[0].height = network.nodes[1].height
    rpc.peers.look()
    assert rpc.peers.healthy() == network.urls


def test_a_node_that_repeats_itself_should_be_named_so(network: FakeNetwork) -> None:
    rpc = network.rpc()
    network.nodes[1].repeats = True
    rpc.peers.look()
    [trouble] = rpc.peers.troubles()
    assert "eth_chainId in a batch of 3 is without an answer" in trouble
