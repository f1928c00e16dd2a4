"""What each instruction of the London EVM costs and does, as far as it needs no more than the stack and the call."""

from __future__ import annotations

from collections.abc import Callable

from ledger.ids import keccak256

WORD = (1 << 256) - 1
SIGN = 1 << 255
COLD_ACCOUNT, COLD_SLOT, WARM = 2600, 2100, 100


def signed(value: int) -> int:
    """A word as two's complement."""
    return value - (1 << 256) if value & SIGN else value


def _sdiv(a: int, b: int) -> int:
    x, y = signed(a), signed(b)
    return 0 if not y else (abs(x) // abs(y) * (-1 if (x < 0) != (y < 0) else 1)) & WORD


def _smod(a: int, b: int) -> int:
    x, y = signed(a), signed(b)
    return 0 if not y else (abs(x) % abs(y) * (-1 if x < 0 else 1)) & WORD


def _extend(size: int, value: int) -> int:
    if size > 30:
        return value
    bit = 1 << (8 * size + 7)
    return (value & (bit - 1)) | (WORD ^ (bit - 1)) if value & bit else value & (bit - 1)


BINARY: dict[int, Callable[[int, int], int]] = {
    0x01: lambda a, b: (a + b) & WORD,
    0x02: lambda a, b: (a * b) & WORD,
    0x03: lambda a, b: (a - b) & WORD,
    0x04: lambda a, b: a // b if b else 0,
    0x05: _sdiv,
    0x06: lambda a, b: a % b if b else 0,
    0x07: _smod,
    0x0A: lambda a, b: pow(a, b, 1 << 256),
    0x0B: _extend,
    0x10: lambda a, b: int(a < b),
    0x11: lambda a, b: int(a > b),
    0x12: lambda a, b: int(signed(a) < signed(b)),
    0x13: lambda a, b: int(signed(a) > signed(b)),
    0x14: lambda a, b: int(a == b),
    0x16: lambda a, b: a & b,
    0x17: lambda a, b: a | b,
    0x18: lambda a, b: a ^ b,
    0x1A: lambda a, b: b >> (248 - 8 * a) & 0xFF if a < 32 else 0,
    0x1B: lambda a, b: (b << a) & WORD if a < 256 else 0,
    0x1C: lambda a, b: b >> a if a < 256 else 0,
    0x1D: lambda a, b: (signed(b) >> min(a, 255)) & WORD,
}
"""The top of the stack and what is below it → their place."""


def _costs() -> list[int]:
    """Gas by instruction, without what depends on its operands; -1 for what is no instruction."""
    by_cost = {
        0: (0x00, 0xF3, 0xFD),
        1: (0x5B,),
        2: (0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3A, 0x3D, *range(0x41, 0x47), 0x48, 0x50, 0x58, 0x59, 0x5A),
        3: (0x01, 0x03, *range(0x10, 0x1E), 0x35, 0x37, 0x39, 0x3E, 0x51, 0x52, 0x53, *range(0x60, 0xA0)),
        5: (0x02, 0x04, 0x05, 0x06, 0x07, 0x0B, 0x47),
        8: (0x08, 0x09, 0x56),
        10: (0x0A, 0x57),
        20: (0x40,),
        30: (0x20,),
    }
    costs = [-1] * 256
    for cost, ops in by_cost.items():
        for op in ops:
            costs[op] = cost
    for op in (0x3B, 0x3F, 0x54, 0x55, 0xF1, 0xF4, 0xFA):
        costs[op] = 0  # what they cost depends on what is cold
    for topics in range(5):
        costs[0xA0 + topics] = 375 * (1 + topics)
    return costs


COSTS = _costs()


class Program:
    """Code made ready to run. `sides`: for each JUMPI 1 when it was seen not to jump, 2 when to jump, 3 for both."""

    def __init__(self, code: bytes) -> None:
        self.code, self.hash = code, keccak256(code)
        self.ops = code + bytes(33)
        self.sides: dict[int, int] = {}
        self.pushed: dict[int, int] = {}
        self.after: dict[int, int] = {}
        self.targets: set[int] = set()
        pc = 0
        while pc < len(code):
            op, width = code[pc], 0
            if 0x60 <= op <= 0x7F:
                width = op - 0x5F
                self.pushed[pc] = int.from_bytes(self.ops[pc + 1 : pc + 1 + width], "big")
                self.after[pc] = pc + 1 + width
            elif op == 0x5B:
                self.targets.add(pc)
            elif op == 0x57:
                self.sides[pc] = 0
            pc += 1 + width
