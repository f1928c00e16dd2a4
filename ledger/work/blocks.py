"""Events of a range of blocks into the book."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ledger import kinds, outcome
from ledger.errors import GoldTicketError
from ledger.events import Event
from ledger.ports import Block, Chain, Store
from ledger.records import Cursor, Issuance, Leg, Log, Reservation, ReturnedLine, Ticket
from ledger.work.jsonable import jsonable

ENOUGH = 5_000
"""Events that are well read and written at once."""
FEW = 64


def take_in(store: Store, events: Sequence[Event], block: Block) -> None:
    """One range of blocks, the last of which is `block`: its events into log, projection and journal, and the
    cursor."""
    for event in events:
        kinds.apply(event, store)
        outcome.apply(event, store)
        store.put(_log(event))
    store.put(Cursor(1, block.number, block.hash, block.time))


def project(store: Store, events: Iterable[Event]) -> None:
    """Events into the projection alone, for a rebuild."""
    for event in events:
        kinds.apply(event, store)
        store.put(_log(event))


def reads(
    events: Iterable[Event], legs: Iterable[bytes] = (), *, journal: bool = True
) -> Callable[[Any], None]:
    """What taking in these events asks for, to be read ahead; `legs`: of transactions that are settled with them."""
    tickets: set[bytes] = set()
    paid: set[bytes] = set()
    ids = set(legs)
    for event in events:
        found = event.args
        if event.name == "PaidOut":
            paid.add(found["ticket"])
        tickets.update(found[name] for name in _TICKETS if name in found)
        ids.update(found[name] for name in _LEGS if name in found)

    def loads(buffer: Any) -> None:
        buffer.load(Ticket, "id", sorted(tickets))
        buffer.load(Issuance, "id", sorted({ticket[:16] for ticket in tickets}))
        if journal:
            buffer.load(Leg, "id", sorted(ids))
            buffer.load(Reservation, "leg", sorted(ids))
            buffer.load(ReturnedLine, "ticket", sorted(paid), ended=False)

    return loads


class Span:
    """How many blocks are read at once: many where little happens, few where much does, and fewer again when a node
    finds them too many. `most`: never more."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.blocks = min(FEW, most)

    def read(self, chain: Chain, begin: int, end: int) -> list[Event] | None:
        """The events of begin…end; None when it is to be tried again with fewer blocks."""
        try:
            events = chain.events(begin, end)
        except GoldTicketError:
            if begin == end:
                raise
            self.blocks = max(1, (end - begin + 1) // 2)
            return None
        if len(events) > 2 * ENOUGH:
            self.blocks = max(1, self.blocks // 2)
        elif len(events) < ENOUGH:
            self.blocks = min(self._most, self.blocks * 2)
        return events


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
_TICKETS = ("child", "lock", "ticket", "parent")
_LEGS = ("child", "lock", "digest")
