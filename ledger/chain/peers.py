"""Several nodes of one network: which of them may be asked, and why one may not.

A node is left when it does not answer, when it lags behind the others, has another block than most of them, serves
another chain, answers what was not asked, or was caught hiding logs. `look` asks all of them and takes back who is
healthy and level again; it does so by itself every few seconds once `Rpc.watch_over` was called.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog

from ledger.chain.nodes.rpc import shown

log = structlog.get_logger()

LEFT_ALONE = 15.0
"""Seconds for which a node that did not answer is not asked first, unless a look finds it healthy before."""
BANNED = 3_600.0
"""Seconds for which a node that was caught lying is not asked at all."""
LAG = 5
"""Blocks that a node may be behind the others."""

Request = tuple[str, Sequence[Any]]
"""(method, parameters)."""
Ask = Callable[[str, Sequence[Request]], list[Any]]
"""Asks one node a batch; raises when it does not answer all of it."""


@dataclass
class Peer:
    """One node. `why`: a sentence while it is left, "" otherwise; `until`: when that ends by itself (seconds);
    `never`: not even when no other is there; `looked`: that was a look's finding, which the next look may end."""

    url: str
    why: str = ""
    until: float = 0.0
    never: bool = False
    looked: bool = False
    height: int | None = None

    @property
    def name(self) -> str:
        """The address without secrets."""
        return shown(self.url)


@dataclass(frozen=True)
class Seen:
    """What a node said of itself: chain id, hash of block 0, height."""

    chain: int
    genesis: str
    height: int


class NotRpc(ValueError):
    """An answer that is none to what was asked."""


def said(error: Exception) -> str:
    """Why a node is of no use, in a word or two."""
    return str(error) if isinstance(error, NotRpc) else type(error).__name__


class Peers:
    """`ask` must neither fail over nor wait long; `depth`: blocks at the end of the chain that may still change;
    `chain_id`: 0 when the first that answers decides. Safe to use from several threads."""

    def __init__(
        self,
        urls: Sequence[str],
        ask: Ask,
        now: Callable[[], float] = time.monotonic,
        chain_id: int = 0,
        depth: int = 0,
    ) -> None:
        self._peers = {url: Peer(url) for url in urls}
        self._ask, self._now = ask, now
        self.chain_id, self.depth = chain_id, depth
        self._genesis = ""
        self._lock = threading.Lock()

    def in_order(self) -> list[str]:
        """Who may be asked, the best first; those left alone come last, whoever lied not at all."""
        now = self._now()
        with self._lock:
            asked = [p for p in self._peers.values() if not (p.never and p.until > now)]
            return [p.url for p in sorted(asked, key=lambda p: p.until if p.until > now else 0)]

    def healthy(self) -> list[str]:
        """Who is not left, in the order given."""
        now = self._now()
        with self._lock:
            return [p.url for p in self._peers.values() if p.until <= now]

    def troubles(self) -> list[str]:
        """A sentence for each node that is left."""
        now = self._now()
        with self._lock:
            return [f"node {p.name} is left: {p.why}" for p in self._peers.values() if p.until > now]

    def notes(self) -> list[str]:
        """The same for everybody: a node by its number in the order given, since its address is nobody else's."""
        now, count = self._now(), len(self._peers)
        with self._lock:
            numbered = enumerate(self._peers.values(), 1)
            return [f"node {n} of {count} is left: {p.why}" for n, p in numbered if p.until > now]

    def answered(self, url: str) -> None:
        """The node gave a good answer."""
        with self._lock:
            peer = self._peers[url]
            if peer.until and not peer.never and not peer.looked:
                peer.until, peer.why = 0.0, ""

    def leave(self, url: str, why: str, never: bool = False, looked: bool = False) -> None:
        """Not to be asked first for a while; with `never` not at all."""
        with self._lock:
            peer = self._peers[url]
            fresh = peer.why != why or peer.until <= self._now()
            peer.why, peer.never, peer.looked = why, never, looked
            peer.until = self._now() + (BANNED if never else LEFT_ALONE)
        if fresh:
            log.warning("node left", node=peer.name, why=why)

    def forgive(self, url: str) -> None:
        """Ask a node again that was caught lying, now that it was put right."""
        with self._lock:
            peer = self._peers[url]
            peer.until, peer.why, peer.never, peer.looked = 0.0, "", False, False

    def look(self) -> None:
        """Ask every node who it is and how far, leave who is wrong, take back who is well again."""
        seen = self._seen()
        if not seen:
            return
        of_us = {url: found for url, found in seen.items() if self._is_of_us(url, found, seen)}
        level = self._level(of_us)
        agreeing = self._agreeing(of_us, level)
        for url in agreeing:
            self._take_back(url, of_us[url].height)

    def _seen(self) -> dict[str, Seen]:
        """What every node says that answers; silent ones are left."""
        with ThreadPoolExecutor(max_workers=len(self._peers)) as pool:
            found = dict(zip(self._peers, pool.map(self._who, self._peers), strict=True))
        return {url: seen for url, seen in found.items() if seen is not None}

    def _who(self, url: str) -> Seen | None:
        requests: list[Request] = [
            ("eth_chainId", []),
            ("eth_getBlockByNumber", ["0x0", False]),
            ("eth_blockNumber", []),
        ]
        try:
            chain, first, height = self._ask(url, requests)
            return Seen(int(chain, 16), str((first or {}).get("hash", "")), int(height, 16))
        except Exception as error:
            self.leave(url, f"it does not answer ({said(error)})")
            return None

    def _is_of_us(self, url: str, found: Seen, seen: dict[str, Seen]) -> bool:
        if not self.chain_id:
            self.chain_id = _most([s.chain for s in seen.values()])
        if found.chain != self.chain_id:
            self.leave(url, f"it serves chain {found.chain}, not {self.chain_id}", never=True, looked=True)
            return False
        # a node that has pruned its first blocks gives no hash: nothing to hold against it
        known = [s.genesis for s in seen.values() if s.chain == self.chain_id and s.genesis]
        if not self._genesis and known:
            self._genesis = _most(known)
        if found.genesis and found.genesis != self._genesis:
            self.leave(url, "its first block is another network's", never=True, looked=True)
            return False
        return True

    def _level(self, seen: dict[str, Seen]) -> dict[str, Seen]:
        """Who has what most have. With three or more, one alone can't make all others look late."""
        heights = sorted((found.height for found in seen.values()), reverse=True)
        if not heights:
            return {}
        reference = heights[1] if len(heights) > 2 else heights[0]
        level = {}
        for url, found in seen.items():
            behind = reference - found.height
            if behind > LAG:
                self.leave(url, f"it is {behind} blocks behind the others", looked=True)
            else:
                level[url] = found
        return level

    def _agreeing(self, seen: dict[str, Seen], level: dict[str, Seen]) -> list[str]:
        """Who has the block that most have, at a height where nothing changes any more."""
        common = min((found.height for found in level.values()), default=-1) - self.depth
        if common < 0 or len(level) < 2:
            return list(level)
        hashes: dict[str, str] = {}
        for url in level:
            try:
                [block] = self._ask(url, [("eth_getBlockByNumber", [hex(common), False])])
                hashes[url] = str((block or {}).get("hash", "nothing"))
            except Exception as error:
                self.leave(url, f"it does not answer ({said(error)})")
        counted = Counter(hashes.values()).most_common()
        if not counted:
            return []
        right, votes = counted[0]
        if len(counted) > 1 and counted[1][1] == votes:  # as many against as for: nobody can say who is right
            log.warning("nodes disagree", block=common, hashes=hashes)
            return list(hashes)
        for url, hash_ in hashes.items():
            if hash_ != right:
                self.leave(url, f"its block {common} is {hash_}, the others have {right}", looked=True)
        return [url for url, hash_ in hashes.items() if hash_ == right]

    def _take_back(self, url: str, height: int) -> None:
        with self._lock:
            peer = self._peers[url]
            peer.height = height
            if not peer.until or (peer.never and not peer.looked):
                return
            peer.until, peer.why, peer.never, peer.looked = 0.0, "", False, False
        log.info("node back", node=peer.name, height=height)


def _most(values: Sequence[Any]) -> Any:
    """The value that most have; the first of them if several."""
    return Counter(values).most_common(1)[0][0]
