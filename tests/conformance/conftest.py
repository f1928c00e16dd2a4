"""Conformance of a network that is already there: run by scripts/conformance, left out of every other run.

GOLDTICKET_CONFORMANCE names the engine's description (TOML), GOLDTICKET_CONFORMANCE_KEY the funded key's file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.chain.engine import Engine
from ledger.chain.engine_file import load_engine

if TYPE_CHECKING:
    from tests.support.world import World

DESCRIPTION = os.environ.get("GOLDTICKET_CONFORMANCE", "")
KEY = os.environ.get("GOLDTICKET_CONFORMANCE_KEY", "")

if not DESCRIPTION:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def engine() -> Engine:
    return load_engine(Path(DESCRIPTION))


@pytest.fixture(scope="session")
def key() -> bytes:
    return bytes.fromhex(Path(KEY).read_text().strip().removeprefix("0x"))


@pytest.fixture(scope="session")
def world(engine: Engine, key: bytes) -> Iterator[World]:
    """One deployment for the whole run; each test issues its own tickets and leaves everybody able to act."""
    from tests.support.remote_evm import remote_world

    with remote_world(engine.urls, engine, key) as found:
        yield found


@pytest.fixture(autouse=True)
def _limits_are_wide(request: pytest.FixtureRequest) -> Iterator[None]:
    """The life in one relay gives its cores the limit that it needs and no more."""
    yield
    if request.node.name == "test_a_life_in_one_relay":
        from tests.support.actors import ADMITTED

        world = request.getfixturevalue("world")
        for core in ADMITTED[:2]:
            world.limit(core)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The one that needs the next number to be free comes first, whoever recounts comes last."""
    order = {"test_a_life_in_one_relay": -1, "test_all_nodes_agree": 1, "test_verify": 2, "test_recount": 3}
    items.sort(key=lambda item: order.get(item.name, 0))
