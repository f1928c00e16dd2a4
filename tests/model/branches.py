"""The branches of the reference model, read from its source: for each act what it can be refused for, and how it can
take effect. A branch is (kind of act, error or word); docs/specification.md lists the same, and runs reach them.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache

from tests.model.participants import Participants
from tests.model.reference import Model
from tests.model.steps import UNSIGNED

Branch = tuple[str, str]
ASKED = {"signatures": "BadSignatureCount", "stage": "StageStopped"}
"""Arguments of `_begin`, and the errors that it refuses with only when they are given."""


@cache
def methods() -> dict[str, ast.FunctionDef]:
    """The model's methods by name; a subclass's own hides its base's."""
    found: dict[str, ast.FunctionDef] = {}
    for each in (Participants, Model):
        tree = ast.parse(inspect.getsource(each))
        found |= {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return found


@cache
def kinds() -> tuple[str, ...]:
    """The acts, and relaying them, in the model's order."""
    asks = ("do", "opening_of", "evidence_of")
    return tuple(name for name in methods() if not name.startswith("_") and name not in asks)


def branches() -> set[Branch]:
    """All of them."""
    return {(kind, name) for kind in kinds() for name in (*refusals(kind), *words(kind))}


@cache
def refusals(method: str) -> frozenset[str]:
    """Names of errors that a method can refuse with, itself or through what it calls."""
    found: set[str] = set()
    for call in _calls(methods()[method]):
        if isinstance(call.func, ast.Name) and call.func.id == "refuse":
            found |= {keyword.arg for keyword in call.keywords if keyword.arg}
        called = _own(call)
        if called and called != "do":
            found |= refusals(called) - _idle(call, called)
    return frozenset(found)


@cache
def words(method: str) -> frozenset[str]:
    """What an act that takes effect can answer."""
    found: set[str] = set()
    for node in ast.walk(methods()[method]):
        value: ast.expr | None = None
        if isinstance(node, ast.Return) or (
            isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "word"
        ):
            value = node.value
        found |= set(_said(value)) if value is not None else set()
    return frozenset(found or {"done"})


def _said(value: ast.expr) -> Iterator[str]:
    """The constants that an expression can give, also through a method of the model."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _said(value.body)
        yield from _said(value.orelse)
    elif isinstance(value, ast.Call):
        called = _own(value)
        if called:
            yield from words(called)


def _idle(call: ast.Call, called: str) -> set[str]:
    """What a call can't refuse for, since it leaves out the argument that asks for it."""
    given = {keyword.arg for keyword in call.keywords}
    return {error for name, error in ASKED.items() if called == "_begin" and name not in given}


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (child for child in ast.walk(node) if isinstance(child, ast.Call))


def _own(call: ast.Call) -> str:
    """The method of the model that is called, or ""."""
    func = call.func
    own = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "self"
    return func.attr if isinstance(func, ast.Attribute) and own and func.attr in methods() else ""


SIGNED = tuple(kind for kind in kinds() if kind not in (*UNSIGNED, "relay"))
"""Acts that somebody signs."""
