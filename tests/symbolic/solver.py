"""A solver for halmos, called with the file of one SMT-LIB query: cvc5 with bit vectors as integers.

Products and quotients of 96-bit numbers are beyond solvers that look at bits; as integers they are small questions.
Which of the few ways to translate is the good one differs from query to query, so they are tried in turn.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WAYS = (("sum", 20), ("iand", 20), ("off", 20), ("sum", 300))
"""Option `solve-bv-as-int` and seconds."""


def solve(query: str, way: str) -> None:
    """Print cvc5's answers to the commands of a query file."""
    import cvc5  # type: ignore[import-not-found]

    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    solver.setOption("solve-bv-as-int", way)
    solver.setOption("produce-models", "true")
    parser = cvc5.InputParser(solver)
    parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, query)
    while not (command := parser.nextCommand()).isNull():
        if answer := command.invoke(solver, parser.getSymbolManager()).strip():
            print(answer, flush=True)


def main(query: str) -> int:
    """The first answer that is one; "unknown" when there is none."""
    for way, seconds in WAYS:
        command = [sys.executable, str(Path(__file__)), query, way]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
        if done.stdout.startswith(("sat", "unsat")):
            print(done.stdout)
            return 0
    print("unknown")
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 3:
        solve(*sys.argv[1:])
    else:
        raise SystemExit(main(sys.argv[1]))
