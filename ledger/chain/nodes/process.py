"""A node's process: started under guard.py, so that it never outlives the process that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ledger.chain.nodes import guard

LOG_END_BYTES = 4_000


class GuardedProcess:
    """A running command with a log file. `pid` is the command's own process id, not the guard's."""

    def __init__(self, command: Sequence[str], log_path: Path, cwd: Path, env: Mapping[str, str]) -> None:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        self.log_path = log_path
        with open(log_path, "ab") as log:
            self._log_start = log.tell()
            self._guard = subprocess.Popen(  # noqa: S603 - the command is ours, no shell
                [sys.executable, "-I", "-S", guard.__file__, str(log_path), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=cwd,
                env={**os.environ, **env},
                start_new_session=True,  # Ctrl-C reaches the owner first, which then stops the node in order
            )
        assert self._guard.stdout is not None
        with self._guard.stdout as line:
            self.pid = int(line.readline() or 0)

    @property
    def exit_status(self) -> int | None:
        """None while the command runs."""
        return self._guard.poll()

    def stop(self) -> None:
        """End the command and wait for it. Safe to call twice."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        try:
            self._guard.wait(guard.GRACE + 5)
        except subprocess.TimeoutExpired:
            os.killpg(self._guard.pid, signal.SIGKILL)
            self._guard.wait()

    def log_end(self) -> str:
        """The last lines that this process wrote to its log."""
        with open(self.log_path, "rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - LOG_END_BYTES))
            return log.read().decode("utf-8", "replace")
