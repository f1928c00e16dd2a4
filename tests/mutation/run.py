"""`scripts/mutate`: a seeded sample of mutants of contracts/, each judged by the tests; every verdict is written down
at once, so an interrupted run goes on where it was.

    scripts/mutate [--count N] [--seed S]   judge until N mutants are decided; its last line: killed K of N
    scripts/mutate --survivors              judge again those that survived
    scripts/mutate --control                what was not changed has to survive, or the judges are wrong
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ledger.chain.compile import CONTRACTS
from tests.mutation.compiler import PLAIN, SHIPPED, Codes, Compiler, DoesNotCompile, sources
from tests.mutation.judge import judge, write
from tests.mutation.sample import sample
from tests.mutation.sites import Mutant, mutants, reached
from tests.support import abi

RESULTS = Path(__file__).with_name("results.jsonl")
DECIDED = ("killed", "survived")


class Bench:
    """Sources, their mutants, and a compiler for each kind of settings."""

    def __init__(self) -> None:
        self.compiler, self._shipping = Compiler(), Compiler()
        self.sources = sources()
        trees = self.compiler.trees(self.sources)
        self.mutants = mutants(self.sources, trees)
        self._reached = reached(trees, set(CONTRACTS))

    def close(self) -> None:
        """End the compilers."""
        self.compiler.close()
        self._shipping.close()

    def contracts(self, mutant: Mutant) -> set[str]:
        """The contracts whose code a mutant may change."""
        return self._reached.get(mutant.inside, set())

    def begun(self, todo: Iterator[Mutant]) -> tuple[Mutant, list[list[str]]] | None:
        """The next mutant, with the compiler set to work on it, or None at the end."""
        mutant = next(todo, None)
        if mutant is None:
            return None
        return mutant, self.compiler.ask(mutant.applied(self.sources), self.contracts(mutant), PLAIN)

    def codes(self, asked: list[list[str]]) -> Codes | DoesNotCompile:
        """What the compiler made of a mutant that was begun."""
        try:
            return self.compiler.answer(asked)
        except DoesNotCompile as error:
            return error

    def equal(self, mutant: Mutant) -> bool:
        """Whether the code that is shipped would be the same."""
        changed = self._shipping.compile(mutant.applied(self.sources), self.contracts(mutant), SHIPPED)
        return all(abi.artifact(name)["bytecode"] == code["bytecode"] for name, code in changed.items())


def refused(error: DoesNotCompile) -> dict[str, Any]:
    """The verdict on what the compiler does not take."""
    return {"verdict": "refused", "by": str(error)[:80], "seconds": 0.0}


def judged(file: str, codes: Codes) -> dict[str, Any]:
    """The tests' verdict on these codes."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), codes)
        verdict = judge(file, Path(folder))
    said = "killed" if verdict.killed else "survived"
    return {"verdict": said, "by": verdict.by, "seconds": round(verdict.seconds, 1)}


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 1 when the control fails."""
    parser = argparse.ArgumentParser(
        prog="scripts/mutate", description="Mutants of the contracts, judged by the tests."
    )
    parser.add_argument("--count", type=int, default=200, help="how many to decide (200)")
    parser.add_argument("--seed", type=int, default=1, help="what decides the sample (1)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where verdicts are written down")
    parser.add_argument("--survivors", action="store_true", help="judge again those that survived")
    parser.add_argument("--control", action="store_true", help="judge the contracts as they are")
    asked = parser.parse_args(arguments)
    bench = Bench()
    try:
        if asked.control:
            return control(bench)
        known = read(asked.results)
        if asked.survivors:
            again(bench, known, asked.results)
        else:
            print(f"seed {asked.seed}, {len(bench.mutants):,} mutants possible", flush=True)
            decide(bench, known, asked)
        print(summary(list(known.values())))
    finally:
        bench.close()
    return 0


def control(bench: Bench) -> int:
    """Nothing changed, compiled as mutants are: every judge has to be content."""
    said = judged("GoldTicket.sol", bench.compiler.compile(bench.sources, set(CONTRACTS), PLAIN))
    print("control", said)
    return 0 if said["verdict"] == "survived" else 1


def decide(bench: Bench, known: dict[str, dict[str, Any]], asked: argparse.Namespace) -> None:
    """Mutants in the sample's order until enough are decided; the compiler is always one ahead of the tests."""
    began, fresh = time.monotonic(), 0
    done = sum(row["verdict"] in DECIDED for row in known.values())
    todo = (m for m in sample(bench.mutants, asked.seed) if m.id not in known and bench.contracts(m))
    upcoming = bench.begun(todo)
    while done < asked.count and upcoming is not None:
        mutant, given = upcoming
        codes = bench.codes(given)
        upcoming = bench.begun(todo)
        said = refused(codes) if isinstance(codes, DoesNotCompile) else judged(mutant.file, codes)
        if said["verdict"] == "survived" and bench.equal(mutant):
            said["verdict"] = "equal"
        note(known, asked.results, mutant, said)
        if said["verdict"] in DECIDED:
            done, fresh = done + 1, fresh + 1
        left = (time.monotonic() - began) / max(fresh, 1) * (asked.count - done)
        print(f"{done}/{asked.count} {_shown(mutant, said)} (about {left / 60:.0f} min left)", flush=True)


def again(bench: Bench, known: dict[str, dict[str, Any]], results: Path) -> None:
    """Judge those that survived once more."""
    by_id = {mutant.id: mutant for mutant in bench.mutants}
    for row in [row for row in known.values() if row["verdict"] == "survived"]:
        mutant = by_id.get(row["id"])
        if mutant is None:
            print(f"{row['id']} in {row['file']} is no mutant of these sources any more")
            continue
        given = bench.begun(iter([mutant]))
        assert given is not None
        codes = bench.codes(given[1])
        assert not isinstance(codes, DoesNotCompile)
        said = judged(mutant.file, codes)
        note(known, results, mutant, said)
        print(_shown(mutant, said), flush=True)


def read(results: Path) -> dict[str, dict[str, Any]]:
    """What was written down, by mutant; the last word counts."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return {row["id"]: row for row in map(json.loads, lines)}


def note(known: dict[str, dict[str, Any]], results: Path, mutant: Mutant, said: dict[str, Any]) -> None:
    """Write a verdict down."""
    row = {"id": mutant.id, **asdict(mutant), **said}
    del row["inside"]
    known[mutant.id] = row
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def summary(rows: list[dict[str, Any]]) -> str:
    """Figures by file and by kind, then the whole."""
    said = []
    for what in ("file", "kind"):
        for name in sorted({row[what] for row in rows}):
            here = Counter(row["verdict"] for row in rows if row[what] == name)
            said.append(f"  {name:<32} killed {here['killed']:>3} of {here['killed'] + here['survived']:>3}")
    count = Counter(row["verdict"] for row in rows)
    decided = count["killed"] + count["survived"]
    share = 100 * count["killed"] / decided if decided else 0.0
    said.append(f"dropped: {count['equal']} with the same code, {count['refused']} refused by the compiler")
    said.append(f"killed {count['killed']} of {decided} ({share:.1f} %)")
    return "\n".join(said)


def _shown(mutant: Mutant, said: dict[str, Any]) -> str:
    change = f"{mutant.old[:70]!r} -> {mutant.new[:70]!r}"
    return f"{said['verdict']:<8} {mutant.file}:{mutant.line} {change} {said['by'][:110]} {said['seconds']} s"


if __name__ == "__main__":
    sys.exit(main())
