"""The few JSON-RPC calls that starting and steering a node needs. (Reading and sending: ledger.chain.rpc.)"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx

from ledger.chain.nodes.errors import NodeRefused, NodeUnreachable


class NodeRpc:
    """Calls to one node. `timeout` is in seconds, for each call."""

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self.url = url
        # Only direct connections: a proxy of the environment must not see or delay calls to this machine.
        self._client = httpx.Client(timeout=timeout, trust_env=False)

    def call(self, method: str, *params: object) -> Any:
        """The result of one call. Raises NodeUnreachable, NodeRefused."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = self._client.post(self.url, json=request).json()
        except (httpx.HTTPError, ValueError) as error:
            message = (
                f"{shown(self.url)} does not answer {method}: {error}; check that it runs, and the address"
            )
            raise NodeUnreachable(message, url=shown(self.url), method=method) from error
        if "error" in answer:
            reason = answer["error"].get("message", answer["error"])
            raise NodeRefused(
                f"{shown(self.url)} refuses {method}: {reason}", url=shown(self.url), method=method
            )
        return answer["result"]

    def chain_id(self) -> int:
        """The chain id the node serves."""
        return int(self.call("eth_chainId"), 16)

    def latest_time(self) -> int:
        """The latest block's time, UTC seconds."""
        return int(self.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def close(self) -> None:
        """Close the connections, so that the node can shut down without waiting for us."""
        self._client.close()


def shown(url: str) -> str:
    """The URL without user, password, path and query, any of which may hold a key to the node's service."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
