"""Whatever others do meanwhile, an act that went without being tried ends as what the ledger made of it.

given people who offer, accept and pass on at random, while others relay some of their acts, courts freeze and holders
withdraw, transactions are given up and mined after all, and a process with other limits takes over
    when all has come to rest
        it should call final what is on the ledger and nothing else, refuse only what can never take effect, say of what
        waits why, reserve for that alone, and have the book right
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from ledger.acts import OPEN, State
from ledger.chain.reverts import explain, permanent
from ledger.errors import GoldTicketError
from ledger.ports import Call, Refusal, Store
from ledger.records import Act, Leg, Reservation, Transaction
from ledger.work import calldata
from ledger.work.outbox import RETRY
from ledger.work.relay import Relay
from ledger.work.sending import back_in_queue
from ledger.work.trial import Most
from tests.support.abi import Reverted
from tests.support.actors import HUAIYUE, LANGONG, SUHENG, WANYUE, WUZE, XICHUAN, Party
from tests.support.gateway import RELAYER, Gateway
from tests.support.world import FACE

SEEDS = 24
UNIT = FACE // 20
PEOPLE = (WANYUE, SUHENG, WUZE, XICHUAN)
KEYS = (RELAYER, "0x" + "bb" * 20)


@dataclass
class Crowd:
    """`holders`: of tickets that are there and of those that may come; `frozen`: ticket → order."""

    gateway: Gateway
    rng: Random
    roots: list[bytes]
    holders: dict[bytes, Party]
    acts: list[Act] = field(default_factory=list)
    frozen: dict[bytes, bytes] = field(default_factory=dict)

    def salt(self) -> bytes:
        return self.rng.randbytes(32)

    def offer(self) -> None:
        ticket = self.rng.choice(list(self.holders))
        holder = self.holders[ticket]
        others = [party for party in PEOPLE if party is not holder]
        to = [self.rng.choice(others) for _ in range(self.rng.choice([1, 1, 2, 3, 5]))]
        children = [(party, UNIT * self.rng.choice([1, 1, 2, 4, 8])) for party in to]
        listed = [{"to": p.id, "value": v, "trade": self.salt(), "salt": self.salt()} for p, v in children]
        act = self.gateway.draft(holder, "Offer", {"ticket": ticket, "version": 0, "children": listed})
        for party in (holder, *(party for party in to if self.rng.random() < 0.9)):
            self.gateway.sign(party, act)
        self.acts.append(act)
        self.holders.update({self.gateway.child(ticket, act, i): party for i, party in enumerate(to)})

    def relayed_by_others(self) -> None:
        act = self.rng.choice(self.acts)
        legs = [leg for leg in self.legs(act) if leg.state in (State.COMPLETE, State.RELAYED)]
        some = self.rng.sample(legs, self.rng.randrange(1, len(legs) + 1)) if legs else []
        if some:
            self.gateway.chain.foreign(self.gateway.world.relay_data([self.call(act, some).data]))

    def freeze_or_lift(self) -> None:
        ticket, world = self.rng.choice(self.roots), self.gateway.world
        if ticket in self.frozen:
            world.unfreeze(ticket, self.frozen.pop(ticket))
        else:
            order = self.frozen[ticket] = world.salt()
            world.freeze(ticket, order, UNIT * self.rng.randrange(1, 20))

    def withdraw(self) -> None:
        act = self.rng.choice(self.acts)
        ticket = bytes.fromhex(act.message["ticket"][2:])
        place = self.rng.randrange(len(act.message["children"]))
        if self.rng.random() < 0.3:
            self.gateway.world.withdraw_all(self.holders[ticket], ticket)
        else:
            self.gateway.world.act(
                "Withdraw", [self.holders[ticket]], ticket=ticket, offer=act.id, indexes=[place]
            )

    def give_up(self) -> None:
        def work(store: Store) -> None:
            for sent in store.find(Transaction, state="sent", limit=1):
                store.put(replace(sent, state="given-up"))
                back_in_queue(store, sent, self.gateway.clock.now())

        self.gateway.book.write(work)

    def take_over(self) -> None:
        gateway = self.gateway
        gateway.relay = Relay(
            *(gateway.book, gateway.chain, gateway.clock, KEYS, permanent, explain),
            leases=gateway.relay.leases,
            trusted=self.rng.choice([0, 0, 3]),
            most=self.rng.choice([Most(), Most(in_flight=2), Most(gas=400_000)]),
        )

    def legs(self, act: Act) -> list[Leg]:
        found: list[Leg] = self.gateway.book.read(lambda store: store.find(Leg, act=act.id))
        return found

    def call(self, act: Act, legs: list[Leg]) -> Call:
        papers = self.gateway.book.read(lambda store: calldata.papers(store, {act.id: act}))
        return calldata.call(papers, self.gateway.chain, act, legs)

    def refused(self, act: Act, leg: Leg) -> Refusal:
        [[refusal]] = self.gateway.chain.attempt([[self.call(act, [leg])]])
        assert refusal is not None, leg
        return refusal

    def check(self, act: Act, leg: Leg) -> None:
        book = self.gateway.book
        there = self.gateway.world.ticket(leg.id).party != 0
        assert (leg.state == State.FINAL) == there, leg
        reserved = book.read(lambda store: store.get(Reservation, leg.id))
        assert leg.state in OPEN or reserved is None or reserved.ended, leg
        assert leg.state != State.RELAYED
        if leg.state == State.COMPLETE:
            assert not permanent(self.refused(act, leg), "transfer"), leg
            assert leg.reason, "it says why it waits"
        if leg.state == State.REFUSED and leg.reason["code"] != "parent-ended":
            assert permanent(self.refused(act, leg), "transfer"), leg


@pytest.mark.parametrize("seed", range(SEEDS))
def test_it_ends_as_what_the_ledger_made_of_it(gateway: Gateway, seed: int) -> None:
    rng = Random(seed)
    roots = [gateway.issue(LANGONG, WANYUE, HUAIYUE) for _ in range(2)]
    crowd = Crowd(gateway, rng, roots, dict.fromkeys(roots, WANYUE))
    crowd.take_over()
    doings: dict[Callable[[], object], int] = {
        crowd.offer: 40,
        crowd.relayed_by_others: 10,
        crowd.freeze_or_lift: 8,
        crowd.withdraw: 6,
        crowd.take_over: 2,
        crowd.give_up: 3,
        gateway.relay.step: 14,
        gateway.watch.step: 12,
        lambda: gateway.advance(RETRY): 5,
    }
    for doing in rng.choices(list(doings), list(doings.values()), k=rng.randrange(15, 70)):
        try:
            doing()
        except (GoldTicketError, Reverted, IndexError):
            continue  # not possible now
    for _ in range(4):
        gateway.advance(RETRY)
        gateway.settle()
    assert gateway.book.read(lambda store: store.count(Transaction, state=["sent", "failed"])) == 0
    for act in crowd.acts:
        for leg in crowd.legs(act):
            crowd.check(act, leg)
    assert gateway.verify().clean
