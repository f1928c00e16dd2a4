"""Proof suites run the contract in process by pyrevm, which has wheels for Python 3.11 and 3.12 only. Elsewhere they
are left out, with one loud line; the product and everything else is tested all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
import structlog

from tests.support import books, postgres

TESTS = Path(__file__).parent
_IMPORT = re.compile(r"^\s*(?:from|import) (tests(?:\.\w+)+|pyrevm)\b", re.MULTILINE)


@cache
def needs_evm(file: Path) -> bool:
    """Whether a test file imports pyrevm, by itself or through the support code."""
    if not file.is_file():
        return False
    for name in _IMPORT.findall(file.read_text(encoding="utf-8")):
        if name == "pyrevm" or needs_evm(TESTS.parent / (name.replace(".", "/") + ".py")):
            return True
    return False


@pytest.fixture(autouse=True)
def _books_are_closed() -> Iterator[None]:
    yield
    books.close_all()


@pytest.fixture(autouse=True)
def _logging_stays_as_it_was() -> Iterator[None]:
    """A command that is run in this process silences the log, which other tests look at."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def pytest_sessionfinish() -> None:
    postgres.drop_all()


if find_spec("pyrevm") is None:

    def pytest_ignore_collect(collection_path: Path) -> bool | None:
        if collection_path in (TESTS / "adversary", TESTS / "contracts", TESTS / "model"):
            return True
        return True if collection_path.suffix == ".py" and needs_evm(collection_path) else None

    def pytest_report_header(config: pytest.Config) -> str:
        return "LEFT OUT: tests that run the contract in process (pyrevm needs Python 3.11 or 3.12)"
