"""Blocks into the book: logs, projection, journal and cursor of a range in one transaction.

Polling by height is the truth. A block whose parent is not the one taken in before is an incident on a chain with
instant finality: the watcher stops and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from ledger import kinds, outcome
from ledger.errors import GoldTicketError
from ledger.events import Event
from ledger.ports import Block, Book, Chain, Receipt, Refusal, Store
from ledger.records import Act, Cursor, Leg, Log, Transaction
from ledger.work.adopt import Adopted, adopt
from ledger.work.jsonable import jsonable
from ledger.work.relay import DONE

log = structlog.get_logger()

MOST_BLOCKS = 500
"""Blocks taken in by one step."""


class ChainDiverged(GoldTicketError):
    """The chain is not the one that the book was built from."""

    code = "chain-diverged"
    title = "The chain does not continue from where the book ends"


class Watch:
    """Keeps the projection level with the chain, `confirmations` blocks behind its head. `first`: the height of the
    deployment."""

    def __init__(
        self,
        book: Book,
        chain: Chain,
        first: int,
        explain: Callable[[Refusal], str],
        permanent: Callable[[Refusal, str], bool],
        confirmations: int = 0,
    ) -> None:
        self._book = book
        self._chain = chain
        self._first = first
        self._explain = explain
        self._permanent = permanent
        self._confirmations = confirmations

    def step(self) -> int:
        """Takes in the next blocks; their number. Raises ChainDiverged."""
        cursor = self._book.read(lambda store: store.get(Cursor, 1)) or Cursor(1, self._first - 1)
        head = self._chain.head().number - self._confirmations
        self._require_same_chain(cursor, head)
        last = min(head, cursor.block + MOST_BLOCKS)
        if last <= cursor.block:
            self._settle_open(cursor.block)
            return 0
        block = self._chain.block(last)
        if block is None:
            return 0
        events = self._chain.events(cursor.block + 1, last)
        adopted = self._adopt(events)
        receipts = self._receipts(last)

        def work(store: Store) -> None:
            take_in(store, events, block)
            for found in adopted:
                adopt(store, found)
            self._settle(store, receipts, block.time)
            outcome.expire(store, block.time)

        self._book.write(work)
        return last - cursor.block

    def catch_up(self) -> int:
        """Steps until level with the head; blocks taken in."""
        total = 0
        while taken := self.step():
            total += taken
        return total

    def _require_same_chain(self, cursor: Cursor, head: int) -> None:
        if cursor.block < self._first:
            return
        there = self._chain.block(cursor.block) if head >= cursor.block else None
        if there is None or there.hash != cursor.hash:
            found = there.hash.hex() if there else "nothing"
            raise ChainDiverged(
                f"Block {cursor.block} is {found} on the chain and {cursor.hash.hex()} in the book. The node lost "
                "blocks or is another network: connect the right node, or run `goldticket rebuild`.",
                block=cursor.block,
            )

    def _adopt(self, events: list[Event]) -> list[Adopted]:
        """Acts in transactions that this gateway did not send, decoded from their calldata."""
        hashes = {event.tx: event for event in events if event.name != "Deployed"}
        ours = self._book.read(lambda store: {t.hash for t in store.find(Transaction, hash=list(hashes))})
        found: list[Adopted] = []
        for hash_, event in hashes.items():
            if hash_ in ours:
                continue
            receipt = self._chain.receipt(hash_)
            if receipt is not None:
                found.append(Adopted(self._chain.domain, self._chain.acts(hash_), receipt, event.time))
        return found

    def _receipts(self, last: int) -> list[tuple[Transaction, Receipt]]:
        """Our own transactions that were mined up to `last` and are not settled yet."""
        open_ = self._book.read(lambda store: store.find(Transaction, state="sent", order="nonce"))
        found = [(t, self._chain.receipt(t.hash)) for t in open_]
        return [(t, receipt) for t, receipt in found if receipt is not None and receipt.block <= last]

    def _settle_open(self, last: int) -> None:
        receipts = self._receipts(last)
        if not receipts:
            return

        def work(store: Store) -> None:
            cursor = store.need(Cursor, 1)
            self._settle(store, receipts, cursor.time)

        self._book.write(work)

    def _settle(self, store: Store, receipts: list[tuple[Transaction, Receipt]], now: int) -> None:
        for transaction, receipt in receipts:
            state = "mined" if receipt.ok else "failed"
            store.put(replace(transaction, state=state, block=receipt.block, gas=receipt.gas_used))
            for position, ids in enumerate(transaction.legs):
                for text in ids:
                    self._settle_leg(store, store.need(Leg, bytes.fromhex(text)), receipt, position, now)

    def _settle_leg(self, store: Store, leg: Leg, receipt: Receipt, position: int, now: int) -> None:
        """What one position of a mined transaction means for one of its legs."""
        act = store.need(Act, leg.act)
        refusal = receipt.refusals.get(position) or receipt.leg_refusals.get(leg.id)
        if receipt.ok and (refusal is None or refusal.name in DONE):
            outcome.finish(store, leg.id, now, self._lines(act, receipt))
        elif refusal is not None and self._permanent(refusal, kinds.kind(act.kind).function):
            outcome.refuse(store, leg.id, refusal.name, self._explain(refusal), now)
        else:
            outcome.wait(store, leg.id, refusal, now)

    def _lines(self, act: Act, receipt: Receipt) -> dict[str, str]:
        """Lines of a pay-out that the contract did not take, while it took others: ticket → why."""
        if act.kind != "PayOut":
            return {}
        ref = bytes.fromhex(act.message["ref"][2:])
        return {
            "0x" + ticket.hex(): self._explain(refusal)
            for (spent, ticket), refusal in receipt.line_refusals.items()
            if spent == ref
        }


def take_in(store: Store, events: list[Event], block: Block) -> None:
    """One range of blocks: its events into log, projection and journal, and the cursor."""
    for event in events:
        kinds.apply(event, store)
        outcome.apply(event, store)
        store.put(_log(event))
    store.put(Cursor(1, block.number, block.hash, block.time))


def project(store: Store, events: list[Event]) -> None:
    """Events into the projection alone, for a rebuild."""
    for event in events:
        kinds.apply(event, store)
        store.put(_log(event))


def _log(event: Event) -> Log:
    subject = next((event.args[name] for name in _SUBJECTS if name in event.args), b"")
    return Log(
        block=event.block,
        log=event.log,
        name=event.name,
        args=jsonable(event.args),
        tx=event.tx,
        time=event.time,
        subject=subject.ljust(32, b"\0") if subject else b"",
    )


_SUBJECTS = ("child", "lock", "ticket", "issuance")
