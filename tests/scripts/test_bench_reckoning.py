"""What the bench works out from its figures.

percentile
  given nothing: it should be 0
  given values in any order: it should be the one below which so many per cent lie, and never beyond the last
ratios
  given a rate of 0 to divide by: it should be 0, not an error
  given all rates: it should name each target with its ratio
slope
  given fewer than two different places: it should be 0
  given a line, with noise or without: it should be its rise
memory
  given fewer than three samples: it should say that they say nothing
  given a load that goes on growing: it should not call it flat
  given a load that warms up and stays: it should call it flat, whatever the first third did
  given one large request at the end: it should not be misled
"""

from __future__ import annotations

import pytest

from scripts.bench_steps import reckoning
from scripts.bench_steps.reckoning import memory, percentile, slope


def test_percentile() -> None:
    assert percentile([], 95) == 0.0
    assert percentile([7.0], 95) == 7.0
    values = [float(n) for n in range(100, 0, -1)]
    assert (percentile(values, 0), percentile(values, 50), percentile(values, 95)) == (1, 51, 96)
    assert percentile(values, 100) == 100


def test_ratios() -> None:
    names = {name for pair in reckoning.WANTED.values() for name in pair}
    assert reckoning.ratios(dict.fromkeys(names, 0)) == dict.fromkeys(reckoning.WANTED, 0.0)
    rates = {
        "gateway_bulk": 900,
        "gateway_single": 150,
        "chain_single": 300,
        "chain_batch": 450,
        "design": 3000,
    }
    found = reckoning.ratios({**rates, "web3py": 30})
    assert list(found.values()) == [3.0, 2.0, 0.3, 0.5, 30.0]


def test_slope() -> None:
    assert slope([]) == slope([(1, 5)]) == slope([(1, 5), (1, 9)]) == 0.0
    assert slope([(0, 10), (10, 30), (20, 50)]) == pytest.approx(2.0)
    assert slope([(x, 3 * x + (x % 2)) for x in range(101)]) == pytest.approx(3.0, abs=0.01)


def test_memory_of_nothing() -> None:
    with pytest.raises(ValueError, match="2 samples"):
        memory([(1_000, 170.0), (2_000, 171.0)])


def test_memory_that_grows_for_ever() -> None:
    found = memory([(n * 1_000, 200 + n) for n in range(1, 91)])
    assert not found.flat
    assert found.slope == pytest.approx(10.0)
    assert "GROWS" in str(found)


def test_memory_that_has_warmed_up() -> None:
    found = memory([(n * 1_000, min(170 + 8 * n, 300) + n % 3) for n in range(1, 91)])
    assert found.flat
    assert abs(found.slope) < 0.1
    assert (found.warm, found.end) == (301, 301)
    assert str(found).startswith("flat: 301 MiB after warming up, 301 at the end")


def test_one_sample_does_not_mislead() -> None:
    quiet = [(n * 1_000, 300.0) for n in range(1, 90)]
    assert memory([*quiet, (90_000, 420.0)]).flat
