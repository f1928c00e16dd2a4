"""Where and how the contracts' sources are mutated, by the compiler's syntax tree.

Each mutant changes one place: a comparison, a connective, an operator, a number, a named constant, a condition
(negated, always, never), two arguments of one type (swapped), or it leaves out a check, an effect or an event.
Assembly too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.mutation.compiler import Sources

Node = dict[str, Any]

COMPARISONS = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
}
CONNECTIVES = {"&&": "||", "||": "&&"}
OPERATORS = {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "%": "/",
    "&": "|",
    "|": "&",
    "^": "&",
    "<<": ">>",
    ">>": "<<",
}
ASSIGNMENTS = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "|=": "&=", "&=": "|="}
YUL = {
    "lt": "gt",
    "gt": "lt",
    "eq": "xor",
    "add": "sub",
    "sub": "add",
    "and": "or",
    "or": "and",
    "xor": "and",
    "shl": "shr",
    "shr": "shl",
    "mul": "add",
}
NAMES = {
    "Flags": ["LOCKED", "WITHDRAWN", "RETURNED", "ORDERED", "PAID"],
    "Roles": ["CORE", "SUPPLIER", "BANK", "CLEARING_BANK", "REGISTRAR", "AUDITOR"],
    "Rights": ["NONE", "MAKER", "CHECKER", "SOLE"],
    "Stages": ["PARTICIPANTS", "LIMITS", "ISSUE", "TRANSFER", "FINANCE"],
}
ISSUANCE_FLAGS = ["FUNDED", "VOID"]


@dataclass(frozen=True)
class Mutant:
    """`old` at byte `start` of a file (UTF-8) becomes `new`. `inside`: the tree's id of the declaration around it."""

    file: str
    start: int
    old: str
    new: str
    kind: str
    line: int
    inside: int

    @property
    def id(self) -> str:
        """The same for the same change in the same place."""
        said = f"{self.file}:{self.start}:{self.old}:{self.new}"
        return hashlib.sha256(said.encode()).hexdigest()[:10]

    def applied(self, sources: Sources) -> Sources:
        """The sources with this change. Raises ValueError when the place has another text."""
        text = sources[self.file].encode()
        end = self.start + len(self.old.encode())
        if text[self.start : end] != self.old.encode():
            raise ValueError(f"{self.file}: at byte {self.start} there is no {self.old!r}")
        changed = text[: self.start] + self.new.encode() + text[end:]
        return {**sources, self.file: changed.decode()}


def mutants(sources: Sources, trees: Mapping[str, Node]) -> list[Mutant]:
    """Every mutant of every file but the interfaces, in order."""
    found: dict[str, Mutant] = {}
    for file in sorted(sources):
        if not file.startswith("interfaces/"):
            for mutant in _Finder(file, sources[file]).of(trees[file], 0):
                found.setdefault(mutant.id, mutant)
    return list(found.values())


class _Finder:
    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text.encode()

    def of(self, node: Any, inside: int) -> Iterator[Mutant]:
        if isinstance(node, list):
            for item in node:
                yield from self.of(item, inside)
        elif isinstance(node, dict):
            kind = node.get("nodeType", "")
            if kind in ("FunctionDefinition", "ModifierDefinition") or _constant(node):
                inside = node["id"]
            made = getattr(self, f"_{kind}", None)
            if made is not None and inside:
                for start, old, new, what in made(node):
                    line = self.text[:start].count(b"\n") + 1
                    if old != new:
                        yield Mutant(self.file, start, old, new, what, line, inside)
            for key, child in node.items():
                if key != "typeName":
                    yield from self.of(child, inside)

    def _at(self, node: Node) -> tuple[int, int]:
        start, length, _ = (int(part) for part in node["src"].split(":"))
        return start, start + length

    def _said(self, node: Node) -> str:
        start, end = self._at(node)
        return self.text[start:end].decode()

    def _whole(self, node: Node, new: str, what: str) -> tuple[int, str, str, str]:
        return self._at(node)[0], self._said(node), new, what

    def _without(self, node: Node, what: str) -> tuple[int, str, str, str]:
        """The statement gone, its semicolon too."""
        start, end = self._at(node)
        if self.text[end : end + 1] == b";":
            end += 1
        return start, self.text[start:end].decode(), "{}", what

    def _BinaryOperation(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        operator = node["operator"]
        place = self.text.index(operator.encode(), self._at(node["leftExpression"])[1])
        for new in COMPARISONS.get(operator, ()):
            yield place, operator, new, "comparison"
        if operator in CONNECTIVES:
            yield place, operator, CONNECTIVES[operator], "connective"
        if operator in OPERATORS:
            yield place, operator, OPERATORS[operator], "operator"

    def _UnaryOperation(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        said, operator = self._said(node), node["operator"]
        if operator in ("!", "~"):
            yield self._whole(node, said[1:], "condition" if operator == "!" else "operator")
        if operator in ("++", "--"):
            yield self._whole(node, said.replace(operator, {"++": "--", "--": "++"}[operator], 1), "operator")

    def _Assignment(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        operator = node["operator"]
        if operator in ASSIGNMENTS:
            place = self.text.index(operator.encode(), self._at(node["leftHandSide"])[1])
            yield place, operator, ASSIGNMENTS[operator], "operator"

    def _Literal(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        if node["kind"] == "bool":
            yield self._whole(node, "false" if node["value"] == "true" else "true", "constant")
        if node["kind"] == "number":
            yield from self._number(node)

    def _YulLiteral(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        if node["kind"] == "number":
            yield from self._number(node)

    def _number(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        said = self._said(node)
        found = re.match(r"0x[0-9a-fA-F]+|[0-9][0-9_]*", said)
        if found is None:
            return
        value = int(found[0].replace("_", ""), 0)
        for new in (value + 1, value - 1):
            if new >= 0:
                written = f"0x{new:0{len(found[0]) - 2}x}" if said.startswith("0x") else str(new)
                yield self._whole(node, written + said[found.end() :], "constant")

    def _MemberAccess(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        library, name = node["expression"].get("name"), node["memberName"]
        if library in NAMES:
            family = ISSUANCE_FLAGS if name in ISSUANCE_FLAGS else NAMES[library]
            if name in family:
                other = family[(family.index(name) + 1) % len(family)]
                yield self._whole(node, f"{library}.{other}", "constant")

    def _IfStatement(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        if _refuses(node["trueBody"]) and not node.get("falseBody"):
            yield self._without(node, "removed check")
        else:
            yield self._whole(node["condition"], "false", "condition")
        yield self._whole(node["condition"], "true", "condition")
        yield self._whole(node["condition"], f"!({self._said(node['condition'])})", "condition")

    def _Conditional(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        yield self._whole(node["condition"], "true", "condition")
        yield self._whole(node["condition"], "false", "condition")

    def _ExpressionStatement(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        check = re.match(r"Auth\.|IssueLib\.require|_require|_registrarMay", self._said(node))
        yield self._without(node, "removed check" if check else "removed effect")

    def _EmitStatement(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        yield self._without(node, "removed event")

    def _FunctionCall(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        given = node["arguments"]
        if node.get("names"):
            return
        for one, other in pairwise(given):
            if _type(one) == _type(other):
                (start, middle), (after, end) = self._at(one), self._at(other)
                between = self.text[middle:after].decode()
                old = self.text[start:end].decode()
                yield start, old, self._said(other) + between + self._said(one), "swapped arguments"

    def _YulFunctionCall(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        name = node["functionName"]["name"]
        if name in YUL:
            yield self._whole(node["functionName"], YUL[name], "assembly")
        if name == "iszero":
            yield self._whole(node, self._said(node["arguments"][0]), "assembly")

    def _YulAssignment(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        yield self._whole(node, "{}", "removed effect")

    def _YulExpressionStatement(self, node: Node) -> Iterator[tuple[int, str, str, str]]:
        yield self._whole(node, "{}", "removed effect")


def reached(trees: Mapping[str, Node], contracts: set[str]) -> dict[int, set[str]]:
    """Id of a function or constant → the contracts whose code it is part of."""
    nodes: dict[int, Node] = {}
    uses: dict[int, set[int]] = {}
    for tree in trees.values():
        _gather(tree, 0, nodes, uses)
    found: dict[int, set[str]] = {}
    for node in nodes.values():
        if node["nodeType"] == "ContractDefinition" and node["name"] in contracts:
            todo, seen = [child["id"] for child in node["nodes"]], set[int]()
            while todo:
                id = todo.pop()
                if id in seen:
                    continue
                seen.add(id)
                found.setdefault(id, set()).add(node["name"])
                todo += [use for use in uses.get(id, ()) if use in nodes and not _linked(nodes[use])]
    return found


def _gather(node: Any, inside: int, nodes: dict[int, Node], uses: dict[int, set[int]]) -> None:
    if isinstance(node, list):
        for item in node:
            _gather(item, inside, nodes, uses)
    elif isinstance(node, dict):
        kind = node.get("nodeType", "")
        if kind in ("FunctionDefinition", "ModifierDefinition", "ContractDefinition") or _constant(node):
            nodes[node["id"]] = node
            inside = node["id"]
        if inside:
            for key in ("referencedDeclaration", "declaration", "function"):
                if isinstance(node.get(key), int):
                    uses.setdefault(inside, set()).add(node[key])
        for child in node.values():
            _gather(child, inside, nodes, uses)


def _linked(node: Node) -> bool:
    """Whether it is called at an address instead of being part of the caller's code."""
    return node["nodeType"] == "ContractDefinition" or node.get("visibility") in ("external", "public")


def _constant(node: Node) -> bool:
    return node.get("nodeType") == "VariableDeclaration" and bool(node.get("constant"))


def _refuses(body: Node) -> bool:
    statements = body["statements"] if body["nodeType"] == "Block" else [body]
    return len(statements) == 1 and statements[0]["nodeType"] in ("RevertStatement",)


def _type(node: Node) -> str:
    return str(node.get("typeDescriptions", {}).get("typeString"))
