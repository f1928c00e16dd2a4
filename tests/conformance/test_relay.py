"""RELAY on this network: many acts in one transaction, each by itself; batches as large as the network takes.

given a hundred acts in one transaction: all should take effect, within the transaction's size and the block's gas
given the same acts for another deployment on the same network: they should do nothing there
given a batch of requests as large as the description says: the nodes should answer it
given several nodes: they should give the same storage for the ledger
"""

from __future__ import annotations

from typing import Any, cast

from ledger.chain.engine import Engine
from ledger.chain.rpc import Rpc
from tests.contracts.test_relay import (  # noqa: F401
    test_a_contract_may_not_call,
    test_a_life_in_one_relay,
    test_an_empty_relay,
    test_garbage_is_one_refused_item,
    test_in_the_wrong_order_what_comes_too_early_is_refused,
    test_one_refused_item_spoils_no_other,
    ticket,
)
from tests.support.actors import LANGONG, WANYUE, WUZE
from tests.support.drafts import Offer
from tests.support.expect import refused
from tests.support.remote_evm import RemoteEvm
from tests.support.world import World, deploy

SPLIT_GAS = 200_000


def test_a_hundred_acts_at_once(world: World, engine: Engine) -> None:
    roots = [world.issue(LANGONG, WANYUE) for _ in range(2)]
    offers = [world.offer(WANYUE, roots[n % 2], [(WUZE, 10_000)]) for n in range(100)]
    calls = [(offer.transfer(offer.accept(WUZE)), SPLIT_GAS) for offer in offers]
    assert len(world.relay_data(calls)) < engine.limits.transaction_bytes
    receipt, results = world.relay(calls)
    assert all(result.ok for result in results)
    assert len(receipt.all("Transferred")) == 100
    assert receipt.gas_used < engine.block_gas


def test_acts_for_another_deployment_do_nothing(world: World) -> None:
    other = deploy(cast(Any, world.evm))
    root = world.issue(LANGONG, WANYUE)
    offer = world.offer(WANYUE, root, [(WUZE, 10_000)])
    data = offer.transfer(offer.accept(WUZE))
    assert not other.send(data).status
    elsewhere = Offer(other.domain, dict(offer.message), WANYUE)
    with refused("NotASigner"):
        world.send(elsewhere.transfer(elsewhere.accept(WUZE))).expect()
    world.send(data).expect()


def test_a_batch_of_requests(world: World, engine: Engine) -> None:
    rpc = cast(RemoteEvm, world.evm).rpc
    found = rpc.batch([("eth_chainId", [])] * engine.limits.batch_items)
    assert {int(answer, 16) for answer in found} == {engine.chain_id}


def test_all_nodes_agree(world: World, engine: Engine) -> None:
    evm = cast(RemoteEvm, world.evm)
    world.until(world.now + int((engine.block_period or 1) * (engine.finality.confirmations + 2)))
    height = int(evm.rpc.call("eth_blockNumber"), 16) - engine.finality.confirmations - 1
    asked = {"address": world.address, "fromBlock": "0x0", "toBlock": hex(height)}
    seen = []
    for url in engine.urls:
        rpc = Rpc([url])
        block = rpc.call("eth_getBlockByNumber", hex(height), False)
        seen.append((block["hash"], [log["data"] for log in rpc.call("eth_getLogs", asked)]))
        rpc.close()
    assert all(one == seen[0] for one in seen)
