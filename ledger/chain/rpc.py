"""JSON-RPC to the nodes of one network: calls and batches, and another node when one does not answer.

The nodes are asked in the order given. One that does not answer is left alone for a while and then asked
again, so that the first one serves once it is healthy; what else makes a node unfit: ledger.chain.peers. Whether a
batch's single calls fail is told one by one.
"""

from __future__ import annotations

import itertools
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from ledger.chain.nodes import NodeRefused, NodeUnreachable
from ledger.chain.nodes.rpc import shown
from ledger.chain.peers import LEFT_ALONE, NotRpc, Peers, Request, said

__all__ = ["LEFT_ALONE", "Request", "Rpc", "RpcError", "shown"]

CONNECT = 2.0
"""Seconds until a node has to take a connection."""
IMPATIENT = 5.0
"""Seconds for an answer while another node could be asked instead."""
LOOK = 2.0
"""Seconds for each node's answer to a look, and between two looks."""
_OVERLOADED = frozenset({429, 502, 503, 504})

# httpx writes each request's whole URL into the log, and a node's URL may hold a key.
logging.getLogger("httpx").setLevel(logging.WARNING)


class RpcError(NodeRefused):
    """A node's error answer. `reason`: its message; `number`: its code; `data`: what came along, in the
    shape the node has for it."""

    def __init__(self, url: str, method: str, error: Any) -> None:
        found = error if isinstance(error, dict) else {"message": str(error)}
        self.reason = str(found.get("message", ""))
        self.number = int(found.get("code") or 0)
        self.data: Any = found.get("data")
        super().__init__(f"{url} refuses {method}: {self.reason[:500]}", url=url, method=method)

    def for_clients(self) -> NodeRefused:
        """Without the node's address."""
        method = str(self.evidence["method"])
        return NodeRefused(f"A node of the chain refuses {method}: {self.reason[:500]}", method=method)


class Rpc:
    """Calls to the nodes at `urls`, all of the same network. Safe to use from several threads.

    `timeout` in seconds for the last node that is tried; `batch_items`: the most requests in one batch; `chain_id`:
    which network that is, 0 when the nodes decide; `depth`: blocks that may still change; `transport` and `now`
    (seconds) are for tests.
    """

    def __init__(
        self,
        urls: Sequence[str],
        timeout: float = 20.0,
        batch_items: int = 1024,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
        chain_id: int = 0,
        depth: int = 0,
    ) -> None:
        if not urls:
            raise ValueError("give at least one URL of a node")
        self.urls = tuple(urls)
        self._batch_items = batch_items
        self._timeout = timeout
        self.peers = Peers(self.urls, self._looked, now, chain_id, depth)
        self._over = threading.Event()
        self._ids = itertools.count(1)
        # Only direct connections: a proxy of the environment must not see or delay calls to the nodes.
        self._client = httpx.Client(timeout=self._patience(timeout), trust_env=False, transport=transport)

    def call(self, method: str, *params: Any) -> Any:
        """The result of one call. Raises RpcError for a node's refusal, NodeUnreachable when none answers."""
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        url, answer = self._post(method, body)
        return _result(url, method, answer)

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Results in the order of the requests. Raises the first RpcError, if any, NodeUnreachable."""
        return _all(self.try_batch(requests))

    def try_batch(self, requests: Sequence[Request]) -> list[Any]:
        """As `batch`, with an RpcError in the place of each call that failed; one spoils no other."""
        answers: list[Any] = []
        for start in range(0, len(requests), self._batch_items):
            answers += self._batch(requests[start : start + self._batch_items])
        return answers

    def ask(self, url: str, requests: Sequence[Request], timeout: float = IMPATIENT) -> list[Any]:
        """A batch to this one node. Raises the first RpcError, NodeUnreachable; a silent node is left alone."""
        body = self._bodies(requests)
        try:
            answer = self._answer(url, body, timeout)
        except (httpx.HTTPError, ValueError) as error:
            self.peers.leave(url, f"it does not answer ({said(error)})")
            raise NodeUnreachable(f"{shown(url)} does not answer: {said(error)}", url=shown(url)) from None
        self.peers.answered(url)
        return _all(_results(shown(url), body, answer))

    def shown(self, url: str) -> str:
        """The address without secrets."""
        return shown(url)

    def watch_over(self) -> None:
        """From now on look at all nodes every few seconds, in a thread that ends with `close`. One alone needs
        none."""
        if len(self.urls) > 1:
            threading.Thread(target=self._watching, name="goldticket-nodes", daemon=True).start()

    def close(self) -> None:
        """Close the connections."""
        self._over.set()
        self._client.close()

    def _watching(self) -> None:
        while not self._over.wait(LOOK):
            self.peers.look()

    def _looked(self, url: str, requests: Sequence[Request]) -> list[Any]:
        body = self._bodies(requests)
        return _all(_results(shown(url), body, self._answer(url, body, LOOK)))

    def _batch(self, requests: Sequence[Request]) -> list[Any]:
        name = f"a batch of {len(requests)}"
        body = self._bodies(requests)
        url, answer = self._post(name, body)
        return _results(url, body, answer)

    def _bodies(self, requests: Sequence[Request]) -> list[dict[str, Any]]:
        return [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
            for method, params in requests
        ]

    def _post(self, name: str, body: Any) -> tuple[str, Any]:
        faults = []
        order = self.peers.in_order()
        for place, url in enumerate(order):
            last = place == len(order) - 1
            try:
                answer = self._answer(url, body, self._timeout if last else min(IMPATIENT, self._timeout))
            except (httpx.HTTPError, ValueError) as error:
                self.peers.leave(url, f"it does not answer ({said(error)})")
                faults.append(f"{shown(url)} ({said(error)})")
                continue
            self.peers.answered(url)
            return shown(url), answer
        left = [sentence for sentence in self.peers.troubles() if not order]
        raise NodeUnreachable(
            f"no node answers {name}: {', '.join(faults + left)}; check that it runs and the address is right",
            urls=[shown(url) for url in self.urls],
            method=name,
        )

    def _answer(self, url: str, body: Any, timeout: float) -> Any:
        """The node's answer to just this request. Raises ValueError for anything else."""
        response = self._client.post(url, json=body, timeout=self._patience(timeout))
        if response.status_code in _OVERLOADED:
            raise httpx.HTTPStatusError("overloaded", request=response.request, response=response)
        try:
            answer = response.json()  # some nodes give an error answer with status 400 or 500
        except json.JSONDecodeError:
            response.raise_for_status()
            raise NotRpc("no JSON-RPC") from None
        _require_answers(body, answer)
        return answer

    @staticmethod
    def _patience(seconds: float) -> httpx.Timeout:
        return httpx.Timeout(seconds, connect=min(seconds, CONNECT))


def _require_answers(body: Any, answer: Any) -> None:
    """Raises NotRpc unless each answer belongs to a request of `body`: a node may repeat itself, or leave one out."""
    if isinstance(answer, dict):
        if "result" not in answer and "error" not in answer:
            raise NotRpc("no JSON-RPC")
        known = [body["id"]] if isinstance(body, dict) else []
        if answer.get("id") is not None and answer["id"] not in known:
            raise NotRpc("the answer to another request")
        return
    if not isinstance(answer, list) or isinstance(body, dict):
        raise NotRpc("no JSON-RPC")
    found = {item.get("id") for item in answer if isinstance(item, dict)}
    for item in body:
        if item["id"] not in found:
            raise NotRpc(f"{item['method']} in a batch of {len(body)} is without an answer")


def _results(url: str, body: Sequence[dict[str, Any]], answer: Any) -> list[Any]:
    """Results in the order of the requests, an RpcError in the place of each that failed."""
    if isinstance(answer, dict):
        raise RpcError(url, f"a batch of {len(body)}", answer.get("error", answer))
    by_id = {item.get("id"): item for item in answer}
    found: list[Any] = []
    for item in body:
        try:
            found.append(_result(url, item["method"], by_id[item["id"]]))
        except RpcError as error:
            found.append(error)
    return found


def _all(answers: list[Any]) -> list[Any]:
    for answer in answers:
        if isinstance(answer, RpcError):
            raise answer
    return answers


def _result(url: str, method: str, answer: dict[str, Any]) -> Any:
    if answer.get("error") is not None:
        raise RpcError(url, method, answer["error"])
    return answer.get("result")
