"""docs/durability.md against the tests it names.

docs/durability.md
└── each test that it names should exist
"""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "durability.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`(test_\w+)`", PAGE))


def test_each_named_test_should_exist() -> None:
    files = TESTS.rglob("test_*.py")
    there = {
        name for file in files for name in re.findall(r"^\s*def (test_\w+)", file.read_text("utf-8"), re.M)
    }
    assert len(NAMED) > 45
    assert sorted(NAMED - there) == []
