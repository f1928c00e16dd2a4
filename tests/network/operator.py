"""What an operator does beside the tests: a network that stands still although its nodes run is untied, once, aloud."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from scripts.networks.keeper import Network
from scripts.networks.plan import NetworkFailed
from scripts.networks.ties import tied, tips, untie

STILL = 20.0
"""Seconds without a block until it counts as standing still; geth looks for a heavier chain every ten."""
SAID: list[str] = []
"""What was untied in this run, for the summary."""


@dataclass
class Operator:
    """Looks after one network. Only Clique can tie; of any other this does nothing."""

    network: Network
    _height: int = -1
    _since: float = field(default_factory=time.monotonic)
    _next: float = 0.0
    _done: bool = False

    def look(self) -> bool:
        """Whether the network was untied now; never a second time."""
        if self._done or time.monotonic() < self._next:
            return False
        if self.network.recipe.mending(self.network.plan, self.network.seats[0]) is None:
            return False
        self._next = time.monotonic() + 1
        height = self.network.height()
        if height != self._height:
            self._height, self._since = height, time.monotonic()
        if time.monotonic() - self._since < STILL or not self._can_be():
            return False
        self._done = True
        try:
            SAID.append(untie(self.network))
        except NetworkFailed as error:
            SAID.append(f"NOT untied: {error}")
        print(f"\n*** {SAID[-1]} ***", flush=True)
        return True

    def _can_be(self) -> bool:
        """Whether more than half of the signers run, and they are on chains of equal weight."""
        found = tips([seat.url for seat in self.network.seats])
        return 2 * len(found) > len(self.network.seats) and tied(found)
