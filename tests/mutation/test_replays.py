"""Fifteen changes of the contracts that must never go unnoticed, each with the test that notices.

given the contracts as they are
    it should let all these tests pass
given one change that would let somebody take, lose or double money
    it should still fit the source: whoever rewrites a rule takes its change along
    it should fail the test that watches over this rule
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.compiler import PLAIN, Codes, Compiler, Sources, sources
from tests.mutation.judge import ROOT, write

REPLAYS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("replays.json").read_text(encoding="utf-8")
)
"""what: happens if nobody notices. file, old, new: the change. contracts: whose code has it. test: that notices."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def compiler() -> Iterator[Compiler]:
    running = Compiler()
    yield running
    running.close()


@pytest.fixture(scope="module")
def unchanged(compiler: Compiler) -> Codes:
    """Every contract that a replay compiles, compiled in the same way."""
    touched = {name for replay in REPLAYS for name in replay["contracts"]}
    return compiler.compile(sources(), touched, PLAIN)


def changed(replay: dict[str, Any]) -> Sources:
    """The sources with the replay's change."""
    given = sources()
    assert given[replay["file"]].count(replay["old"]) == 1, "rewritten? then rewrite the replay too"
    return {**given, replay["file"]: given[replay["file"]].replace(replay["old"], replay["new"])}


def failed(codes: Codes, tests: Sequence[str], folder: Path) -> str:
    """The first of the tests that fails on these codes, or ""; in a process of its own."""
    write(folder, codes)
    command = [sys.executable, "-m", "tests.mutation.judge", str(folder), *tests]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    return done.stdout.strip()


def test_there_are_fifteen() -> None:
    assert len(REPLAYS) == 15
    assert len({replay["what"] for replay in REPLAYS}) == 15


def test_all_pass_without_a_change(unchanged: Codes, tmp_path: Path) -> None:
    assert failed(unchanged, sorted({replay["test"] for replay in REPLAYS}), tmp_path) == ""


@pytest.mark.parametrize("replay", REPLAYS, ids=lambda replay: replay["what"])
def test_noticed(replay: dict[str, Any], compiler: Compiler, tmp_path: Path) -> None:
    codes = compiler.compile(changed(replay), replay["contracts"], PLAIN)
    assert failed(codes, [replay["test"]], tmp_path) == replay["test"]
