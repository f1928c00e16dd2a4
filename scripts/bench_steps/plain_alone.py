"""Measures the plain web3.py gateway with 32 clients at once."""

from __future__ import annotations

import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ledger.ids import keccak256
from scripts.bench_steps.ledger_node import LedgerNode
from scripts.bench_steps.processes import child, line
from scripts.bench_steps.raw_http import Connection, post
from scripts.bench_steps.town import Split, Town

CLIENTS = 32


class PlainFailed(Exception):
    """The plain gateway did not carry a transfer out."""


def measured(node: LedgerNode, town: Town, count: int) -> float:
    """Operations/s, each answered once it is mined. Raises PlainFailed."""
    key = keccak256(b"bench plain")
    from ledger.signatures import address_of

    node.bank.give(address_of(key))
    requests = [post("/transfers", json.dumps(_arguments(town.split(i, "4"))).encode()) for i in range(count)]
    with child("scripts.bench_steps.plain", node.url, node.domain.address, "0x" + key.hex()) as process:
        url = line(process)["url"]
        numbers = itertools.count()
        begun = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda _: _client(url, requests, numbers), range(CLIENTS)))
        return count / (time.perf_counter() - begun)


def _client(url: str, requests: list[bytes], numbers: itertools.count[int]) -> None:
    connection = Connection(url)
    while (number := next(numbers)) < len(requests):
        status, body = connection.ask(requests[number])
        if status != 200 or json.loads(body)["status"] != 1:
            raise PlainFailed(f"{status} {body[:300]!r}")
    connection.close()


def _arguments(split: Split) -> dict[str, Any]:
    offer, (child_,) = split.offer, split.offer["children"]
    leg = {"index": 0, **{name: _hex(child_[name]) for name in ("value", "trade", "salt")}}
    accepted = {"to": child_["to"], "legs": [leg], "signatures": _hex(split.receiver_signature)}
    fields = {name: _hex(offer[name]) for name in ("ticket", "version", "salt", "deadline")}
    return {**fields, "others": [], "signatures": _hex(split.holder_signature), "acceptances": [accepted]}


def _hex(value: int | bytes) -> int | str:
    return "0x" + value.hex() if isinstance(value, bytes) else value
