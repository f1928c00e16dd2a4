"""What a network is like, found out by asking its nodes: `goldticket network probe`.

Nothing is changed there. What a node takes is tried with transactions of an account that was made for it and owns
nothing: each wants to send 1 wei that is not there, so the best answer is that the funds are missing. What can't be
found out in this way is tried with a key that can pay, when one is given: ledger.chain.probe_paid.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from ledger.chain import probe_limits as limits
from ledger.chain.engine import Charging, Engine, FeePolicy, Finality, FinalityKind, Limits, check_url
from ledger.chain.nodes import NodeRefused, NodeUnreachable
from ledger.chain.nodes.rpc import shown
from ledger.chain.probe_node import NodeFound, look_at
from ledger.chain.probe_paid import NotTried, Paid, tried
from ledger.chain.rpc import Rpc

SKEW = 5.0
"""Seconds by which a block's time may be ahead of this machine's clock."""
UNSETTLED = 5
"""Blocks below the lowest head at which the nodes' blocks are compared."""
UNKNOWN_CONFIRMATIONS = 12
COSMOS = ("evmd", "cosmos", "ethermint", "evmos")
DEVELOPMENT = ("anvil", "hardhat", "ganache")
MOST_BLOCK_GAS = 1_000_000_000


@dataclass
class Probe:
    """What was found. `rows`: (what, finding) for people; `problems`: what has to be put right first; `engine`: the
    description, None when no node answers or they are not one network."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    engine: Engine | None = None


def probe(
    urls: Sequence[str],
    name: str = "",
    now: Callable[[], float] = time.time,
    open_: Callable[..., Rpc] = Rpc,
    key: bytes = b"",
) -> Probe:
    """Ask every node who it is, and the first of them what the network takes. About a second; with a `key` that can
    pay some blocks more.

    Raises InvalidEngine for what is no URL of a node.
    """
    for url in urls:
        check_url(url)
    found = Probe()
    nodes = [node for url in urls if (node := _node(url, found, now, open_))]
    if not nodes:
        return found
    _compare(nodes, found, now())
    if len({(node.chain_id, node.genesis) for node in nodes}) == 1:
        with closing(open_([nodes[0].url])) as rpc:
            _describe(rpc, nodes, name, found, key)
    return found


def _node(url: str, found: Probe, now: Callable[[], float], open_: Callable[..., Rpc]) -> NodeFound | None:
    begin = now()
    with closing(open_([url], timeout=10.0)) as rpc:
        try:
            node = look_at(rpc, url)
        except NodeUnreachable as error:
            found.problems.append(f"{error.message}. The description leaves it out.")
        except NodeRefused as error:
            found.problems.append(f"{error.message}. Is its JSON-RPC with `eth` and `net` switched on?")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            found.problems.append(f"{shown(url)} answers, but not as an Ethereum node does ({error!r})")
        else:
            took = f"{(now() - begin) * 1000:.0f} ms"
            found.rows.append(
                (f"node {shown(url)}", f"{node.client}, height {node.height}, {node.peers}, {took}")
            )
            return node
    found.rows.append((f"node {shown(url)}", "is not usable, see below"))
    return None


def _compare(nodes: Sequence[NodeFound], found: Probe, now: float) -> None:
    """Whether they are one network, and on time."""
    for what, values in (
        ("chain id", {node.name: str(node.chain_id) for node in nodes}),
        ("first block", {node.name: node.genesis or "pruned" for node in nodes}),
    ):
        if len(set(values.values())) == 1:
            found.rows.append((what, next(iter(values.values()))))
            continue
        listed = ", ".join(f"{name}: {value}" for name, value in values.items())
        found.problems.append(f"The nodes are not one network, their {what} differs: {listed}")
    common = min(node.height for node in nodes) - UNSETTLED
    hashes = {node.hash_at(common) for node in nodes} if common > 0 else set()
    if len(hashes) > 1:
        found.problems.append(
            f"The nodes have different blocks at height {common}: some of them are on a fork"
        )
    elif hashes and len(nodes) > 1:
        found.rows.append(("agreement", f"the same block {common} at all nodes"))
    late = max(node.height for node in nodes)
    for node in nodes:
        age = now - node.time
        if age < -SKEW:
            found.problems.append(
                f"{node.name}: its last block is {-age:.0f} s in the future: check the clocks"
            )
        if late - node.height > UNSETTLED:
            found.problems.append(
                f"{node.name} is {late - node.height} blocks behind: it still syncs, or is cut off"
            )
    youngest = min(now - node.time for node in nodes)
    found.rows.append(("clock", f"the last block is {youngest:.1f} s old by this machine's clock"))


def _describe(rpc: Rpc, nodes: Sequence[NodeFound], name: str, found: Probe, key: bytes) -> None:
    node = nodes[0]
    client = node.client.lower()
    development = any(word in client for word in DEVELOPMENT)
    prices = limits.prices(rpc, node)
    fee = _fee(node, prices)
    finality, why = _finality(node, development)
    items, size = limits.batch_items(rpc), limits.transaction_bytes(rpc, node)
    comet = node.is_comet or any(word in client for word in COSMOS)
    charging = Charging.HALF_LIMIT if comet and not development else Charging.USED
    pool, waiting = Limits.pool_per_sender, f"{Limits.pool_per_sender} taken for granted, --key tries it"
    gas = f"{charging} by the kind of network, --key tries it"
    if paid := _paid(rpc, node, fee, key, found):
        pool, charging = paid.pool or pool, paid.charging
        waiting, gas = paid.told()
    period = None if development else node.period
    block_gas = min(node.block_gas, MOST_BLOCK_GAS)
    base = "none" if node.base_fee is None else f"{node.base_fee:,} wei"
    tried = ", ".join(f"{price} wei: {answer}" for price, answer in prices.items())
    found.rows += [
        ("consensus", why),
        ("fees", f"{fee}; base fee {base}; the pool was offered {tried}"),
        ("gas charged", gas),
        ("block", f"{block_gas:,} gas, " + ("by demand" if period is None else f"every {period:g} s")),
        ("opcodes", ", ".join(f"{op} {'yes' if ok else 'NO'}" for op, ok in limits.opcodes(rpc).items())),
        ("limits", f"{items:,} requests in a batch, {size:,} bytes a transaction"),
        ("pool per sender", waiting),
        ("logs", limits.log_range(rpc, node)),
        ("archive", limits.archive(rpc, node)),
    ]
    found.engine = Engine(
        name=name or ("cometbft" if comet else _name(client, why)),
        urls=tuple(one.url for one in nodes),
        chain_id=node.chain_id,
        fee=fee,
        finality=finality,
        block_period=period,
        block_gas=block_gas,
        limits=Limits(items, size, pool),
        charging=charging,
    )


def _paid(rpc: Rpc, node: NodeFound, fee: FeePolicy, key: bytes, found: Probe) -> Paid | None:
    if not key:
        return None
    price = {FeePolicy.ZERO: 0, FeePolicy.ONE_WEI: 1}.get(fee, 2 * (node.base_fee or 0))
    try:
        return tried(rpc, node, price, key)
    except (NotTried, NodeRefused, NodeUnreachable) as error:
        found.problems.append(f"With the key nothing was found out: {error}")
        return None


def _fee(node: NodeFound, prices: dict[int, str]) -> FeePolicy:
    """A pool may take for granted what a block refuses: so the price that the node asks for counts too."""
    if prices.get(0) == limits.TAKEN and prices.get(1) == limits.REFUSED:
        return FeePolicy.ZERO
    if node.base_fee:
        return FeePolicy.BASE_FEE
    if prices.get(0) == limits.TAKEN and not node.gas_price:
        return FeePolicy.ZERO
    return FeePolicy.ONE_WEI if prices.get(1) == limits.TAKEN else FeePolicy.BASE_FEE


def _finality(node: NodeFound, development: bool) -> tuple[Finality, str]:
    """How a block becomes final, and by what that was seen."""
    if development:
        return Finality(), "a development engine: instant"
    if node.is_bft:
        return Finality(), "IBFT or QBFT (its mark is in the header): instant"
    if node.signers:
        needed = node.signers // 2 + 1
        kind = Finality(FinalityKind.CONFIRMATIONS, needed)
        return kind, f"Clique with {node.signers} signers at genesis: {needed} confirmations"
    if node.finalized is not None and node.height - node.finalized <= 1:
        return Finality(), "the `finalized` tag is at the head: instant"
    if node.finalized is not None:
        behind = node.height - node.finalized
        return Finality(FinalityKind.FINALIZED), f"by the `finalized` tag, {behind} blocks behind now"
    kind = Finality(FinalityKind.CONFIRMATIONS, UNKNOWN_CONFIRMATIONS)
    return kind, f"NOT KNOWN: {UNKNOWN_CONFIRMATIONS} confirmations is a guess, ask who runs it"


def _name(client: str, why: str) -> str:
    """A word for the engine."""
    program = client.split("/")[0].split()[0] or "network"
    for mark, name in (("Clique", "clique"), ("QBFT", "qbft")):
        if mark in why:
            return f"{program}-{name}"
    return program
