from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api.hostile.town import Town


@pytest.fixture(scope="session")
def built() -> Iterator[Town]:
    pytest.importorskip("pyrevm")
    from tests.api.hostile.town import Town
    from tests.support.books import rewinding_book
    from tests.support.world import ready_world

    with rewinding_book() as book:
        yield Town(ready_world(), book)  # it is put back as it was after each test


@pytest.fixture
def town(built: Town) -> Iterator[Town]:
    """As it was filled; what a test does to its book is undone."""
    with built.untouched():
        yield built
