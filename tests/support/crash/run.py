"""One run: people who want something, a gateway that dies and is started again, a node with faults; and what must
hold at the end.

The same plan is carried out once undisturbed; the disturbed run must come to the same ledger.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from ledger.acts import State
from ledger.addresses import parse_address
from ledger.book.db import SqlBook
from ledger.chain.contract import GoldTicketChain
from ledger.chain.engine import Engine, FeePolicy
from ledger.chain.reverts import explain, permanent
from ledger.clock import ManualClock
from ledger.errors import Conflict, NotFound, Unavailable
from ledger.ids import keccak256
from ledger.records import Act, Audit, Cursor, Leg, Log, Reservation, Seat, Ticket, Transaction, User
from ledger.service import Service
from ledger.signatures import HeldKeys
from ledger.users import create_user
from ledger.work.lease import Leases
from ledger.work.relay import Relay
from ledger.work.verify import verify
from ledger.work.watch import Watch
from tests.support.actors import QIANCHAO, Key, Party
from tests.support.books import new_book_file
from tests.support.both import PARTIES
from tests.support.crash.plan import PLANS, Wish
from tests.support.crash.ports import CrashingBook, FaultyNode, Killed, Port, Ticks
from tests.support.evm_node import URL, EvmNode, RecordingEvm
from tests.support.gateway import Keys
from tests.support.memory import MemoryBook
from tests.support.world import OPENED, World, deploy, furnish

START = 100
MOST_STEPS = 4_000
RELAYERS = [keccak256(f"gold ticket development key: relayer {i}".encode()) for i in range(2)]
EVERYBODY = {**PARTIES, QIANCHAO.id: QIANCHAO}


class Wrong(AssertionError):
    """Something was lost, doubled, or answered otherwise."""


@cache
def recorded_world() -> World:
    """Everybody admitted, with every transaction so far on the node's chain."""
    return furnish(deploy(RecordingEvm(timestamp=OPENED, number=START)))


@dataclass
class Outside:
    """What outlives the process: the chain, the database, the people, the time."""

    world: World
    node: EvmNode
    faults: FaultyNode
    ticks: Ticks
    clock: ManualClock
    place: Path | None
    memory: MemoryBook
    lives: int = 0
    users: dict[int, User] = field(default_factory=dict)
    book: Any = None

    def open_book(self) -> Any:
        """On the same database, as a process that starts."""
        if self.place is None:
            return self.memory
        self.book = SqlBook(str(self.place))
        return self.book

    def close_book(self) -> None:
        if self.book is not None:
            self.book.close()
            self.book = None


class Process:
    """One life of the gateway."""

    def __init__(self, out: Outside) -> None:
        out.lives += 1
        ticks, me = out.ticks, f"life {out.lives}"
        self.plain_book = out.open_book()
        self.book: Any = CrashingBook(self.plain_book, ticks)
        clock: Any = Port("clock", out.clock, ticks)
        engine = Engine("test", (URL,), out.world.domain.chain_id, FeePolicy.ZERO, block_gas=10**9)
        relayers = HeldKeys(*RELAYERS)
        rpc: Any = out.faults
        self.chain: Any = Port("chain", GoldTicketChain(rpc, engine, out.world.domain, relayers), ticks)
        keys = [key for p in EVERYBODY.values() for key in (p.maker, p.checker, p.sole)]
        signer: Any = Port("signer", Keys(keys), ticks)
        self.service = Service(out.world.domain, signer, clock)
        leases = Leases(self.book, clock, me, lambda owner: owner != me)
        self.relay = Relay(
            self.book, self.chain, clock, relayers.addresses, permanent, explain, leases=leases
        )
        self.watch = Watch(self.book, self.chain, START, explain, permanent, leases=leases)


@dataclass
class Ledger:
    """What a run has come to, without what is drawn by chance: for comparison with another run of the plan."""

    events: Counter[str]
    tickets: Counter[tuple[int, int, bool, int]]
    states: Counter[tuple[str, str]]


@dataclass(frozen=True)
class Outcome:
    """What happened. `ticks`: places where the process could have died."""

    ledger: Ledger
    ticks: int
    lives: int
    names: Counter[str]
    faults: Counter[str]


def run(
    plan: str, seed: int, kills: Iterable[int] = (), rate: float = 0.0, *, on_disk: bool = False
) -> Outcome:
    """Raises Wrong. `kills`: places at which the process dies; `rate`: of the node's faults."""
    world = recorded_world()
    with ExitStack() as stack:
        stack.enter_context(world.scratch())
        rng = Random(f"{plan} {seed}")
        wishes = PLANS[plan](world, Random(f"{plan} {seed} wishes"))
        node = EvmNode(world, START)
        place = None
        if on_disk:
            place = new_book_file(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        ticks = Ticks(kills)
        out = Outside(
            world, node, FaultyNode(node, rng, rate), ticks, ManualClock(world.now), place, MemoryBook()
        )
        stack.callback(out.close_book)
        return _Run(out, wishes, rng).go()


class _Run:
    def __init__(self, out: Outside, wishes: list[Wish], rng: Random) -> None:
        self.out, self.wishes, self.rng = out, wishes, rng
        out.ticks.off = True
        self.process = Process(out)
        out.faults.off = True
        while self.process.watch.step():
            pass
        self._open_desks()
        out.faults.off = out.ticks.off = False
        self.requests = [(wish, "draft") for wish in wishes]
        self.answered: list[tuple[Wish, str, str]] = []

    def go(self) -> Outcome:
        for _ in range(MOST_STEPS):
            if not self.requests:
                break
            self._alive(self._something)
        if self.requests:
            raise Wrong(f"after {MOST_STEPS} steps {len(self.requests)} requests have no answer")
        self.out.faults.quiet()
        self.out.node.pool_size = 1_000
        self._settle()
        self._check()
        ticks = self.out.ticks
        return Outcome(self._ledger(), ticks.count, self.out.lives, ticks.names, self.out.faults.happened)

    # ---- living and dying

    def _alive(self, what: Any) -> Any:
        try:
            return what()
        except Killed:
            self.out.ticks.reborn()
            self.out.close_book()
            self.process = Process(self.out)
            return None
        except (Unavailable, Conflict):
            return (
                None  # the node did not answer or did not take something; what is not written is done again
            )

    def _something(self) -> None:
        choice = self.rng.random()
        if choice < 0.35 and self.requests:
            self._request(self.rng.randrange(len(self.requests)))
        elif choice < 0.6:
            self.process.relay.step()
        elif choice < 0.8:
            self.process.watch.step()
        elif choice < 0.95:
            self.out.node.mine(self.rng.randrange(1, 5))
        else:
            self._pass(self.rng.randrange(1, 20))

    def _pass(self, seconds: int) -> None:
        self.out.clock.advance(seconds)

    def _settle(self) -> None:
        """Until nothing moves any more; kills may still come."""
        quiet = 0
        for _ in range(MOST_STEPS):
            moved = self._alive(self._round)
            quiet = quiet + 1 if moved == 0 else 0
            if quiet > 4 and not self._left():
                return
        raise Wrong(f"it does not come to rest: {self._left()}")

    def _round(self) -> int:
        self._pass(6)
        mined = self.out.node.mine()
        return mined + self.process.watch.step() - 1 + self.process.relay.step()

    def _left(self) -> list[str]:
        found = self.process.plain_book.read(lambda s: s.find(Transaction, state="sent"))
        return [f"{t.kind} {t.nonce} of {t.relayer}" for t in found]

    # ---- people

    def _open_desks(self) -> None:
        def work(store: Any, party: Party) -> User:
            return create_user(
                store, party.id, party.name, ["maker", "checker"], parse_address(party.sole.address), 0
            )[0]

        for party in EVERYBODY.values():
            try:
                self.out.users[party.id] = self.process.book.write(lambda s, p=party: work(s, p))
            except NotFound:
                continue  # not admitted in this plan

    def _request(self, place: int) -> None:
        """Sends one request; it stays on the list until it is answered."""
        wish, what = self.requests[place]
        try:
            body = self._ask(wish, what)
        except NotFound:
            return  # it is about something that is still to come
        self.requests.pop(place)
        self.answered.append((wish, what, body))
        if what == "draft":
            wish.id = bytes.fromhex(body)
            self.requests += [(wish, f"sign {number}") for number in range(len(wish.signers))]

    def _ask(self, wish: Wish, what: str) -> str:
        service = self.process.service
        drafter = self.out.users[wish.drafter.id]

        def draft(store: Any) -> tuple[int, str]:
            return 201, service.draft(store, drafter, wish.kind, wish.message).id.hex()

        def sign(store: Any) -> tuple[int, str]:
            who = wish.signers[int(what.split()[1])]
            seat = _seat(store, wish.id, who)
            if isinstance(who, Key):
                taken = service.sign(store, drafter, wish.id, seat.place, who.sign(seat.digest))
            else:
                taken = service.sign(store, self.out.users[who.id], wish.id, seat.place)
            return 200, taken.signature.hex()

        work = draft if what == "draft" else sign
        key = f"{id(wish)} {what}"
        reply = self.process.book.write(lambda s: service.once(s, "run", key, b"", lambda: work(s)))
        return str(reply.body)

    # ---- what must hold

    def _check(self) -> None:
        self.out.ticks.off = True
        for wish, what, body in self.answered:
            again = self._ask(wish, what)
            if again != body:
                raise Wrong(f"{wish.kind}, {what}: first answered {body}, now {again}")
        self.process.plain_book.read(self._check_journal)
        report = verify(self.process.plain_book, MemoryBook(), self.process.chain, START)
        if not report.clean:
            raise Wrong("verify: " + "; ".join(report.differences[:5]))

    def _check_journal(self, store: Any) -> None:
        drafted = [wish.id for wish in self.wishes]
        for id_ in drafted:
            audits = store.find(Audit, order="at")
            count = sum(a.subject == id_.hex() and a.action.startswith("draft") for a in audits)
            if store.get(Act, id_) is None or count != 1:
                raise Wrong(f"act {id_.hex()} was drafted {count} times")
        own = [act for act in store.find(Act) if not act.extra.get("adopted")]
        if len(own) != len(drafted):
            raise Wrong(f"{len(own)} acts for {len(drafted)} requests")
        for leg in store.find(Leg):
            if leg.state in (State.RELAYED, State.DRAFT, State.AWAITING):
                raise Wrong(f"leg {leg.id.hex()} of {leg.act.hex()} is {leg.state} at the end")
            held = store.get(Reservation, leg.id)
            if held is not None and not held.ended and leg.state == State.FINAL:
                raise Wrong(f"leg {leg.id.hex()} is final and still reserves {held.value}")
        self._check_nonces(store)

    def _check_nonces(self, store: Any) -> None:
        for address in HeldKeys(*RELAYERS).addresses:
            mined = store.find(Transaction, relayer=address, state=["mined", "failed"])
            nonces = sorted(t.nonce for t in mined)
            there = self.out.node.nonces.get(address.lower(), 0)
            if nonces != list(range(there)):
                raise Wrong(f"{address}: nonces {nonces} in the journal, {there} on the chain")

    def _ledger(self) -> Ledger:
        def read(store: Any) -> Ledger:
            cursor = store.need(Cursor, 1)
            if cursor.block != self.out.node.head:
                raise Wrong(f"the book ends at block {cursor.block}, the chain at {self.out.node.head}")
            logs = store.find(Log)
            told = ("Refused", "LegRefused", "LineRefused")
            acts = {act.id: act.kind for act in store.find(Act)}
            return Ledger(
                Counter(log.name for log in logs if log.name not in told),
                Counter((t.party, t.value, t.locked, t.taken) for t in store.find(Ticket)),
                Counter((acts[leg.act], str(leg.state)) for leg in store.find(Leg)),
            )

        found: Ledger = self.process.plain_book.read(read)
        return found


def _seat(store: Any, act: bytes, who: Party | Key) -> Seat:
    """The first seat of the act that this one may sign."""
    for seat in store.find(Seat, act=act, done=False):
        if isinstance(who, Key):
            address = parse_address(who.address)
            if seat.kind == "key" and seat.address in ("", address):
                return seat
        elif seat.party == who.id and seat.kind != "key":
            return seat
    raise Conflict(f"no seat for {who}")


def compare(found: Ledger, undisturbed: Ledger) -> None:
    """Raises Wrong where a disturbed run came to another ledger."""
    for name in ("events", "tickets", "states"):
        mine, theirs = getattr(found, name), getattr(undisturbed, name)
        if mine != theirs:
            raise Wrong(f"{name}: more {dict(mine - theirs)}, less {dict(theirs - mine)}")
