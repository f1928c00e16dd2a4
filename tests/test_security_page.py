"""docs/security.md against the tests it names.

docs/security.md
├── each test that it names should exist
├── each attempt in tests/adversary should be named
└── each attacker should be there
"""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`(test_\w+)`", PAGE))


def defined(folder: Path) -> set[str]:
    """The names of all test functions below a folder."""
    files = folder.rglob("test_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.M)}


def test_each_named_test_should_exist() -> None:
    assert len(NAMED) > 80
    assert sorted(NAMED - defined(TESTS)) == []


def test_each_attempt_should_be_named() -> None:
    assert sorted(defined(TESTS / "adversary") - NAMED) == []


def test_each_attacker_should_be_there() -> None:
    text = PAGE.lower()
    for attacker in (
        "an outsider",
        "a relayer",
        "operator with all its keys",
        "a supplier",
        "a core",
        "a financing bank",
        "the clearing bank",
        "a member of the panel",
        "a thief of keys",
        "whoever runs a node",
    ):
        assert re.search(rf"^### .*{attacker}", text, re.M), attacker
