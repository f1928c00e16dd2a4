"""One relayer's transactions: nonces from the journal, saved before they are sent, sent again until they are mined.

A node that refuses a transaction for good would leave a gap in the nonces, behind which nothing is ever mined. Such a
gap is filled by a transfer of nothing with the same nonce; the legs go back into the queue. Should the first one be
mined after all, the watcher finds it and the other one can't be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from ledger import outcome
from ledger.acts import State, step
from ledger.errors import Conflict, NotSent
from ledger.ports import Book, Call, Chain, Clock, RawTransaction, Store
from ledger.records import Leg, SignedBytes, Transaction
from ledger.work.lease import Hold, Leases
from ledger.work.trial import MOST_IN_FLIGHT

log = structlog.get_logger()

SEND_AGAIN = 2
"""Blocks that may come without the first of a key's waiting transactions before all that wait are sent again. While
the first is mined and another takes its place, those behind it only wait for their turn."""
RESEND = 10
"""Seconds after which they are sent again though no block has come."""
GIVE_UP = 30
"""Seconds for which a node has to refuse a transaction before its nonce is used up otherwise."""
USED = 5
"""As many where the chain has used its nonce: no node will ever take it. So it is after a restored backup."""
TIMES = 3
"""How often it has to refuse it."""


class Elsewhere(Conflict):
    """A leg or a nonce was used by somebody else meanwhile; nothing was written."""

    code = "used-elsewhere"
    title = "Another process was faster"


@dataclass
class _Refused:
    times: int
    since: int


class Sender:
    """What goes out with one key. `address`: of the relayer; `most`: its transactions that may wait to be mined at one
    time, 0 where the key is not at hand, so that what is signed is all there is."""

    def __init__(
        self,
        book: Book,
        chain: Chain,
        clock: Clock,
        address: str,
        leases: Leases,
        most: int = MOST_IN_FLIGHT,
    ) -> None:
        self._book = book
        self._chain = chain
        self._clock = clock
        self.address = address
        self._leases = leases
        self._most = most
        self._hold: Hold | None = None
        self._sent: dict[bytes, tuple[int, int]] = {}
        self._first = b""
        self._moved = (0, 0)
        self._refused: dict[bytes, _Refused] = {}
        self.waiting: list[Transaction] = []
        self.failure: NotSent | None = None

    def take(self) -> bool | None:
        """Whether this process may send with the key now; None when it has just come to it."""
        before, self._hold = self._hold, self._leases.hold(self.address)
        if self._hold is None:
            self._sent.clear()
            return False
        return None if before is None or before.fence != self._hold.fence else True

    def forget(self) -> None:
        """A node may have lost what it had taken."""
        self._sent.clear()

    @property
    def room(self) -> int:
        """How many more transactions may go out; none while one is refused."""
        return 0 if self.failure else max(self._most - len(self.waiting), 0)

    def send_again(self, block: int) -> None:
        """Sends what this process has not sent yet (it may have died before), and what blocks have passed by."""
        self.failure = None
        self.waiting = self._book.read(self._waiting)
        known = {transaction.hash for transaction in self.waiting}
        self._sent = {hash_: at for hash_, at in self._sent.items() if hash_ in known}
        self._refused = {hash_: found for hash_, found in self._refused.items() if hash_ in known}
        now = self._clock.now()
        first = self.waiting[0].hash if self.waiting else b""
        if first != self._first:
            self._first, self._moved = first, (block, now)
        for transaction in self.waiting:
            if self._is_due(transaction.hash, block, now) and not self._try(
                transaction, self._bytes(transaction), block
            ):
                self._repair(transaction)
                return

    def _is_due(self, hash_: bytes, block: int, now: int) -> bool:
        if hash_ not in self._sent:
            return True
        height, when = map(max, self._sent[hash_], self._moved)
        return block - height >= SEND_AGAIN or now - when >= RESEND

    def send(self, batches: Sequence[tuple[Sequence[Call], list[list[Leg]]]], block: int) -> list[bytes]:
        """New transactions, for each its calls and the legs of each call. Saves nonces, bytes and hashes, and the legs
        as relayed, all before anything is sent; the hashes. Raises LeaseLost, Elsewhere."""
        hold = self._hold
        if hold is None:
            raise Elsewhere(f"{self.address} belongs to another process now.")
        first = self._book.read(lambda store: self._nonce(store, hold))
        if first < 0:
            first = self._chain.nonce(self.address)
        raws = [
            self._chain.sign(self.address, nonce, calls) for nonce, (calls, _) in enumerate(batches, first)
        ]
        legs = [carried for _, carried in batches]
        ids = [leg.id for calls in legs for some in calls for leg in some]
        made = self._book.write(
            lambda store: self._save(store, hold, first, raws, legs),
            lambda buffer: buffer.load(Leg, "id", ids),
        )
        self.waiting += made
        for transaction, raw in zip(made, raws, strict=True):
            if not self._try(transaction, raw.raw, block):
                break
        return [transaction.hash for transaction in made]

    # ---- inside

    def _waiting(self, store: Store) -> list[Transaction]:
        return store.find(Transaction, relayer=self.address, state="sent", order="nonce")

    def _bytes(self, transaction: Transaction) -> bytes:
        return self._book.read(lambda store: store.need(SignedBytes, transaction.hash)).raw

    def _nonce(self, store: Store, hold: Hold) -> int:
        """The next one by the journal; -1 when this key has sent nothing yet."""
        lease = hold.check(store)
        if lease.nonce >= 0:
            return lease.nonce
        last = store.find(Transaction, relayer=self.address, order="-nonce", limit=1)
        return last[0].nonce + 1 if last else -1

    def _save(
        self,
        store: Store,
        hold: Hold,
        first: int,
        raws: Sequence[RawTransaction],
        carried: Sequence[list[list[Leg]]],
    ) -> list[Transaction]:
        now = self._clock.now()
        if self._nonce(store, hold) not in (first, -1):
            raise Elsewhere(f"Nonce {first} of {self.address} was used meanwhile.", nonce=first)
        ids = [leg.id for calls in carried for legs in calls for leg in legs]
        for leg in (store.need(Leg, id_) for id_ in ids):
            if leg.state != State.COMPLETE:
                raise Elsewhere(f"Leg {leg.id.hex()} is {leg.state} meanwhile.", leg=leg.id.hex())
            store.put(replace(leg, state=str(step(leg.state, State.RELAYED)), reason={}, changed_at=now))
        store.put(replace(hold.check(store), nonce=first + len(raws)))
        return [
            self._add(store, raw, [[leg.id.hex() for leg in legs] for legs in calls], now)
            for raw, calls in zip(raws, carried, strict=True)
        ]

    def _add(
        self, store: Store, raw: RawTransaction, legs: list[list[str]], now: int, kind: str = "relay"
    ) -> Transaction:
        made = Transaction(raw.hash, self.address, raw.nonce, legs, "sent", created_at=now, kind=kind)
        store.add(made)
        store.put(SignedBytes(raw.hash, raw.raw))
        return made

    def _try(self, transaction: Transaction, raw: bytes, block: int) -> bool:
        """Whether a node has taken it."""
        now = self._clock.now()
        try:
            self._chain.send(RawTransaction(self.address, transaction.nonce, transaction.hash, raw))
        except NotSent as error:
            found = self._refused.setdefault(transaction.hash, _Refused(0, now))
            found.times += 1
            self.failure = error
            log.warning("not sent", nonce=transaction.nonce, relayer=self.address, message=error.message)
            return False
        self._refused.pop(transaction.hash, None)
        self._sent[transaction.hash] = (block, now)
        return True

    def _repair(self, transaction: Transaction) -> None:
        """Uses up the nonce of a transaction that no node takes, when nothing is mined with it and all before it are:
        any other one waits for that to come."""
        refused, now = self._refused[transaction.hash], self._clock.now()
        if refused.times < TIMES or now - refused.since < USED:
            return
        mined = self._chain.nonce(self.address)
        if mined == transaction.nonce and now - refused.since < GIVE_UP:
            return
        if mined < transaction.nonce or self._chain.receipt(transaction.hash) is not None:
            return
        if mined == transaction.nonce and not self._most:
            return
        fill = (
            self._chain.sign_nothing(self.address, transaction.nonce) if mined == transaction.nonce else None
        )
        if fill is not None and fill.hash == transaction.hash:
            return  # it is a filling itself, and would be no other one
        log.error(
            "given up",
            nonce=transaction.nonce,
            relayer=self.address,
            filled=fill is not None,
            message=self.failure.message if self.failure else "",
        )
        self._book.write(lambda store: self._give_up(store, transaction, fill, mined))

    def _give_up(self, store: Store, lost: Transaction, fill: RawTransaction | None, mined: int) -> None:
        if self._hold is None:
            return
        lease = self._hold.check(store)
        now = self._clock.now()
        # also where its nonce is used: a node that is late may hide that it was by this very transaction
        store.put(replace(lost, state="given-up"))
        back_in_queue(store, lost, now)
        if fill is not None:
            self._add(store, fill, [], now, kind="fill")
        else:
            # its nonce was used with the same key from elsewhere
            store.put(replace(lease, nonce=max(lease.nonce, mined)))


def back_in_queue(store: Store, transaction: Transaction, now: int) -> None:
    """The legs of a transaction that is not mined wait for another one."""
    for ids in transaction.legs:
        for leg in ids:
            outcome.wait(store, bytes.fromhex(leg), None, now)
