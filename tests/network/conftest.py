"""Networks of four validators for the tests beside: one after another, with a gateway on each.

GOLDTICKET_NETWORKS names the engines (with commas); default: every one whose program is here. At the end a summary
says which really ran.
"""

from __future__ import annotations

import os

import pytest

from scripts.networks.plan import BinaryMissing
from scripts.networks.recipes import RECIPES
from tests.network import operator

RAN: dict[str, str] = {}


def wanted() -> list[str]:
    """The engines to be tried."""
    named = os.environ.get("GOLDTICKET_NETWORKS", "")
    return named.split(",") if named else list(RECIPES)


@pytest.fixture(scope="module", params=wanted())
def engine_name(request: pytest.FixtureRequest) -> str:
    """An engine whose program is here."""
    name = str(request.param)
    try:
        binary = RECIPES[name].binary(None)
    except BinaryMissing as missing:
        RAN[name] = f"SKIPPED: {missing}"
        pytest.skip(f"{name}: {missing}")
    RAN[name] = f"ran, by {binary}"
    return name


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, what in RAN.items():
        terminalreporter.write_line(
            f"*** network {name}: {what} ***", bold=True, yellow=what.startswith("SKIPPED")
        )
    for said in operator.SAID:
        terminalreporter.write_line(f"*** Clique stood still: {said} ***", bold=True, yellow=True)
