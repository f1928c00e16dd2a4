"""Rules and contract side by side, on one ready world; each test gets it back untouched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.both import Both
from tests.support.world import World, ready_world


@pytest.fixture(scope="session")
def world_of_both() -> World:
    return ready_world()


@pytest.fixture
def both(world_of_both: World) -> Iterator[Both]:
    with world_of_both.scratch():
        yield Both(world_of_both)
