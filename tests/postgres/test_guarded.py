"""A server that a test started does not outlive it.

given a process that has started a server
    when it is killed: the server should be gone, and its folder too
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

from ledger.book.engines import parse_dsn

ROOT = Path(__file__).parents[2]
STARTS = """
import sys, tempfile, pathlib
from tests.postgres.conftest import Server
folder = pathlib.Path(tempfile.mkdtemp(prefix="goldticket-postgres-"))
print(folder, Server(folder).dsn, flush=True)
sys.stdin.readline()
"""
PATIENCE = 60.0


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def test_it_is_gone_when_the_test_is_killed() -> None:
    words = [sys.executable, "-c", STARTS]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        folder, dsn = process.stdout.readline().split()
        port = parse_dsn(dsn).port
        assert port is not None
        assert listens(port)
        assert (Path(folder) / "data").is_dir()
        process.kill()
    end = time.monotonic() + PATIENCE
    while listens(port) or Path(folder).exists():
        assert time.monotonic() < end, "left behind"
        time.sleep(0.1)
