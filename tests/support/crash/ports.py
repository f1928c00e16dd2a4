"""Every call of a port as two places where the process may die, before it and after it; and a node with faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from random import Random
from typing import Any

from ledger.chain.rpc import RpcError
from tests.support.evm_node import EvmNode, decode_transaction, unreachable


class Killed(BaseException):
    """The process ends here. Nothing but the run's own loop may catch it."""


class Ticks:
    """Counts the places where a process can die, over all its lives, and kills it at those in `kills`, and at `at`: a
    place of this name when it comes the so-manieth time."""

    def __init__(self, kills: Iterable[int] = (), at: tuple[str, int] | None = None) -> None:
        self.count = 0
        self.kills = set(kills)
        self.at = at
        self.names: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()
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
        if self.count in self.kills or (name, self.names[name]) == self.at:
            self.dead = True
            self.deaths[name] += 1
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
        result = self._book.read(work)
        self._ticks.tick("after book.read")
        return result

    def submit(
        self, work: Callable[[Any], Any], loads: Callable[[Any], None] | None = None, weight: int = 1
    ) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(self.write(work, loads))
        except BaseException as error:
            future.set_exception(error)
        return future


REFUSED, LOST, TIMED_OUT, TWICE = "refused connection", "answer lost", "time-out after accept", "duplicate"
FULL, EMPTIED, LATE, NEVER, LIES = (
    "full pool",
    "pool lost",
    "lagging node",
    "refused for good",
    "another hash",
)
FAULTS = (REFUSED, LOST, TIMED_OUT, TWICE, FULL, EMPTIED, LATE, NEVER, LIES)
SENDING = (TIMED_OUT, TWICE, FULL, NEVER, LIES)
"""Faults of a node to which a transaction is sent."""
ANSWERS = ("already known", "nonce too low", "txpool is full", "transaction type not supported")
"""What nodes say when they don't take a transaction."""


def _does_nothing(raw: str) -> bool:
    one = decode_transaction(bytes.fromhex(raw[2:]))
    return one.to == one.sender


class FaultyNode:
    """A node's JSON-RPC with faults, `rate` of the calls. `off`: no new ones. `happened`: which; `said`: why it did not
    take a transaction."""

    def __init__(self, node: EvmNode, rng: Random, rate: float, faults: Sequence[str] = FAULTS) -> None:
        self.node, self._rng, self._rate, self._faults = node, rng, rate, faults
        self.urls = node.urls
        self.off = False
        self.happened: Counter[str] = Counter()
        self.said: Counter[str] = Counter()
        self._never: set[str] = set()

    def call(self, method: str, *params: Any, inside: bool = False) -> Any:
        fault = self._draw(method, inside)
        if fault == NEVER and _does_nothing(params[0]):
            fault = ""  # a network that does not take even that can't be helped
        if fault:
            self.happened[fault] += 1
        if fault == REFUSED:
            raise unreachable(method)
        if fault == EMPTIED:
            self.node.forget()
        if fault == LATE:
            self.node.lag = self._rng.randrange(1, 3)
        if fault == NEVER:
            self._never.add(params[0])
        if fault == TWICE:
            self._send(*params)
        result = (
            self._send(*params, full=fault == FULL)
            if method == "eth_sendRawTransaction"
            else self.node.call(method, *params)
        )
        if fault in (LOST, TIMED_OUT):
            raise unreachable(method)
        return "0x" + "77" * 32 if fault == LIES else result

    def _send(self, raw: str, *, full: bool = False) -> Any:
        kept = self.node.pool_size
        try:
            if full:
                self.node.pool_size = 0
            one = decode_transaction(bytes.fromhex(raw[2:]))
            if raw in self._never:
                raise self._refused("transaction type not supported")
            if one.hash in self.node.known and self._rng.random() < 0.5:
                raise self._refused("nonce too low")  # as geth says of what is mined
            return self.node.call("eth_sendRawTransaction", raw)
        except RpcError as error:
            self.said[next((text for text in ANSWERS if text in error.reason), error.reason)] += 1
            raise
        finally:
            self.node.pool_size = kept

    def _refused(self, message: str) -> RpcError:
        return RpcError(self.urls[0], "eth_sendRawTransaction", {"message": message})

    def batch(self, requests: Any) -> list[Any]:
        """One node answers all of it, so nothing that was there is gone again further on."""
        return [self.call(method, *params, inside=n > 0) for n, (method, params) in enumerate(requests)]

    def quiet(self) -> None:
        """The node is well from now on."""
        self.off = True
        self.node.lag = 0

    def _draw(self, method: str, inside: bool) -> str:
        sending = method == "eth_sendRawTransaction"  # seldom, and the most may go wrong there
        if self.off or self._rng.random() >= (min(3 * self._rate, 0.9) if sending else self._rate):
            return ""
        possible = [f for f in self._faults if sending or f not in SENDING]
        if inside and LATE in possible:
            possible.remove(LATE)
        return self._rng.choice(possible) if possible else ""
