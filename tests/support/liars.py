"""Nodes that are only told of: what each answers, and how each lies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from ledger.chain.rpc import Rpc

CHAIN = 1337


class FakeNode:
    """A chain of `height` blocks with one log each. Change its fields to make it lie. `says`: its answer to a call;
    `mined`: the status of any transaction, "" while it knows none."""

    def __init__(self, height: int = 100) -> None:
        self.height, self.chain, self.genesis = height, CHAIN, "g"
        self.fork = ""
        self.dead = self.repeats = False
        self.hide: set[int] = set()
        self.invent: set[int] = set()
        self.says: str | None = "0x"
        self.mined = ""
        self.asked = 0

    def said(self, item: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request, or the error: `says` None is one that can't look that far back."""
        result = self.answer(item["method"], item["params"])
        lacks = item["method"] == "eth_call" and result is None
        return {"error": {"code": -32000, "message": "missing trie node"}} if lacks else {"result": result}

    def answer(self, method: str, params: list[Any]) -> Any:
        if method == "eth_chainId":
            return hex(self.chain)
        if method == "eth_blockNumber":
            return hex(self.height)
        if method == "eth_getBlockByNumber":
            number = self.height if params[0] == "latest" else int(params[0], 16)
            return self.block(number) if number <= self.height else None
        if method == "eth_getLogs":
            first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
            shown = [n for n in range(first, min(last, self.height) + 1) if n not in self.hide]
            return [self.log(n) for n in shown] + [self.log(n, "0xff") for n in self.invent]
        if method == "eth_getTransactionReceipt":
            block = {"blockNumber": hex(self.height), "status": self.mined, "gasUsed": "0x5208", "logs": []}
            return block if self.mined else None
        if method == "eth_call":
            return self.says
        raise ValueError(method)

    def block(self, number: int) -> dict[str, Any]:
        hash_ = self.genesis if number == 0 else f"{self.fork}{number}"
        return {"number": hex(number), "hash": hash_}

    def log(self, number: int, data: str = "0x01") -> dict[str, Any]:
        place = {"blockNumber": hex(number), "logIndex": "0x0", "blockHash": self.block(number)["hash"]}
        return {**place, "transactionHash": f"t{number}", "data": data, "topics": ["0x0a"]}


class FakeNetwork:
    """Nodes by host name: n0, n1 …; `now` is the clock of whoever asks."""

    def __init__(self, count: int = 4) -> None:
        self.nodes = [FakeNode() for _ in range(count)]
        self.now = 1_000.0

    @property
    def urls(self) -> list[str]:
        return [f"http://n{number}:8545" for number in range(len(self.nodes))]

    def rpc(self, **options: Any) -> Rpc:
        """A client of all of them."""
        return Rpc(self.urls, transport=httpx.MockTransport(self._handle), now=self._clock, **options)

    def grow(self, blocks: int = 1, but: Callable[[int], bool] = lambda number: False) -> None:
        """Every node gets further, but those."""
        for number, node in enumerate(self.nodes):
            if not but(number):
                node.height += blocks

    def _clock(self) -> float:
        return self.now

    def _handle(self, request: httpx.Request) -> httpx.Response:
        node = self.nodes[int(request.url.host[1:])]
        node.asked += 1
        if node.dead:
            raise httpx.ConnectError("refused", request=request)
        body = json.loads(request.content)
        answers = [
            {"jsonrpc": "2.0", "id": 0 if node.repeats else item["id"], **node.said(item)}
            for item in (body if isinstance(body, list) else [body])
        ]
        return httpx.Response(200, json=answers if isinstance(body, list) else answers[0])
