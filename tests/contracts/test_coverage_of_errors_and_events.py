"""The suite names what it has seen: each error of IErrors refused somewhere, each event of IEvents asserted somewhere.

given the tests' own source
    it should find `refused("X")` or `expect_refusal(…, "X")` for each error
    it should find `.one("X")`, `.all("X")` or `.last("X")` for each event
    it should find no name there that the contract does not have
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.abi import error_names, event_names

HERE = Path(__file__).parent


def calls() -> Iterator[ast.Call]:
    """Every call in the contract tests but this file's."""
    for path in HERE.glob("test_*.py"):
        if path != Path(__file__):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def first_text(call: ast.Call) -> str:
    """The first argument that is a text constant, or ""."""
    texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return texts[0] if texts else ""


def named(call: ast.Call) -> str:
    """The function or method that is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def refused_errors() -> set[str]:
    return {first_text(call) for call in calls() if named(call) in ("refused", "expect_refusal")}


def asserted_events() -> set[str]:
    return {first_text(call) for call in calls() if named(call) in ("one", "all", "last")}


def test_every_error_is_provoked() -> None:
    assert set(error_names()) - refused_errors() == set()


def test_every_event_is_asserted() -> None:
    assert set(event_names()) - asserted_events() == set()


def test_no_name_is_out_of_date() -> None:
    assert refused_errors() - set(error_names()) - {""} == set()
    assert asserted_events() - set(event_names()) - {""} == set()
