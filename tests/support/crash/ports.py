"""Every call of a port as two places where the process may die, before it and after it; and a node with faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from tests.support.evm_node import EvmNode, unreachable


class Killed(BaseException):
    """The process ends here. Nothing but the run's own loop may catch it."""


class Ticks:
    """Counts the places where a process can die, over all its lives, and kills it at those in `kills`."""

    def __init__(self, kills: Iterable[int] = ()) -> None:
        self.count = 0
        self.kills = set(kills)
        self.names: Counter[str] = Counter()
        self.dead = False
        self.off = False

    def tick(self, name: str) -> None:
        """One place. Raises Killed when it is one to die at; a dead process does nothing any more."""
        if self.off:
            return
        if self.dead:
            raise Killed(name)
        self.count += 1
        self.names[name] += 1
        if self.count in self.kills:
            self.dead = True
            raise Killed(name)

    def reborn(self) -> None:
        """The next process."""
        self.dead = False


class Port:
    """Any port: each call of it may be the last."""

    def __init__(self, name: str, port: Any, ticks: Ticks) -> None:
        self._name, self._port, self._ticks = name, port, ticks

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        if not callable(found):
            return found
        name = f"{self._name}.{attribute}"

        def call(*args: Any, **kwargs: Any) -> Any:
            self._ticks.tick(f"before {name}")
            result = found(*args, **kwargs)
            self._ticks.tick(f"after {name}")
            return result

        return call


class CrashingBook:
    """The book: it may also end inside a transaction, with all of it done and nothing committed."""

    def __init__(self, book: Any, ticks: Ticks) -> None:
        self._book, self._ticks = book, ticks

    def write(self, work: Callable[[Any], Any], loads: Callable[[Any], None] | None = None) -> Any:
        self._ticks.tick("before a commit")

        def inside(store: Any) -> Any:
            result = work(store)
            self._ticks.tick("inside a transaction")
            return result

        try:
            result = self._book.write(inside, loads)
        except Exception:
            if self._ticks.dead:  # the writer's thread tells it as an error of the database
                raise Killed("inside a transaction") from None
            raise
        self._ticks.tick("after a commit")
        return result

    def read(self, work: Callable[[Any], Any]) -> Any:
        self._ticks.tick("before book.read")
        return self._book.read(work)


FAULTS = ("refused connection", "answer lost", "duplicate", "full pool", "pool lost", "late")


class FaultyNode:
    """A node's JSON-RPC with faults, `rate` of the calls. `off`: none any more."""

    def __init__(self, node: EvmNode, rng: Random, rate: float) -> None:
        self.node, self._rng, self._rate = node, rng, rate
        self.urls = node.urls
        self.off = False
        self.happened: Counter[str] = Counter()

    def call(self, method: str, *params: Any, inside: bool = False) -> Any:
        fault = self._draw()
        if fault == "refused connection":
            raise unreachable(method)
        if fault == "full pool" and method == "eth_sendRawTransaction":
            kept, self.node.pool_size = self.node.pool_size, 0
            try:
                return self.node.call(method, *params)
            finally:
                self.node.pool_size = kept
        if fault == "pool lost":
            self.node.forget()
        if fault == "late" and not inside:
            self.node.lag = self._rng.randrange(3)
        if fault == "duplicate" and method == "eth_sendRawTransaction":
            self.node.call(method, *params)  # and again below: "already known"
        result = self.node.call(method, *params)
        if fault == "answer lost":
            raise unreachable(method)  # the time is out, and it was accepted
        return result

    def batch(self, requests: Any) -> list[Any]:
        """One node answers all of it, so nothing that was there is gone again further on."""
        return [self.call(method, *params, inside=n > 0) for n, (method, params) in enumerate(requests)]

    def quiet(self) -> None:
        """The node is well from now on."""
        self.off = True
        self.node.lag = 0

    def _draw(self) -> str:
        if self.off or self._rng.random() >= self._rate:
            return ""
        fault = self._rng.choice(FAULTS)
        self.happened[fault] += 1
        return fault
