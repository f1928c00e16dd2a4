"""One real node for the whole run, everybody admitted; each attempt gets it back untouched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.mined import mined_world
from tests.support.node_evm import start_node
from tests.support.world import World


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with start_node("anvil", tmp_path_factory.mktemp("anvil")) as node, mined_world(node) as world:
        yield world


@pytest.fixture
def world(ready: World) -> Iterator[World]:
    with ready.scratch():
        yield ready
