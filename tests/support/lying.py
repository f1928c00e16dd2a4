"""A node's JSON-RPC with somebody in between, who may lie: over HTTP on loopback, in a thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

BEHIND = 20


class Between:
    """What stands between. `lie`: "" for an honest one, or hide-logs, lag, repeat, other-chain."""

    def __init__(self, url: str) -> None:
        self.there = url
        self.lie = ""
        self.url = ""
        self.asked = 0
        self._client = httpx.Client(timeout=20, trust_env=False)
        self._said: bytes = b""

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """What the gateway gets to see."""
        self.asked += 1
        if self.lie == "repeat" and self._said:
            return 200, self._said
        asked = json.loads(body)
        if self.lie == "lag":
            asked = _each(asked, self._late)
        try:
            found = self._client.post(self.there, content=json.dumps(asked), headers=JSON).json()
        except (httpx.HTTPError, ValueError):
            return 502, b""
        if self.lie:
            methods = {item["id"]: item["method"] for item in (asked if isinstance(asked, list) else [asked])}
            found = _each(found, lambda item: self._changed(item, methods.get(item.get("id"), "")))
        said = json.dumps(found).encode()
        if not self.lie:
            self._said = said
        return 200, said

    def close(self) -> None:
        self._client.close()

    def _late(self, item: dict[str, Any]) -> dict[str, Any]:
        """The head of some time ago."""
        if item["method"] == "eth_getBlockByNumber" and item["params"][0] == "latest":
            return {**item, "params": [hex(max(0, self._height() - BEHIND)), *item["params"][1:]]}
        return item

    def _height(self) -> int:
        request = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}
        return int(self._client.post(self.there, json=request).json()["result"], 16)

    def _changed(self, item: dict[str, Any], method: str) -> dict[str, Any]:
        if self.lie == "hide-logs" and method == "eth_getLogs" and item.get("result"):
            return {**item, "result": item["result"][:-1]}
        if self.lie == "other-chain" and method == "eth_chainId":
            return {**item, "result": "0x5"}
        if self.lie == "lag" and method == "eth_blockNumber":
            return {**item, "result": hex(max(0, int(item["result"], 16) - BEHIND))}
        return item


JSON = {"content-type": "application/json"}


def _each(body: Any, change: Any) -> Any:
    return [change(item) for item in body] if isinstance(body, list) else change(body)


@contextmanager
def between(url: str) -> Iterator[Between]:
    """Somebody between the gateway and the node at `url`; honest at first."""
    someone = Between(url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status, content = someone.answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    someone.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield someone
    finally:
        server.shutdown()
        server.server_close()
        someone.close()
