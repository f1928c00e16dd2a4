"""FREEZE: orders of courts (协助冻结), carried out by the panel. They hold an amount, they never take.

What is held is computed at every look: min(sum of running orders, value - taken), so an order above what is there
waits for what comes back (轮候). An order's number stands on chain as a salted hash. Mirrors `FreezeLib.sol`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ledger.acts import Kind
from ledger.clock import shanghai_text
from ledger.errors import Conflict, NotFound
from ledger.events import Event
from ledger.ids import commitment, new_salt, to_hex
from ledger.money import Fen
from ledger.ports import Store
from ledger.records import Act, Order, Ticket
from ledger.rules import current, in_time, signed_by_panel
from ledger.tickets import MOST_ORDERS, owned, positive
from ledger.typed import Message


class OrderKnown(Conflict):
    """An order's number stands once while it runs."""

    code = "order-known"
    title = "This order is carried out already"


class OrderEnded(Conflict):
    """An order that would end before it begins."""

    code = "order-ended"
    title = "The order has ended"


class TooManyOrders(Conflict):
    """A ticket carries 4 running orders at most."""

    code = "too-many-orders"
    title = "The ticket carries 4 orders already"


class UnknownOrder(NotFound):
    """No such order on this ticket."""

    code = "unknown-order"
    title = "There is no such order on this ticket"


@dataclass(frozen=True)
class FreezeDraft:
    """`message`: of the Freeze act; `extra`: the order's number and its salt, to be kept with the act."""

    message: dict[str, Any]
    extra: dict[str, str]


@dataclass(frozen=True)
class Standing:
    """An order as it stands: of `amount` fen it holds `holding`, the rest waits. `number` "" if not known here."""

    slot: int
    order: bytes
    number: str
    amount: Fen
    holding: Fen
    start: int
    end: int


# ---- messages


def freeze(
    store: Store,
    ticket: bytes,
    number: str,
    amount: Fen,
    end: int,
    evidence: bytes,
    deadline: int,
    salt: bytes | None = None,
) -> FreezeDraft:
    """Freeze: an order by its number (案号与文号) over an amount until `end` (UTC seconds); `evidence` is the hash of
    the order's papers. The number is committed to under a random salt, which `extra` keeps."""
    order_salt = new_salt()
    message = {
        "ticket": ticket,
        "order": commitment(order_salt, number),
        "amount": amount,
        "end": end,
        **_tail(store, ticket, evidence, deadline, salt),
    }
    return FreezeDraft(message, {"number": number, "order_salt": to_hex(order_salt)})


def unfreeze(
    store: Store, ticket: bytes, order: bytes, evidence: bytes, deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """Unfreeze: lifts an order, by its hash (see `order_of`)."""
    return {"ticket": ticket, "order": order, **_tail(store, ticket, evidence, deadline, salt)}


def _tail(store: Store, ticket: bytes, evidence: bytes, deadline: int, salt: bytes | None) -> dict[str, Any]:
    sequence = owned(store, ticket).order_sequence
    return {"evidence": evidence, "sequence": sequence, "salt": salt or new_salt(), "deadline": deadline}


# ---- what others ask


def order_of(store: Store, ticket: bytes, number: str) -> bytes:
    """The hash of the order with this number on a ticket. Raises UnknownOrder."""
    hashes = {order for order, known in _numbers(store, ticket).items() if known == number}
    for order in store.find(Order, ticket=ticket):
        if order.number in hashes:
            return order.number
    raise UnknownOrder(
        f"There is no order {number!r} on {to_hex(ticket)}; look at its orders.", number=number
    )


def orders(store: Store, ticket: Ticket, now: int) -> list[Standing]:
    """The running orders of a ticket in the order of their beginning, with what each of them holds."""
    numbers = _numbers(store, ticket.id)
    left = ticket.value - ticket.taken
    listed = []
    for order in sorted(store.find(Order, ticket=ticket.id), key=lambda o: (o.start, o.slot)):
        if now < order.end:
            holding = Fen(min(left, order.amount))
            left -= holding
            number = numbers.get(order.number, "")
            listed.append(
                Standing(order.slot, order.number, number, order.amount, holding, order.start, order.end)
            )
    return listed


def _numbers(store: Store, ticket: bytes) -> dict[bytes, str]:
    acts = store.find(Act, kind="Freeze", subject=ticket)
    return {
        bytes.fromhex(act.message["order"].removeprefix("0x")): str(act.extra["number"])
        for act in acts
        if "number" in act.extra
    }


# ---- what the contract would refuse


def _check_freeze(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    ticket = owned(store, message["ticket"])
    current(message["sequence"], ticket.order_sequence)
    positive(message["amount"], "the order")
    if message["end"] <= now:
        raise OrderEnded(
            f"The order ended at {shanghai_text(message['end'])} (Shanghai); name its right end.",
            end=message["end"],
        )
    standing = [order for order in store.find(Order, ticket=ticket.id) if now < order.end]
    if any(order.number == message["order"] for order in standing):
        raise OrderKnown("An order with this number runs already; lift it before it is put on anew.")
    if len(standing) == MOST_ORDERS and all(order.number != message["order"] for order in standing):
        raise TooManyOrders(f"The ticket carries {MOST_ORDERS} running orders; one of them must end first.")


def _check_unfreeze(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    ticket = owned(store, message["ticket"])
    current(message["sequence"], ticket.order_sequence)
    if not any(order.number == message["order"] for order in store.find(Order, ticket=ticket.id)):
        raise UnknownOrder(
            f"There is no order {to_hex(message['order'])} on {to_hex(ticket.id)}; look at its orders.",
            order=to_hex(message["order"]),
        )


KINDS: tuple[Kind, ...] = (
    Kind(
        "Freeze",
        "freeze",
        "freeze",
        lambda m, store: signed_by_panel(store, "Freeze", m),
        _check_freeze,
        lambda m: bytes(m["ticket"]),
    ),
    Kind(
        "Unfreeze",
        "freeze",
        "unfreeze",
        lambda m, store: signed_by_panel(store, "Unfreeze", m),
        _check_unfreeze,
        lambda m: bytes(m["ticket"]),
    ),
)


# ---- what the chain says


def _frozen(event: Event, store: Store) -> None:
    a = event.args
    store.put(Order(a["ticket"], a["slot"], a["order"], Fen(a["amount"]), a["start"], a["end"]))
    ticket = store.need(Ticket, a["ticket"])
    store.put(replace(ticket, ordered=True, order_sequence=a["sequence"]))


def _unfrozen(event: Event, store: Store) -> None:
    a = event.args
    store.delete(Order, a["ticket"], a["slot"])
    ticket = store.need(Ticket, a["ticket"])
    store.put(replace(ticket, ordered=ticket.ordered and not a["last"], order_sequence=a["sequence"]))


EVENTS: Mapping[str, Callable[[Event, Store], None]] = {"Frozen": _frozen, "Unfrozen": _unfrozen}
"""Event → changes of the projection."""
