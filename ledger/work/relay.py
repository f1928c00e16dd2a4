"""Complete legs from the outbox into `relay` transactions.

A transaction is saved with its nonce and raw bytes before it is sent; the same bytes are sent again until they are
mined. Nonces come from the journal. What was refused, by a node's trial or in a block, goes again only when a trial has
passed it (trial.py says what is tried before its first time).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import structlog

from ledger import kinds, outcome
from ledger.acts import State
from ledger.errors import Conflict, GoldTicketError, Invalid
from ledger.ids import keccak256
from ledger.ports import Book, Call, Chain, Clock, Refusal, Store
from ledger.records import Act, Cursor, Leg
from ledger.work import calldata, trial
from ledger.work.calldata import Papers, find_all
from ledger.work.former import Former
from ledger.work.lease import Leases
from ledger.work.outbox import NEVER, SOMETIME, Outbox
from ledger.work.sending import Sender
from ledger.work.settling import DONE, Explain, Permanent
from ledger.work.trial import SHORT, TRUSTED, USUAL, Held, Item, Most, Trial, pack

log = structlog.get_logger()

MOST_LEGS = 4_000
"""Legs looked at in one step."""


class Relay:
    """What goes to the chain. `relayers`: the addresses that pay and send; their keys are the chain adapter's. An
    issuance always goes by the same one, so that its acts are mined in their order.

    `permanent`, `explain`: whether a refusal can't go away, and its sentence for people. `leases`: which of the keys
    are this process's. `most`: what the network takes at once. `patience`: seconds that a batch which is not full waits
    for more after the last one; `monotonic`: what they are measured by. `trusted`: so many calls at once are tried
    before they are sent for the first time, of more only what was refused before.
    """

    def __init__(
        self,
        book: Book,
        chain: Chain,
        clock: Clock,
        relayers: str | Sequence[str],
        permanent: Permanent,
        explain: Explain,
        *,
        leases: Leases | None = None,
        most: Most = USUAL,
        patience: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
        trusted: int = TRUSTED,
    ) -> None:
        self._book = book
        self._chain = chain
        self._clock = clock
        self._permanent = permanent
        self._explain = explain
        self._patience = patience
        self._monotonic = monotonic
        self._last_out = float("-inf")
        self.leases = leases or Leases(book, clock)
        addresses = [relayers] if isinstance(relayers, str) else sorted(relayers)
        self._senders = [
            Sender(book, chain, clock, address, self.leases, most.in_flight) for address in addresses
        ]
        self.former = Former(book, chain, clock, self.leases, addresses)
        self._outbox = Outbox()
        self._trial = Trial(
            chain, self._singles, lambda item, refusal: not self._ends(item, refusal), most, trusted
        )
        self._most = most
        self._flying: dict[bytes, list[Item]] = {}
        self._short: set[bytes] = set()

    def step(self) -> int:
        """Sends again what should have been mined, then what is new; the number of legs that went out. Raises NotSent
        at the end when a node did not take something; it is sent again with the next steps."""
        block = self._book.read(lambda store: store.get(Cursor, 1) or Cursor(1)).block
        mine = self._mine()
        self.former.step(block)
        for sender in mine:
            sender.send_again(block)
        known = {transaction.hash for sender in mine for transaction in sender.waiting}
        self._flying = {hash_: items for hash_, items in self._flying.items() if hash_ in known}
        ready = {sender.address: sender for sender in mine if sender.room}
        out = 0
        if ready and self._monotonic() - self._last_out >= self._patience:
            out = self._send_new(ready, {sender.address for sender in mine}, block)
        for sender in mine:
            if sender.failure is not None:
                raise sender.failure
        return out

    def forget(self) -> None:
        """What was sent may be lost: all that is not mined is sent again with the next step."""
        for sender in self._senders:
            sender.forget()
        self.former.forget()
        self._flying.clear()

    def _mine(self) -> list[Sender]:
        found = []
        for sender in self._senders:
            taken = sender.take()
            if taken is None:
                self._outbox.again()
            if taken is not False:
                found.append(sender)
        return found

    def _send_new(self, ready: Mapping[str, Sender], mine: Collection[str], block: int) -> int:
        items = self._items(ready, mine, block)
        if not items:
            return 0
        batches = [
            batch
            for key, sender in ready.items()
            for batch in list(pack((i for i in items if i.key == key), self._most))[: sender.room]
        ]
        doubted = {item.group for item in items if self._was_refused(item.legs[0])}
        go, held = self._trial.judge(batches, self._ahead(), doubted)
        self._hold(held, block)
        out = 0
        for key, sender in ready.items():
            out += self._send(sender, [batch for batch in go if batch and batch[0].key == key], block)
        return out

    def _send(self, sender: Sender, batches: list[list[Item]], block: int) -> int:
        batches = batches[: sender.room]
        if not batches:
            return 0
        made = [([item.call for item in batch], [list(item.legs) for item in batch]) for batch in batches]
        try:
            hashes = sender.send(made, block)
        except Conflict as error:
            log.info("not now", relayer=sender.address, message=error.message)
            return 0
        except Invalid as error:
            return self._send_less(sender, batches, block, error)
        self._last_out = self._monotonic()
        self._flying |= dict(zip(hashes, batches, strict=True))
        legs = [leg.id for batch in batches for item in batch for leg in item.legs]
        self._outbox.done(legs)
        self._short.difference_update(legs)
        return len(legs)

    def _send_less(self, sender: Sender, batches: list[list[Item]], block: int, error: Invalid) -> int:
        """The network does not take something in there, which must not keep all others."""
        items = [item for batch in batches for item in batch]
        if len(items) > 1:
            parts = batches if len(batches) > 1 else [items[: len(items) // 2], items[len(items) // 2 :]]
            return sum(self._send(sender, [part], block) for part in parts)
        [item] = items
        log.error("can't be sent", relayer=sender.address, act=item.act.id.hex(), message=error.message)
        for leg in item.legs:
            apart = len(item.legs) > 1 and leg.id not in self._short
            self._short.add(leg.id)  # from now on by itself
            self._outbox.tried(leg.id, NEVER if apart else block, self._clock.now())
        return 0

    # ---- what is next

    def _items(self, ready: Mapping[str, Sender], mine: Collection[str], block: int) -> list[Item]:
        """Calls for the legs whose turn it is, in order; all legs of one offer that come together in one call."""
        now = self._clock.now()
        # for what there is no room yet, nothing is read and encoded in vain
        limit = min(MOST_LEGS, 2 * trial.MOST_ITEMS * sum(sender.room for sender in ready.values()))

        def read(store: Store) -> tuple[list[Leg], Papers]:
            legs = self._outbox.next(store, block, now, ready, limit)
            wanted = list(dict.fromkeys(leg.act for leg in legs))
            acts = {act.id: act for act in find_all(store, Act, "id", wanted)}
            legs = [leg for leg in legs if self._is_ready(leg, acts[leg.act], ready, mine)]
            chosen = {leg.act: acts[leg.act] for leg in legs}
            return legs, calldata.papers(store, chosen)

        legs, papers = self._book.read(read)
        together: dict[tuple[bytes, bytes], list[Leg]] = {}
        for leg in legs:
            # one that had to wait before goes by itself, so that others need not fail with it
            apart = self._was_refused(leg)
            together.setdefault((leg.act, leg.id if apart else b""), []).append(leg)
        made = [self._item(papers, papers.acts[act], group) for (act, _), group in together.items()]
        return [item for item in made if item is not None]

    def _was_refused(self, leg: Leg) -> bool:
        return bool(leg.reason) or leg.id in self._short

    def _is_ready(self, leg: Leg, act: Act, ready: Mapping[str, Sender], mine: Collection[str]) -> bool:
        key = self._key(_group(act))
        if key in mine:
            self._outbox.goes_by(leg.id, key)
        else:
            self._outbox.done([leg.id])
        return key in ready

    def _key(self, group: bytes) -> str:
        """The relayer by which everything about an issuance goes, now and after a restart."""
        place = int.from_bytes(keccak256(group)[:8], "big") % len(self._senders)
        return self._senders[place].address

    def _item(self, papers: Papers, act: Act, legs: Sequence[Leg]) -> Item | None:
        try:
            call = calldata.call(papers, self._chain, act, legs)
        except (GoldTicketError, ValueError, LookupError) as error:
            # whatever is wrong with one act must not keep all others
            log.error("no calldata", act=act.id.hex(), error=str(error))
            for leg in legs:
                self._outbox.tried(leg.id, SOMETIME, self._clock.now())
            return None
        if legs[0].reason.get("code") in SHORT or legs[0].id in self._short:
            call = self._enough(call)
        group = _group(act)
        return Item(act, tuple(legs), call, group, self._key(group))

    def _enough(self, call: Call) -> Call:
        """Where the table's gas was not enough: what the node finds, and some to spare, since the state may be dearer
        to write when the block comes."""
        found = self._chain.simulate(call.data)
        return Call(max(found.gas * 7 // 6 + 30_000, call.gas), call.data)

    def _singles(self, item: Item) -> list[Item]:
        papers = self._book.read(lambda store: calldata.papers(store, {item.act.id: item.act}))
        calls = [calldata.call(papers, self._chain, item.act, [leg]) for leg in item.legs]
        return [replace(item, legs=(leg,), call=call) for leg, call in zip(item.legs, calls, strict=True)]

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
        """Items that the chain would refuse: ended if that is for good, otherwise they wait and say what for. So do
        those whose refusal only one node, or a block that may yet be replaced, gives for good."""
        now = self._clock.now()
        ended: list[tuple[Leg, Refusal]] = []
        noted: list[tuple[Leg, Refusal]] = []
        final = [one.item for one in held if one.refusal is not None and self._ends(one.item, one.refusal)]
        sure = dict(
            zip((item.legs[0].id for item in final), self._trial.sure(final, self._ends), strict=True)
        )
        for one in held:
            [leg] = one.item.legs
            self._outbox.tried(leg.id, NEVER if one.short else block, now)
            if one.short:
                log.warning("the table of gas falls short", act=one.item.act.kind, gas=one.item.call.gas)
                self._short.add(leg.id)
            if one.refusal is None or one.refusal.name in DONE:
                continue  # it waits for others; or somebody else relayed it, and the watcher will see its event
            if sure.get(leg.id):
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


def _group(act: Act) -> bytes:
    """What an act has to stay in order with: its issuance, or whom it is about."""
    return act.subject[:16] if any(act.subject[:16]) else act.subject
