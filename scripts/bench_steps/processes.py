"""Child processes of the bench: started, asked for their CPU time and memory, stopped."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ledger.chain.nodes.guard import die_with_parent

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


Child = subprocess.Popen[str]


@contextlib.contextmanager
def child(module: str, *args: str, env: Mapping[str, str] | None = None) -> Iterator[Child]:
    """`python -m MODULE ARGS` with its output piped; killed at the end if it still runs, and when this process ends,
    however that ends (and the thread that calls: the kernel counts by threads)."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *args],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
        preexec_fn=partial(die_with_parent, os.getpid()),
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def line(process: Child) -> Any:
    """The next line of JSON that it prints. Raises EOFError when it has ended."""
    assert process.stdout is not None
    text = process.stdout.readline()
    if not text:
        raise EOFError(f"{process.args!r} has ended with status {process.poll()}")
    return json.loads(text)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def family(pid: int) -> list[int]:
    """A process and those that it has started."""
    with contextlib.suppress(OSError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = [int(word) for task in tasks for word in (task / "children").read_text().split()]
        return [pid, *(found for child in children for found in family(child))]
    return [pid]


def cpu_by_thread(pid: int) -> dict[str, float]:
    """User and system seconds of a process and those that it has started, by the threads' names."""
    found: dict[str, float] = {}
    for task in (task for one in family(pid) for task in Path(f"/proc/{one}/task").iterdir()):
        with contextlib.suppress(OSError):
            name = (task / "comm").read_text().strip()
            fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
            found[name] = found.get(name, 0.0) + (int(fields[11]) + int(fields[12])) / _TICK
    return found


def rss_mb(pid: int) -> float:
    """Resident memory of a process and those that it has started, MiB."""
    return sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in family(pid)) * _PAGE / 2**20


def peak_mb(pid: int) -> float:
    """The most resident memory so far of each of them, MiB."""
    return sum(_peak(one) for one in family(pid)) / 1024


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:", 1)[1].split()[0])
