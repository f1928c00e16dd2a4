"""Whether the tests tell a mutant from the contracts: in stages, the most likely test first, each in a process that is
forked from this one, so that nothing has to be imported again.

Not among the judges: the gas figures (any change of code is one), the comparison of bytecode with the committed
artifacts, and what never runs the code under test.
"""

from __future__ import annotations

import functools
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrevm
import pytest

from tests.mutation.compiler import Codes
from tests.support import abi

ROOT = Path(__file__).resolve().parents[2]
TESTS = "tests/contracts"
NO_JUDGES = ("test_gas.py", "test_nodes.py", "test_coverage_of_errors_and_events.py")
FIRST = {
    "GoldTicket.sol": ("transfer", "finance", "relay"),
    "Lens.sol": ("lens", "lens_holding", "lens_card"),
    "libraries/ActHash.sol": ("typed",),
    "libraries/Auth.sol": ("participants", "governance", "transfer"),
    "libraries/Calendar.sol": ("issue", "lens_card"),
    "libraries/Card.sol": ("lens_card",),
    "libraries/Facts.sol": ("lens_holding", "lens"),
    "libraries/FinanceLib.sol": ("finance",),
    "libraries/FreezeLib.sol": ("freeze",),
    "libraries/GovernanceLib.sol": ("governance", "limits"),
    "libraries/IssueLib.sol": ("issue", "void"),
    "libraries/Offers.sol": ("transfer", "calldata"),
    "libraries/ParticipantsLib.sol": ("participants",),
    "libraries/Reader.sol": ("lens", "lens_holding"),
    "libraries/SettleLib.sol": ("settle",),
    "libraries/Slots.sol": ("lens", "lens_holding"),
    "libraries/State.sol": ("issue", "settle"),
    "libraries/Tickets.sol": ("transfer", "freeze", "settle"),
    "types/Words.sol": ("transfer", "finance", "freeze", "participants"),
}
"""The test files that know most about a source file."""
MODEL_SEEDS = (3, 7)
"""Sessions of 1,500 random steps each; the first goes over to a successor on its way."""
PATIENCE = 120
"""Seconds of computing after which a stage counts as failed; the slowest takes about 15."""


@dataclass(frozen=True)
class Verdict:
    """`by`: the test that failed, or "" when nobody noticed. `seconds` in all stages."""

    by: str
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether a test told it from the original."""
        return self.by != ""


def judge(file: str, artifacts: Path) -> Verdict:
    """What the tests say about contracts whose artifacts stand in a folder; `file` is the source that was changed."""
    began = time.monotonic()
    first = [f"{TESTS}/test_{name}.py" for name in FIRST[file]]
    kept = [*NO_JUDGES, *(Path(path).name for path in first)]
    rest = [
        f"{TESTS}/{path.name}"
        for path in sorted((ROOT / TESTS).glob("test_*.py"), key=_late)
        if path.name not in kept
    ]
    stages: list[Callable[[], str]] = [
        functools.partial(_tests, first),
        _model,
        functools.partial(_tests, rest),
    ]
    for stage in stages:
        by = _apart(stage, artifacts)
        if by:
            return Verdict(by, time.monotonic() - began)
    return Verdict("", time.monotonic() - began)


def _late(path: Path) -> tuple[bool, str]:
    """Tests that were written for a survivor come first."""
    return not path.stem.startswith("test_mutants"), path.name


def judge_by(tests: Sequence[str], artifacts: Path) -> str:
    """The first of these tests that fails, or ""."""
    return _apart(functools.partial(_tests, tests), artifacts)


def write(folder: Path, changed: Codes) -> None:
    """The committed artifacts with other code for some contracts."""
    for path in abi.ARTIFACTS.glob("*.json"):
        artifact: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        artifact |= changed.get(path.stem, {})
        (folder / path.name).write_text(json.dumps(artifact), encoding="utf-8")


def _apart(stage: Callable[[], str], artifacts: Path) -> str:
    """Run a stage in a process of its own, on these artifacts; what failed, or ""."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as said:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE + 5))
                _quiet()
                _use(artifacts)
                Path(said.name).write_text(stage(), encoding="utf-8")
                status = 0
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return said.read()
        return (
            "no end in sight" if os.waitstatus_to_exitcode(status) == -signal.SIGXCPU else "the process died"
        )


def _quiet() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _use(artifacts: Path) -> None:
    """From here on these are the contracts of every world in this process, whatever their size."""
    abi.ARTIFACTS = artifacts
    abi.artifact.cache_clear()
    vars(pyrevm)["CfgEnv"] = functools.partial(pyrevm.CfgEnv, limit_contract_code_size=1 << 20)


class _Listener:
    """A pytest plugin that keeps the first failure."""

    def __init__(self) -> None:
        self.failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def _tests(paths: Sequence[str]) -> str:
    os.chdir(ROOT)
    listener = _Listener()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # importing them takes longer than most tests
    options = ["-x", "-q", "-p", "pytest_timeout", "-p", "no:cacheprovider", "-m", "not slow", "--tb=no"]
    status = pytest.main([*options, *paths], plugins=[listener])
    return listener.failed or ("" if status == 0 else f"pytest ended with {int(status)}")


def _model() -> str:
    from tests.model.run import Result, one  # the short way, by named tests, does without

    for seed in MODEL_SEEDS:
        result = Result()
        try:
            one(seed, result)
        except Exception as error:
            return f"model: {type(error).__name__}"
        if result.found:
            return f"model: {result.found[0][0]}"[:160]
    return ""


def main(arguments: Sequence[str]) -> int:
    """`FOLDER TEST...`: prints the first of these tests that fails on the artifacts in a folder, or nothing."""
    folder, *tests = arguments
    print(judge_by(tests, Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
