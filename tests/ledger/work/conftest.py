from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.gateway import Gateway
from tests.support.world import World, ready_world


@pytest.fixture(scope="session")
def world_of_gateways() -> World:
    return ready_world()


@pytest.fixture
def gateway(world_of_gateways: World) -> Iterator[Gateway]:
    with world_of_gateways.scratch():
        yield Gateway(world_of_gateways)
