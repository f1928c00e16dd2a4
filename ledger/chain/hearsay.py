"""Ranges of blocks that were taken in on one node's word, because no other answered: read again once two are healthy.

What one node hides is missed for good unless somebody asks again. Kept in memory: a gateway that is started again has
forgotten them, and `verify` finds what they hid.
"""

from __future__ import annotations

from collections import deque

from ledger.chain.rpc import Rpc
from ledger.chain.witness import Filter, Logs, content, witnessed_logs
from ledger.errors import Unavailable
from ledger.ids import keccak256

AT_ONCE = 20
"""Ranges read again before a new one."""


class HeardWrong(Unavailable):
    """Two nodes give other logs than the one on whose word a range was taken in."""

    code = "heard-wrong"
    title = "The book took in what one node alone had said, and it was wrong"


class Hearsay:
    """Reads logs, and reads again what it has from one node alone."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._open: deque[tuple[Filter, bytes]] = deque()

    def logs(self, asked: Filter) -> Logs:
        """As `witnessed_logs`. Raises HeardWrong too, from then on always: the book has to be put right."""
        self._look_again()
        return witnessed_logs(self._rpc, asked, lambda logs: self._open.append((asked, _mark(logs))))

    def notes(self) -> list[str]:
        """A sentence while there are such ranges."""
        ranges = self._open.copy()  # another thread may be reading some of them again
        if not ranges:
            return []
        first, last = ranges[0][0]["fromBlock"], ranges[-1][0]["toBlock"]
        return [
            f"blocks {int(first, 16)} to {int(last, 16)} were in part taken in on one node's word: they are read "
            "again when two are healthy"
        ]

    def _look_again(self) -> None:
        for _ in range(min(AT_ONCE, len(self._open))):
            if len(self._rpc.peers.healthy()) < 2:
                return
            asked, before = self._open[0]
            alone: list[Logs] = []
            logs = witnessed_logs(self._rpc, asked, alone.append)
            if alone:
                return
            if _mark(logs) != before:
                first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
                raise HeardWrong(
                    f"Blocks {first} to {last} were taken in on one node's word, and two others give other logs. "
                    f"Stop the gateway, run `goldticket rebuild --from {first}`, start it again.",
                    first=first,
                    last=last,
                )
            self._open.popleft()


def _mark(logs: Logs) -> bytes:
    return keccak256(repr(sorted(content(logs))).encode())
