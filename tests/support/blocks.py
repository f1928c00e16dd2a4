"""What an EVM in this process did, in the format of blocks that `scripts/recount --export` writes."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

from ledger.ids import keccak256
from tests.support.evm import CALLER, GAS_LIMIT, Evm, Outcome
from tests.support.world import OPENED, World, deploy, furnish

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "recount"


def load_recount() -> Any:
    """The script as a module."""
    loader = SourceFileLoader("recount", str(SCRIPT))
    spec = spec_from_loader("recount", loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["recount"] = module
    loader.exec_module(module)
    return module


class Recorder(Evm):
    """An EVM that keeps every transaction; what a snapshot undoes is forgotten."""

    def __init__(self, chain_id: int = 31_337, timestamp: int = 0, number: int = 1) -> None:
        super().__init__(chain_id, timestamp, number)
        self.kept: list[dict[str, Any]] = []

    def create(self, code: bytes) -> Outcome:
        """As `Evm.create`, kept."""
        outcome = super().create(code)
        self._keep(None, b"", outcome)
        return outcome

    def send(self, to: str, data: bytes, gas: int = GAS_LIMIT, caller: str = CALLER) -> Outcome:
        """As `Evm.send`, kept."""
        outcome = super().send(to, data, gas, caller)
        self._keep(to.lower(), data, outcome)
        return outcome

    def snapshot(self) -> Any:
        """As `Evm.snapshot`."""
        return super().snapshot(), len(self.kept)

    def revert(self, point: Any) -> None:
        """As `Evm.revert`."""
        inner, count = point
        super().revert(inner)
        del self.kept[count:]

    def _keep(self, to: str | None, data: bytes, outcome: Outcome) -> None:
        transaction = {
            "hash": "0x" + keccak256(len(self.kept).to_bytes(8, "big")).hex(),
            "to": to,
            "status": int(outcome.ok),
            "input": "0x" + data.hex(),
            "logs": [
                {
                    "address": log.address,
                    "topics": ["0x" + topic.hex() for topic in log.topics],
                    "data": "0x" + log.data.hex(),
                }
                for log in outcome.logs
            ],
        }
        block = {"number": self.number, "time": self.timestamp, "transactions": [transaction]}
        self.kept.append(block)

    def blocks(self, address: str) -> dict[str, Any]:
        """Everything so far, as a file of blocks holds it; views and other contracts left out."""
        mine = [
            block
            for block in self.kept
            if any(t["to"] == address or t["logs"] for t in block["transactions"])
        ]
        head = {"format": "goldticket-blocks-1", "chainId": self.chain_id, "address": address}
        return {**head, "last": self.number, "blocks": mine}


def recorded_world() -> World:
    """As `ready_world`, on a recorder."""
    return furnish(deploy(Recorder(timestamp=OPENED, number=100)))
