"""Issuances and tickets as one participant may see them."""

from __future__ import annotations

from api.models.parties import party_out
from api.models.tickets import IssuanceView, TicketView
from ledger.clock import shanghai_date
from ledger.ids import root_of, ticket_number
from ledger.money import Fen
from ledger.ports import Store
from ledger.records import Issuance, Ticket
from ledger.settle_checks import overdue_from
from ledger.tickets import free, held, issuance, least, number_of, payable, reserved, status_of


def issuance_view(store: Store, found: Issuance) -> IssuanceView:
    """An issuance as JSON."""
    return IssuanceView(
        id=found.id,
        number=ticket_number(found.number),
        ticket=root_of(found.id),
        act=found.digest,
        debtor=party_out(store, found.debtor),
        supplier=party_out(store, found.supplier),
        clearing_bank=party_out(store, found.clearing_bank),
        face=found.face,
        paid=found.paid,
        contractual_due=shanghai_date(found.contractual_due),
        payment_date=shanghai_date(found.due),
        transferable_until=found.transferable_until,
        overdue_from=overdue_from(found),
        depth=found.depth,
        minimum=least(found),
        interest_bearer="core" if found.interest else "holder",
        undertaking=found.undertaking,
        issued_at=found.issued_at,
        funded=found.funded,
        void=found.void,
        overdue=found.reported,
        waived_until=found.waived_until or None,
    )


def ticket_view(store: Store, caller: int, ticket: Ticket, now: int) -> TicketView:
    """A ticket as JSON. What is under way with it is its holder's business alone."""
    whole = issuance(store, ticket.issuance)
    own = ticket.party == caller
    return TicketView(
        id=ticket.id,
        number=number_of(whole, ticket),
        issuance=ticket.issuance,
        parent=ticket.parent,
        holder=party_out(store, ticket.party) if ticket.party else None,
        debtor=party_out(store, whole.debtor),
        clearing_bank=party_out(store, whole.clearing_bank),
        status=status_of(ticket, whole, now),
        value=ticket.value,
        held=held(store, ticket, now),
        on_offer=reserved(store, ticket.id) if own else None,
        free=_free(store, ticket, whole, now) if own else None,
        payable=0 if whole.void or not ticket.party else payable(store, ticket, whole, now),
        taken=ticket.taken,
        payment_date=shanghai_date(whole.due),
        transferable_until=whole.transferable_until,
        tier=ticket.tier,
        depth=ticket.depth,
        minimum=least(whole),
        undertaking=whole.undertaking,
        created_at=ticket.created_at,
    )


def _free(store: Store, ticket: Ticket, whole: Issuance, now: int) -> Fen:
    """Nothing, once the ticket can't be passed on any more."""
    over = whole.funded or whole.void or ticket.taken > 0 or now >= whole.transferable_until
    return Fen(0) if over else free(store, ticket, now)
