"""What two nodes say alike: logs, and that the ledger would refuse an act for good.

One node's word is enough for what the chain itself would refuse if it were wrong: what we send. Logs are different:
what is not shown is missed, and nothing else says so. So with several nodes every range of blocks is read from two, and
where they differ, from all; whoever is alone with an answer is left. And an act ends as refused by two nodes' words
only (`words`): one that lies would free what the act reserves though it may still take effect.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ledger.chain.nodes import NodeRefused, NodeUnreachable
from ledger.chain.rpc import Request, Rpc
from ledger.errors import Unavailable

WAIT = 2.0
"""Seconds that another node may need to have the same block."""
PAUSE = 0.05

Logs = list[Any]
Filter = Mapping[str, str]


class NodeLate(Unavailable):
    """The node does not have the blocks that are asked for."""

    code = "node-late"
    title = "The node is behind"


class NodesDisagree(Unavailable):
    """Nodes of one network give different logs, and no majority says which are right."""

    code = "nodes-disagree"
    title = "The nodes of the network disagree"


def witnessed_logs(rpc: Rpc, asked: Filter, alone: Callable[[Logs], object] = lambda logs: None) -> Logs:
    """`eth_getLogs` for a filter with `toBlock` in hex, from two nodes where there are two. `alone`: told the logs that
    only one node has given though the network has several.

    Raises NodesDisagree, NodeLate, and what `rpc` raises.
    """
    nodes = rpc.peers.healthy() if len(rpc.urls) > 1 else []
    if len(nodes) < 2:
        found_alone = _alone(rpc, asked)
        if len(rpc.urls) > 1:
            alone(found_alone)
        return found_alone
    answers: dict[str, tuple[Any, Logs]] = {}
    for url in nodes:
        found = _read(rpc, url, asked)
        if found is None:
            continue
        answers[url] = (_mark(*found), found[1])
        agreed = _agreed(answers)
        if agreed is not None:
            _name(rpc, answers, agreed, asked)
            return next(logs for mark, logs in answers.values() if mark == agreed)
    if len(answers) == 1:  # all others are silent or late: as with one node
        [(_, logs)] = answers.values()
        alone(logs)
        return logs
    if not answers:
        raise NodeUnreachable(f"no node gives the logs up to block {int(asked['toBlock'], 16)}")
    names = ", ".join(f"{rpc.shown(url)}: {len(logs)} logs" for url, (_, logs) in answers.items())
    raise NodesDisagree(
        f"The nodes give different logs for blocks {int(asked['fromBlock'], 16)} to {int(asked['toBlock'], 16)} "
        f"({names}). One of them hides or invents some: ask a third, and take the wrong one out of the list."
    )


def words(rpc: Rpc, requests: Sequence[Request]) -> list[list[Any]]:
    """The answers of two nodes to all of these, or of the one that is there; of none while a second is there and does
    not answer them all."""
    nodes = rpc.peers.healthy() if len(rpc.urls) > 1 else []
    found: list[list[Any]] = []
    if len(nodes) < 2:
        with suppress(NodeRefused):
            found.append(rpc.batch(requests))
        return found
    for url in nodes:
        with suppress(NodeRefused, NodeUnreachable):
            found.append(rpc.ask(url, requests))
        if len(found) == 2:
            return found
    return []


def _alone(rpc: Rpc, asked: Filter) -> Logs:
    """From a node that has the last block: one that is late would leave out what it has not seen, without a word.
    Both in one request, so that one node answers both."""
    block, logs = rpc.batch([("eth_getBlockByNumber", [asked["toBlock"], False]), ("eth_getLogs", [asked])])
    if block is None:
        raise NodeLate(f"the node has no block {int(asked['toBlock'], 16)} yet; try again")
    return list(logs)


def _read(rpc: Rpc, url: str, asked: Filter) -> tuple[str, Logs] | None:
    """Hash of the last block and the logs; None from a node that is silent or has not come so far."""
    end = time.monotonic() + WAIT
    while True:
        try:
            block, logs = rpc.ask(
                url, [("eth_getBlockByNumber", [asked["toBlock"], False]), ("eth_getLogs", [asked])]
            )
        except (NodeUnreachable, NodeRefused):
            return None
        if block is not None:
            return str(block["hash"]), list(logs)
        if time.monotonic() > end:
            rpc.peers.leave(url, f"it has no block {int(asked['toBlock'], 16)} yet, others do")
            return None
        time.sleep(PAUSE)


def _mark(hash_: str, logs: Logs) -> Any:
    """What has to be the same everywhere."""
    return hash_, content(logs)


def content(logs: Logs) -> frozenset[tuple[Any, ...]]:
    """Each log's place and content, whatever their order."""
    return frozenset(
        (log["blockHash"], log["logIndex"], log["transactionHash"], log["data"], tuple(log["topics"]))
        for log in logs
    )


def _agreed(answers: Mapping[str, tuple[Any, Logs]]) -> Any:
    """The mark that two nodes have; None while there is none."""
    mark, count = Counter(mark for mark, _ in answers.values()).most_common(1)[0]
    return mark if count > 1 else None


def _name(rpc: Rpc, answers: Mapping[str, tuple[Any, Logs]], agreed: Any, asked: Filter) -> None:
    """Leave whoever gave other logs for the same block; another block is what `look` judges."""
    for url, (mark, _) in answers.items():
        if mark == agreed:
            continue
        if mark[0] != agreed[0]:
            rpc.peers.leave(
                url, f"its block {int(asked['toBlock'], 16)} is {mark[0]}, others have {agreed[0]}"
            )
            continue
        hidden, added = len(agreed[1] - mark[1]), len(mark[1] - agreed[1])
        what = " and ".join(
            text for count, text in ((hidden, f"hides {hidden}"), (added, f"invents {added}")) if count
        )
        blocks = f"{int(asked['fromBlock'], 16)} to {int(asked['toBlock'], 16)}"
        rpc.peers.leave(url, f"it {what} of the logs of blocks {blocks}", never=True)
