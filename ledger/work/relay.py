"""Complete legs from the outbox into `relay` transactions.

A transaction is saved with its nonce and raw bytes before it is sent; the same bytes are sent again until they are
mined. Nonces come from the journal. What the chain would refuse for good is never sent; what may pass waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from ledger import kinds, outcome
from ledger.acts import State, step
from ledger.ports import Book, Call, Chain, Clock, Outcome, RawTransaction, Refusal, Store
from ledger.records import Act, Cursor, Leg, Transaction
from ledger.work import calldata

log = structlog.get_logger()

MOST_LEGS = 100
"""Legs looked at in one step."""
MOST_GAS = 20_000_000
"""Gas of the items of one transaction."""
MOST_BYTES = 100_000
"""Calldata of one transaction; networks refuse transactions above 128 KiB."""
MOST_IN_FLIGHT = 8
"""Transactions that may wait to be mined at one time."""


@dataclass(frozen=True)
class Item:
    """One call ready to go, and the legs it carries out."""

    legs: tuple[Leg, ...]
    call: Call


Permanent = Callable[[Refusal, str], bool]
Explain = Callable[[Refusal], str]

DONE = ("AlreadyDone", "AlreadyIssued")
"""Refusals that say: this has taken effect before."""
RETRY = 5
"""Seconds after which a leg that waits is tried again though no block has come."""


class Relay:
    """The one writer to the chain. `relayer`: the address that pays and sends; its key is the chain adapter's.

    `permanent`, `explain`: whether a refusal can't go away, and its sentence for people.
    """

    def __init__(
        self, book: Book, chain: Chain, clock: Clock, relayer: str, permanent: Permanent, explain: Explain
    ) -> None:
        self._book = book
        self._chain = chain
        self._clock = clock
        self._relayer = relayer
        self._permanent = permanent
        self._explain = explain
        self._tried: dict[bytes, tuple[int, int]] = {}
        self._block = 0

    def step(self) -> int:
        """Sends again what is not mined, then sends what is new; the number of legs that went out."""
        waiting = self._book.read(lambda store: store.find(Transaction, state="sent", order="nonce"))
        for transaction in waiting:
            self._send(transaction)
        if len(waiting) >= MOST_IN_FLIGHT:
            return 0
        items = self._collect()
        if not items:
            return 0
        transaction = self._book.write(lambda store: self._save(store, items))
        self._send(transaction)
        return sum(len(item.legs) for item in items)

    def _collect(self) -> list[Item]:
        """Calls that the chain would carry out now, in the order in which their legs became complete."""
        items: list[Item] = []
        gas = size = 0
        for act, legs in self._book.read(self._ready):
            item = self._try(act, legs)
            if item is None:
                continue
            gas += item.call.gas
            size += len(item.call.data) + 256
            if items and (gas > MOST_GAS or size > MOST_BYTES):
                break
            items.append(item)
        return items

    def _ready(self, store: Store) -> list[tuple[Act, list[Leg]]]:
        """Complete legs by act, oldest first, without those that wait and were just tried: they must not keep
        others from their turn."""
        cursor = store.get(Cursor, 1)
        self._block, now = cursor.block if cursor else 0, self._clock.now()
        self._tried = {
            leg: (block, at)
            for leg, (block, at) in self._tried.items()
            if block == self._block and now - at < RETRY
        }
        limit = MOST_LEGS + len(self._tried)
        legs = store.find(Leg, state=str(State.COMPLETE), order="queue", limit=limit)
        by_act: dict[bytes, list[Leg]] = {}
        for leg in legs:
            if leg.id not in self._tried:
                by_act.setdefault(leg.act, []).append(leg)
        return [(store.need(Act, act), found) for act, found in by_act.items()]

    def _try(self, act: Act, legs: Sequence[Leg]) -> Item | None:
        """Legs of one act that pass a simulation at the head, each by itself, as one call."""
        found = [(leg, *self._simulate(act, [leg])) for leg in legs]
        passing = [leg for leg, _, outcome_ in found if outcome_.refusal is None]
        for leg, _, outcome_ in found:
            if outcome_.refusal is not None:
                self._hold(act, leg, outcome_.refusal)
        if not passing:
            return None
        data, result = found[0][1:] if len(legs) == 1 else self._simulate(act, passing)
        if result.refusal is not None:
            return None
        # the state may be dearer to write when the block comes: a sixth and 30,000 above what the simulation used
        return Item(tuple(passing), Call(result.gas * 7 // 6 + 30_000, data))

    def _simulate(self, act: Act, legs: Sequence[Leg]) -> tuple[bytes, Outcome]:
        data = self._book.read(lambda store: calldata.of_legs(store, self._chain, act, legs))
        return data, self._chain.simulate(data)

    def _hold(self, act: Act, leg: Leg, refusal: Refusal) -> None:
        """A leg that the chain would refuse: ended if that is for good, otherwise it waits and says what for."""
        now = self._clock.now()
        self._tried[leg.id] = (self._block, now)
        if refusal.name in DONE:
            return  # somebody else relayed it: the watcher will see its event
        if self._permanent(refusal, kinds.kind(act.kind).function):
            sentence = self._explain(refusal)
            log.info("refused", leg=leg.id.hex(), error=refusal.name)
            self._book.write(lambda store: outcome.refuse(store, leg.id, refusal.name, sentence, now))
        elif leg.reason.get("code") != refusal.name:
            self._note(leg, refusal)

    def _note(self, leg: Leg, refusal: Refusal) -> None:
        """Shows what a complete leg waits for."""
        reason = {"code": refusal.name, "message": self._explain(refusal), "by": 0}

        def work(store: Store) -> None:
            fresh = store.need(Leg, leg.id)
            if fresh.state == State.COMPLETE:
                store.put(replace(fresh, reason=reason))

        self._book.write(work)

    def _save(self, store: Store, items: Sequence[Item]) -> Transaction:
        """Nonce, raw bytes and hash, and the legs as relayed: all saved before anything is sent."""
        last = store.find(Transaction, relayer=self._relayer, order="-nonce", limit=1)
        nonce = last[0].nonce + 1 if last else self._chain.nonce(self._relayer)
        raw = self._chain.sign(self._relayer, nonce, [item.call for item in items])
        now = self._clock.now()
        transaction = Transaction(
            hash=raw.hash,
            relayer=self._relayer,
            nonce=nonce,
            raw=raw.raw,
            legs=[[leg.id.hex() for leg in item.legs] for item in items],
            state="sent",
            created_at=now,
        )
        store.add(transaction)
        for item in items:
            for leg in item.legs:
                fresh = store.need(Leg, leg.id)
                store.put(
                    replace(fresh, state=str(step(fresh.state, State.RELAYED)), reason={}, changed_at=now)
                )
        return transaction

    def _send(self, transaction: Transaction) -> None:
        self._chain.send(
            RawTransaction(transaction.relayer, transaction.nonce, transaction.hash, transaction.raw)
        )
