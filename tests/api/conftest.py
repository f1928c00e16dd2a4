from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.live import Live
from tests.api.office import Office
from tests.support.memory import MemoryBook
from tests.support.world import World, ready_world


@pytest.fixture
def office() -> Office:
    return Office(MemoryBook())


@pytest.fixture(scope="session")
def world_of_live() -> World:
    return ready_world()


@pytest.fixture
def live(world_of_live: World) -> Iterator[Live]:
    with world_of_live.scratch():
        yield Live(world_of_live)
