"""Complete legs from the outbox into `relay` transactions.

A transaction is saved with its nonce and raw bytes before it is sent; the same bytes are sent again until they are
mined. Nonces come from the journal. What the chain would refuse for good is never sent; what may pass waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from ledger import kinds, outcome
from ledger.acts import State, step
from ledger.errors import GoldTicketError
from ledger.ports import Book, Call, Chain, Clock, RawTransaction, Refusal, Store
from ledger.records import Act, Cursor, Leg, Transaction
from ledger.work import calldata
from ledger.work.calldata import Papers, find_all
from ledger.work.outbox import NEVER, Outbox
from ledger.work.trial import SHORT, Held, Item, Trial, pack

log = structlog.get_logger()

MOST_LEGS = 1_000
"""Legs looked at in one step."""
MOST_IN_FLIGHT = 64
"""Transactions of one key that may wait to be mined at one time; Besu's pool takes 200 of one sender."""
SEND_AGAIN = 2
"""Blocks that may come without a transaction before it is sent again."""
RESEND = 10
"""Seconds after which it is sent again though no block has come."""

Permanent = Callable[[Refusal, str], bool]
Explain = Callable[[Refusal], str]

DONE = ("AlreadyDone", "AlreadyIssued")
"""Refusals that say: this has taken effect before."""


class Relay:
    """The one writer to the chain. `relayer`: the address that pays and sends; its key is the chain adapter's.

    `permanent`, `explain`: whether a refusal can't go away, and its sentence for people. `patience`: seconds that a
    batch which is not full waits for more after the last one; `monotonic`: what they are measured by.
    """

    def __init__(
        self,
        book: Book,
        chain: Chain,
        clock: Clock,
        relayer: str,
        permanent: Permanent,
        explain: Explain,
        *,
        patience: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book = book
        self._chain = chain
        self._clock = clock
        self._relayer = relayer
        self._permanent = permanent
        self._explain = explain
        self._patience = patience
        self._monotonic = monotonic
        self._last_out = float("-inf")
        self._outbox = Outbox()
        self._trial = Trial(chain, self._single, lambda item, refusal: not self._ends(item, refusal))
        self._sent: dict[bytes, tuple[int, int]] = {}
        self._flying: dict[bytes, list[Item]] = {}
        self._short: set[bytes] = set()

    def step(self) -> int:
        """Sends again what should have been mined, then what is new; the number of legs that went out."""
        block, waiting = self._book.read(self._waiting)
        self._send_again(waiting, block)
        room = MOST_IN_FLIGHT - len(waiting)
        if room <= 0 or self._monotonic() - self._last_out < self._patience:
            return 0
        items = self._items(block)
        if not items:
            return 0
        go, held = self._trial.judge(list(pack(items))[:room], self._ahead())
        self._hold(held, block)
        batches = [batch for batch in go if batch][:room]
        if not batches:
            return 0
        self._send_new(batches, block)
        return sum(len(item.legs) for batch in batches for item in batch)

    # ---- what is next

    def _items(self, block: int) -> list[Item]:
        """Calls for the legs whose turn it is, in order; all legs of one offer that come together in one call."""
        now = self._clock.now()

        def read(store: Store) -> tuple[list[Leg], Papers]:
            legs = self._outbox.next(store, block, now, MOST_LEGS)
            return legs, calldata.papers(store, [leg.act for leg in legs])

        legs, papers = self._book.read(read)
        together: dict[tuple[bytes, bytes], list[Leg]] = {}
        for leg in legs:
            # one that had to wait before goes by itself, so that others need not fail with it
            apart = leg.reason or leg.id in self._short
            together.setdefault((leg.act, leg.id if apart else b""), []).append(leg)
        made = [self._item(papers, papers.acts[act], group) for (act, _), group in together.items()]
        return [item for item in made if item is not None]

    def _item(self, papers: Papers, act: Act, legs: Sequence[Leg]) -> Item | None:
        try:
            call = calldata.call(papers, self._chain, act, legs)
        except (GoldTicketError, ValueError, LookupError) as error:
            # whatever is wrong with one act must not keep all others
            log.error("no calldata", act=act.id.hex(), error=str(error))
            for leg in legs:
                self._outbox.tried(leg.id, -2, self._clock.now())
            return None
        if legs[0].reason.get("code") in SHORT or legs[0].id in self._short:
            call = self._enough(call)
        return Item(act, tuple(legs), call, _group(act))

    def _enough(self, call: Call) -> Call:
        """Where the table's gas was not enough: what the node finds, and some to spare, since the state may be dearer
        to write when the block comes."""
        found = self._chain.simulate(call.data)
        return Call(max(found.gas * 7 // 6 + 30_000, call.gas), call.data)

    def _single(self, item: Item, leg: Leg) -> Item:
        papers = self._book.read(lambda store: calldata.papers(store, [item.act.id]))
        return replace(item, legs=(leg,), call=calldata.call(papers, self._chain, item.act, [leg]))

    def _ahead(self) -> Mapping[bytes, Sequence[Call]]:
        """By group the calls that are out and not mined."""
        calls: dict[bytes, list[Call]] = {}
        for items in self._flying.values():
            for item in items:
                calls.setdefault(item.group, []).append(item.call)
        return calls

    # ---- what can't go

    def _ends(self, item: Item, refusal: Refusal) -> bool:
        return self._permanent(refusal, kinds.kind(item.act.kind).function)

    def _hold(self, held: Sequence[Held], block: int) -> None:
        """Items that the chain would refuse: ended if that is for good, otherwise they wait and say what for."""
        now = self._clock.now()
        ended: list[tuple[Leg, Refusal]] = []
        noted: list[tuple[Leg, Refusal]] = []
        for one in held:
            [leg] = one.item.legs
            self._outbox.tried(leg.id, NEVER if one.short else block, now)
            if one.short:
                log.warning("the table of gas falls short", act=one.item.act.kind, gas=one.item.call.gas)
                self._short.add(leg.id)
            if one.refusal is None or one.refusal.name in DONE:
                continue  # it waits for others; or somebody else relayed it, and the watcher will see its event
            if self._ends(one.item, one.refusal):
                ended.append((leg, one.refusal))
            elif leg.reason.get("code") != one.refusal.name:
                noted.append((leg, one.refusal))
        if ended or noted:
            self._book.write(lambda store: self._write_held(store, ended, noted, now))
            self._outbox.done(leg.id for leg, _ in ended)

    def _write_held(
        self,
        store: Store,
        ended: Sequence[tuple[Leg, Refusal]],
        noted: Sequence[tuple[Leg, Refusal]],
        now: int,
    ) -> None:
        for leg, refusal in ended:
            log.info("refused", leg=leg.id.hex(), error=refusal.name)
            outcome.refuse(store, leg.id, refusal.name, self._explain(refusal), now)
        for leg, refusal in noted:
            fresh = store.need(Leg, leg.id)
            if fresh.state == State.COMPLETE:
                reason = {"code": refusal.name, "message": self._explain(refusal), "by": 0}
                store.put(replace(fresh, reason=reason))

    # ---- sending

    def _waiting(self, store: Store) -> tuple[int, list[Transaction]]:
        cursor = store.get(Cursor, 1)
        waiting = store.find(Transaction, state="sent", order="nonce")
        return cursor.block if cursor else 0, waiting

    def _send_again(self, waiting: Sequence[Transaction], block: int) -> None:
        """What this process has not sent yet (it may have died before), and what blocks have passed by."""
        known = {transaction.hash for transaction in waiting}
        self._flying = {hash_: items for hash_, items in self._flying.items() if hash_ in known}
        self._sent = {hash_: at for hash_, at in self._sent.items() if hash_ in known}
        now = self._clock.now()
        for transaction in waiting:
            height, when = self._sent.get(transaction.hash, (-SEND_AGAIN, -RESEND))
            if block - height >= SEND_AGAIN or now - when >= RESEND:
                self._send(transaction, block)

    def _send_new(self, batches: Sequence[Sequence[Item]], block: int) -> None:
        """Saves nonces, raw bytes and hashes, and the legs as relayed, all before anything is sent."""
        first = self._book.read(self._next_nonce)
        raws = [
            self._chain.sign(self._relayer, nonce, [item.call for item in batch])
            for nonce, batch in enumerate(batches, first)
        ]
        made = self._book.write(lambda store: self._save(store, raws, batches))
        for transaction, batch in zip(made, batches, strict=True):
            self._flying[transaction.hash] = list(batch)
            out = [leg.id for item in batch for leg in item.legs]
            self._outbox.done(out)
            self._short.difference_update(out)
        self._last_out = self._monotonic()
        for transaction in made:
            self._send(transaction, block)

    def _next_nonce(self, store: Store) -> int:
        last = store.find(Transaction, relayer=self._relayer, order="-nonce", limit=1)
        return last[0].nonce + 1 if last else self._chain.nonce(self._relayer)

    def _save(
        self, store: Store, raws: Sequence[RawTransaction], batches: Sequence[Sequence[Item]]
    ) -> list[Transaction]:
        now = self._clock.now()
        legs = [leg for batch in batches for item in batch for leg in item.legs]
        for leg in find_all(store, Leg, "id", [leg.id for leg in legs]):
            if leg.state == State.COMPLETE:
                store.put(replace(leg, state=str(step(leg.state, State.RELAYED)), reason={}, changed_at=now))
        made = []
        for raw, batch in zip(raws, batches, strict=True):
            made.append(
                Transaction(
                    hash=raw.hash,
                    relayer=self._relayer,
                    nonce=raw.nonce,
                    raw=raw.raw,
                    legs=[[leg.id.hex() for leg in item.legs] for item in batch],
                    state="sent",
                    created_at=now,
                )
            )
            store.add(made[-1])
        return made

    def _send(self, transaction: Transaction, block: int) -> None:
        self._chain.send(
            RawTransaction(transaction.relayer, transaction.nonce, transaction.hash, transaction.raw)
        )
        self._sent[transaction.hash] = (block, self._clock.now())


def _group(act: Act) -> bytes:
    """What an act has to stay in order with: its issuance, or whom it is about."""
    return act.subject[:16] if any(act.subject[:16]) else act.subject
