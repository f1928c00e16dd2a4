"""What was taken in on one node's word is read again.

given several nodes of which one answers
    it should take its word, and say so
    when two answer again and give the same: nothing should be left to say
    when they give other logs: it should stop, and say from which block to rebuild
    when there is still one: it should be kept for later
given two that answer, or a network of one node
    there should be nothing to read again
"""

from __future__ import annotations

import pytest

from ledger.chain import witness
from ledger.chain.hearsay import HeardWrong, Hearsay
from tests.support.liars import FakeNetwork


def asked(first: int, last: int) -> dict[str, str]:
    return {"address": "0xabc", "fromBlock": hex(first), "toBlock": hex(last)}


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    """The first node answers alone."""
    monkeypatch.setattr(witness, "WAIT", 0.0)
    network = FakeNetwork()
    for node in network.nodes[1:]:
        node.dead = True
    return network


def heard(network: FakeNetwork) -> Hearsay:
    """After two ranges on the first node's word; then all answer again."""
    hearsay = Hearsay(network.rpc())
    assert len(hearsay.logs(asked(1, 10))) == 10 - len(network.nodes[0].hide)
    hearsay.logs(asked(11, 20))
    [note] = hearsay.notes()
    assert note.startswith("blocks 1 to 20 were in part taken in on one node's word")
    return hearsay


def back(network: FakeNetwork) -> None:
    for node in network.nodes:
        node.dead = False
    network.now += 60


def test_when_two_give_the_same(network: FakeNetwork) -> None:
    hearsay = heard(network)
    back(network)
    assert len(hearsay.logs(asked(21, 30))) == 10
    assert hearsay.notes() == []


def test_when_two_give_others(network: FakeNetwork) -> None:
    network.nodes[0].hide = {3}
    hearsay = heard(network)
    back(network)
    for _ in range(2):
        with pytest.raises(HeardWrong, match=r"Blocks 1 to 10 .* `goldticket rebuild --from 1`"):
            hearsay.logs(asked(21, 30))


def test_while_there_is_one(network: FakeNetwork) -> None:
    hearsay = heard(network)
    network.now += 60  # the others are asked again, and are still silent
    hearsay.logs(asked(21, 30))
    [note] = hearsay.notes()
    assert note.startswith("blocks 1 to 30")


def test_nothing_to_read_again(network: FakeNetwork) -> None:
    for several in (FakeNetwork(1), FakeNetwork(2)):
        hearsay = Hearsay(several.rpc())
        hearsay.logs(asked(1, 10))
        assert hearsay.notes() == []
