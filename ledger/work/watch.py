"""Blocks into the book: logs, projection, journal and cursor of a range in one transaction.

Polling by height is the truth. A block whose parent is not the one taken in before is an incident on a chain with
instant finality: the watcher stops and says so. One process watches at a time; should two, the second finds that the
cursor has moved and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from ledger import outcome
from ledger.errors import Conflict, GoldTicketError
from ledger.events import Event
from ledger.ports import Book, Chain, Receipt, Refusal, Store
from ledger.records import Checkpoint, Cursor, SignedBytes, Transaction
from ledger.work.adopt import Adopted, adopt
from ledger.work.blocks import Span, reads, take_in
from ledger.work.calldata import find_all
from ledger.work.lease import Hold, Leases
from ledger.work.sending import back_in_queue
from ledger.work.settling import Settling, receipts_of

log = structlog.get_logger()

MOST_BLOCKS = 500
"""Blocks taken in by one step."""
KEPT = 5_000
"""Checkpoints that are kept."""
KEPT_BYTES = 256
"""Blocks for which a development node's transactions are kept whole, should it lose them. Elsewhere what is final is
not sent again."""
WATCH = "watch"
"""The name of the watcher's lease."""
UNMINED = ("sent", "given-up")
"""A transaction that was given up may have been taken by a node after all."""
LOOKED_FOR = 86_400
"""Seconds for which such a one is looked for, where no other with its nonce is mined."""


class ChainDiverged(GoldTicketError):
    """The chain is not the one that the book was built from."""

    code = "chain-diverged"
    title = "The chain does not continue from where the book ends"


class Overtaken(Conflict):
    """The book has gone on while a step was made ready; nothing of it was written."""

    code = "overtaken"
    title = "The book has moved on meanwhile"


@dataclass(frozen=True)
class _State:
    cursor: Cursor
    open: list[Transaction]


class Watch:
    """Keeps the projection level with the chain, `confirmations` blocks behind its head. `first`: the height of the
    deployment. `leases`: where other processes may watch the same book. `lone`: whether the node is a development node
    of this machine, so that a head below the book means that it has lost blocks, and not that it is late."""

    def __init__(
        self,
        book: Book,
        chain: Chain,
        first: int,
        explain: Callable[[Refusal], str],
        permanent: Callable[[Refusal, str], bool],
        confirmations: int = 0,
        *,
        leases: Leases | None = None,
        lone: bool = False,
    ) -> None:
        self._book = book
        self._chain = chain
        self._first = first
        self._explain = explain
        self._settling = Settling(explain, permanent)
        self._confirmations = confirmations
        self._leases = leases
        self._lone = lone
        self._asked: set[bytes] = set()
        self._span = Span(MOST_BLOCKS)

    def step(self) -> int:
        """Takes in the next blocks; their number, 0 while another process watches. Raises ChainDiverged."""
        hold = self._leases.hold(WATCH) if self._leases else None
        if self._leases and hold is None:
            return 0
        state = self._book.read(self._state)
        level = self._chain.final_height(self._confirmations)
        if not self._continues(state.cursor, level):
            return 0
        last = min(level, state.cursor.block + min(self._span.blocks, MOST_BLOCKS))
        if last <= state.cursor.block:
            self._settle_open(state, hold)
            return 0
        return self._take(state, last, hold)

    def catch_up(self) -> int:
        """Steps until level with the head; blocks taken in."""
        total = 0
        while taken := self.step():
            total += taken
        return total

    # ---- inside

    def _state(self, store: Store) -> _State:
        cursor = store.get(Cursor, 1) or Cursor(1, self._first - 1)
        return _State(cursor, store.find(Transaction, state=list(UNMINED), order="nonce"))

    def _continues(self, cursor: Cursor, level: int) -> bool:
        """Whether the chain goes on from the last block taken in; False while the node is behind it."""
        if cursor.block < self._first:
            return True
        there = self._chain.block(cursor.block) if level >= cursor.block or self._lone else None
        if there is None and not self._lone:
            # also when another node answers the second question
            log.info("the node is behind the book", node=level, book=cursor.block)
            return False
        if there is None or there.hash != cursor.hash:
            found = there.hash.hex() if there else "nothing"
            raise ChainDiverged(
                f"Block {cursor.block} is {found} on the chain and {cursor.hash.hex()} in the book. The node lost "
                "blocks or is another network: connect the right node, or run `goldticket rebuild`.",
                block=cursor.block,
            )
        return True

    def _take(self, state: _State, last: int, hold: Hold | None) -> int:
        cursor = state.cursor
        block = self._chain.block(last)
        if block is None:
            return 0
        events = self._span.read(self._chain, cursor.block + 1, last)
        if events is None:
            return self._take(state, cursor.block + self._span.blocks, hold)
        found = receipts_of(self._chain, events)
        mined = [(t, found[t.hash]) for t in state.open if t.hash in found]
        mined += self._silent([t for t in state.open if t.hash not in found], last)
        adopted = self._adopt(events, found)
        legs = [bytes.fromhex(leg) for t, _ in mined for ids in t.legs for leg in ids]

        def work(store: Store) -> None:
            if hold is not None:
                hold.check(store)
            if (store.get(Cursor, 1) or Cursor(1, self._first - 1)) != cursor:
                raise Overtaken("Another process has taken in blocks, or the projection was rebuilt.")
            take_in(store, events, block)
            for one in adopted:
                adopt(store, one, self._explain)
            self._settling.settle(store, mined, block.time)
            replaced(store, mined, state.open, block.time)
            outcome.expire(store, block.time)
            self._drop_bytes(store, cursor.block, block.number, mined)
            store.put(Checkpoint(block.number, block.hash))
            for old in store.find(Checkpoint, order="block", limit=2):
                if old.block < block.number - KEPT:
                    store.delete(Checkpoint, old.block)

        self._book.write(work, reads(events, legs))
        return last - cursor.block

    def _drop_bytes(
        self, store: Store, before: int, last: int, mined: Sequence[tuple[Transaction, Receipt]]
    ) -> None:
        """Of transactions that need not be sent again the signed bytes, which are long: the chain has them."""
        done = [transaction for transaction, _ in mined]
        if self._lone:
            old = list(range(max(before - KEPT_BYTES + 1, 1), last - KEPT_BYTES + 1))
            done = store.find(Transaction, block=old) if old else []
        for transaction in done:
            store.delete(SignedBytes, transaction.hash)

    def _silent(self, open_: Sequence[Transaction], last: int) -> list[tuple[Transaction, Receipt]]:
        """Those that may be mined without a word: the whole was reverted, or all that it did had been done before.
        Asked for from the second block on that came without them."""
        known = {t.hash for t in open_}
        waiting = [t for t in open_ if t.hash in self._asked]
        self._asked = known
        return self._receipts(waiting, last)

    def _receipts(self, open_: Sequence[Transaction], last: int) -> list[tuple[Transaction, Receipt]]:
        answers = self._chain.receipts([t.hash for t in open_])
        pairs = [(t, receipt) for t, receipt in zip(open_, answers, strict=True) if receipt is not None]
        return [(t, receipt) for t, receipt in pairs if receipt.block <= last]

    def _settle_open(self, state: _State, hold: Hold | None) -> None:
        mined = self._receipts(state.open, state.cursor.block)
        if not mined:
            return

        def work(store: Store) -> None:
            if hold is not None:
                hold.check(store)
            now = store.need(Cursor, 1).time
            self._settling.settle(store, mined, now)
            self._drop_bytes(store, state.cursor.block, state.cursor.block, mined)
            replaced(store, mined, state.open, now)

        self._book.write(work)

    def _adopt(self, events: Sequence[Event], found: dict[bytes, Receipt]) -> list[Adopted]:
        """Acts in transactions that this gateway did not send, decoded from their calldata."""
        times = {event.tx: event.time for event in events if event.name != "Deployed"}
        ours = self._book.read(
            lambda store: {t.hash for t in find_all(store, Transaction, "hash", list(times))}
        )
        return [
            Adopted(self._chain.domain, self._chain.acts(hash_), found[hash_], time)
            for hash_, time in times.items()
            if hash_ not in ours
        ]


def replaced(
    store: Store, mined: Sequence[tuple[Transaction, Receipt]], open_: Sequence[Transaction], now: int
) -> None:
    """Of two transactions with one nonce one is mined; the other can't be any more. Nor can one whose nonce somebody
    else has used, which is found out by not finding it."""
    used = {(t.relayer, t.nonce): t.hash for t, _ in mined}
    for other in open_:
        by = used.get((other.relayer, other.nonce))
        if by is not None and by != other.hash:
            store.put(replace(other, state="replaced"))
            back_in_queue(store, other, now)
        elif by is None and other.state == "given-up" and now - other.created_at > LOOKED_FOR:
            store.put(replace(other, state="replaced"))


__all__ = ["ChainDiverged", "Overtaken", "Watch"]
