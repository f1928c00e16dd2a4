"""The London EVM once more, in plain Python, to see which way every branch goes.

pyrevm can trace too, but needs more than a millisecond for each instruction; this one needs less than a microsecond.
It only looks: it reads the state of another EVM, and what it writes is forgotten. Whoever uses it compares its outcome
with that EVM's, so a mistake in here shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.ids import keccak256
from tests.support.opcodes import BINARY, COLD_ACCOUNT, COLD_SLOT, COSTS, WARM, Program
from tests.support.precompiles import precompiled

MOST_MEMORY = 1 << 25


class Halt(Exception):
    """The frame ends and all of its gas is gone."""


@dataclass(frozen=True)
class Call:
    """One frame: whose storage, whose code, who called with what."""

    address: int
    program: Program
    caller: int
    data: bytes
    static: bool = False
    depth: int = 0


@dataclass
class Changes:
    """What a transaction has written and touched so far."""

    storage: dict[tuple[int, int], int] = field(default_factory=dict)
    slots: set[tuple[int, int]] = field(default_factory=set)
    accounts: set[int] = field(default_factory=set)
    logs: int = 0

    def copy(self) -> Changes:
        """To come back to when a call is undone."""
        return Changes(dict(self.storage), set(self.slots), set(self.accounts), self.logs)


@dataclass
class Transaction:
    """The outside of all frames. `program` and `slot` read the state before it."""

    origin: int
    chain: int
    timestamp: int
    number: int
    program: Callable[[int], Program]
    slot: Callable[[int, int], int]
    now: Changes = field(default_factory=Changes)
    steps: int = 0

    def load(self, address: int, slot: int) -> int:
        """A storage word as it is now."""
        found = self.now.storage.get((address, slot))
        return self.slot(address, slot) if found is None else found

    def run(self, call: Call, gas: int) -> tuple[bool, bytes, int]:
        """Whether it went well, what it returned, and the gas that is left. What failed is undone."""
        before = self.now.copy()
        try:
            ok, output, left = Frame(self, call).run(gas)
        except (Halt, IndexError):
            ok, output, left = False, b"", 0
        if not ok:
            self.now = before
        return ok, output, left

    def account(self, address: int) -> int:
        """What it costs to reach an account."""
        if address < 10 or address in self.now.accounts:
            return WARM
        self.now.accounts.add(address)
        return COLD_ACCOUNT

    def key(self, address: int, slot: int) -> int:
        """What it costs to reach a slot, beyond what a warm one costs."""
        if (address, slot) in self.now.slots:
            return 0
        self.now.slots.add((address, slot))
        return COLD_SLOT


class Frame:
    """One call being carried out."""

    def __init__(self, tx: Transaction, call: Call) -> None:
        self.tx, self.call = tx, call
        self.memory = bytearray()
        self.stack: list[int] = []
        self.returned = b""
        self.gas = 0

    def run(self, gas: int) -> tuple[bool, bytes, int]:
        """As `Transaction.run`."""
        self.gas = gas
        program, stack = self.call.program, self.stack
        ops, pushed, after, sides = program.ops, program.pushed, program.after, program.sides
        push, pop, binary, costs = stack.append, stack.pop, BINARY, COSTS
        pc = steps = 0
        try:
            while True:
                op = ops[pc]
                steps += 1
                self.gas -= costs[op]
                if self.gas < 0 or costs[op] < 0:
                    raise Halt
                if op >= 0x60:
                    if op < 0x80:
                        push(pushed[pc])
                        pc = after[pc]
                        continue
                    if op < 0x90:
                        push(stack[0x7F - op])
                    elif op < 0xA0:
                        stack[-1], stack[0x8E - op] = stack[0x8E - op], stack[-1]
                    elif op < 0xA5:
                        self._log(op - 0xA0)
                    elif op in (0xF3, 0xFD):
                        return op == 0xF3, self._read(pop(), pop()), self.gas
                    else:
                        self._call(op)
                elif op in binary:
                    if op == 0x0A:
                        self._spend(50 * ((stack[-2].bit_length() + 7) // 8))
                    top = pop()
                    stack[-1] = binary[op](top, stack[-1])
                elif op == 0x5B:
                    pass
                elif op == 0x50:
                    pop()
                elif op == 0x57:
                    target, condition = pop(), pop()
                    sides[pc] |= 2 if condition else 1
                    if condition:
                        pc = self._target(target)
                        continue
                elif op == 0x56:
                    pc = self._target(pop())
                    continue
                elif op == 0x15:
                    stack[-1] = int(not stack[-1])
                elif op == 0x52:
                    at, value = pop(), pop()
                    self._grow(at, 32)
                    self.memory[at : at + 32] = value.to_bytes(32, "big")
                elif op == 0x51:
                    stack[-1] = int.from_bytes(self._read(stack[-1], 32), "big")
                elif op == 0x35:
                    at = stack[-1]
                    word = self.call.data[at : at + 32] if at < len(self.call.data) else b""
                    stack[-1] = int.from_bytes(word.ljust(32, b"\0"), "big")
                elif op == 0:
                    return True, b"", self.gas
                else:
                    self._seldom(op, pc)
                pc += 1
        finally:
            self.tx.steps += steps

    def _target(self, pc: int) -> int:
        if pc not in self.call.program.targets:
            raise Halt
        return pc

    def _spend(self, gas: int) -> None:
        self.gas -= gas
        if self.gas < 0:
            raise Halt

    def _grow(self, at: int, size: int) -> None:
        """Memory up to there, in whole words, paid for."""
        if not size or at + size <= len(self.memory):
            return
        if at + size > MOST_MEMORY:
            raise Halt
        before, words = len(self.memory) // 32, (at + size + 31) // 32
        self._spend(3 * (words - before) + words * words // 512 - before * before // 512)
        self.memory.extend(bytes(32 * (words - before)))

    def _read(self, at: int, size: int) -> bytes:
        self._grow(at, size)
        return bytes(self.memory[at : at + size]) if size else b""

    def _copy(self, source: bytes, strict: bool = False) -> None:
        """Memory place, place in the source, size: from the stack. What lies beyond the source is 0."""
        to, start, size = self.stack.pop(), self.stack.pop(), self.stack.pop()
        if strict and start + size > len(source):
            raise Halt
        self._grow(to, size)
        self._spend(3 * ((size + 31) // 32))
        if size:
            self.memory[to : to + size] = source[start : start + size].ljust(size, b"\0")

    def _log(self, topics: int) -> None:
        if self.call.static:
            raise Halt
        at, size = self.stack.pop(), self.stack.pop()
        self._spend(8 * size if size < MOST_MEMORY else self.gas + 1)
        self._grow(at, size)
        del self.stack[len(self.stack) - topics :]
        self.tx.now.logs += 1

    def _seldom(self, op: int, pc: int) -> None:
        stack, call, tx = self.stack, self.call, self.tx
        if op == 0x54:
            cold = tx.key(call.address, stack[-1])
            self._spend(cold or WARM)
            stack[-1] = tx.load(call.address, stack[-1])
        elif op == 0x55:
            self._store(stack.pop(), stack.pop())
        elif op == 0x20:
            at, size = stack.pop(), stack.pop()
            self._grow(at, size)
            self._spend(6 * ((size + 31) // 32))
            stack.append(int.from_bytes(keccak256(self._read(at, size)), "big"))
        elif op == 0x37:
            self._copy(call.data)
        elif op == 0x39:
            self._copy(call.program.code)
        elif op == 0x3E:
            self._copy(self.returned, strict=True)
        elif op in (0x08, 0x09):
            a, b, n = stack.pop(), stack.pop(), stack.pop()
            stack.append(((a + b if op == 0x08 else a * b) % n) if n else 0)
        elif op == 0x19:
            stack[-1] ^= (1 << 256) - 1
        elif op == 0x53:
            at, value = stack.pop(), stack.pop()
            self._grow(at, 1)
            self.memory[at] = value & 0xFF
        elif op == 0x3B:
            self._spend(tx.account(stack[-1]))
            stack[-1] = len(tx.program(stack[-1]).code)
        elif op == 0x40:
            stack[-1] = int.from_bytes(keccak256(str(stack[-1]).encode()), "big")
        else:
            stack.append(self._outside(op, pc))

    def _outside(self, op: int, pc: int) -> int:
        call, tx = self.call, self.tx
        values = {
            0x30: call.address,
            0x32: tx.origin,
            0x33: call.caller,
            0x34: 0,
            0x36: len(call.data),
            0x38: len(call.program.code),
            0x3D: len(self.returned),
            0x42: tx.timestamp,
            0x43: tx.number,
            0x46: tx.chain,
            0x58: pc,
            0x59: len(self.memory),
            0x5A: self.gas,
        }
        if op not in values:
            raise NotImplementedError(f"instruction 0x{op:02x}")
        return values[op]

    def _store(self, slot: int, value: int) -> None:
        if self.call.static or self.gas <= 2300:
            raise Halt
        address = self.call.address
        cold = self.tx.key(address, slot)
        before, original = self.tx.load(address, slot), self.tx.slot(address, slot)
        untouched = before == original and value != before
        self._spend(cold + ((5000 - COLD_SLOT if original else 20_000) if untouched else WARM))
        self.tx.now.storage[address, slot] = value

    def _call(self, op: int) -> None:
        pop = self.stack.pop
        asked, to = pop(), pop() & ((1 << 160) - 1)
        if op == 0xF1 and pop():
            raise NotImplementedError("a call with value")
        at, size, out, most = pop(), pop(), pop(), pop()
        self._grow(at, size)
        self._grow(out, most)
        self._spend(self.tx.account(to))
        given = min(asked, self.gas - self.gas // 64)
        self.gas -= given
        ok, self.returned, left = self._enter(op, to, self._read(at, size), given)
        self.gas += left
        copied = self.returned[:most]
        self.memory[out : out + len(copied)] = copied
        self.stack.append(int(ok))

    def _enter(self, op: int, to: int, data: bytes, gas: int) -> tuple[bool, bytes, int]:
        call = self.call
        if 0 < to < 10:
            return precompiled(to, data, gas)
        if call.depth > 1000:
            return False, b"", gas
        address, caller = (call.address, call.caller) if op == 0xF4 else (to, call.address)
        static = call.static or op == 0xFA
        return self.tx.run(Call(address, self.tx.program(to), caller, data, static, call.depth + 1), gas)
