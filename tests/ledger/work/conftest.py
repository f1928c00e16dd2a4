from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.gateway import Gateway
    from tests.support.world import World


@pytest.fixture
def gateway(world_of_both: World) -> Iterator[Gateway]:
    from tests.support.gateway import Gateway

    with world_of_both.scratch():
        yield Gateway(world_of_both)
