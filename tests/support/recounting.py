"""A pytest plugin: whatever the contract's tests try in this process is recounted, reverted transactions too.

`RECOUNT_DIFFERENCES=FILE pytest -p tests.support.recounting tests/contracts` writes what the recount judges otherwise
than the contract. It keeps the rules of scripts/recount equal to the contract's, refusals included.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support import abi, world
from tests.support.blocks import Recorder, load_recount
from tests.support.evm import Outcome

recount = load_recount()
FILE = Path(os.environ.get("RECOUNT_DIFFERENCES", "recount-differences.txt"))


class KeepingOutput(Recorder):
    """Why a transaction was reverted is kept as well."""

    def _keep(self, to: str | None, data: bytes, outcome: Outcome) -> None:
        super()._keep(to, data, outcome)
        self.kept[-1]["transactions"][0]["output"] = outcome.output


class Judge(recount.Recount):  # type: ignore[misc,name-defined]
    """A recount that asks of a reverted transaction too whether something speaks against it."""

    def _transaction(self, transaction: dict[str, Any], block: dict[str, Any]) -> None:
        super()._transaction(transaction, block)
        ledger = self.ledgers.get(transaction["to"])
        data = bytes.fromhex(transaction["input"][2:])
        name, _ = recount.FUNCTIONS.get(data[:4], ("relay", ()))
        if ledger is None or transaction["status"] or name == "relay":
            return
        output = transaction["output"]
        why = abi.decode_error(output) if output else "nothing"
        ledger.now = block["time"]
        ledger._carry_out(data, output or recount.OUT_OF_GAS, f"reverted by {why}: ")


def pytest_configure(config: pytest.Config) -> None:
    """From here on every world is recorded."""
    world.Evm = KeepingOutput  # type: ignore[misc]
    FILE.write_text("", encoding="utf-8")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Recounts the world of the test, unless its ledger follows a contract that no block explains."""
    yield
    if item.get_closest_marker("made_up_predecessor"):
        return
    given = getattr(item, "funcargs", {})
    evm = getattr(given.get("world") or given.get("ready"), "evm", None)
    if isinstance(evm, KeepingOutput):
        _recount(item.nodeid, evm, (given.get("world") or given["ready"]).address)


def _recount(test: str, evm: KeepingOutput, address: str) -> None:
    try:
        differences = Judge(recount.Chain(evm.chain_id, address, evm.number, evm.kept)).run().differences
    except Exception:
        differences = [traceback.format_exc()]
    with FILE.open("a", encoding="utf-8") as file:
        file.writelines(f"{test}: {text}\n" for text in differences)
