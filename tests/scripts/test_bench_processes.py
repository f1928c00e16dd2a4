"""The bench's child processes end with it.

given a process of the bench that has started another one
  when it is killed, or asked to end, or goes by itself: the other one should be gone, and so should one that that one
  has started
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTER = """
import sys
from scripts.bench_steps.processes import child
with child("tests.scripts.test_bench_processes", *sys.argv[1:]) as inner:
    print(inner.pid, inner.stdout.readline().strip(), flush=True)
    sys.stdin.readline()
"""


def alive(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends them")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None])
def test_they_end_with_it(end: signal.Signals | None) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", OUTER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        pids = [int(word) for word in process.stdout.readline().split()]
        assert [alive(pid) for pid in pids] == [True, True]
        if end:
            process.send_signal(end)
            process.wait(30)
        else:
            process.communicate("\n", timeout=30)
    last = time.monotonic() + 20
    while any(map(alive, pids)):
        assert time.monotonic() < last, "left behind"
        time.sleep(0.02)


if __name__ == "__main__":  # the child, which has one of its own and ends by itself after a minute at most
    from scripts.bench_steps.processes import child

    signal.alarm(60)
    with child("http.server", "0", "--bind", "127.0.0.1") as innermost:
        print(innermost.pid, flush=True)
        os.read(0, 1)
        signal.pause()
