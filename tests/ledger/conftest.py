"""Rules and contract side by side, on one ready world; each test gets it back untouched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.both import Both
    from tests.support.world import World


@pytest.fixture(scope="session")
def world_of_both() -> World:
    pytest.importorskip("pyrevm")
    from tests.support.world import ready_world

    return ready_world()


@pytest.fixture
def both(world_of_both: World) -> Iterator[Both]:
    from tests.support.both import Both

    with world_of_both.scratch():
        yield Both(world_of_both)
