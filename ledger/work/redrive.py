"""A development node has lost its last blocks: the journal drives what was in them again, in its order.

The signed bytes are there still, with their nonces, and nobody else sends with these keys: so the same transactions
go out again and the same acts take effect. Nothing that was answered is missing afterwards. (On a network with instant
finality this is no repair but an incident: the watcher stops there.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import structlog

from ledger.acts import State
from ledger.errors import Conflict
from ledger.ids import parse_hex
from ledger.ports import Book, Chain, Store
from ledger.records import Act, Checkpoint, Leg, Reservation, ReturnedLine, SignedBytes, Transaction
from ledger.work.calldata import find_all
from ledger.work.verify import Progress, rebuild

log = structlog.get_logger()

AT_ONCE = 100


class LostTooMuch(Conflict):
    """A development node has fallen back further than the journal can drive again."""

    code = "node-lost-too-much"
    title = "The development node has lost too many blocks"


class Replaceable(Book, Protocol):
    """A book whose projection another one can take the place of."""

    def replace_projection(self, rebuilt: Any, *, even_if_behind: bool = False) -> None: ...


def renew(book: Replaceable, fresh: Any, chain: Chain, first: int, progress: Progress) -> int:
    """Puts a projection made anew in the empty book `fresh` in the place of the present one; the number of events.

    It ends where the book ended, or where the chain parted from it: what comes after that means something for acts
    and reservations too, which the watcher alone takes in.
    """
    count = rebuild(fresh, chain, first, last_common(book, chain, first), progress)
    book.replace_projection(fresh, even_if_behind=True)
    return count


def forget_from(book: Book, block: int) -> None:
    """Blocks from this one on count as not taken in: after `renew` the watcher takes them in again, acts included."""

    def work(store: Store) -> None:
        for checkpoint in store.find(Checkpoint):
            if checkpoint.block >= block:
                store.delete(Checkpoint, checkpoint.block)

    book.write(work)


def last_common(book: Book, chain: Chain, first: int) -> int:
    """The highest block taken in that the node still has; `first` - 1 when it has none of them."""
    for checkpoint in _checkpoints(book):
        there = chain.block(checkpoint.block)
        if there is not None and there.hash == checkpoint.hash:
            return checkpoint.block
    return first - 1


def unsettle(store: Store, common: int) -> int:
    """Our transactions from behind `common` are to be sent again, and their legs are under way again; their number.
    To be followed by a projection that ends at `common`. Raises LostTooMuch."""
    lost = [t for t in store.find(Transaction, state=["mined", "failed"], order="-block") if t.block > common]
    legs = [bytes.fromhex(leg) for t in lost for ids in t.legs for leg in ids]
    if any(store.get(SignedBytes, transaction.hash) is None for transaction in lost):
        raise LostTooMuch(
            f"The node has lost everything after block {common}, more than the journal keeps to send again: bring back "
            "its folder, or deploy anew.",
            block=common,
        )
    for transaction in lost:
        store.put(replace(transaction, state="sent", block=0))
    for leg in find_all(store, Leg, "id", legs):
        if leg.state in (State.FINAL, State.REFUSED, State.COMPLETE):
            store.put(replace(leg, state=str(State.RELAYED), reason={}))
    for reservation in find_all(store, Reservation, "leg", legs):
        store.put(replace(reservation, ended=False))
    _reopen_returns(store, legs)
    for checkpoint in store.find(Checkpoint, order="-block"):
        if checkpoint.block > common:
            store.delete(Checkpoint, checkpoint.block)
    if lost:
        log.warning("the node has lost blocks: sent again", after=common, transactions=len(lost))
    return len(lost)


def _reopen_returns(store: Store, legs: list[bytes]) -> None:
    """Returned lines wait again until the pay-outs that ended them are mined again."""
    paid = [act for act in find_all(store, Act, "id", legs) if act.kind == "PayOut"]
    tickets = [parse_hex(line["ticket"]) for act in paid for line in act.message["lines"]]
    for line in find_all(store, ReturnedLine, "ticket", tickets):
        store.put(replace(line, ended=False))


def _checkpoints(book: Book) -> Iterator[Checkpoint]:
    """From the latest down."""
    after: int | None = None
    while found := book.read(
        lambda store, after=after: store.find(Checkpoint, order="-block", after=after, limit=AT_ONCE)  # type: ignore[misc]
    ):
        yield from found
        after = found[-1].block
