from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api.hostile.town import Town


@pytest.fixture(scope="session")
def built() -> Town:
    pytest.importorskip("pyrevm")
    from tests.api.hostile.town import Town
    from tests.support.memory import MemoryBook
    from tests.support.world import ready_world

    return Town(ready_world(), MemoryBook())  # it is put back as it was after each test


@pytest.fixture
def town(built: Town) -> Iterator[Town]:
    """As it was filled; what a test does to its book is undone."""
    with built.untouched():
        yield built
