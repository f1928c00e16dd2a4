"""What is worked out from measured figures: percentiles, ratios, and whether memory stays where it was."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GROWN = 0.05
"""Growth over the last two thirds of a load, as a part of what there was, that still counts as flat: what the C
library's allocator gives back and keeps moves by as much."""
AROUND = 5
"""Samples of which the middle one stands for a moment: a single one may have met a large request."""

WANTED = {
    "bulk / chain_single (3)": ("gateway_bulk", "chain_single"),
    "bulk / chain_batch (1)": ("gateway_bulk", "chain_batch"),
    "bulk / design (0.3)": ("gateway_bulk", "design"),
    "single / chain_single (0.5)": ("gateway_single", "chain_single"),
    "bulk / web3py (20)": ("gateway_bulk", "web3py"),
}
"""Name, with the target → figure and what it is divided by."""


def ratios(figures: Mapping[str, Any]) -> dict[str, float]:
    """What counts: each wants to be at least its target. 0 where nothing was measured to divide by."""
    return {
        name: round(figures[over] / figures[under], 2) if figures[under] else 0.0
        for name, (over, under) in WANTED.items()
    }


def percentile(values: Sequence[float], which: int) -> float:
    """The value below which so many per cent lie; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * which // 100)] if ordered else 0.0


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How much y rises for each x, by least squares; 0 where there is no line."""
    if len({x for x, _ in points}) < 2:
        return 0.0
    return statistics.linear_regression(*zip(*points, strict=True)).slope


@dataclass(frozen=True)
class Memory:
    """Of a load that lasts. MiB; `warm`: after the first third of the operations, `end`: at the end; `slope`: MiB for
    10,000 operations over the last two thirds."""

    warm: float
    end: float
    slope: float

    @property
    def flat(self) -> bool:
        """Whether it stays where it was, once everything that is kept on purpose is full."""
        return self.end - self.warm <= GROWN * self.warm

    def __str__(self) -> str:
        word = "flat" if self.flat else "GROWS"
        return (
            f"{word}: {self.warm:.0f} MiB after warming up, {self.end:.0f} at the end, "
            f"{self.slope:+.2f} MiB for 10,000 operations"
        )


def memory(points: Sequence[tuple[float, float]]) -> Memory:
    """What (operations so far, resident MiB) say, in that order. Raises ValueError for fewer than three."""
    if len(points) < 3:
        raise ValueError(f"{len(points)} samples say nothing about growth; let the load last longer")
    last = points[-1][0]
    settled = [point for point in points if point[0] >= last / 3]
    found = [mb for _, mb in settled]
    warm, end = statistics.median(found[:AROUND]), statistics.median(found[-AROUND:])
    return Memory(round(warm, 1), round(end, 1), round(slope(settled) * 10_000, 3))
