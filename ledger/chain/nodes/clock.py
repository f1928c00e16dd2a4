"""The offset of a development chain's clock, kept beside its data.

Ganache forgets its offset on a restart: after time travel the next block would be older than the last, and
tickets that have matured would come back to life. So the offset is written before it is sent, and restored
at the start before anything else. A crash in between leaves the clock too far ahead, never behind.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from ledger.chain.nodes.rpc import NodeRpc


class KeptClock:
    """Offset of a chain's clock against this machine's, in whole seconds, kept in `file`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def offset(self) -> int:
        """Seconds the chain is ahead of this machine."""
        if not self._file.exists():
            return 0
        return int(json.loads(self._file.read_text(encoding="utf-8"))["offset_seconds"])

    def advance(self, seconds: int) -> None:
        """Record that the clock is about to go forward by `seconds`; durable when this returns."""
        self._write(self.offset + seconds)

    def restore(self, rpc: NodeRpc, now: float | None = None) -> None:
        """Set a freshly started node's clock: to the kept offset, or further if its latest block is later.

        The latest block may be later when this machine's clock was set back, or when somebody moved the
        chain's clock past us. `now` is this machine's time in UTC seconds, for tests.
        """
        behind = rpc.latest_time() - int(time.time() if now is None else now)
        offset = max(self.offset, behind)
        if offset == 0:
            return
        self._write(offset)
        rpc.call("evm_increaseTime", offset)

    def _write(self, offset: int) -> None:
        fresh = self._file.with_suffix(".new")
        with open(fresh, "w", encoding="utf-8") as out:
            json.dump({"offset_seconds": offset}, out)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._file)
        folder = os.open(self._file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
