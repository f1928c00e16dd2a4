"""What can go wrong with a node on this machine. Each message names the wrong value and the way out."""

from __future__ import annotations

from pathlib import Path


class NodeError(Exception):
    """Base of the errors of ledger.chain.nodes."""


class ToolMissing(NodeError):
    """A pinned program is not installed."""

    def __init__(self, tool: str, where: str, remedy: str) -> None:
        super().__init__(f"{tool} is missing ({where} not found): {remedy}")
        self.tool = tool


class NodeFailed(NodeError):
    """A node ended or did not answer; carries the end of its log."""

    def __init__(self, engine: str, reason: str, log_path: Path, log_end: str) -> None:
        super().__init__(f"{engine}: {reason}; log {log_path}:\n{log_end}".rstrip())
        self.engine = engine
        self.log_path = log_path
