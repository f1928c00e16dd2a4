"""Which sides of every branch the EVM in process takes: each transaction is first carried out by the interpreter.

The interpreter reads the EVM's state and forgets what it wrote; then the EVM does the work. Both must come to the same
end, or `differences` tells where they did not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.evm import CALLER, GAS_LIMIT, Evm, Outcome
from tests.support.interpreter import Call, Transaction
from tests.support.opcodes import Program

_NEW = 0xC0DE << 64
"""Where creation code believes to stand; nothing is kept there."""
_PADDING = bytes(33)
"""What pyrevm gives behind a contract's code."""


class Seen:
    """Every code that ran, with the sides of its branches; of all `Evm`s while `tracing` lasts."""

    def __init__(self) -> None:
        self.programs: dict[bytes, Program] = {}
        self.transactions = self.steps = 0
        self.differences: list[str] = []

    def program(self, code: bytes) -> Program:
        """Ready to run; one for all places where the same code stands."""
        if code not in self.programs:
            self.programs[code] = Program(code)
        return self.programs[code]

    def look(self, evm: Evm, to: str, data: bytes, gas: int, caller: str) -> tuple[bool, bytes]:
        """Carry out a transaction to `to`, or creation code; nothing changes. Whether it went well, and its output."""
        tx = self._transaction(evm, int(caller, 16))
        if to:
            address = int(to, 16)
            call = Call(address, tx.program(address), tx.origin, data)
        else:
            call = Call(_NEW, Program(data), tx.origin, b"")
        paid = 21_000 + sum(16 if byte else 4 for byte in data)
        tx.now.accounts |= {call.address, tx.origin}
        ok, output, _ = tx.run(call, gas - paid)
        self.transactions += 1
        self.steps += tx.steps
        return ok, output

    def _transaction(self, evm: Evm, origin: int) -> Transaction:
        inner: Any = evm._evm
        slots: dict[tuple[int, int], int] = {}

        def slot(address: int, key: int) -> int:
            if (address, key) not in slots:
                slots[address, key] = 0 if address == _NEW else int(inner.storage(_hex(address), key))
            return slots[address, key]

        def program(address: int) -> Program:
            return self.program(bytes(inner.get_code(_hex(address)) or b"").removesuffix(_PADDING))

        return Transaction(origin, evm.chain_id, evm.timestamp, evm.number, program, slot)

    def compare(self, what: str, looked: tuple[bool, bytes], outcome: Outcome) -> None:
        """Note when the EVM came to another end."""
        ok, output = looked
        if ok != outcome.ok or (not outcome.created and output != outcome.output):
            came = f"ok {outcome.ok} 0x{outcome.output.hex()}, the interpreter ok {ok} 0x{output.hex()}"
            self.differences.append(f"{what}: {came}")


def _hex(address: int) -> str:
    return f"0x{address:040x}"


@contextmanager
def tracing() -> Iterator[Seen]:
    """Inside, every `Evm` is looked at."""
    seen, send, create = Seen(), Evm.send, Evm.create

    def seen_send(self: Evm, to: str, data: bytes, gas: int = GAS_LIMIT, caller: str = CALLER) -> Outcome:
        point = self._evm.snapshot()
        looked = seen.look(self, to, data, gas, caller)
        self._evm.revert(point)  # what was only looked at is cold again
        outcome = send(self, to, data, gas, caller)
        seen.compare(f"{data[:4].hex()} with {gas} gas", looked, outcome)
        return outcome

    def seen_create(self: Evm, code: bytes) -> Outcome:
        looked = seen.look(self, "", code, GAS_LIMIT, CALLER)
        outcome = create(self, code)
        seen.compare("creation", looked, outcome)
        return outcome

    Evm.send, Evm.create = seen_send, seen_create  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        Evm.send, Evm.create = send, create  # type: ignore[method-assign]
