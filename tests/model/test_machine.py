"""The contract and the reference model take the same random steps.

given any life of a ledger, of any acts in any order
    it should end each step on both sides alike, with the same error by name, the same words and sums in storage
    it should keep every invariant after each step
    it should give everybody exactly what was theirs, once everything is funded and decided
given a fixed profile of long sessions, some with a successor
    it should come to every branch of the specification that can happen
    it should find no difference
given one seed in two processes that hash differently
    it should send the same steps
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.model.machine import Life
from tests.model.run import Result, run
from tests.model.session import Session
from tests.model.specification import ROOT, reachable

STEPS, SEED = 20_000, 1
"""Chosen so that every branch is seen; if one is not any more, look why, then take another seed."""


@pytest.fixture(scope="module")
def fixed() -> Result:
    """The fixed profile."""
    return run(STEPS, SEED, wanted=reachable())


def test_the_fixed_profile_finds_no_difference(fixed: Result) -> None:
    assert fixed.found == []
    assert fixed.steps >= STEPS


def test_the_fixed_profile_comes_to_every_branch(fixed: Result) -> None:
    """The same steps for the same seed, on every machine; the run aims at what it has not seen yet."""
    assert sorted(reachable() - fixed.covered.keys()) == []


def test_no_run_comes_to_what_can_never_happen(fixed: Result) -> None:
    assert fixed.covered.keys() - reachable() == set()


def signed(seed: int, steps: int = 120) -> str:
    """What a session sends, as one text; random bytes and the order of sets and dictionaries would show in it."""
    session = Session(seed)
    for _ in range(steps):
        session.deal()
    return repr([(step.kind, step.message, step.seals) for step in session.steps])


def test_a_seed_decides_everything() -> None:
    code = "from tests.model.test_machine import signed; print(signed(6))"
    elsewhere = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.strip() == signed(6)


TestLives = Life.TestCase
TestLives.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
