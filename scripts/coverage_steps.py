"""The steps of scripts/coverage: run the tests with the EVM traced, map what was seen to the source, judge it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ledger.chain.compile import CONTRACTS, standard_input  # noqa: E402
from ledger.chain.solc import compiler_output  # noqa: E402
from tests.support.bytecode import Branch, branches, compiled, ending  # noqa: E402

SEEN = ROOT / "build" / "coverage.json"
PAGE = ROOT / "docs" / "coverage.md"
TESTS = ("tests/contracts", "--ignore=tests/contracts/test_nodes.py")
"""All that run in process; `test_nodes` starts real nodes."""
CHECKS = ("panic", "empty revert")
"""How a side ends that the compiler made: arithmetic and array bounds; calldata that is no such type, no contract."""


@dataclass(frozen=True)
class Unseen:
    """A side that no test took. `made`: the compiler's own check or helper, no branch of ours."""

    contract: str
    branch: Branch
    taken: bool
    made: bool

    def __str__(self) -> str:
        source = self.branch.source
        side = "jump" if self.taken else "no jump"
        return f"{self.contract} {source.file}:{source.line} {source.function}: {source.text} ({side})"


@dataclass(frozen=True)
class Reason:
    """A line of the page: whose sides it explains, of `times` branches in a contract at most. `contracts`: empty for
    all. Places are functions and texts, not program counters, so that an explanation outlives the next compile."""

    contracts: tuple[str, ...]
    file: str
    function: str
    text: str
    times: int = 1

    def means(self, side: Unseen) -> bool:
        """Whether this is the reason of that side."""
        source = side.branch.source
        return (
            (not self.contracts or side.contract in self.contracts)
            and source.file.rpartition("/")[2] == f"{self.file}.sol"
            and source.function == self.function
            and source.text == self.text
        )


Uses = Counter[tuple[Reason, str]]
"""How many branches of a contract a reason has explained."""


@dataclass
class Count:
    """The branches of one contract: all, and of those that were not seen on both sides the compiler's and ours."""

    jumps: int
    made: int = 0
    explained: int = 0
    unexplained: int = 0

    @property
    def both(self) -> int:
        return self.jumps - self.made - self.explained - self.unexplained


@dataclass
class Judgement:
    """By contract, and what has to be told."""

    counts: dict[str, Count] = field(default_factory=dict)
    unexplained: list[Unseen] = field(default_factory=list)
    outdated: list[Reason] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Returns 1 when a side is neither seen nor explained, or an explanation is out of date."""
    if "--again" not in arguments:
        run()
    seen = json.loads(SEEN.read_text(encoding="utf-8"))
    judged = judge(seen, explained(PAGE.read_text(encoding="utf-8")))
    for side in judged.unexplained:
        print(f"neither seen nor explained: {side}")
    for reason in judged.outdated:
        print(f"docs/coverage.md explains what is seen, or gone: {reason}")
    for difference in seen["differences"]:
        print(f"the interpreter went another way than the EVM: {difference}")
    print(f"{seen['transactions']:,} transactions, {seen['steps']:,} instructions")
    print(f"{'':16}{'JUMPI':>8}{'both':>8}{'compiler':>10}{'explained':>11}{'unexplained':>13}")
    for name, c in judged.counts.items():
        print(f"{name:16}{c.jumps:>8}{c.both:>8}{c.made:>10}{c.explained:>11}{c.unexplained:>13}")
    complaints = len(judged.unexplained) + len(judged.outdated) + len(seen["differences"])
    print(f"unexplained {len(judged.unexplained)}, complaints {complaints}")
    return 1 if complaints else 0


def run() -> None:
    """The tests, in one process, every EVM traced."""
    SEEN.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "900", "-p"]
    command += ["tests.support.tracing_plugin", "--seen", str(SEEN), "-m", "not slow", *TESTS]
    subprocess.run(command, cwd=ROOT, check=True)


def judge(seen: dict[str, Any], reasons: list[Reason]) -> Judgement:
    """Every JUMPI of the code as it compiles now, by what the tests have seen of it."""
    request = standard_input()
    (wanted,) = request["settings"]["outputSelection"]["*"].values()
    wanted.append("evm.deployedBytecode.sourceMap")
    output = compiler_output(request)
    files = {
        unit["id"]: (name.removeprefix("project/contracts/"), request["sources"][name]["content"])
        for name, unit in output["sources"].items()
    }
    codes = [(bytes.fromhex(code), sides) for code, sides in seen["codes"]]
    judged, used = Judgement(), Uses()
    for name in CONTRACTS:
        code, source_map = compiled(output, name)
        known = branches(code, source_map, files)
        sides = seen_of(code, codes)
        if not sides:
            raise SystemExit(
                f"no test ran {name} as it compiles now: run scripts/compile, then this without --again"
            )
        count = judged.counts[name] = Count(len(known))
        for branch in known:
            weigh(
                list(missing(name, code, branch, sides[branch.pc])), reasons, used, count, judged.unexplained
            )
    judged.outdated = [reason for reason in reasons if reason not in {each for each, _ in used}]
    return judged


def weigh(sides: list[Unseen], reasons: list[Reason], used: Uses, count: Count, told: list[Unseen]) -> None:
    """Count one branch by its sides that were not seen; tell those that nothing explains."""
    ours = [side for side in sides if not side.made]
    fitting = [
        {reason for reason in reasons if reason.means(side) and used[reason, side.contract] < reason.times}
        for side in ours
    ]
    for reason in set().union(*fitting):
        used[reason, ours[0].contract] += 1
    bare = [side for side, found in zip(ours, fitting, strict=True) if not found]
    told += bare
    count.unexplained += bool(bare)
    count.explained += bool(ours and not bare)
    count.made += bool(sides and not ours)


def seen_of(code: bytes, codes: list[tuple[bytes, dict[str, int]]]) -> Counter[int]:
    """The sides of a contract's branches that were seen, wherever it was deployed."""
    sides: Counter[int] = Counter()
    for other, by_pc in codes:
        if same(code, other):
            for pc, bits in by_pc.items():
                sides[int(pc)] |= bits
    return sides


def same(code: bytes, other: bytes) -> bool:
    """Whether deployed code is this one, with immutables and libraries' addresses filled in."""
    if len(code) != len(other):
        return False
    return all(a == b or a == 0 for a, b in zip(code, other, strict=True))


def missing(contract: str, code: bytes, branch: Branch, sides: int) -> Iterator[Unseen]:
    """The sides of a branch that were not seen."""
    for taken, bit in ((False, 1), (True, 2)):
        if not sides & bit:
            end = ending(code, branch.target if taken else branch.pc + 1)
            yield Unseen(contract, branch, taken, branch.source.whole or end in CHECKS)


def explained(page: str) -> list[Reason]:
    """The lines of the page's table: | contracts | `File.function` | `text` | reason |; a dash for all contracts, ×N
    behind them for more than one branch in each."""
    found = []
    row = r"^\| ([\w ,–]+?)(?: ×(\d+))? \| `([\w.]+)` \| `([^`]+)` \| \S.* \|$"
    for names, times, place, text in re.findall(row, page, re.M):
        file, _, function = place.partition(".")
        contracts = () if names == "–" else tuple(names.split(", "))
        found.append(Reason(contracts, file, function, text.replace("\\|", "|"), int(times or 1)))
    return found


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
