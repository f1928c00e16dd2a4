"""The crash simulation with its book on PostgreSQL.

given seeds: processes that die at any of their calls, within a transaction and after its commit
    it should come to the same ledger as undisturbed, with every request answered as the first time
"""

from __future__ import annotations

import pytest

pytest.importorskip("pyrevm")

from tests.support.crash.run import compare, run
from tests.support.crash.seeds import undisturbed

RUNS = (("Offer", "desk"), ("generations", "bulk"), ("late", "complete"))
KILLED = ([20, 150, 151], [60, 90, 300])


@pytest.mark.parametrize(("plan", "way"), RUNS)
def test_killed_on_postgresql(plan: str, way: str) -> None:
    for shape, kills in enumerate(KILLED):
        found = run(plan, shape, kills, 0.1, way=way, book="postgresql")
        compare(found.ledger, undisturbed(plan, shape).ledger)
        assert found.lives > 1


@pytest.mark.parametrize("place", ["before a commit", "inside a transaction", "after a commit"])
def test_killed_around_a_commit(place: str) -> None:
    for time in (2, 12):
        found = run("Offer", 0, at=(place, time), way="bulk", book="postgresql")
        compare(found.ledger, undisturbed("Offer", 0).ledger)
        assert found.deaths == {place: 1}
