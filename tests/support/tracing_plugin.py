"""A pytest plugin for scripts/coverage: the EVMs in process are traced, and what was seen is written to a file.

pytest -n 0 -p tests.support.tracing_plugin --seen FILE …
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

from tests.support.tracing import Seen, tracing

_OPEN = ExitStack()
_SEEN: list[Seen] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seen", type=Path, required=True, help="where the sides that were seen are written")


def pytest_configure() -> None:
    _SEEN.append(_OPEN.enter_context(tracing()))


def pytest_unconfigure(config: pytest.Config) -> None:
    """{transactions, steps, differences, codes: [[hex, {pc: sides}]]}; sides: 1 not taken, 2 taken, 3 both."""
    (seen,) = _SEEN
    _OPEN.close()
    found = {
        "transactions": seen.transactions,
        "steps": seen.steps,
        "differences": seen.differences,
        "codes": [[code.hex(), program.sides] for code, program in seen.programs.items()],
    }
    cast(Path, config.getoption("--seen")).write_text(json.dumps(found), encoding="utf-8")
