"""An EVM in this process (pyrevm, London rules): link, deploy, call, read logs, and measure gas as a chain would.

pyrevm treats its whole life as one transaction: slots once read stay warm, and refunds are counted against values of
long ago. `Evm.fresh()` copies the state into a new one where everything is cold, so gas there is what a node charges.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyrevm

CALLER = "0x" + "ca" * 20
GAS_LIMIT = 2_000_000_000
_ACCOUNT = re.compile(
    r"(0x[0-9a-fA-F]{40}): Account \{ info:.*?storage: \{(.*?)\}, status: AccountStatus", re.S
)
_SLOT = re.compile(r"(\w+): StorageSlot \{ previous_or_original_value: \w+, present_value: (\w+) \}")
_OUTPUT = re.compile(r"output: 0x([0-9a-fA-F]*)")


@dataclass(frozen=True)
class RawLog:
    """One log as the EVM gives it: 20-byte address as 0x hex, 32-byte topics, data."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class Outcome:
    """What one transaction did. `gas_used` includes the intrinsic gas (21,000 and calldata) and refunds."""

    ok: bool
    output: bytes
    gas_used: int
    logs: tuple[RawLog, ...]
    created: str = ""


class Evm:
    """One chain state and its clock: `timestamp` in UTC seconds, `number` of the next block."""

    def __init__(self, chain_id: int = 31_337, timestamp: int = 0, number: int = 1) -> None:
        self.chain_id, self.timestamp, self.number = chain_id, timestamp, number
        env = pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=chain_id))
        self._evm = pyrevm.EVM(env=env, spec_id="LONDON", gas_limit=GAS_LIMIT)
        self.accounts: list[str] = []
        self._copied: dict[str, dict[int, int]] = {}

    def deploy(self, code: bytes) -> str:
        """The address of what `code` creates. EIP-170 holds. Raises ValueError when it creates nothing."""
        outcome = self.create(code)
        if not outcome.ok:
            raise ValueError(f"no contract: 0x{outcome.output.hex()}")
        return outcome.created

    def create(self, code: bytes) -> Outcome:
        """Run creation code; `created` is the address (0x, lower case)."""
        return self._run(lambda: self._evm.deploy(CALLER, code))

    def send(self, to: str, data: bytes, gas: int = GAS_LIMIT, caller: str = CALLER) -> Outcome:
        """Run one transaction; a revert is an outcome, not an exception. An empty output and not ok: out of gas."""
        return self._run(lambda: self._evm.message_call(caller, to, calldata=data, gas=gas))

    def _run(self, transaction: Callable[[], Any]) -> Outcome:
        self._evm.set_block_env(
            pyrevm.BlockEnv(number=self.number, timestamp=self.timestamp, gas_limit=GAS_LIMIT)
        )
        output: bytes | str
        failure: Exception | None = None
        try:
            output = transaction()
        except RuntimeError as error:
            failure = error
            found = _OUTPUT.search(str(error))
            output = bytes.fromhex(found[1]) if found else b""
        result = self._evm.result
        if result is None:
            raise RuntimeError(f"the transaction never began: {failure}") from failure
        created = ""
        if isinstance(output, str):
            created, output = output.lower(), b""
            self.accounts.append(created)
        logs = tuple(_raw(log) for log in result.logs) if result.is_success else ()
        return Outcome(bool(result.is_success), bytes(output), int(result.gas_used), logs, created)

    def storage(self, address: str, slot: int) -> int:
        """One storage word."""
        return int(self._evm.storage(address, slot))

    def poke(self, address: str, slot: int, value: int) -> None:
        """Write a word past every rule. No snapshot undoes it: only on a `fresh` copy."""
        self._evm.insert_account_storage(address, slot, value)

    def touched(self, address: str) -> dict[int, int]:
        """Every slot of a contract that was ever read or written, with its value now."""
        touched = dict(self._copied.get(address, {}))
        for found, slots in _ACCOUNT.findall(self._evm.journal_str):
            if found.lower() == address:
                touched |= {int(slot, 0): int(value, 0) for slot, value in _SLOT.findall(slots)}
        return touched

    def fresh(self, chain_id: int | None = None) -> Evm:
        """The same state with everything cold, as at the start of a transaction; on another chain if wanted."""
        other = Evm(chain_id or self.chain_id, self.timestamp, self.number)
        for address in self.accounts:
            other._insert(address, self._evm.get_code(address), self.touched(address))
        return other

    def _insert(self, address: str, code: bytes | None, slots: dict[int, int]) -> None:
        self._evm.insert_account_info(address, pyrevm.AccountInfo(nonce=1, code=code))
        self.accounts.append(address)
        self._copied[address] = slots
        for slot, value in slots.items():
            # A loaded account takes the slot as warm; reverting unloads it, and the database keeps the slot.
            point = self._evm.snapshot()
            self._evm.insert_account_storage(address, slot, value)
            self._evm.revert(point)

    def snapshot(self) -> Any:
        """A point to come back to with `revert`; points nest."""
        return self._evm.snapshot(), self.timestamp, self.number, len(self.accounts)

    def revert(self, point: Any) -> None:
        """Everything as it was at `point`, the clock too."""
        checkpoint, self.timestamp, self.number, count = point
        del self.accounts[count:]
        self._evm.revert(checkpoint)


def _raw(log: Any) -> RawLog:
    topics, data = log.data
    return RawLog(str(log.address).lower(), tuple(_bytes(topic) for topic in topics), bytes(data))


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(value[2:]) if isinstance(value, str) else bytes(value)
