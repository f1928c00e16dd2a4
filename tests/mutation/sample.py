"""Which mutants are tried, and in which order: decided by a seed, every file and every kind of change at any time in
proportion, so that a part of the sample is a fair sample too."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from tests.mutation.sites import Mutant

LEAST = 6
"""Places in the sample that the smallest file has against the weight of its mutants' number."""


def sample(mutants: Sequence[Mutant], seed: int) -> list[Mutant]:
    """All mutants, the ones to try first at the front."""
    chosen = random.Random(seed)
    by_file: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        by_file[mutant.file].append(mutant)
    ordered: list[tuple[float, str, Mutant]] = []
    for _, found in sorted(by_file.items()):
        weight = LEAST + len(found) ** 0.5
        for place, mutant in enumerate(_mixed(found, chosen)):
            ordered.append(((place + chosen.random()) / weight, mutant.id, mutant))
    return [mutant for _, _, mutant in sorted(ordered, key=lambda entry: entry[:2])]


def _mixed(mutants: Sequence[Mutant], chosen: random.Random) -> list[Mutant]:
    """One of each kind by turns, lines at random."""
    by_kind: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        by_kind[mutant.kind].append(mutant)
    kinds = [chosen.sample(by_kind[kind], len(by_kind[kind])) for kind in sorted(by_kind)]
    chosen.shuffle(kinds)
    mixed: list[Mutant] = []
    while any(kinds):
        mixed += [kind.pop() for kind in kinds if kind]
    return mixed
