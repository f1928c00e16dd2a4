"""What can go wrong with a node. Each message names the wrong value and the way out."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import Unavailable


class ToolMissing(Unavailable):
    """A pinned program is not installed."""

    code = "tool-missing"
    title = "A program that is needed is not installed"

    def __init__(self, tool: str, where: str) -> None:
        super().__init__(f"{tool} is missing ({where} not found): run scripts/setup", tool=tool, where=where)


class NodeFailed(Unavailable):
    """A node ended or did not answer; carries the end of its log."""

    code = "node-failed"
    title = "The chain's node did not start"

    def __init__(self, engine: str, reason: str, log_path: Path, log_end: str) -> None:
        message = f"{engine}: {reason}; log {log_path}:\n{log_end}".rstrip()
        super().__init__(message, engine=engine, log=str(log_path))


class PortTaken(Unavailable):
    """Another program listens on the port that was asked for."""

    code = "port-taken"
    title = "The port is in use"

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use: stop what listens there, or choose another port", port=port)


class NodeUnreachable(Unavailable):
    """Nothing answers at the node's address."""

    code = "node-unreachable"
    title = "The chain's node does not answer"

    def for_clients(self) -> NodeUnreachable:
        """Without the nodes' addresses."""
        return NodeUnreachable(
            "No node of the chain answers. Try again in a few seconds; if it stays so, tell the operator: the "
            "gateway's log names the nodes."
        )


class NodeRefused(Unavailable):
    """The node answered a call with an error; the message is the node's."""

    code = "node-refused"
    title = "The chain's node refused a call"

    def for_clients(self) -> NodeRefused:
        """Without the node's address."""
        return NodeRefused("A node of the chain refuses this; the gateway's log says which and why.")
