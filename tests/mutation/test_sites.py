"""Where mutants come from.

given a source
    it should make of each operator, number, condition, check, effect and event what it can become, and nothing twice
    it should change one place, and refuse a source in which that place is another
    it should know which contracts a change can reach: callers of inlined code, not those that call an address
given a seed
    it should try the same mutants in the same order, with every file early
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mutation.compiler import PLAIN, Compiler
from tests.mutation.sample import sample
from tests.mutation.sites import Mutant, mutants, reached

HEAD = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.28;\n"
SOURCES = {
    "Sum.sol": HEAD
    + """library Sum {
    uint256 internal constant MOST = 7;
    function twice(uint256 x) internal pure returns (uint256) { return x + x; }
    function far(uint256 x) external pure returns (uint256) { return twice(x); }
}""",
    "One.sol": HEAD
    + """import {Sum} from "./Sum.sol";
contract One {
    error Much();
    event Counted(uint256 n); // 数
    uint256 n;
    function add(uint256 x) external {
        if (x > Sum.MOST) revert Much(); // 许多
        n += Sum.twice(x);
        emit Counted(n);
    }
}""",
    "Two.sol": HEAD
    + """import {Sum} from "./Sum.sol";
contract Two { function ask(uint256 x) external pure returns (uint256) { return Sum.far(x); } }""",
}


@pytest.fixture(scope="module")
def compiler() -> Iterator[Compiler]:
    running = Compiler()
    yield running
    running.close()


@pytest.fixture(scope="module")
def found(compiler: Compiler) -> list[Mutant]:
    return mutants(SOURCES, compiler.trees(SOURCES))


def test_what_becomes_of_one_function(found: list[Mutant]) -> None:
    changes = {(m.old, m.new) for m in found if m.file == "One.sol"}
    assert changes == {
        (">", ">="),
        (">", "<="),
        ("if (x > Sum.MOST) revert Much();", "{}"),
        ("x > Sum.MOST", "true"),
        ("x > Sum.MOST", "!(x > Sum.MOST)"),
        ("+=", "-="),
        ("n += Sum.twice(x);", "{}"),
        ("emit Counted(n);", "{}"),
    }
    assert len({m.id for m in found}) == len(found)


def test_one_place_only(found: list[Mutant]) -> None:
    for mutant in found:
        changed = mutant.applied(SOURCES)
        assert [name for name in SOURCES if SOURCES[name] != changed[name]] == [mutant.file]
    with pytest.raises(ValueError, match="there is no"):
        found[0].applied({name: "// " + text for name, text in SOURCES.items()})


def test_which_contracts_a_change_reaches(compiler: Compiler, found: list[Mutant]) -> None:
    places = reached(compiler.trees(SOURCES), {"Sum", "One", "Two"})
    by_change = {(m.old, m.new): places[m.inside] for m in found if m.file == "Sum.sol"}
    assert by_change == {("7", "8"): {"Sum", "One"}, ("7", "6"): {"Sum", "One"}, ("+", "-"): {"Sum", "One"}}
    assert compiler.compile(SOURCES, ["Two"], PLAIN)["Two"]["linkReferences"]


def test_a_seed_decides(found: list[Mutant]) -> None:
    assert sample(found, 5) == sample(found, 5)
    assert sample(found, 5) != sample(found, 6)
    assert {m.file for m in sample(found, 5)[:4]} == {m.file for m in found}
