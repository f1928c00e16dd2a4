"""FREEZE over HTTP: courts' orders, carried out by the panel."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from api.deps import Doing, Once, Read
from api.drafting import POSTED, draft, drafted
from api.json_body import routed
from api.models.acts import ActOut
from api.models.fields import TicketNamed
from api.models.freeze import FreezeIn, LiftIn, OrderOut, OrdersOut
from ledger import freeze
from ledger.errors import Invalid
from ledger.ids import to_hex
from ledger.ports import Store
from ledger.privacy import is_panel, seen_ticket
from ledger.tickets import UnknownTicket, issuance_of

router = routed("/freezes", "freeze")


@router.get("/{ticket}", operation_id="listOrders", summary="Running orders on a ticket")
def orders(ticket: TicketNamed, read: Read) -> OrdersOut:
    """For whoever may see the ticket. Their numbers are told to its holder, its clearing bank and the panel."""

    def work(store: Store) -> OrdersOut:
        party = read.caller.party
        found = seen_ticket(store, party, ticket)
        told = party in (found.party, issuance_of(store, found.id).clearing_bank) or is_panel(store, party)
        standing = freeze.orders(store, found, read.app.service.now(store))
        return OrdersOut(
            orders=[
                OrderOut(
                    order=one.order,
                    number=(one.number or None) if told else None,
                    amount=one.amount,
                    holding=one.holding,
                    start=one.start,
                    end=one.end,
                )
                for one in standing
            ]
        )

    return read(work)


@router.post("", operation_id="freeze", summary="A court's order holds an amount (协助冻结)", **POSTED)
def freeze_ticket(body: FreezeIn, once: Once) -> Response:
    """Signed by the panel. It holds, it never takes; a later order waits for what comes back."""

    def work(store: Store) -> ActOut:
        _require_panel(store, once, body.ticket)
        made = freeze.freeze(
            store,
            body.ticket,
            body.number,
            body.amount,
            body.end,
            body.evidence,
            once.deadline(store, body.deadline),
        )
        return drafted(store, once, "Freeze", made.message, dict(made.extra))

    return once(work)


@router.post("/lift", operation_id="unfreeze", summary="Lift an order", **POSTED)
def lift(body: LiftIn, once: Once) -> Response:
    """Signed by the panel."""

    def message(store: Store) -> dict[str, Any]:
        _require_panel(store, once, body.ticket)
        order = _order(store, body)
        return freeze.unfreeze(store, body.ticket, order, body.evidence, once.deadline(store, body.deadline))

    return draft(once, "Unfreeze", message)


def _order(store: Store, body: LiftIn) -> bytes:
    if (body.number is None) == (body.order is None):
        raise Invalid("Name the order either by its number or by its hash `order`, not by both or neither.")
    return body.order or freeze.order_of(store, body.ticket, body.number or "")


def _require_panel(store: Store, once: Doing, ticket: bytes) -> None:
    if not is_panel(store, once.caller.party):
        raise UnknownTicket(
            f"There is no ticket {to_hex(ticket)} that your company could freeze; only the panel can.",
            ticket=to_hex(ticket),
        )
