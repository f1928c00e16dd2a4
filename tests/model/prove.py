"""`scripts/prove`: the contract's bytecode and the reference model take random steps side by side, as long as wanted.

Everything is decided by the seed, which is printed first. A difference ends the run; it is cut down to the steps that
it takes, written to tests/model/regressions, and told. The last line is `steps N, differences 0` or 1.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from tests.model.branches import branches
from tests.model.run import Result, run
from tests.model.specification import reachable


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 when nothing differed."""
    parser = argparse.ArgumentParser(
        prog="scripts/prove", description="Contract and reference model, side by side."
    )
    parser.add_argument("--steps", type=int, default=100_000, help="how many at least (100000)")
    parser.add_argument("--seed", type=int, help="what decides everything (random)")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    asked = parser.parse_args(arguments)
    seed = secrets.randbelow(1 << 31) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    began = time.monotonic()

    def tell(result: Result) -> None:
        if not asked.quiet and (result.sessions % 10 == 0 or result.steps >= asked.steps):
            rate = result.steps / (time.monotonic() - began)
            print(
                f"  {result.steps:,} steps, {result.sessions} sessions, "
                f"{len(result.covered)} of {len(branches())} branches, {rate:,.0f} steps/s",
                flush=True,
            )

    result = run(asked.steps, seed, tell, wanted=reachable())
    for what, path in result.found:
        print(f"  {what}\n  cut down and written to {path}")
    print(f"steps {result.steps}, differences {len(result.found)}")
    return 1 if result.found else 0


if __name__ == "__main__":
    sys.exit(main())
