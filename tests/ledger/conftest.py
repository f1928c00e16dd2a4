"""Rules and contract side by side, or a whole gateway, on one ready world; each test gets it back untouched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.both import Both
    from tests.support.gateway import Gateway
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


@pytest.fixture
def gateway(world_of_both: World) -> Iterator[Gateway]:
    from tests.support.gateway import Gateway

    with world_of_both.scratch():
        yield Gateway(world_of_both)


@pytest.fixture
def ticket(gateway: Gateway) -> bytes:
    """皖岳's, the whole of what 岚工 owes it."""
    from tests.support.actors import HUAIYUE, LANGONG, WANYUE

    return gateway.issue(LANGONG, WANYUE, HUAIYUE)
