"""One ready world for the whole run; each test gets it back untouched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.world import World, ready_world


@pytest.fixture(scope="session")
def ready() -> World:
    return ready_world()


@pytest.fixture
def world(ready: World) -> Iterator[World]:
    with ready.scratch():
        yield ready
