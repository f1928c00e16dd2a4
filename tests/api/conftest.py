from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.api.office import Office
from tests.support.books import fresh_book

if TYPE_CHECKING:
    from tests.api.live import Live
    from tests.support.world import World


@pytest.fixture
def office() -> Office:
    return Office(fresh_book())


@pytest.fixture(scope="session")
def world_of_live() -> World:
    pytest.importorskip("pyrevm")
    from tests.support.world import ready_world

    return ready_world()


@pytest.fixture
def live(world_of_live: World) -> Iterator[Live]:
    from tests.api.live import Live

    with world_of_live.scratch():
        yield Live(world_of_live)
