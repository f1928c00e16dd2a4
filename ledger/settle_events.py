"""What the events of SETTLE mean for the projection: from events alone, exactly the contract's state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ledger.events import Event
from ledger.money import Fen
from ledger.ports import Store
from ledger.records import Funding, Issuance, Opening, Payment, Replacement, Ticket


def _funded(event: Event, store: Store) -> None:
    args = event.args
    issuance, amount, paid = store.need(Issuance, args["issuance"]), Fen(args["amount"]), Fen(args["paid"])
    store.put(replace(issuance, paid=paid, funded=paid == issuance.face))
    opening = store.need(Opening, issuance.debtor)
    store.put(replace(opening, used=Fen(opening.used - amount)))
    store.put(
        Funding(
            block=event.block,
            log=event.log,
            issuance=issuance.id,
            bank=args["bank"],
            ref=args["ref"],
            amount=amount,
            at=event.time,
        )
    )


def _paid_out(event: Event, store: Store) -> None:
    args = event.args
    ticket = store.need(Ticket, args["ticket"])
    store.put(replace(ticket, taken=Fen(args["taken"])))
    store.put(
        Payment(
            block=event.block,
            log=event.log,
            ticket=ticket.id,
            party=ticket.party,
            bank=args["bank"],
            ref=args["ref"],
            amount=Fen(args["amount"]),
            paid_at=args["paidAt"],
        )
    )


def _reported(event: Event, store: Store) -> None:
    _mark(event, store, True)


def _lifted(event: Event, store: Store) -> None:
    _mark(event, store, False)


def _mark(event: Event, store: Store, reported: bool) -> None:
    issuance = store.need(Issuance, event.args["issuance"])
    store.put(replace(issuance, reported=reported))
    opening = store.need(Opening, event.args["debtor"])
    store.put(replace(opening, overdue=opening.overdue + (1 if reported else -1)))


def _waived(event: Event, store: Store) -> None:
    issuance = store.need(Issuance, event.args["issuance"])
    store.put(replace(issuance, waived_until=event.args["until"], sequence=event.args["sequence"]))


def _replacement_started(event: Event, store: Store) -> None:
    args = event.args
    issuance = store.need(Issuance, args["issuance"])
    store.put(replace(issuance, sequence=args["sequence"]))
    store.put(Replacement(issuance.id, args["replacement"], args["bank"], args["readyAt"]))


def _replacement_vetoed(event: Event, store: Store) -> None:
    store.delete(Replacement, event.args["issuance"])


def _bank_changed(event: Event, store: Store) -> None:
    issuance = store.need(Issuance, event.args["issuance"])
    store.put(replace(issuance, clearing_bank=event.args["bank"]))
    store.delete(Replacement, issuance.id)


EVENTS: Mapping[str, Callable[[Event, Store], None]] = {
    "Funded": _funded,
    "PaidOut": _paid_out,
    "OverdueReported": _reported,
    "OverdueLifted": _lifted,
    "Waived": _waived,
    "ReplacementStarted": _replacement_started,
    "ReplacementVetoed": _replacement_vetoed,
    "ClearingBankChanged": _bank_changed,
}
