"""The gateway under measurement: `goldticket serve` as its own process, on the bench's node."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from ledger.book.db import SqlBook
from ledger.chain.engine_file import engine_toml
from ledger.clock import SystemClock
from ledger.ids import keccak256
from ledger.records import Leg
from ledger.signatures import HeldKeys
from ledger.users import create_user
from scripts.bench_steps import processes
from scripts.bench_steps.ledger_node import LedgerNode
from scripts.bench_steps.town import BANK

PATIENCE = 300.0
UNDER_WAY = ["draft", "awaiting", "complete", "relayed"]


class NotReady(Exception):
    """The gateway does not come up, or does not come to an end with its work."""


@dataclass
class Gateway:
    """`keys`: API keys of people who hand in others' acts; `behind`: blocks that it stays behind the head."""

    pid: int
    url: str
    keys: list[str]
    book: SqlBook
    behind: int = 0

    def caught_up(self) -> None:
        """Waits until the projection is as near to the chain's head as it comes. Raises NotReady."""

        def level() -> bool:
            lag = httpx.get(f"{self.url}/v1/ready", timeout=60, trust_env=False).json().get("lag")
            return lag is not None and lag <= self.behind

        self._until(level, 0.5)

    def idle(self) -> None:
        """Waits until nothing is under way any more: all is final and projected, or has ended. Raises NotReady."""
        self._until(lambda: self.under_way() == 0, 0.05)

    def under_way(self) -> int:
        """Legs that are neither final nor ended."""
        return self.book.read(lambda store: store.count(Leg, state=UNDER_WAY))

    def count(self, state: str) -> int:
        """Legs in a state."""
        return self.book.read(lambda store: store.count(Leg, state=state))

    def _until(self, done, pause: float) -> None:  # type: ignore[no-untyped-def]
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise NotReady(f"the gateway was not done within {PATIENCE:.0f} s")
            time.sleep(pause)


@contextlib.contextmanager
def open_gateway(
    node: LedgerNode, folder: Path, dsn: str = "", people: int = 4, relayers: int = 1, count: int = 1
) -> Iterator[Gateway]:
    """A gateway of `count` processes with a fresh book that has taken in the whole chain. `relayers`: keys that it
    sends with."""
    home = folder / "home"
    home.mkdir(parents=True)
    node.deployment.save(home / "deployment.json")
    keys_of_relayers = [keccak256(node.secret + b"relayer %d" % place) for place in range(relayers)]
    for key in keys_of_relayers:
        node.bank.give(HeldKeys(key).addresses[0])
    node.bank.given()
    address = dsn or f"sqlite:///{home / 'book.sqlite'}"
    with contextlib.closing(SqlBook(address)) as book:
        keys = [_person(book, place) for place in range(people)]
        env = {
            "GOLDTICKET_HOME": str(home),
            "GOLDTICKET_ENGINE": "rpc",
            **_network(node, home),
            "GOLDTICKET_DSN": address,
            "GOLDTICKET_PASSPHRASE": "bench",
            "GOLDTICKET_LIGHT_KEYS": "true",
            "GOLDTICKET_CONSORTIUM_KEY": keccak256(node.secret).hex(),
            "GOLDTICKET_RELAYER_KEY": ",".join(key.hex() for key in keys_of_relayers),
            "GOLDTICKET_PORT": "0",
            "GOLDTICKET_PROCESSES": str(count),
            "COLUMNS": "200",
        }
        with processes.child("api.cli", "serve", env=env) as process:
            found = Gateway(process.pid, _url(process), keys, book, node.engine.finality.confirmations)
            found.caught_up()
            yield found


def _network(node: LedgerNode, home: Path) -> dict[str, str]:
    """Where the chain is; of a network also what it is like, as people would describe it."""
    if node.engine.development:
        return {"GOLDTICKET_RPC_URLS": json.dumps([node.url])}
    (home / "engine.toml").write_text(engine_toml(node.engine))
    return {"GOLDTICKET_ENGINE_FILE": str(home / "engine.toml")}


def _person(book: SqlBook, place: int) -> str:
    now = SystemClock().now()
    scopes = ("maker", "checker")
    return book.write(lambda store: create_user(store, BANK, f"hub {place}", scopes, "", now)[1])


def _url(process: processes.Child) -> str:
    assert process.stdout is not None
    for text in process.stdout:
        found = re.search(r"http://[0-9.]+:\d+", text)
        if found:
            return found.group()
    raise NotReady(f"the gateway ended with status {process.poll()}")
