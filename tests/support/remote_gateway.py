"""A gateway on a network that is already there: book, relay and watcher as in production, people at their desks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import cast

from ledger.acts import State
from ledger.chain.contract import GoldTicketChain
from ledger.chain.engine import Engine
from ledger.chain.nodes import NodeRefused
from ledger.chain.reverts import explain, permanent
from ledger.chain.rpc import Rpc
from ledger.chain.transactions import Transaction, gas_price
from ledger.clock import SystemClock
from ledger.records import Leg, User
from ledger.service import Service
from ledger.signatures import HeldKeys, new_key
from ledger.work.relay import Relay
from ledger.work.verify import Report, verify
from ledger.work.watch import Watch
from tests.support import gateway
from tests.support.actors import Party
from tests.support.both import PARTIES
from tests.support.memory import MemoryBook
from tests.support.remote_evm import RemoteEvm
from tests.support.world import World

PATIENCE = 90.0
"""Seconds for an act to become final: many blocks, on a busy machine."""
GAS = 1_000_000_000
"""What the gateway's own key may use, with plenty to spare."""
OPEN = (State.COMPLETE, State.RELAYED)


class RemoteGateway(gateway.Gateway):
    """As `Gateway`, on the ledger of a `World` that lives on a network; `first`: a block before its deployment."""

    def __init__(self, world: World, engine: Engine, rpc: Rpc, first: int) -> None:
        self.world, self.first = world, first
        key = HeldKeys(funded(cast(RemoteEvm, world.evm), engine))
        [relayer] = key.addresses
        self.chain = GoldTicketChain(rpc, engine, world.domain, key)
        self.book = MemoryBook()
        self.clock = SystemClock()  # type: ignore[assignment]
        everybody = [one for p in PARTIES.values() for one in (p.maker, p.checker, p.sole)]
        self.service = Service(self.chain.domain, gateway.Keys(everybody), self.clock)
        self.relay = Relay(self.book, self.chain, self.clock, relayer, permanent, explain)
        depth = engine.finality.confirmations
        self.watch = Watch(self.book, self.chain, first, explain, permanent, depth)
        self.users: dict[str, User] = {}
        self.until(lambda: self._cursor() >= self.chain.final_height() - 1, "the book is level")
        for party in PARTIES.values():
            self._open(party)

    def settle(self) -> None:
        """Until every leg is final, refused or waits for people."""
        self.until(lambda: not self._open_legs(), "every act is final")

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Step until something is so. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE
        while True:
            moved = 0
            with contextlib.suppress(NodeRefused):  # a passing fault, as in production
                moved = self.watch.step() + self.relay.step()
            if done():
                return
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: not within {PATIENCE:.0f} s")
            if not moved:
                time.sleep(0.1)

    def verify(self) -> Report:
        """Book, rebuild and storage."""
        return verify(self.book, MemoryBook(), self.chain, self.first)

    def holds(self, party: Party, ticket: bytes) -> int:
        """What a ticket of this party is worth in the book, fen."""
        found = self.ticket(ticket)
        return found.value if found.party == party.id else 0

    def _cursor(self) -> int:
        from ledger.records import Cursor

        found = self.book.read(lambda store: store.get(Cursor, 1))
        return found.block if found else -1

    def _open_legs(self) -> bool:
        states = [str(state) for state in OPEN]
        return bool(self.book.read(lambda store: store.find(Leg, state=states)))


def funded(evm: RemoteEvm, engine: Engine) -> bytes:
    """A new key with coin, where gas has a price."""
    key = new_key()
    [address] = HeldKeys(key).addresses
    price = gas_price(evm.rpc, engine)
    if price:
        evm.pay(Transaction(evm.nonce, price, 21_000, address, b"", GAS * price))
    return key
