"""The reference model with one sentence of the design dropped, to see that runs notice.

Each class is wrong in one rule. A run against the contract must find a difference; the sequences that it took, cut
down, stay in tests/model/regressions and are played against the real model as well.
"""

from __future__ import annotations

from types import SimpleNamespace as Row
from typing import Any

from tests.model.participants import Refused
from tests.model.reference import Model


class HeldAbove(Model):
    """What orders hold is their sum, also above what is left."""

    def _held(self, t: Row, as_of: int) -> int:
        return sum(o.amount for o in t.orders if o and o.start <= as_of and self.now < o.end)


class LaterOrderCounts(Model):
    """An order reduces lines that were paid before it began."""

    def _held(self, t: Row, as_of: int) -> int:
        return super()._held(t, self.now)


class OrderNeverEnds(Model):
    """An order holds beyond its end."""

    def _held(self, t: Row, as_of: int) -> int:
        running = (o.amount for o in t.orders if o and o.start <= as_of)
        return int(min(sum(running), t.value - t.taken))


class LockOutlivesFunding(Model):
    """Full funding does not end locks."""

    def returnLock(self, a: Row) -> str:
        if self._at(a.lock).state == "locked" and self.now < self.tickets[a.lock].expiry:
            raise Refused("LockStillStands")
        return super().returnLock(a)


class ReleaseEndsAtExpiry(Model):
    """An expired lock can't be released any more."""

    def release(self, a: Row) -> str:
        if self._at(a.lock).state == "locked" and self.now >= self.tickets[a.lock].expiry:
            raise Refused("PastDue")
        return super().release(a)


class WithdrawnReturns(Model):
    """A withdrawn child may still be accepted."""

    def _moves(self, id: bytes, t: Row, i: Row, value: int) -> None:
        there = dict.pop(self.tickets, id, None) if self._at(id).state == "withdrawn" else None
        try:
            super()._moves(id, t, i, value)
        except Refused:
            if there is not None:
                self.tickets[id] = there
            raise


class VersionIgnored(Model):
    """Offers outlive `withdrawAll`."""

    def _offerable(self, a: Row, holder: int) -> tuple[Row, Row]:
        return super()._offerable(Row(**{**vars(a), "version": self._at(a.ticket).version}), holder)


class ReferenceTwice(Model):
    """A reference can be spent again by another kind of act only, or by the same: nobody looks."""

    def fund(self, a: Row) -> str:
        self.spent.discard((a.bank, "Fund", a.ref))
        return super().fund(a)


class PaidTwice(Model):
    """What was taken does not count."""

    def _pay(self, bank: int, line: Any) -> None:
        t = self._at(line["ticket"])
        taken, t.taken = t.taken, 0
        try:
            super()._pay(bank, line)
        finally:
            t.taken += taken


class LimitFreedByVoidOnly(Model):
    """Funding does not free the limit."""

    def fund(self, a: Row) -> str:
        before = {party: opening.used for party, opening in self.openings.items()}
        word = super().fund(a)
        for party, used in before.items():
            self.openings[party].used = used
        return word


class SuspendedAccepts(Model):
    """A suspended receiver may accept."""

    def _active(self, party: int) -> Row:
        return self.participants[party]


class RecoveryAtOnce(Model):
    """New keys need not wait."""

    def completeRecovery(self, a: Row) -> None:
        recovery = self.recoveries.get(a.party)
        if recovery is not None:
            recovery.ready_at = min(recovery.ready_at, self.now)
        super().completeRecovery(a)


class OneRecoveryForEver(Model):
    """A recovery that nobody completes never makes way."""

    def _runs(self, change: Any) -> bool:
        return change is not None


class ForeignCounts(Model):
    """A signature counts whatever it was made over."""

    def _signer(self, digest: bytes, signature: tuple[str, bytes], right: int) -> int:
        return super()._signer(digest, (signature[0], digest), right)


class OverdueNotCured(Model):
    """Full funding does not lift the halt."""

    def _cured(self, i: Row) -> str:
        return "done"


BROKEN: tuple[type[Model], ...] = (
    HeldAbove,
    LaterOrderCounts,
    OrderNeverEnds,
    LockOutlivesFunding,
    ReleaseEndsAtExpiry,
    WithdrawnReturns,
    VersionIgnored,
    ReferenceTwice,
    PaidTwice,
    LimitFreedByVoidOnly,
    SuspendedAccepts,
    RecoveryAtOnce,
    OneRecoveryForEver,
    ForeignCounts,
    OverdueNotCured,
)
