"""A tie of Clique, brought about on purpose."""

from __future__ import annotations

import time

from scripts.networks.keeper import Network
from scripts.networks.ties import tied, tips

CUTS = 12
"""Attempts: a busy machine may cut a moment too late."""


def tie(network: Network) -> None:
    """All nodes run, hear of each other, and stand still on two chains of equal weight.

    Signers take turns in the order of their addresses a, b, c, d. Cut {a, d} from {b, c} when b has just signed, after
    a: c signs once in turn (2) and b may not again; d and a sign out of turn (1 + 1). Equal weight, nobody left. Blocks
    that are on their way when a cut is healed may end a tie, so the nodes are stopped before and started after.
    """
    order = [seat.number for seat in sorted(network.seats, key=lambda seat: bytes.fromhex(seat.address[2:]))]
    one, other = [order[0], order[3]], [order[1], order[2]]
    for _ in range(CUTS):
        _wait_for_turn(network)
        network.part(one, other)
        time.sleep(2 * network.plan.period + 4)  # out of turn up to 1.5 s late
        found = tips([seat.url for seat in network.seats])
        if tied(found):
            for number in order:
                network.kill(number)
            network.heal()
            network.start_all()
            assert network.until(lambda: all(state.peers == 3 for state in network.states()), 60)
            return
        network.heal()
        assert network.until(lambda: len({tip.hash for tip in tips([s.url for s in network.seats])}) == 1, 60)
    raise AssertionError(f"no tie in {CUTS} cuts")


def _wait_for_turn(network: Network) -> None:
    """Until a block that b or d signed in its turn is new; its number is odd."""

    def due() -> bool:
        found = tips([network.seats[0].url])
        return bool(found) and found[0].height % 2 == 1

    assert network.until(lambda: not due(), 60)
    while not due():
        time.sleep(0.02)
