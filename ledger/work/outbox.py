"""Complete legs that wait to be relayed: whose turn it is, and who was tried and has to wait."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from ledger.acts import State
from ledger.ports import Store
from ledger.records import Leg
from ledger.work.calldata import find_all

RETRY = 5
"""Seconds after which a leg that waits is tried again though no block has come."""
MOST_RETRIED = 200
"""Legs that wait and are tried again in one step; the longest untried first."""
NEVER = -1


class Outbox:
    """The queue stands in the book. Here is only what was looked at since the start: nothing is lost with it."""

    def __init__(self) -> None:
        self._seen = 0
        self._open: dict[bytes, tuple[int, int]] = {}

    def next(self, store: Store, block: int, now: int, limit: int) -> list[Leg]:
        """Legs in the order in which they became complete, without those that were tried at this block just now:
        they must not keep others from their turn."""
        new = [leg for leg, (at, _) in self._open.items() if at == NEVER]
        tried = (
            leg for leg, (at, when) in self._open.items() if at not in (NEVER, block) or now - when >= RETRY
        )
        known = [*new[:limit], *islice((leg for leg in tried if leg not in set(new)), MOST_RETRIED)]
        found = [leg for leg in find_all(store, Leg, "id", known) if leg.state == State.COMPLETE]
        self.done(set(known) - {leg.id for leg in found})
        if len(new) < limit:
            more = store.find(
                Leg, state=str(State.COMPLETE), order="queue", after=self._seen, limit=limit - len(new)
            )
            for leg in more:
                self._seen = leg.queue
                self._open.setdefault(leg.id, (NEVER, 0))
            have = {leg.id for leg in found}
            found += [leg for leg in more if leg.id not in have]
        return sorted(found, key=lambda leg: leg.queue)

    def tried(self, leg: bytes, block: int, now: int) -> None:
        """The leg could not go now; it is looked at again with the next block."""
        self._open.pop(leg, None)
        self._open[leg] = (block, now)

    def done(self, legs: Iterable[bytes]) -> None:
        """These are out, or ended."""
        for leg in legs:
            self._open.pop(leg, None)

    def again(self) -> None:
        """Looks at the whole queue anew: a key has come to this process."""
        self._seen = 0
