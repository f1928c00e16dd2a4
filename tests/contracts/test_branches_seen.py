"""scripts/coverage and the interpreter that it looks with.

given acts of a ledger, taken and refused, with much and with little gas
    it should come to the end that the EVM comes to, and leave the EVM as it was
given a branch of which a side was not seen
    it should name it, unless it is the compiler's or the page gives its reason for so many
given a reason for a side that is seen, or gone
    it should say that the page is out of date
given all contract tests (slow)
    it should find no side of our own code that is neither seen nor explained
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.coverage_steps import ROOT, Count, Unseen, Uses, explained, missing, weigh
from tests.support.abi import Reverted
from tests.support.actors import LANGONG, SUHENG, WANYUE
from tests.support.bytecode import Branch, Source
from tests.support.tracing import tracing
from tests.support.world import FACE, ready_world

JUMPS = bytes.fromhex("600035 6009 57 60ee 6000 52 5b 00")
"""Jumps over a store when the first word of calldata is not 0."""
PANICS = bytes.fromhex("6006 57 00 00 00 5b 63 4e487b71 60e0 1b 6000 52 6024 6000 fd")


def branch(text: str, target: int = 0, pc: int = 0) -> Branch:
    return Branch(pc, target, Source("libraries/Auth.sol", 7, "panel", text))


def test_the_interpreter_ends_as_the_evm_does() -> None:
    with tracing() as seen:
        world = ready_world()
        ticket = world.issue(LANGONG, WANYUE)
        offer = world.offer(WANYUE, ticket, [(SUHENG, FACE // 2)])
        data = offer.transfer(offer.accept(SUHENG))
        before = world.evm.touched(world.address)
        for gas in (9, 20_000):
            assert not world.relay([(data, gas)])[1][0].ok
        with pytest.raises(Reverted, match="TooLittleGas"):
            world.relay([(data, 60_000)], gas=75_000)
        assert world.evm.touched(world.address) == before
        world.send(data).expect()
        assert not world.send(data).status
    assert seen.differences == []
    assert seen.transactions > 20
    assert 3 in {sides for program in seen.programs.values() for sides in program.sides.values()}


def test_sides_that_were_not_seen() -> None:
    (never,) = missing("Lens", JUMPS, branch("if (a) b()", 9, 5), sides=2)
    assert str(never) == "Lens libraries/Auth.sol:7 panel: if (a) b() (no jump)"
    assert not never.made
    assert list(missing("Lens", JUMPS, branch("if (a) b()", 9, 5), sides=3)) == []
    (check,) = missing("Lens", PANICS, branch("a + b", 6, 2), sides=1)
    assert check.made


@pytest.mark.parametrize(
    ("row", "known"),
    [
        ("| – | `Auth.panel` | `a \\|\\| b` | since |", True),
        ("| Lens, IssueLib | `Auth.panel` | `a \\|\\| b` | since |", True),
        ("| IssueLib | `Auth.panel` | `a \\|\\| b` | since |", False),
        ("| – | `Auth.party` | `a \\|\\| b` | since |", False),
        ("| – | `Slots.panel` | `a \\|\\| b` | since |", False),
        ("| – | `Auth.panel` | `a` | since |", False),
        ("| – | `Auth.panel` | `a \\|\\| b` |  |", False),
    ],
)
def test_reasons(row: str, known: bool) -> None:
    reasons, used, count, told = explained(row), Uses(), Count(1), list[Unseen]()
    weigh([Unseen("Lens", branch("a || b"), True, False)], reasons, used, count, told)
    assert (len(told), count.unexplained, count.explained) == ((0, 0, 1) if known else (1, 1, 0))
    assert used.total() == known


@pytest.mark.parametrize(("names", "times"), [("–", 1), ("Lens", 1), ("Lens ×2", 2)])
def test_a_reason_is_good_for_so_many_branches(names: str, times: int) -> None:
    reasons, used, count, told = (
        explained(f"| {names} | `Auth.panel` | `a` | since |"),
        Uses(),
        Count(9),
        list[Unseen](),
    )
    for _ in range(3):
        weigh(
            [Unseen("Lens", branch("a"), side, False) for side in (True, False)], reasons, used, count, told
        )
    assert (count.explained, count.unexplained, len(told)) == (times, 3 - times, 2 * (3 - times))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_side_is_seen_or_explained() -> None:
    judged = subprocess.run(
        [sys.executable, "scripts/coverage_steps.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stdout[-4000:] + judged.stderr[-2000:]
    assert "unexplained 0, complaints 0" in judged.stdout
