"""A run: one ledger, or one and its successor; the steps dealt to it at random, and its end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from random import Random
from typing import Any

from ledger.ids import keccak256
from ledger.typed import Domain
from tests.model import deal_finance, deal_money, deal_people, deal_tickets, invariants
from tests.model.cast import ADMITTED, SEEDS, named_by
from tests.model.deal_tickets import Table
from tests.model.ending import decided, moments, paid
from tests.model.hand import Hand
from tests.model.pair import Differs, Pair
from tests.model.participants import DAY, Refused
from tests.model.reference import Model
from tests.model.steps import AMPLE, BEYOND, STARVED, Keys, Sig, Step, prepare
from tests.model.twists import blind, twist
from tests.support.actors import Key, Party
from tests.support.evm import Evm
from tests.support.world import OPENED

Maker = Callable[[Hand, Table], Step | None]
WEIGHTS: dict[str, float] = {
    "issue": 8,
    "transfer": 16,
    "accept": 8,
    "withdraw": 4,
    "withdrawAll": 1.5,
    "lock": 8,
    "release": 4,
    "returnLock": 3,
    "cancelLock": 1.5,
    "fund": 5,
    "payOut": 8,
    "reportOverdue": 2,
    "waive": 1,
    "replaceBank": 1.5,
    "vetoReplacement": 0.9,
    "completeReplacement": 1.2,
    "freeze": 3,
    "unfreeze": 2,
    "admit": 1,
    "changeSigners": 1.5,
    "changeProfile": 0.7,
    "recover": 1.5,
    "vetoRecovery": 0.9,
    "completeRecovery": 1,
    "suspend": 1.5,
    "changePanel": 0.6,
    "stop": 0.6,
    "close": 0.4,
    "setPolicy": 0.8,
    "setLimit": 2,
    "halt": 0.8,
    "voidIssuance": 1.5,
    "withdrawIssue": 1,
    "relay": 6,
    "wait": 9,
    "pooled": 5,
    "again": 4,
}
"""How often each comes. accept: further children of an offer; pooled: an act that lay ready; again: one once more."""
CHECK_EVERY = 50
MAKERS: dict[str, Maker] = {
    kind: maker
    for module in (deal_tickets, deal_finance, deal_money, deal_people)
    for kind, maker in vars(module).items()
    if kind in WEIGHTS
}
FOREIGN = Domain(1, "0x" + "11" * 20, bytes(32))
"""A deployment on another chain."""


class Session:
    """Everything is decided by `seed`, and by which of the `wanted` outcomes are not `covered` yet. `steps`: all that
    was sent, to be replayed. Before `closes` steps no act may work that closes the ledger for new issuances: it would
    be dull from there on."""

    def __init__(
        self,
        seed: int,
        closes: int = 0,
        covered: Counter[tuple[str, str]] | None = None,
        keys: Keys | None = None,
        model: type | None = None,
        wanted: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.seed, self.closes, self.modelled = seed, closes, model or Model
        self.covered: Counter[tuple[str, str]] = Counter() if covered is None else covered
        self.wanted, self.missing = tuple(sorted(wanted)), defaultdict[str, list[str]](list)
        self._weighed: list[float] | None = None
        self.rnd, self.check_every = Random(seed), CHECK_EVERY
        self.evm, self.keys = Evm(timestamp=OPENED, number=100), keys or Keys()
        self.pairs: list[Pair] = []
        self.tables: list[Table] = []
        self.hands: list[Hand] = []
        self.steps: list[Step] = []
        self.pool: list[Step] = []
        self.sent: list[Step] = []
        self._count = 0
        self.begin()

    def _next(self) -> int:
        self._count += 1
        return self._count

    # ---- ledgers

    def begin(self) -> None:
        """Deploy a ledger, the successor of the last one if there is one, and let everybody in."""
        for who in SEEDS:
            for key, _ in _keys(who):
                self.keys.add(key)
        before = self.pairs[-1] if self.pairs else None
        pair = Pair(self.evm, self.keys, self.covered, before, self.modelled)
        on = len(self.pairs)
        self.pairs.append(pair)
        self.tables.append(Table(pair.domain))
        pair.model.now = self.evm.timestamp
        hand = Hand(self.rnd, pair.model, on, self._next, self.keys)
        self.hands.append(hand)
        _furnish(self, hand)
        pair.check()

    def copy(self) -> Session:
        """One that begins where this one is, with its ledger in an EVM of its own; no successor can follow."""
        other: Session = object.__new__(Session)
        other.__dict__.update(self.__dict__)
        other.covered, other.rnd, other.evm = Counter(), Random(self.seed), self.evm.fresh()
        (pair,) = self.pairs
        other.pairs = [pair.copy(other.evm, other.covered)]
        other.tables = [Table(pair.domain)]
        other.hands = [Hand(other.rnd, other.pairs[0].model, 0, other._next, other.keys)]
        other.steps, other.pool, other.sent, other._weighed = [], [], [], None
        return other

    def run(self, step: Step) -> str:
        """One step on both sides. Raises Differs."""
        self.steps.append(step)
        if step.kind == "wait":
            self.evm.timestamp += step.message["seconds"]
            for pair in self.pairs:
                pair.model.now = self.evm.timestamp
            word = "waited"
        elif step.kind == "deploy":
            self.begin()
            word = "done"
        else:
            word = self.pairs[step.on].run(step)
        if len(self.steps) % self.check_every == 0:
            self.check()
        return word

    def check(self) -> None:
        """Everything is equal, everything holds. Raises Differs."""
        for pair in self.pairs:
            pair.check()

    def succeed(self) -> None:
        """Close the ledger and go over to a successor. Raises Differs."""
        hand = self.hands[-1]
        self.run(hand.step("close", hand.panel(), sequence=hand.sequence("governance", 0)))
        self.run(Step("deploy"))

    # ---- dealing

    def deal(self, kind: str = "") -> str:
        """One random step; its outcome. Raises Differs."""
        step = None
        while step is None:
            step = self._dealt(kind or self.rnd.choices(list(WEIGHTS), self._weights())[0])
            kind = ""
        return self.run(step)

    def deal_one(self, kind: str) -> None:
        """One random step of a kind, unless there is none now. Raises Differs."""
        step = self._dealt(kind)
        if step is not None:
            self.run(step)

    def _weights(self) -> list[float]:
        """Kinds of which something wanted was not seen yet come more often, and go wrong more often."""
        if self._weighed is None or len(self.steps) % 100 == 0:
            self.missing = defaultdict(list)
            for kind, name in self.wanted:
                if (kind, name) not in self.covered:
                    self.missing[kind].append(name)
            self._weighed = [w * (4 if kind in self.missing else 1) for kind, w in WEIGHTS.items()]
        return self._weighed

    def _dealt(self, kind: str) -> Step | None:
        on = self.rnd.randrange(len(self.pairs)) if self.rnd.random() < 0.3 else len(self.pairs) - 1
        hand, table = self.hands[on], self.tables[on]
        if kind == "wait":
            return self._wait(hand)
        if kind == "relay":
            return self._relay(hand, table)
        if kind in ("pooled", "again"):
            return self._old(kind)
        step = self._act(kind, hand, table)
        if step is not None and hand.chance(0.15):
            self.pool = [*self.pool[-30:], step]
            if hand.chance(0.8):
                return None
        if step is not None:
            self.sent = [*self.sent[-40:], step]
        return step

    def _act(self, kind: str, hand: Hand, table: Table) -> Step | None:
        step = MAKERS[kind](hand, table)
        if step is None:
            return blind(hand, kind) if hand.chance(0.15) else None
        table.keep(step)
        share = 0.3 if WEIGHTS[kind] > 2 else 0.45
        missing = self.missing.get(kind, [])
        if hand.chance(share + 0.2 * bool(missing)) or (kind == "close" and hand.chance(0.95)):
            step = twist(hand, step, table.domain, self._elsewhere(hand.on), hand.one(missing) or "")
        if kind == "close" and len(self.steps) < self.closes and self._works(step):
            return None
        return step

    def _works(self, step: Step) -> bool:
        """Whether the model would take it now."""
        pair = self.pairs[step.on]
        try:
            deepcopy(pair.model).do(step.kind, prepare(step, pair.domain, self.keys)[0])
        except Refused:
            return False
        return True

    def _elsewhere(self, on: int) -> Domain:
        others = [pair.domain for n, pair in enumerate(self.pairs) if n != on]
        return others[0] if others else FOREIGN

    def _old(self, kind: str) -> Step | None:
        steps = self.pool if kind == "pooled" else self.sent
        if not steps:
            return None
        place = self.rnd.randrange(len(steps))
        if self.rnd.random() < 0.6:
            ended = [n for n, step in enumerate(steps) if self._withdrawn(step)]
            place = self.rnd.choice(ended) if ended else place
        return steps.pop(place) if kind == "pooled" and self.rnd.random() < 0.5 else steps[place]

    def _withdrawn(self, step: Step) -> bool:
        """Whether what it would make was withdrawn."""
        pair = self.pairs[step.on]
        made = (pair.model.tickets.get(id) for id in step.made(pair.domain))
        return any(t is not None and t.state == "withdrawn" for t in made)

    def _relay(self, hand: Hand, table: Table) -> Step | None:
        step = Step("relay", on=hand.on)
        for _ in range(hand.up_to(5)):
            gas = STARVED if hand.chance(0.06) else BEYOND if hand.chance(0.015) else AMPLE
            gas = hand.up_to(300_000, 1_000) if hand.chance(0.1) else gas
            step.items.append((self._relayed(hand, table), gas))
        if hand.chance(0.3):
            self.rnd.shuffle(step.items)
        return step

    def _relayed(self, hand: Hand, table: Table) -> Step | None:
        """An item: an act made for now, one from before, a relay, or nothing known."""
        pick = self.rnd.random()
        if pick < 0.03:
            return None
        if pick < 0.06:
            return Step("relay", on=hand.on)
        old = [step for step in (*self.pool, *self.sent) if step.on == hand.on]
        if pick < 0.25 and old:
            return self.rnd.choice(old)
        kinds = [kind for kind in WEIGHTS if kind in MAKERS]
        return self._act(self.rnd.choices(kinds, [WEIGHTS[k] for k in kinds])[0], hand, table)

    def _wait(self, hand: Hand) -> Step:
        pick = self.rnd.random()
        seconds = hand.up_to(3600)
        if pick < 0.2:
            seconds = hand.up_to(DAY)
        elif pick < 0.7:
            reach = hand.now + (100 if hand.chance(0.03) else hand.one((2, 5, 10))) * DAY
            ahead = [m for pair in self.pairs for m in moments(pair) if hand.now < m <= reach]
            if ahead:
                seconds = max(self.rnd.choice(ahead) + self.rnd.choice((-1, 0, 0, 1)) - hand.now, 1)
        elif pick < 0.75:
            seconds = hand.up_to(12 * DAY)
        return Step("wait", {"seconds": seconds})

    # ---- the end

    def finish(self) -> None:
        """Everything is funded, ended, decided and paid out: then everybody has what was theirs. Raises Differs."""
        for hand in self.hands:
            for step in decided(hand):
                self.run(step)
        self.run(Step("wait", {"seconds": 60 * DAY}))
        for hand in self.hands:
            for step in paid(hand):
                self.run(step)
        self.check()
        for pair in self.pairs:
            try:
                invariants.settled(pair.model)
            except invariants.Broken as broken:
                raise Differs(f"at the end not so: {broken}") from None


def _furnish(session: Session, hand: Hand) -> None:
    """Everybody comes in, and the cores get a limit."""
    for who in ADMITTED:
        keys: list[dict[str, Any]] = [
            {"key": session.keys.add(key), "right": right} for key, right in _keys(who)
        ]
        step = hand.step(
            "admit",
            [hand.seal(1), hand.seal(2), *((Sig(k["key"]),) for k in keys)],
            uscc=who.uscc,
            roles=int(who.roles),
            clearingBank=named_by(who),
            profile=keccak256(who.title.encode()),
            keys=keys,
            registrar=1,
            bank=2,
            deadline=hand.now,
        )
        session.pairs[hand.on].run(step)
    for core in hand.with_role(1):
        bank = hand.model.participants[core].clearing_bank
        fields = {"core": core, "amount": 10**12, "expiry": hand.now + 300 * DAY, "sequence": 0}
        session.pairs[hand.on].run(hand.step("setLimit", [hand.seal(bank)], **fields, deadline=hand.now))


def _keys(who: Party) -> list[tuple[Key, int]]:
    return [(who.maker, 1), (who.checker, 2), (who.sole, 3)]
