"""The end: what the ledger says of itself, and whether book, rebuild and chain agree."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from ledger.acts import State, derive
from ledger.book.db import SqlBook
from ledger.ports import Store
from ledger.records import Act, Issuance, Leg, Lock, Ticket
from ledger.wiring import App
from ledger.work.verify import Report, verify


@dataclass(frozen=True)
class Sums:
    """Amounts in fen. `redeemed`: paid out to holders; `outstanding`: what tickets are worth and was not paid out;
    `voided`: faces of void issuances; `discounted`: sold to banks; issued = redeemed + outstanding + voided."""

    issued: int
    redeemed: int
    outstanding: int
    voided: int
    discounted: int
    deepest_tier: int
    acts_final: int

    @property
    def balanced(self) -> bool:
        """Nothing was lost, nothing came from nowhere."""
        return self.issued == self.redeemed + self.outstanding + self.voided


def reckon(store: Store) -> Sums:
    """Each sum from its own records: issuances, tickets, locks, acts."""
    issuances = {one.id: one for one in store.find(Issuance)}
    standing = [ticket for ticket in store.find(Ticket) if not issuances[ticket.issuance].void]
    legs: dict[bytes, list[str]] = {}
    for leg in store.find(Leg):
        legs.setdefault(leg.act, []).append(leg.state)
    return Sums(
        issued=sum(one.face for one in issuances.values()),
        redeemed=sum(ticket.taken for ticket in standing),
        outstanding=sum(ticket.value - ticket.taken for ticket in standing),
        voided=sum(one.face for one in issuances.values() if one.void),
        discounted=sum(lock.value for lock in store.find(Lock, state="released")),
        deepest_tier=max((ticket.tier for ticket in standing), default=0),
        acts_final=sum(derive(legs[act.id]) == State.FINAL for act in store.find(Act)),
    )


def verified(app: App) -> Report:
    """Rebuilds from genesis beside the book and compares both with the contract's storage at one block."""
    file = app.settings.home / "verify.sqlite"
    with closing(SqlBook.fresh_projection(file)) as fresh:
        report = verify(app.book, fresh, app.chain, app.deployment.block)
    for left in app.settings.home.glob("verify.sqlite*"):
        left.unlink()
    return report
