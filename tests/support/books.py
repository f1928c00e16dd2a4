"""Books for tests, with tables that are made once and copied.

Where a test does not care which book it gets, the run decides: GOLDTICKET_TEST_BOOK is `memory` (quick, the default),
`sqlite`, or `postgresql`, which `scripts/test --postgres DSN` sets.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ledger.book.db import SqlBook
from tests.support import postgres
from tests.support.memory import MemoryBook
from tests.support.rewinding import RewindingBook

KIND = os.environ.get("GOLDTICKET_TEST_BOOK", "memory")

_open = ExitStack()


def fresh_book() -> Any:
    """An empty book of the run's kind; `close_all` closes it after the test."""
    if KIND == "memory":
        return MemoryBook()
    book = SqlBook(_open.enter_context(place(KIND)))
    _open.callback(book.close)
    return book


@contextmanager
def kept_book() -> Iterator[Any]:
    """As `fresh_book`, for a fixture of several tests, which closes it at its own end."""
    if KIND == "memory":
        yield MemoryBook()
        return
    with place(KIND) as address, closing(SqlBook(address)) as book:
        yield book


@contextmanager
def rewinding_book() -> Iterator[Any]:
    """As `kept_book`, with `kept` and `restore`: tests can put it back as it was."""
    with kept_book() as book:
        yield book if KIND == "memory" else RewindingBook(book)


def close_all() -> None:
    """Closes what `fresh_book` has opened."""
    _open.close()


@contextmanager
def place(kind: str) -> Iterator[str]:
    """The address of an empty book in `sqlite` or `postgresql`, gone afterwards."""
    if kind == "postgresql":
        with postgres.database() as dsn:
            yield dsn
    else:
        folder = Path(_folder().name) / uuid.uuid4().hex
        folder.mkdir()
        yield f"sqlite:///{new_book_file(folder)}"
        shutil.rmtree(folder)


@contextmanager
def dsn_of_homes() -> Iterator[str]:
    """In a run on PostgreSQL, the one gateway that is opened inside keeps its book there: the DSN, also in its variable
    of the environment. Else an empty word: the book stays in the home."""
    if KIND != "postgresql":
        yield ""
        return
    with postgres.database(empty=True) as dsn, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDTICKET_DSN", dsn)
        yield dsn


def new_book_file(folder: Path) -> Path:
    """A file with the tables of an empty book."""
    path = Path(folder) / "book.db"
    shutil.copyfile(_template(), path)
    return path


def new_book(folder: Path) -> SqlBook:
    """The caller closes it."""
    return SqlBook(str(new_book_file(folder)))


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="goldticket-book-")


@cache
def _template() -> Path:
    path = Path(_folder().name) / "empty.db"
    SqlBook(str(path)).close()
    return path


__all__ = [
    "KIND",
    "close_all",
    "dsn_of_homes",
    "fresh_book",
    "kept_book",
    "new_book",
    "new_book_file",
    "place",
    "rewinding_book",
]
