"""From a seed to a run: which plan, where the process dies, what the node does; and the long run of scripts/crash.

scripts/crash --seeds N [--from S] [--plan NAME]   its last line: seeds N, differences 0
scripts/crash --postgres DSN --seeds N             a part of the seeds have their book on that server
scripts/crash --sweep NAME                         dies at each place of a plan, one after the other
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from functools import lru_cache
from random import Random

import structlog

from tests.support import books, postgres
from tests.support.crash.desk import WAYS
from tests.support.crash.plan import PLANS, TORN
from tests.support.crash.run import Ledger, Outcome, Wrong, compare, run

RATES = (0.0, 0.05, 0.15, 0.3)
USUAL = {"desk": 1_000, "complete": 500, "bulk": 400}
"""About as many places has a run in which nothing happens, by the way in which people bring what they want."""


@lru_cache(maxsize=64)
def undisturbed(plan: str, seed: int) -> Outcome:
    """What the plan comes to when nothing happens."""
    return run(plan, seed, way="complete")


def disturbed(seed: int, plan: str = "", shared: str = "") -> tuple[str, Outcome]:
    """The run of a seed. `shared`: "postgresql" where a part of the seeds is to have its book there. Raises Wrong, with
    all that is needed to see it again."""
    rng = Random(seed)
    name = plan or rng.choice(sorted(PLANS))
    way = rng.choice(WAYS)
    kills = rng.sample(range(1, USUAL[way]), rng.choice([1, 1, 2, 3, 6]))
    rate = rng.choice(RATES)
    book = shared if shared and rng.random() < 0.3 else "sqlite" if rng.random() < 0.2 else "memory"
    shape = rng.randrange(4)
    try:
        found = run(name, shape, kills, rate, way=way, book=book)
        if name != TORN:
            compare(found.ledger, undisturbed(name, shape).ledger)
    except Wrong as error:
        raise Wrong(
            f"seed {seed} ({name} {way}, {book}, kills {sorted(kills)}, faults {rate}): {error}"
        ) from error
    return name, found


def sweep(plan: str, every: int = 1, start: int = 1) -> int:
    """Dies once at each place of a plan's undisturbed run (or each so-manieth); how often. Raises Wrong."""
    whole = undisturbed(plan, 0)
    places = range(start, whole.ticks + 1, every)
    for place in places:
        try:
            found = run(plan, 0, [place], way="complete")
            compare(found.ledger, whole.ledger)
        except Wrong as error:
            raise Wrong(f"{plan}, dead at place {place} of {whole.ticks}: {error}") from error
    return len(places)


def main(arguments: list[str]) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="scripts/crash", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--from", dest="start", type=int, default=0, help="the first one")
    parser.add_argument("--plan", default="", choices=["", *sorted(PLANS)], help="this plan only")
    parser.add_argument("--sweep", default="", choices=["", *sorted(PLANS)], help="each place of this plan")
    given = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if given.sweep:
        print(f"{given.sweep}: died at {sweep(given.sweep)} places, differences 0")
        return 0
    try:
        return _seeds(range(given.start, given.start + given.seeds), given.plan)
    finally:
        books.close_all()
        postgres.drop_all()


def _seeds(seeds: range, plan: str) -> int:
    wrong: list[str] = []
    plans: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    deaths: Counter[str] = Counter()
    said: Counter[str] = Counter()
    lives, repeated, began = 0, 0, time.monotonic()
    shared = "postgresql" if postgres.SERVER else ""
    for seed in seeds:
        try:
            name, found = disturbed(seed, plan, shared)
        except Wrong as error:
            wrong.append(str(error))
            print(f"WRONG {error}", flush=True)
            continue
        plans[name] += 1
        faults, deaths, said = faults + found.faults, deaths + found.deaths, said + found.said
        lives, repeated = lives + found.lives, repeated + found.repeated
        if (seed - seeds.start) % 100 == 99:
            print(f"up to seed {seed}: differences {len(wrong)}", flush=True)
    print(f"seeds {seeds.start} to {seeds.stop - 1} in {time.monotonic() - began:.0f} s")
    print(f"plans: {', '.join(f'{name} {count}' for name, count in sorted(plans.items()))}")
    for what, counted in (("died", deaths), ("faults", faults), ("the node said", said)):
        print(f"{what}: {', '.join(f'{name} {count}' for name, count in counted.most_common()) or 'nothing'}")
    print(f"processes {lives}, requests answered once more {repeated}, book besides: {shared or 'none'}")
    print(f"seeds {len(seeds)}, differences {len(wrong)}")
    return 1 if wrong else 0


__all__ = ["Ledger", "disturbed", "main", "sweep", "undisturbed"]

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
