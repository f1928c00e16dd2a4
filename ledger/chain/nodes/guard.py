"""Run one node and end it when the parent ends, however the parent ends. Started as a script of its own.

    python -I -S guard.py LOG COMMAND...

The parent holds the other end of our stdin. When it closes (asked to stop, crashed, SIGKILL), the node gets
SIGTERM and after GRACE seconds SIGKILL. If this process is killed itself, the kernel kills the node
(PR_SET_PDEATHSIG). That signal alone would not do in the parent: it fires when the *thread* that forked
ends, and a server starts nodes from worker threads. The node's process id is the only line on stdout.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading

GRACE = 5.0
PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """In the child, between fork and exec: ask the kernel for SIGKILL when `parent` is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def end(node: subprocess.Popen[bytes]) -> None:
    """SIGTERM, then SIGKILL after GRACE seconds."""
    with contextlib.suppress(ProcessLookupError):
        node.terminate()
        try:
            node.wait(GRACE)
        except subprocess.TimeoutExpired:
            node.kill()


def end_at_eof(node: subprocess.Popen[bytes]) -> None:
    """Wait until the parent's end of stdin closes, then end the node."""
    while os.read(0, 1024):
        pass
    end(node)


def main(log_path: str, command: list[str]) -> int:
    """Run `command`, its output appended to `log_path`; returns its exit status."""
    guard = os.getpid()
    with open(log_path, "ab") as log:
        node = subprocess.Popen(  # noqa: S603 - the command is ours, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: die_with_parent(guard),
        )
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end, args=(node,)).start())
    print(node.pid, flush=True)
    threading.Thread(target=end_at_eof, args=(node,), daemon=True).start()
    return node.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
