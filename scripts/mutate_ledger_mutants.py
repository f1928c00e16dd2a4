"""The mutants of scripts/mutate-ledger: cosmic-ray's operators on the rules of ledger/, where a rule stands.

Runs in the tool's own environment; reads a seed and a sample's size, writes JSON. Left out, because a test that found
them would say nothing about a rule: texts and evidence of errors (whatever stands inside `raise` or an f-string),
annotations, decorators, imports. Operators that mostly give a program which can't run at all (an order between things
that have none, a sum made a power) are left out too: they would be found without a test and flatter the share.
"""

from __future__ import annotations

import ast
import json
import random
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast  # type: ignore[import-not-found]
from cosmic_ray.mutating import mutate_code  # type: ignore[import-not-found]
from cosmic_ray.plugins import get_operator  # type: ignore[import-not-found]

ROOT = Path(__file__).resolve().parents[1]
NO_RULES = frozenset(
    {
        *("__init__", "bulk", "errors", "events", "issue_errors", "payable_store"),
        *("ports", "records", "service", "settings", "wiring"),
    }
)
"""Modules of ledger/ without a rule of their own: tables, ports, settings, and what only moves data."""
COMPARED = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")
COUNTED = (
    ("Add", "Sub"),
    ("Sub", "Add"),
    ("Mul", "FloorDiv"),
    ("Mul", "Add"),
    ("FloorDiv", "Mul"),
    ("Mod", "Mul"),
)
BITS = (
    ("BitAnd", "BitOr"),
    ("BitOr", "BitAnd"),
    ("BitXor", "BitOr"),
    ("LShift", "RShift"),
    ("RShift", "LShift"),
)
OPERATORS = (
    *(f"ReplaceComparisonOperator_{a}_{b}" for a in COMPARED for b in COMPARED if a != b),
    *(f"ReplaceComparisonOperator_{a}_{b}" for a, b in (("Is", "IsNot"), ("IsNot", "Is"))),
    *(f"ReplaceBinaryOperator_{a}_{b}" for a, b in (*COUNTED, ("Pow", "Mul"), *BITS)),
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ExceptionReplacer",
    "NumberReplacer",
    "ZeroIterationForLoop",
)
Place = tuple[int, int]


@dataclass(frozen=True)
class Mutant:
    """`id`: module:line:column:operator:occurrence; `line`: the mutated line as it was, `became`: as it is now."""

    id: str
    module: str
    line: str
    became: str
    source: str


@dataclass(frozen=True)
class Spot:
    """Where an operator applies, and how to apply it."""

    id: str
    module: str
    row: int
    make: Callable[[], str]


def main(seed: str, size: str, out: str) -> int:
    """A sample of `size` mutants, spread over the modules in proportion to their number; 0 takes all."""
    chance = random.Random(int(seed))  # noqa: S311 - a sample, no secret
    population = {path.stem: spots(path) for path in sorted((ROOT / "ledger").glob("*.py"))}
    population = {name: found for name, found in population.items() if name not in NO_RULES}
    total = sum(map(len, population.values()))
    wanted = int(size) or total
    chosen = [
        spot
        for found in population.values()
        for spot in chance.sample(found, min(len(found), -(-len(found) * wanted // total)))
    ]
    counts = {name: len(found) for name, found in population.items()}
    made = [asdict(mutant(spot)) for spot in chosen]
    Path(out).write_text(json.dumps({"population": counts, "mutants": made}), encoding="utf-8")
    return 0


def mutant(spot: Spot) -> Mutant:
    """The mutated source of a spot."""
    before = (ROOT / "ledger" / f"{spot.module}.py").read_text(encoding="utf-8").splitlines()
    source = spot.make()
    compile(source, spot.module, "exec")
    after = source.splitlines()
    return Mutant(spot.id, spot.module, before[spot.row - 1].strip(), after[spot.row - 1].strip(), source)


def spots(path: Path) -> list[Spot]:
    """Every place of a module where a rule can be mutated."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    out = [span(node, source.splitlines()) for node in left_out(tree)]
    found = [*of_operators(path.stem, source), *of_calls(path.stem, source, tree)]
    return [spot for place, spot in found if not any(a <= place < b for a, b in out)]


def of_operators(module: str, source: str) -> Iterator[tuple[Place, Spot]]:
    """What cosmic-ray's operators find."""
    nodes, lines = list(ast_nodes(get_ast(source))), source.splitlines()
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = [place for node in nodes for place, _ in operator.mutation_positions(node)]
        for occurrence, (row, column) in enumerate(places):
            before = "".join([*lines[: row - 1], lines[row - 1][:column]]).rstrip()
            if name.startswith("ReplaceBinary") and before[-1] in "([{,=:":  # a star that unpacks
                continue
            if re.match(r"[\w.]+\.\w", lines[row - 1][column:]) and name == "ExceptionReplacer":
                continue  # cosmic-ray takes plain names only
            if re.match(r"\w+ :=", lines[row - 1][column:]) and name == "AddNot":
                continue  # `not x := y` is no Python
            id_ = f"{module}:{row}:{column}:{name}:{occurrence}"

            def make(operator: Any = operator, occurrence: int = occurrence) -> str:
                return str(mutate_code(source, operator, occurrence))

            yield (row, column), Spot(id_, module, row, make)


def of_calls(module: str, source: str, tree: ast.AST) -> Iterator[tuple[Place, Spot]]:
    """A check that is no longer called: cosmic-ray has no such operator."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            continue
        (row, column), (last, end) = span(node, lines)

        def make(row: int = row, column: int = column, last: int = last, end: int = end) -> str:
            kept = "\n" * (last - row)  # what follows keeps its line
            text = lines[row - 1][:column] + "None" + kept + lines[last - 1][end:]
            return "".join([*lines[: row - 1], text, *lines[last:]])

        yield (row, column), Spot(f"{module}:{row}:{column}:RemoveCall:0", module, row, make)


def left_out(tree: ast.AST) -> Iterator[ast.AST]:
    """What carries no rule."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
            yield node
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation
        if isinstance(node, ast.FunctionDef):
            yield from [*node.decorator_list, *([node.returns] if node.returns else [])]
        if isinstance(node, ast.ClassDef):
            yield from node.decorator_list


def span(node: ast.AST, lines: Sequence[str]) -> tuple[Place, Place]:
    """A node's place, columns counted in characters."""
    at: Any = node
    first = len(lines[at.lineno - 1].encode()[: at.col_offset].decode())
    last = len(lines[at.end_lineno - 1].encode()[: at.end_col_offset].decode())
    return (at.lineno, first), (at.end_lineno, last)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
