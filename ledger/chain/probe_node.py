"""Who one node is: its client, chain, first and last block, and by which marks its consensus is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.chain.nodes.rpc import shown
from ledger.chain.rpc import Rpc, RpcError

BFT_MARK = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
"""The mixHash of every IBFT and QBFT block (EIP-650)."""
CLIQUE_EXTRA = 32 + 65
"""Bytes of a Clique header's extra data beside signers: vanity and seal (EIP-225)."""
LOOKED_BACK = 20
"""Blocks over which the block period is taken."""


@dataclass(frozen=True)
class NodeFound:
    """One node. `time`: of its last block, UTC seconds; `base_fee` None where blocks have none; `finalized`: height of
    that tag, None where the node knows none; `signers`: of a Clique network, by its first block, else 0; `period`:
    seconds, None while there are too few blocks."""

    url: str
    client: str
    chain_id: int
    genesis: str
    height: int
    time: int
    peers: str
    base_fee: int | None
    gas_price: int
    block_gas: int
    finalized: int | None
    is_bft: bool
    is_comet: bool
    signers: int
    period: float | None
    hash_at: Callable[[int], str]

    @property
    def name(self) -> str:
        """The address without secrets."""
        return shown(self.url)


def look_at(rpc: Rpc, url: str) -> NodeFound:
    """Ask it. Raises NodeUnreachable, NodeRefused, and KeyError, TypeError or ValueError for what is no node."""
    head = rpc.call("eth_getBlockByNumber", "latest", False)
    first = _try(rpc, "eth_getBlockByNumber", "0x0", False) or {}
    height = int(head["number"], 16)
    finalized = _try(rpc, "eth_getBlockByNumber", "finalized", False)
    peers = _try(rpc, "net_peerCount")
    fee = head.get("baseFeePerGas")
    return NodeFound(
        url=url,
        client=_client(_try(rpc, "web3_clientVersion")),
        chain_id=int(rpc.call("eth_chainId"), 16),
        genesis=str(first.get("hash", "")),
        height=height,
        time=int(head["timestamp"], 16),
        peers="peers not told" if peers is None else f"{int(str(peers), 0)} peers",
        base_fee=None if fee is None else int(fee, 16),
        gas_price=int(_try(rpc, "eth_gasPrice") or "0x0", 16),
        block_gas=int(head["gasLimit"], 16),
        finalized=None if finalized is None else int(finalized["number"], 16),
        is_bft=head.get("mixHash") == BFT_MARK,
        is_comet=_is_comet(head, height, finalized),
        signers=_signers(head, first),
        period=_period(rpc, head, height),
        hash_at=_kept_hashes(rpc, height),
    )


def _client(said: Any) -> str:
    """The client's name and version; some say it over several lines."""
    lines = str(said or "").strip().splitlines()
    return lines[0].strip() if lines else "a node that does not say which"


def _is_comet(head: dict[str, Any], height: int, finalized: dict[str, Any] | None) -> bool:
    """CometBFT's blocks dressed as Ethereum's: empty where others put their seals, and final at once."""
    bare = not int(head.get("difficulty") or "0x0", 16) and head.get("extraData", "0x") in ("0x", "")
    return bare and finalized is not None and height - int(finalized["number"], 16) <= 1


def _signers(head: dict[str, Any], first: dict[str, Any]) -> int:
    """Clique: difficulty 1 or 2, and a seal in the extra data; the first block names the signers."""
    extra = len(head.get("extraData", "0x")) // 2 - 1
    if int(head.get("difficulty") or "0x0", 16) not in (1, 2) or extra < CLIQUE_EXTRA:
        return 0
    named = len(first.get("extraData", "0x")) // 2 - 1 - CLIQUE_EXTRA
    return max(1, named // 20)


def _period(rpc: Rpc, head: dict[str, Any], height: int) -> float | None:
    back = min(LOOKED_BACK, height - 1)  # the first block's time is anything
    if back < 1:
        return None
    then = rpc.call("eth_getBlockByNumber", hex(height - back), False)
    passed = int(head["timestamp"], 16) - int(then["timestamp"], 16)
    return round(passed / back, 1) or None


def _kept_hashes(rpc: Rpc, height: int) -> Callable[[int], str]:
    """Hashes of the last blocks, which other nodes' are held against; read now, the connection ends."""
    numbers = range(max(0, height - LOOKED_BACK), height + 1)
    blocks = rpc.batch([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
    known = {
        number: str((block or {}).get("hash", "")) for number, block in zip(numbers, blocks, strict=True)
    }
    return lambda number: known.get(number, "")


def _try(rpc: Rpc, method: str, *params: object) -> Any:
    try:
        return rpc.call(method, *params)
    except RpcError:
        return None
