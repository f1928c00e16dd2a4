"""A whole gateway in this process: memory book, EVM chain, a manual clock, and people who sign at their desks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.acts import State
from ledger.addresses import parse_address
from ledger.chain.reverts import explain, permanent
from ledger.clock import ManualClock
from ledger.errors import NotFound
from ledger.ids import child_id, new_salt, root_id
from ledger.records import Act, Leg, Reservation, Seat, Ticket, User
from ledger.service import Service
from ledger.users import create_user
from ledger.work.relay import Relay
from ledger.work.verify import Report, verify
from ledger.work.watch import Watch
from tests.support.actors import WANYUE, WUZE, Key, Party
from tests.support.books import fresh_book
from tests.support.both import PARTIES
from tests.support.evm_chain import START, EvmChain
from tests.support.memory import MemoryBook
from tests.support.world import (
    CONTRACTUAL_DUE,
    DUE,
    FACE,
    GRACE,
    MINIMUM,
    TRANSFERABLE_UNTIL,
    World,
)

RELAYER = "0x" + "aa" * 20
SHARE = 10_000_000
"""100,000 yuan, in fen: what most tests pass on."""


class Keys:
    """A Signer over the actors' development keys."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = {parse_address(key.address): key for key in keys}

    def sign(self, address: str, digest: bytes) -> bytes:
        if address not in self._keys:
            raise NotFound(f"no key {address} here")
        return self._keys[address].sign(digest)


class Gateway:
    """`maker`, `checker` and `sole` of each actor are users with their own keys."""

    def __init__(self, world: World, book: Any = None, chain: Any = None) -> None:
        self.world = world
        self.chain = chain or EvmChain(world)
        self.book = book or fresh_book()
        self.clock = ManualClock(world.now)
        everybody = [key for p in PARTIES.values() for key in (p.maker, p.checker, p.sole)]
        self.service = Service(self.chain.domain, Keys(everybody), self.clock)
        self.relay = Relay(self.book, self.chain, self.clock, RELAYER, permanent, explain)
        self.watch = Watch(self.book, self.chain, START, explain, permanent)
        self.users: dict[str, User] = {}
        self.watch.catch_up()
        for party in PARTIES.values():
            self._open(party)

    def _open(self, party: Party) -> None:
        seats = (("maker", ["maker"]), ("checker", ["checker"]), ("sole", ["maker", "checker"]))
        for name, scopes in seats:
            address = parse_address(getattr(party, name).address)

            def work(
                store: Any, name: str = name, scopes: list[str] = scopes, address: str = address
            ) -> User:
                return create_user(
                    store, party.id, f"{party.name} {name}", scopes, address, self.clock.now()
                )[0]

            self.users[f"{party.name} {name}"] = self.book.write(work)

    def user(self, party: Party, seat: str = "sole") -> User:
        """A person of the party."""
        return self.users[f"{party.name} {seat}"]

    def advance(self, seconds: int) -> None:
        """Time passes on the chain and at the desk."""
        self.world.advance(seconds)
        self.clock.advance(seconds)

    def settle(self) -> None:
        """Steps until nothing moves any more, twice over: what was only sent again moves a step later."""
        idle = 0
        for _ in range(50):
            idle = 0 if self.watch.step() + self.relay.step() else idle + 1
            if idle == 2:
                return

    def draft(self, party: Party, kind: str, message: Mapping[str, Any], seat: str = "sole") -> Act:
        """A drafted act of the party."""
        return self.book.write(lambda store: self.service.draft(store, self.user(party, seat), kind, message))

    def sign(self, party: Party, act: Act, place: int | None = None, seat: str = "sole") -> None:
        """The party signs its (first open) seat of the act."""

        def work(store: Any) -> None:
            found = [s for s in store.find(Seat, act=act.id, done=False) if s.party == party.id]
            where = found[0].place if place is None else place
            self.service.sign(store, self.user(party, seat), act.id, where)

        self.book.write(work)

    def carry_out(self, kind: str, message: Mapping[str, Any], *signers: Party) -> Act:
        """Drafted by the first, signed by all, relayed and mined."""
        act = self.draft(signers[0], kind, message)
        for party in signers:
            self.sign(party, act)
        self.settle()
        return act

    # ---- short ways

    def issue(self, core: Party, supplier: Party, clearing_bank: Party, face: int = FACE) -> bytes:
        """A ticket of the supplier; its id."""
        message = {
            "debtor": core.id,
            "supplier": supplier.id,
            "clearingBank": clearing_bank.id,
            "face": face,
            "contractualDue": CONTRACTUAL_DUE,
            "due": DUE,
            "transferableUntil": TRANSFERABLE_UNTIL,
            "grace": GRACE,
            "depth": 10,
            "minimum": MINIMUM,
            "interest": 0,
            "undertaking": new_salt(),
            "invoices": [{"fingerprint": new_salt(), "total": face, "amount": face}],
        }
        return root_id(self.carry_out("Issue", message, core, supplier).id)

    def offer(self, holder: Party, ticket: bytes, *children: tuple[Party, int]) -> Act:
        """An offer that its holder has signed."""
        listed = [
            {"to": to.id, "value": value, "trade": new_salt(), "salt": new_salt()} for to, value in children
        ]
        version = self.ticket(ticket).version
        act = self.draft(holder, "Offer", {"ticket": ticket, "version": version, "children": listed})
        self.sign(holder, act)
        return act

    def child(self, ticket: bytes, act: Act, place: int) -> bytes:
        """The id of an offer's child."""
        return child_id(ticket, act.id, place)

    # ---- looking

    def ticket(self, id_: bytes) -> Ticket:
        """A ticket of the projection."""
        return self.book.read(lambda store: store.need(Ticket, id_))

    def state(self, leg: bytes) -> State:
        """A leg's state."""
        return State(self.leg(leg).state)

    def leg(self, id_: bytes) -> Leg:
        """A leg."""
        return self.book.read(lambda store: store.need(Leg, id_))

    def reserved(self, ticket: bytes) -> int:
        """Fen of the ticket that are on offer."""
        return sum(r.value for r in self.book.read(lambda s: s.find(Reservation, ticket=ticket, ended=False)))

    def verify(self) -> Report:
        """Book, rebuild and storage."""
        return verify(self.book, MemoryBook(), self.chain, START)


def offered(gateway: Gateway, ticket: bytes) -> bytes:
    """A part that 皖岳 offers and 芜泽 has accepted; nobody has relayed it."""
    act = gateway.offer(WANYUE, ticket, (WUZE, SHARE))
    gateway.sign(WUZE, act)
    return gateway.child(ticket, act, 0)
