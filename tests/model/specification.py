"""docs/specification.md, read: the branches that it lists, and what it says of those that runs do not reach.

A branch stands in a line of its act's list as `act: Outcome`, and what follows is prose. Sets of errors that belong
together are listed once, in the section "Signatures and what every act begins with", as `name = Error, Error`, and
stand in an act's list as `act: ‹name›`. "never" at the end of a line: cannot happen, for the reason given; a path with
`::` names the test that reaches it by other means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.model.branches import Branch

ROOT = Path(__file__).resolve().parents[2]
TEXT = ROOT / "docs" / "specification.md"
_SET = re.compile(r"^- `‹(\w+)›` = (.+?)(?=\n- |\n\n)", re.M | re.S)
_BRANCH = re.compile(r"^ *- `(\w+): (‹\w+›|[\w ]+)`(.*)$", re.M)
_NAME = re.compile(r"`(‹?\w+›?)`")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@dataclass(frozen=True)
class Documented:
    """One branch: `never` when it cannot happen, `test` (file, function) when a test reaches it, not a run."""

    never: bool
    test: tuple[str, str] | None


@cache
def sets(text: str) -> dict[str, tuple[str, ...]]:
    """The named sets of errors, those within sets taken apart."""
    found: dict[str, tuple[str, ...]] = {}
    for name, members in _SET.findall(text):
        names: list[str] = []
        for member in _NAME.findall(members):
            names += found[member[1:-1]] if member.startswith("‹") else [member]
        found[name] = tuple(names)
    return found


@cache
def documented(text: str = "") -> dict[Branch, Documented]:
    """Every branch of the specification."""
    whole = text or TEXT.read_text()
    found: dict[Branch, Documented] = {}
    for kind, outcome, rest in _BRANCH.findall(whole):
        test = _TEST.search(rest)
        said = Documented(rest.rstrip(" .").endswith("never"), (test[1], test[2]) if test else None)
        names = sets(whole)[outcome[1:-1]] if outcome.startswith("‹") else (outcome,)
        for name in names:
            if (kind, name) in found and said != found[kind, name]:
                raise ValueError(f"{kind}: {name} stands twice in {TEXT.name} and is not the same")
            found[kind, name] = said
    return found


def reachable() -> set[Branch]:
    """Those that a run should come to."""
    return {branch for branch, said in documented().items() if not said.never and said.test is None}
