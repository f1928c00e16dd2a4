"""Complete legs that wait to be relayed: whose turn it is, and who was tried and has to wait."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice

from ledger.acts import State
from ledger.ports import Store
from ledger.records import Leg
from ledger.work.calldata import find_all

RETRY = 5
"""Seconds after which a leg that waits is tried again though no block has come."""
MOST_RETRIED = 200
"""Legs that were refused before and are tried again in one step, the longest untried first: however many there are,
they must not keep others waiting."""
NEVER = -1
"""In place of a block: to be looked at as if for the first time."""
SOMETIME = -2
"""In place of a block: refused or impossible before, at none in particular."""


@dataclass
class _Place:
    """When a leg was tried (block and UTC second), and by which key it goes; "" while nobody has looked."""

    block: int
    at: int
    key: str


class Outbox:
    """The queue stands in the book. Here is only what was looked at since the start: nothing is lost with it."""

    def __init__(self) -> None:
        self._seen = 0
        self._open: dict[bytes, _Place] = {}

    def next(self, store: Store, block: int, now: int, keys: Collection[str], limit: int) -> list[Leg]:
        """Legs in the order in which they became complete that may go by one of these keys, without those that were
        tried at this block just now: they must not keep others from their turn."""
        mine = [(leg, place) for leg, place in self._open.items() if not place.key or place.key in keys]
        new = [leg for leg, place in mine if place.block == NEVER]
        tried = (
            leg
            for leg, place in mine
            if place.block not in (NEVER, block) or (place.block != NEVER and now - place.at >= RETRY)
        )
        again = list(islice(tried, MOST_RETRIED))
        known = [*new[:limit], *again]
        found = [leg for leg in find_all(store, Leg, "id", known) if leg.state == State.COMPLETE]
        self.done(set(known) - {leg.id for leg in found})
        if len(new) < limit:
            found += self._more(store, limit - len(new), MOST_RETRIED - len(again))
        return sorted(found, key=lambda leg: leg.queue)

    def _more(self, store: Store, limit: int, again: int) -> list[Leg]:
        """From the book, of those that were refused before at most `again`; the others of them come later."""
        found = store.find(Leg, state=str(State.COMPLETE), order="queue", after=self._seen, limit=limit)
        fresh = [leg for leg in found if leg.id not in self._open]
        for leg in fresh:
            self._open[leg.id] = _Place(SOMETIME if leg.reason else NEVER, 0, "")
        if found:
            self._seen = found[-1].queue
        refused = [leg for leg in fresh if leg.reason]
        return [leg for leg in fresh if not leg.reason] + refused[:again]

    def goes_by(self, leg: bytes, key: str) -> None:
        """By which key a leg goes."""
        self._open[leg].key = key

    def tried(self, leg: bytes, block: int, now: int) -> None:
        """The leg could not go now; it is looked at again with the next block."""
        place = self._open.pop(leg, None)
        self._open[leg] = _Place(block, now, place.key if place else "")

    def done(self, legs: Iterable[bytes]) -> None:
        """These are out, or ended, or another process's."""
        for leg in legs:
            self._open.pop(leg, None)

    def again(self) -> None:
        """Looks at the whole queue anew: a key has come to this process."""
        self._seen = 0
