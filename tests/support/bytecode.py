"""A contract's code as its branches: every JUMPI with its two sides, its source, and where a side leads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

JUMP, JUMPI, JUMPDEST, PUSH1, PUSH32 = 0x56, 0x57, 0x5B, 0x60, 0x7F
ENDS = {0x00: "stop", 0x56: "jump", 0xF3: "return", 0xFD: "revert", 0xFE: "invalid"}
_DEFINITION = re.compile(r"(abstract contract|contract|library) ")
_FUNCTION = re.compile(r"^ +(?:function|modifier) (\w+)|^ +(constructor)\b", re.M)
PANIC = 0x4E487B71
"""Selector of Panic(uint256), at the left end of a word."""


@dataclass(frozen=True)
class Op:
    """One instruction: its place, its byte, what a PUSH pushes."""

    pc: int
    code: int
    value: int = 0


@dataclass(frozen=True)
class Source:
    """A range of a file: its name ("" for what the compiler made up), first line, the function it stands in, the text
    up to the line's end."""

    file: str
    line: int
    function: str
    text: str

    @property
    def whole(self) -> bool:
        """Not one place, but a whole contract: helpers that the compiler made for it (decoding, encoding, copying)."""
        return not self.file or _DEFINITION.match(self.text) is not None


@dataclass(frozen=True)
class Branch:
    """A JUMPI: where it jumps to when taken (0 when that is not written before it), and its source."""

    pc: int
    target: int
    source: Source


def instructions(code: bytes, most: int | None = None) -> Iterator[Op]:
    """Up to `most` instructions; what stands behind them is data."""
    pc = count = 0
    while pc < len(code) and count != most:
        op = code[pc]
        size = op - PUSH1 + 1 if PUSH1 <= op <= PUSH32 else 0
        yield Op(pc, op, int.from_bytes(code[pc + 1 : pc + 1 + size], "big"))
        pc += 1 + size
        count += 1


def ranges(source_map: str) -> Iterator[tuple[int, int, int]]:
    """(start, length, file number) for each instruction; the map leaves out what stays the same."""
    current = ["0", "0", "-1"]
    for entry in source_map.split(";"):
        for position, field in enumerate(entry.split(":")[:3]):
            if field:
                current[position] = field
        yield int(current[0]), int(current[1]), int(current[2])


def branches(code: bytes, source_map: str, files: Mapping[int, tuple[str, str]]) -> list[Branch]:
    """Every JUMPI. `files`: number → (name, text)."""
    places = list(ranges(source_map))
    found, before = [], Op(0, 0)
    for op, place in zip(instructions(code, len(places)), places, strict=True):
        if op.code == JUMPI:
            target = before.value if PUSH1 <= before.code <= PUSH32 else 0
            found.append(Branch(op.pc, target, _source(place, files)))
        before = op
    return found


def _source(place: tuple[int, int, int], files: Mapping[int, tuple[str, str]]) -> Source:
    start, length, number = place
    if number not in files:
        return Source("", 0, "", "")
    name, text = files[number]
    raw = text.encode()
    before = raw[:start].decode(errors="replace")
    snippet = raw[start : start + length].decode(errors="replace").split("\n")[0].strip()
    if snippet[:1].isdigit():
        snippet = text.split("\n")[before.count("\n")].strip()  # a number alone says nothing
    functions = ["".join(found) for found in _FUNCTION.findall(before)]
    return Source(name, before.count("\n") + 1, functions[-1] if functions else "", snippet)


def ending(code: bytes, pc: int) -> str:
    """What a side comes to without any further branch: "panic", "empty revert", "revert", "jump", … or "goes on"."""
    ops = [op for op in instructions(code) if op.pc >= pc][:80]
    by_pc = {op.pc: i for i, op in enumerate(ops)}
    i, pushed, panics, hops = 0, [], False, 0
    while i < len(ops):
        op = ops[i]
        if PUSH1 <= op.code <= PUSH32:
            pushed.append(op.value)
            panics = panics or op.value in (PANIC, PANIC << 224)
        if op.code == JUMP and pushed and pushed[-1] in by_pc and hops < 3:
            i, hops = by_pc[pushed[-1]], hops + 1
            continue
        if op.code == JUMPI:
            return "goes on"
        if op.code in ENDS:
            if panics:
                return "panic"
            if op.code == 0xFD and not any(pushed) and i < 6:
                return "empty revert"
            return ENDS[op.code]
        i += 1
    return "goes on"


def compiled(output: Mapping[str, Any], name: str) -> tuple[bytes, str]:
    """Deployed code (placeholders of libraries as zeros) and source map of a contract in a compiler's output."""
    (unit,) = [units[name] for units in output["contracts"].values() if name in units]
    deployed = unit["evm"]["deployedBytecode"]
    parts = deployed["object"].split("__$")
    text = parts[0] + "".join("0" * 40 + part[37:] for part in parts[1:])
    return bytes.fromhex(text), deployed["sourceMap"]
