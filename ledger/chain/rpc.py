"""JSON-RPC to the nodes of one network: calls and batches, and another node when one does not answer.

The nodes are asked in the order given. One that does not answer is left alone for a while and then asked
again, so that the first one serves once it is healthy. Whether a batch's single calls fail is told one by one.
"""

from __future__ import annotations

import itertools
import json
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from ledger.chain.nodes import NodeRefused, NodeUnreachable
from ledger.chain.nodes.rpc import shown

LEFT_ALONE = 15.0
"""Seconds for which a node that did not answer is not asked first."""
_OVERLOADED = frozenset({429, 502, 503, 504})

# httpx writes each request's whole URL into the log, and a node's URL may hold a key.
logging.getLogger("httpx").setLevel(logging.WARNING)

Request = tuple[str, Sequence[Any]]
"""(method, parameters)."""


class RpcError(NodeRefused):
    """A node's error answer. `reason`: its message; `number`: its code; `data`: what came along, in the
    shape the node has for it."""

    def __init__(self, url: str, method: str, error: Any) -> None:
        found = error if isinstance(error, dict) else {"message": str(error)}
        self.reason = str(found.get("message", ""))
        self.number = int(found.get("code") or 0)
        self.data: Any = found.get("data")
        super().__init__(f"{url} refuses {method}: {self.reason[:500]}", url=url, method=method)


class Rpc:
    """Calls to the nodes at `urls`, all of the same network. Safe to use from several threads.

    `timeout` in seconds for each try; `batch_items`: the most requests in one batch; `transport` and `now`
    (seconds) are for tests.
    """

    def __init__(
        self,
        urls: Sequence[str],
        timeout: float = 20.0,
        batch_items: int = 1024,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if not urls:
            raise ValueError("give at least one URL of a node")
        self.urls = tuple(urls)
        self._batch_items = batch_items
        self._now = now
        self._silent_until = dict.fromkeys(self.urls, 0.0)
        self._ids = itertools.count(1)
        # Only direct connections: a proxy of the environment must not see or delay calls to the nodes.
        self._client = httpx.Client(timeout=timeout, trust_env=False, transport=transport)

    def call(self, method: str, *params: Any) -> Any:
        """The result of one call. Raises RpcError for a node's refusal, NodeUnreachable when none answers."""
        number = next(self._ids)
        url, answer = self._post(method, {"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise NodeUnreachable(f"{url} answers {method} with no JSON-RPC", url=url, method=method)
        return _result(url, method, answer)

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Results in the order of the requests. Raises the first RpcError, if any, NodeUnreachable."""
        answers = self.try_batch(requests)
        for answer in answers:
            if isinstance(answer, RpcError):
                raise answer
        return answers

    def try_batch(self, requests: Sequence[Request]) -> list[Any]:
        """As `batch`, with an RpcError in the place of each call that failed; one spoils no other."""
        answers: list[Any] = []
        for start in range(0, len(requests), self._batch_items):
            answers += self._batch(requests[start : start + self._batch_items])
        return answers

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _batch(self, requests: Sequence[Request]) -> list[Any]:
        first = next(self._ids)
        body = [
            {"jsonrpc": "2.0", "id": first + i, "method": method, "params": params}
            for i, (method, params) in enumerate(requests)
        ]
        for _ in requests[1:]:
            next(self._ids)
        name = f"a batch of {len(requests)}"
        url, answer = self._post(name, body)
        if isinstance(answer, dict):
            raise RpcError(url, name, answer.get("error", answer))
        by_id = {item.get("id"): item for item in answer}
        found = []
        for item, (method, _) in zip(body, requests, strict=True):
            try:
                found.append(_result(url, method, by_id[item["id"]]))
            except RpcError as error:
                found.append(error)
            except KeyError:
                raise NodeUnreachable(
                    f"{url} left {method} in a batch of {len(requests)} without an answer", url=url
                ) from None
        return found

    def _post(self, name: str, body: Any) -> tuple[str, Any]:
        faults = []
        for url in self._in_order():
            try:
                answer = self._answer(url, body)
            except (httpx.HTTPError, ValueError) as error:
                self._silent_until[url] = self._now() + LEFT_ALONE
                faults.append(f"{shown(url)} ({type(error).__name__})")
                continue
            self._silent_until[url] = 0.0
            return shown(url), answer
        raise NodeUnreachable(
            f"no node answers {name}: {', '.join(faults)}; check that it runs and the address is right",
            urls=[shown(url) for url in self.urls],
            method=name,
        )

    def _answer(self, url: str, body: Any) -> Any:
        response = self._client.post(url, json=body)
        if response.status_code in _OVERLOADED:
            raise httpx.HTTPStatusError("overloaded", request=response.request, response=response)
        try:
            return response.json()  # some nodes give an error answer with status 400 or 500
        except json.JSONDecodeError:
            response.raise_for_status()
            raise

    def _in_order(self) -> list[str]:
        now = self._now()
        return sorted(
            self.urls, key=lambda url: self._silent_until[url] if self._silent_until[url] > now else 0
        )


def _result(url: str, method: str, answer: dict[str, Any]) -> Any:
    if answer.get("error") is not None:
        raise RpcError(url, method, answer["error"])
    return answer.get("result")
