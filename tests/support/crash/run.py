"""One run: people who want something and send it over HTTP, a gateway that dies and is started again, a node with
faults; and what must hold at the end.

The same plan is carried out once undisturbed; the disturbed run must come to the same ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
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
from ledger.records import Act, Audit, Cursor, Leg, Log, Reservation, Ticket, Transaction
from ledger.service import Service
from ledger.signatures import HeldKeys
from ledger.users import create_user
from ledger.work.lease import Leases
from ledger.work.relay import Relay
from ledger.work.trial import TRUSTED
from ledger.work.verify import verify
from ledger.work.watch import Watch
from tests.api.office import Client, TestApp
from tests.support import books
from tests.support.actors import QIANCHAO, Party
from tests.support.both import PARTIES
from tests.support.crash.desk import Desk, Unlike
from tests.support.crash.plan import PLANS, Wish
from tests.support.crash.ports import FAULTS, CrashingBook, FaultyNode, Killed, Port, Ticks
from tests.support.evm_node import URL, EvmNode, RecordingEvm
from tests.support.gateway import Keys
from tests.support.memory import MemoryBook
from tests.support.world import OPENED, World, deploy, furnish

START = 100
MOST_STEPS = 4_000
AFTERWARDS = 30
"""Steps on an odd node after the last request was answered."""
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
    dsn: str
    memory: MemoryBook
    trusted: int = TRUSTED
    lives: int = 0
    api_keys: dict[int, str] = field(default_factory=dict)
    book: Any = None

    def open_book(self) -> Any:
        """On the same database, as a process that starts."""
        if not self.dsn:
            return self.memory
        self.book = SqlBook(self.dsn)
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
            *(self.book, self.chain, clock, relayers.addresses, permanent, explain),
            leases=leases,
            trusted=out.trusted,
        )
        self.watch = Watch(self.book, self.chain, START, explain, permanent, leases=leases)
        self.client = Client(TestApp(self.book, self.chain, self.service, signer))


@dataclass
class Ledger:
    """What a run has come to, without what is drawn by chance: for comparison with another run of the plan."""

    events: Counter[str]
    tickets: Counter[tuple[int, int, bool, int]]
    states: Counter[tuple[str, str]]


@dataclass(frozen=True)
class Outcome:
    """What happened. `ticks`: places where the process could have died, `names`: which; `deaths`: where it did;
    `said`: why the node took no transaction; `repeated`: requests that were answered before and got that answer;
    `final`: the kinds of act that took effect, of what people wanted; `reasons`: codes with which others were
    refused."""

    ledger: Ledger
    ticks: int
    lives: int
    names: Counter[str]
    deaths: Counter[str]
    faults: Counter[str]
    said: Counter[str]
    repeated: int
    final: frozenset[str]
    reasons: Counter[str]


def run(
    plan: str,
    seed: int,
    kills: Iterable[int] = (),
    rate: float = 0.0,
    *,
    way: str = "desk",
    book: str = "memory",
    at: tuple[str, int] | None = None,
    only: Sequence[str] = FAULTS,
    trusted: int | None = None,
) -> Outcome:
    """Raises Wrong. `kills`, `at`: places at which the process dies; `rate`: of the faults; `way`: how people bring
    what they want, of `desk.WAYS`; `book`: memory, sqlite or postgresql; `only`: these faults; `trusted`: acts that are
    tried at once before they are sent, None: by the seed."""
    world = recorded_world()
    with ExitStack() as stack:
        stack.enter_context(world.scratch())
        rng = Random(f"{plan} {seed}")
        wishes = PLANS[plan](world, Random(f"{plan} {seed} wishes"))
        node = EvmNode(world, START)
        dsn = "" if book == "memory" else stack.enter_context(books.place(book))
        ticks = Ticks(kills, at)
        faults = FaultyNode(node, rng, rate, only)
        # half of the runs try everything before it is sent, half only what was refused before
        if trusted is None:
            trusted = Random(f"{plan} {seed} trusted").choice([0, TRUSTED])
        out = Outside(world, node, faults, ticks, ManualClock(world.now), dsn, MemoryBook(), trusted)
        stack.callback(out.close_book)
        return _Run(out, wishes, rng, way).go()


class _Run:
    def __init__(self, out: Outside, wishes: list[Wish], rng: Random, way: str) -> None:
        self.out, self.wishes, self.rng = out, wishes, rng
        out.ticks.off = True
        self.process = Process(out)
        out.faults.off = True
        while self.process.watch.step():
            pass
        self._open_desks()
        out.faults.off = out.ticks.off = False
        self.desk = Desk(out.world.domain, rng, way, out.api_keys)
        self.desk.wish(wishes)

    def go(self) -> Outcome:
        for _ in range(MOST_STEPS):
            if not self.desk.waiting:
                break
            self._alive(self._something)
        if self.desk.waiting:
            said = {f"{one.path} for {one.wishes[0].kind}: {one.said[:300]}" for one in self.desk.waiting}
            raise Wrong(f"after {MOST_STEPS} steps no answer: {'; '.join(sorted(said))}")
        for _ in range(AFTERWARDS):
            self._alive(self._something)
        self.out.faults.quiet()
        self.out.node.pool_size = 1_000
        self._settle()
        self._check()
        ticks, faults = self.out.ticks, self.out.faults
        return Outcome(
            self._ledger(),
            ticks.count,
            self.out.lives,
            ticks.names,
            ticks.deaths,
            faults.happened,
            faults.said,
            self.desk.repeated,
            self._final(),
            self.process.plain_book.read(
                lambda s: Counter(g.reason["code"] for g in s.find(Leg) if g.reason)
            ),
        )

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
            return None  # the node did not answer or take something; what is not written is done again
        except Unlike as error:
            raise Wrong(str(error)) from error

    def _something(self) -> None:
        choice = self.rng.random()
        if choice < 0.35:
            self.desk.send(self.process.client, self.process.plain_book)
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
        for party in EVERYBODY.values():
            address = parse_address(party.sole.address)

            def work(store: Any, party: Party = party, address: str = address) -> str:
                return create_user(store, party.id, party.name, ["maker", "checker"], address, 0)[1]

            try:
                self.out.api_keys[party.id] = self.process.book.write(work)
            except NotFound:
                continue  # not admitted in this plan

    # ---- what must hold

    def _check(self) -> None:
        self.out.ticks.off = True
        for request in self.desk.answered:
            self.desk.again(self.process.client, request)
        self.process.plain_book.read(self._check_journal)
        report = verify(self.process.plain_book, MemoryBook(), self.process.chain, START)
        if not report.clean:
            raise Wrong("verify: " + "; ".join(report.differences[:5]))

    def _check_journal(self, store: Any) -> None:
        drafted = [wish.id for wish in self.wishes if not wish.may_fail or store.get(Act, wish.id)]
        torn = {wish.id for wish in self.wishes if wish.may_fail}
        for id_ in drafted:
            audits = store.find(Audit, order="at")
            count = sum(a.subject == id_.hex() and a.action.startswith(("draft", "bring")) for a in audits)
            if store.get(Act, id_) is None or count != 1:
                raise Wrong(f"act {id_.hex()} was drafted or brought {count} times")
        own = [act for act in store.find(Act) if not act.extra.get("adopted")]
        if len(own) != len(drafted):
            raise Wrong(f"{len(own)} acts for {len(drafted)} requests")
        for leg in store.find(Leg):
            unsigned = leg.state in (State.DRAFT, State.AWAITING)
            # of those that may fail, what nobody carries out must not wait for ever
            waits = leg.state == State.COMPLETE if leg.act in torn else unsigned
            if waits or leg.state == State.RELAYED:
                raise Wrong(f"leg {leg.id.hex()} of {leg.act.hex()} is {leg.state} at the end")
            held = store.get(Reservation, leg.id)
            ended = leg.state in (State.FINAL, State.REFUSED, State.WITHDRAWN, State.EXPIRED)
            if held is not None and not held.ended and ended:
                raise Wrong(f"leg {leg.id.hex()} is {leg.state} and still reserves {held.value}")
        self._check_nonces(store)

    def _check_nonces(self, store: Any) -> None:
        for address in HeldKeys(*RELAYERS).addresses:
            mined = store.find(Transaction, relayer=address, state=["mined", "failed"])
            nonces = sorted(t.nonce for t in mined)
            there = self.out.node.nonces.get(address.lower(), 0)
            if nonces != list(range(there)):
                raise Wrong(f"{address}: nonces {nonces} in the journal, {there} on the chain")

    def _final(self) -> frozenset[str]:
        wanted = {wish.id: wish.kind for wish in self.wishes}
        legs = self.process.plain_book.read(lambda s: s.find(Leg, act=list(wanted)))
        return frozenset(wanted[leg.act] for leg in legs if leg.state == State.FINAL)

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


def compare(found: Ledger, undisturbed: Ledger) -> None:
    """Raises Wrong where a disturbed run came to another ledger."""
    for name in ("events", "tickets", "states"):
        mine, theirs = getattr(found, name), getattr(undisturbed, name)
        if mine != theirs:
            raise Wrong(f"{name}: more {dict(mine - theirs)}, less {dict(theirs - mine)}")
