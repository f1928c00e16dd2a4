"""One pass of the contract on real nodes: the same life as in process, act by act.

given ganache, Hardhat and anvil
    it should carry out every act, and rebuild the same storage from the node's own logs
    it should charge the gas that is measured in process
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import abi
from tests.support.actors import LANGONG, WANYUE, WUZE
from tests.support.node_evm import start_node, world_on
from tests.support.rebuild import Rebuilt
from tests.support.scenario import live
from tests.support.world import World


@pytest.fixture(scope="module", params=["ganache", "hardhat", "anvil"])
def there(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everybody admitted on a node of this engine."""
    with start_node(request.param, tmp_path_factory.mktemp(request.param)) as node, world_on(node) as w:
        yield w


def execution_gas(world: World) -> int:
    """Gas of one split through relay, without what its calldata costs (signatures differ in zero bytes)."""
    ticket = world.issue(LANGONG, WANYUE)
    offer = world.offer(WANYUE, ticket, [(WUZE, 1_000_000)], pair=False)
    data = world.relay_data([(offer.transfer(offer.accept(WUZE)), 150_000)])
    receipt = world.send(data).expect()
    assert receipt.one("Transferred")["child"] == offer.child(0)
    return receipt.gas_used - sum(16 if byte else 4 for byte in data)


def test_gas_is_the_same(there: World, world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    offer = world.offer(WANYUE, ticket, [(WUZE, 1_000_000)], pair=False)
    data = world.relay_data([(offer.transfer(offer.accept(WUZE)), 150_000)])
    here = world.cold().send(data).gas_used - sum(16 if byte else 4 for byte in data)
    assert execution_gas(there) == here


def test_a_whole_life(there: World) -> None:
    live(there)
    assert set(abi.function_names()) - there.accepted == set()
    ledger = Rebuilt(there.evm.chain_id, there.address)
    ledger.apply(there.history)
    ours = ledger.slots()
    asked = sorted(ours)
    words = there.view("load", [slot.to_bytes(32, "big") for slot in asked])
    assert [int.from_bytes(word, "big") for word in words] == [ours[slot] for slot in asked]
