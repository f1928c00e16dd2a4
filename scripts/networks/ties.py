"""Clique's tie: chains of equal weight, on each of them nobody left who may sign, and nobody who gives way.

geth follows another node only to a heavier chain (the sum of the blocks' difficulties: 2 from the signer whose turn
it is, 1 from any other). `untie` does what people do then: the nodes of all chains but one are stopped; one of them is
started without its miner, its head put back to the block that both chains have; it follows the chain that is kept,
and signs on it once its miner runs again. That chain is the heavier one now, and the rest follow by themselves.
docs/networks.md has the arithmetic.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.chain.nodes import NodeRefused, NodeUnreachable
from ledger.chain.nodes.rpc import NodeRpc
from scripts.networks.plan import NetworkFailed

if TYPE_CHECKING:
    from scripts.networks.keeper import Network

FOLLOWS_WITHIN = 60.0
"""Seconds until a node whose head was put back has the others' chain; geth looks for one every ten."""
GOES_ON_WITHIN = 60.0
"""Seconds until a node that was started again is heard and signs; geth dials a peer it has lost every 35."""


@dataclass(frozen=True)
class Tip:
    """The last block that a node (`number`) has. `weight`: the total difficulty of its chain."""

    number: int
    url: str
    height: int
    hash: str
    weight: int

    def __str__(self) -> str:
        return f"node {self.number}: block {self.height} {self.hash[:10]}, weight {self.weight}"


def tips(urls: Sequence[str]) -> list[Tip]:
    """What the nodes that answer have, by number."""
    found = []
    for number, url in enumerate(urls):
        with contextlib.suppress(NodeUnreachable, NodeRefused):
            block = _block(url, "latest")
            weight = int(block.get("totalDifficulty") or "0x0", 16)
            found.append(Tip(number, url, int(block["number"], 16), block["hash"], weight))
    return found


def kept_of(found: Sequence[Tip]) -> Tip:
    """The heaviest; of equals the one that most nodes have; then the lower one, as geth itself prefers."""
    believers = Counter(tip.hash for tip in found)
    return max(found, key=lambda tip: (tip.weight, believers[tip.hash], -tip.height, tip.hash))


def tied(found: Sequence[Tip]) -> bool:
    """Whether the heaviest chain is not the only one of its weight."""
    most = max((tip.weight for tip in found), default=0)
    return len({tip.hash for tip in found if tip.weight == most}) > 1


def untie(network: Network) -> str:
    """Bring a network that stands still on two chains back to one; what was done, in a sentence.

    Raises NetworkFailed where there is nothing to untie, and when blocks are still not made.
    """
    if network.recipe.mending(network.plan, network.seats[0]) is None:
        raise NetworkFailed(
            f"nothing to untie: {network.plan.engine} agrees on each block before it is made; only Clique can tie"
        )
    if network.makes_blocks(3 * network.plan.period + 12):
        raise NetworkFailed("nothing to untie: blocks are being made")
    found = tips([seat.url for seat in network.seats])
    if not found:
        raise NetworkFailed("no node answers: start them first, then look again")
    kept = kept_of(found)
    astray = [tip for tip in found if tip.hash != kept.hash]
    if not astray:
        raise NetworkFailed(
            f"nothing to untie: all nodes that answer end with the same block {kept.height}. "
            "No block is made because too few signers run: start them"
        )
    moved = _moved(network, kept, {tip: common_height(kept, tip) for tip in astray})
    if not network.makes_blocks(GOES_ON_WITHIN):
        raise NetworkFailed(f"still no block is made: see {network.plan.folder}/logs")
    alike = "equal" if tied(found) else "different"
    return f"the chains were of {alike} weight ({'; '.join(map(str, found))}). {' '.join(moved)}"


def common_height(one: Tip, other: Tip) -> int:
    """The last height at which two nodes have the same block."""
    height = min(one.height, other.height)
    while height and _block(one.url, hex(height))["hash"] != _block(other.url, hex(height))["hash"]:
        height -= 1
    return height


def _moved(network: Network, kept: Tip, astray: Mapping[Tip, int]) -> list[str]:
    """Nodes put over to the kept chain until blocks are made on it; a sentence for each. All run afterwards."""
    said = []
    for tip in astray:
        network.kill(tip.number)  # the node that moves must hear of the kept chain alone
    try:
        for tip, common in astray.items():
            _move(network, tip, common, kept)
            said.append(f"Node {tip.number} was put back to block {common} and follows node {kept.number}.")
            if network.makes_blocks(GOES_ON_WITHIN):
                break
    finally:
        for tip in astray:
            network.start(tip.number)
    return said


def _move(network: Network, tip: Tip, common: int, kept: Tip) -> None:
    """Without its miner until it has the kept chain: it would sign on the old one at once, and might tie again."""
    network.start(tip.number, mending=True)
    try:
        if not network.until(lambda: bool(tips([tip.url])), FOLLOWS_WITHIN):
            raise NetworkFailed(f"node {tip.number} does not answer: see {network.plan.folder}/logs")
        if tips([tip.url])[0].height > common:
            _call(tip.url, "debug_setHead", hex(common))
        if not network.until(lambda: _has(tip.url, kept), FOLLOWS_WITHIN):
            raise NetworkFailed(
                f"node {tip.number} hears nothing of node {kept.number}: are they still parted?"
            )
    finally:
        network.kill(tip.number)
    network.start(tip.number)


def _has(url: str, kept: Tip) -> bool:
    with contextlib.suppress(NodeUnreachable, NodeRefused):
        return bool(_block(url, hex(kept.height))["hash"] == kept.hash)
    return False


def _block(url: str, which: str) -> dict[str, Any]:
    found = _call(url, "eth_getBlockByNumber", which, False)
    return found if isinstance(found, dict) else {"hash": "", "number": "0x0"}


def _call(url: str, method: str, *params: object) -> Any:
    with contextlib.closing(NodeRpc(url, 5.0)) as rpc:
        return rpc.call(method, *params)
