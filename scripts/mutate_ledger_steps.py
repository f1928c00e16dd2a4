"""The steps of scripts/mutate-ledger: the tool, the mutants, their runs (mutate_ledger_forks), what is left."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from mutate_ledger_forks import PLACE, ROOT, run_all

TOOLS = PLACE / "venv"
LOCK = ROOT / "requirements-mutation.lock"


def main() -> int:
    """Run a sample and say what survived. Returns 1 when less is killed than asked for."""
    asked = arguments()
    install()
    work = PLACE / "mutants.json"
    make = [str(TOOLS / "bin" / "python"), str(ROOT / "scripts" / "mutate_ledger_mutants.py")]
    subprocess.run([*make, str(asked.seed), str(asked.sample), str(work)], check=True)
    made = json.loads(work.read_text(encoding="utf-8"))
    mutants = [m for m in made["mutants"] if not asked.module or m["module"] in asked.module]
    if asked.again:
        left = {m["id"] for m in json.loads(asked.again.read_text(encoding="utf-8"))["survived"]}
        mutants = [m for m in mutants if m["id"] in left]
    if asked.control:
        return control({m["module"] for m in mutants})
    results = run_all(mutants)
    return report(made["population"], mutants, results, asked.least)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    asked = argparse.ArgumentParser(prog="scripts/mutate-ledger", description=main.__doc__)
    asked.add_argument("--sample", type=int, default=800, help="how many mutants; 0: all")
    asked.add_argument("--seed", type=int, default=4)
    asked.add_argument("--module", action="append", help="only this module, may be repeated")
    asked.add_argument("--again", type=Path, help="only what survived according to this result file")
    asked.add_argument("--control", action="store_true", help="nothing changed: nothing may be killed")
    asked.add_argument("--least", type=float, default=85.0, help="per cent that must be killed")
    return asked.parse_args()


def install() -> None:
    """The pinned tool, once, apart from .venv."""
    stamp, wanted = PLACE / "tools.stamp", LOCK.read_text(encoding="utf-8") + sys.version
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    PLACE.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(TOOLS)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(TOOLS / "bin" / "python"), "install", "-q"]
    subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", str(LOCK)], check=True)
    stamp.write_text(wanted, encoding="utf-8")


def control(modules: Iterable[str]) -> int:
    """A constant more in each module, which nobody reads. Returns 1 when a test fails all the same."""
    unchanged = []
    for name in sorted(modules):
        source = (ROOT / "ledger" / f"{name}.py").read_text(encoding="utf-8")
        text = {"id": name, "module": name, "line": "", "became": "_CONTROL = 0"}
        unchanged.append({**text, "source": f"{source}\n\n_CONTROL = 0\n"})
    wrong = [name for name, result in run_all(unchanged).items() if is_killed(result)]
    print(f"control: {len(unchanged)} modules, {len(wrong)} fail without a change {' '.join(wrong)}".rstrip())
    return int(bool(wrong))


# ---- what came out


def report(
    population: dict[str, int], mutants: Sequence[dict[str, str]], results: dict[str, str], least: float
) -> int:
    """A table by module, the survivors in build/mutation/result.json, and the share as the last line."""
    by_module: dict[str, list[str]] = defaultdict(list)
    for mutant in mutants:
        by_module[mutant["module"]].append(results[mutant["id"]])
    left = [{k: m[k] for k in ("id", "line", "became")} for m in mutants if not is_killed(results[m["id"]])]
    for module, found in sorted(by_module.items()):
        print(
            f"{module:24} of {population[module]:4}: {sum(map(is_killed, found)):4} of {len(found):4} killed"
        )
    (PLACE / "result.json").write_text(
        json.dumps({"survived": left, "population": population}, ensure_ascii=False, indent=1),
        encoding="utf-8",
    )
    killed = len(mutants) - len(left)
    share = 100 * killed / max(1, len(mutants))
    print(f"mutants {sum(population.values())}, run {len(mutants)}, killed {killed} ({share:.1f} %)")
    return int(share < least)


def is_killed(result: str) -> bool:
    """Whether a test has found it."""
    return result in ("killed", "timeout")


if __name__ == "__main__":
    sys.exit(main())
