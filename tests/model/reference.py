"""The ledger's rules once more, in plain Python: the executable specification (prose: docs/specification.md).

Nothing here knows a chain, a database or a hash. An act is its fields, its signatures (participants.py) and its
digest, which stands for all that it says, on this ledger alone. `carried`: the issue act that a void or its withdrawal
comes with. An offer comes with `acceptances` (sender, to, legs of (place, value), digest, signatures) and the number
of `others`, children not accepted here. Ids of children come from a function that is given; all they must do is differ.

`Model` has a method for each kind of act, named as the contract's function. It checks everything, then changes the
state, and answers with a word where an act can take effect in several ways. Values in fen, times in UTC seconds.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace as Row
from typing import Any

from tests.model.participants import (
    BANK,
    CLEARING_BANK,
    CORE,
    DAY,
    FINANCE,
    ISSUE,
    LIMITS,
    SUPPLIER,
    TRANSFER,
    Participants,
    Refused,
    refuse,
)

SHANGHAI = timezone(timedelta(hours=8))
ROOT = bytes(16)  # a ticket's id: 16 bytes of its issuance, 16 of its own, which are these for the first one


def ticket(**given: Any) -> Row:
    """`state`: "", or with party 0 "locked", and of tombstones "withdrawn" or "returned". `orders`: four places."""
    fresh = {"party": 0, "value": 0, "taken": 0, "depth": 0, "version": 0, "state": "", "expiry": 0}
    return Row(**{**fresh, "orders": [None] * 4, **given})


class Model(Participants):
    """The state, and all that may happen to it. `now`: the time of the block that an act would be mined in."""

    def __init__(
        self, seeds: Any, members: Any, threshold: int, months: int, child_id: Any, before: Any = None
    ):
        """`child_id` of (parent, offer's digest, place). `before`: the closed ledger that this one follows."""
        super().__init__()
        refuse(PredecessorOpen=before and not before.closed)
        self.child_id, self.before = child_id, before
        self.months, self.next_months, self.next_from = months, 0, 0
        self.openings: dict[int, Row] = {}  # of cores
        self.evidence: dict[Any, tuple[int, int]] = {}  # (debtor's USCC, fingerprint) → used, total
        self.issuances: dict[bytes, Row] = {}
        self.replacements: dict[bytes, Row] = {}  # of an issuance's clearing bank: digest, ready_at, bank
        self.tickets: dict[bytes, Row] = {}
        self.locks: dict[bytes, Row] = {}
        self.spent: set[Any] = set()  # (bank, kind of act, reference)
        self.refusals: list[tuple[Any, str]] = []  # children, lines and items that the last act left out
        for seed in seeds:
            self._enter(seed, self._newcomer(seed))
        for party, who in self.participants.items():
            self._names_clearing_bank(party, who.roles, who.clearing_bank)
        self._seat(members, threshold)
        refuse(BadMonths=not 1 <= months <= 36)

    def do(self, kind: str, act: Row) -> str:
        """Carries out one act. Raises Refused, and then nothing has changed."""
        self.refusals, self.binds = [], None
        word = getattr(self, kind)(act)
        if self.binds:
            self.sequences[self.binds] = act.sequence + 1
        return word or "done"

    def relay(self, items: Sequence[tuple[str, Any, bool | None]]) -> None:
        """Items (kind, act, gas), each by itself. Gas: enough, not enough (False), or more than is left (None), which
        undoes all. No act: nothing that a ledger knows."""
        refuse(TooLittleGas=any(gas is None for _, _, gas in items))
        refused: list[tuple[Any, str]] = []
        for position, (kind, act, enough) in enumerate(items):
            try:
                refuse(ActOutOfGas=not enough, NotPlainAccount=kind == "relay")
                refuse(ActOutOfGas=act is None)
                self.do(kind, act)
                refused += self.refusals
            except Refused as refusal:
                refused.append((("item", position), str(refusal)))
        self.refusals = refused

    def _enter(self, a: Any, keys: dict[str, int]) -> None:
        super()._enter(a, keys)
        self.openings[len(self.participants)] = Row(limit=0, used=0, expiry=0, overdue=0, external=False)

    # ---- LIMITS

    def setPolicy(self, a: Row) -> None:
        self._begin(a, stage=LIMITS)
        self._by_panel(a)
        refuse(BadMonths=not 1 <= a.months <= 36, StartsInThePast=a.begins < self.now)
        self.months, self.next_months, self.next_from = self._tenor(), a.months, a.begins

    def _tenor(self) -> int:
        return self.next_months if self.next_months and self.now >= self.next_from else self.months

    def setLimit(self, a: Row) -> None:
        self._begin(a, signatures=1, stage=LIMITS)
        core = self._role(a.core, CORE)
        self._sequence(a, "opening", a.core)
        self._named(a, core.clearing_bank)
        refuse(LimitTooLarge=a.amount >= 1 << 88)
        self.openings[a.core].limit, self.openings[a.core].expiry = a.amount, a.expiry

    def halt(self, a: Row) -> str:
        self._begin(a)
        self._role(a.core, CORE)
        self._sequence(a, "opening", a.core)
        self._panel(a, 0)
        self.openings[a.core].external = a.halted
        return "done" if a.halted else "lifted"

    # ---- ISSUE

    def issue(self, a: Row) -> None:
        self._begin(a, stage=ISSUE)
        refuse(DeploymentClosed=self.closed, BadSignatureCount=len(a.signatures) != 2)
        self._named(a, a.debtor)
        core = self._active(a.debtor)
        refuse(MissingRole=not core.roles & CORE)
        refuse(WrongParty=self._party(a.digest, a.signatures[1]) != a.supplier)
        refuse(NotAReceiver=not self._active(a.supplier).roles & SUPPLIER, BadDebtor=a.debtor == a.supplier)
        self._clears(a.clearingBank)
        self._terms(a)
        root, opening = a.digest[:16] + ROOT, self.openings[a.debtor]
        refuse(Withdrawn=self._at(root).state == "withdrawn", AlreadyIssued=root in self.tickets)
        refuse(CoreHalted=opening.overdue or opening.external, LimitExpired=self.now >= opening.expiry)
        used, halted = self.before.opening_of(core.uscc) if self.before else (0, False)
        refuse(CoreHalted=halted, LimitExceeded=used + opening.used + a.face > opening.limit)
        self.evidence.update(self._counted(core.uscc, a))
        opening.used += a.face
        self.tickets[root] = ticket(party=a.supplier, value=a.face, depth=a.depth)
        i = Row(
            debtor=a.debtor,
            clearing_bank=a.clearingBank,
            face=a.face,
            minimum=10**a.minimum,
            paid=0,
            void=False,
        )
        i.until, i.due, i.grace, i.reported, i.waived_until = a.transferableUntil, a.due, a.grace, False, 0
        self.issuances[a.digest[:16]] = i

    def _clears(self, bank: int) -> None:
        refuse(Suspended=self.now < self._role(bank, CLEARING_BANK).suspended_until)

    def _terms(self, a: Row) -> None:
        ordered = self.now < a.transferableUntil <= a.due and 0 <= a.due - a.contractualDue <= 15 * DAY
        today = datetime.fromtimestamp(self.now, SHANGHAI)
        year, month = divmod(today.year * 12 + today.month - 1 + self._tenor(), 12)
        day = min(today.day, monthrange(year, month + 1)[1])
        latest = datetime(year, month + 1, day, 23, 59, 59, tzinfo=SHANGHAI).timestamp()
        refuse(
            BadDates=not ordered,
            TenorTooLong=a.contractualDue > latest,
            GraceTooLong=a.grace > 60 * DAY,
            BadTerms=a.depth > 50 or a.minimum > 20 or a.interest > 1,
            BelowMinimum=a.face < 10**a.minimum,
        )

    def _counted(self, uscc: str, a: Row) -> dict[Any, tuple[int, int]]:
        """The evidence after these invoices: never above an invoice's total, which its first use commits."""
        refuse(TooMany=len(a.invoices) > 100)
        counted: dict[Any, tuple[int, int]] = {}
        for invoice in a.invoices:
            refuse(BadAmount=invoice["amount"] == 0)
            key = uscc, invoice["fingerprint"]
            used, total = counted.get(key) or self.evidence.get(key, (0, 0))
            before, committed = self.before.evidence_of(*key) if self.before else (0, 0)
            total = committed or total or invoice["total"]
            refuse(InvoiceTotalDiffers=total != invoice["total"])
            refuse(InvoiceUsed=before + used + invoice["amount"] > total)
            counted[key] = used + invoice["amount"], total
        refuse(InvoicesDiffer=sum(invoice["amount"] for invoice in a.invoices) != a.face)
        return counted

    def opening_of(self, uscc: str) -> tuple[int, bool]:
        """Limit used, and whether halted, with all ledgers before this one."""
        used, halted = self.before.opening_of(uscc) if self.before else (0, False)
        for o in (self.openings[party] for party, who in self.participants.items() if who.uscc == uscc):
            used, halted = used + o.used, halted or o.overdue > 0 or o.external
        return used, halted

    def evidence_of(self, uscc: str, fingerprint: bytes) -> tuple[int, int]:
        """Of an invoice: used and committed total, with all ledgers before this one."""
        used, total = self.evidence.get((uscc, fingerprint), (0, 0))
        before, committed = self.before.evidence_of(uscc, fingerprint) if self.before else (0, 0)
        return before + used, committed or total

    def withdrawIssue(self, a: Row) -> str:
        self._begin(a, signatures=1)
        refuse(IssueDiffers=a.carried.digest != a.issue)
        self._named(a, a.carried.debtor)
        root = a.carried.digest[:16] + ROOT
        refuse(AlreadyIssued=root in self.tickets and self.tickets[root].state != "withdrawn")
        return self._withdrawn([root])

    def voidIssuance(self, a: Row) -> str:
        self._begin(a, signatures=2)
        refuse(IssueDiffers=a.carried.digest[:16] != a.issuance)
        i, whole = self._issuance(a.issuance), 0
        refuse(AlreadyFunded=i.paid)
        self._named(a, i.debtor)
        holder = self._party(a.digest, a.signatures[1])
        refuse(TooMany=len(a.tickets) > 256)
        for id, last in zip(a.tickets, [b"", *a.tickets], strict=False):
            t = self._at(id)
            refuse(NotAscending=id <= last, NotHolder=id[:16] != a.issuance or t.party != holder)
            refuse(ValueHeld=self._held(t, self.now))
            whole += t.value
        refuse(NotWhole=whole != i.face)
        i.void = True
        self.openings[i.debtor].used -= i.face
        for invoice in a.carried.invoices:
            key = self.participants[i.debtor].uscc, invoice["fingerprint"]
            self.evidence[key] = self.evidence[key][0] - invoice["amount"], self.evidence[key][1]
        return self._cured(i)

    # ---- TRANSFER

    def transfer(self, a: Row) -> str:
        self._running(TRANSFER)
        self._begin(a)
        places = [place for acceptance in a.acceptances for place, _ in acceptance.legs]
        count = a.others + len(places)
        refuse(BadChildren=max(count, len(a.acceptances)) > 100 or max(places, default=-1) >= count)
        refuse(DuplicateIndex=len(set(places)) < len(places))
        holder = self._party(a.digest, a.signatures[0])
        self._active(holder)
        t, i = self._offerable(a, holder)
        refuse(DepthExhausted=t.depth == 0, BadChildren=not places)
        for acceptance in a.acceptances:
            for place, value in acceptance.legs:
                child = self.child_id(a.ticket, a.digest, place)
                try:
                    self._receives(acceptance, i, holder)
                    self._moves(child, t, i, value)
                except Refused as refusal:
                    self.refusals.append((("child", child), str(refusal)))
                else:
                    t.value -= value
                    self.tickets[child] = ticket(party=acceptance.to, value=value, depth=t.depth - 1)
        return self._rest_of(len(places))

    def _offerable(self, a: Row, holder: int) -> tuple[Row, Row]:
        t = self._at(a.ticket)
        refuse(UnknownTicket=t.party == 0, NotHolder=t.party != holder, StaleVersion=t.version != a.version)
        i = self.issuances[a.ticket[:16]]
        refuse(FullyFunded=i.paid == i.face, IssuanceVoid=i.void)
        refuse(NoLongerTransferable=self.now >= i.until, PaidInPart=t.taken)
        return t, i

    def _receives(self, acceptance: Row, i: Row, holder: int) -> None:
        said = acceptance.digest if acceptance.sender == holder else b"to somebody else"
        party = self._party(said, acceptance.signatures)
        refuse(WrongParty=party != acceptance.to)
        supplier = self._active(party).roles & SUPPLIER
        refuse(NotAReceiver=not supplier or party in (i.debtor, holder))

    def _moves(self, id: bytes, t: Row, i: Row, value: int) -> None:
        """Whether value may leave a ticket for a place where nothing was before."""
        refuse(Withdrawn=self._at(id).state == "withdrawn", AlreadyDone=id in self.tickets)
        refuse(BelowMinimum=value < i.minimum, NotEnough=value > t.value - self._held(t, self.now))
        refuse(RemainderBelowMinimum=0 < t.value - value < i.minimum)

    def _held(self, t: Row, as_of: int) -> int:
        """By orders that run now and had begun then; what comes back to the ticket is held as well."""
        running = (o.amount for o in t.orders if o and o.start <= as_of and self.now < o.end)
        return int(min(sum(running), t.value - t.taken))

    def _rest_of(self, asked: int) -> str:
        """The word for all or some of what was asked; nothing is refused for its first reason."""
        if len(self.refusals) == asked:
            raise Refused(self.refusals[0][1])
        return "in part" if self.refusals else "done"

    def withdraw(self, a: Row) -> str:
        self._begin(a, signatures=1)
        refuse(TooMany=len(a.indexes) > 100)
        refuse(NotHolder=self._party(a.digest, a.signatures[0]) != self._at(a.ticket).party)
        return self._withdrawn([self.child_id(a.ticket, a.offer, place) for place in a.indexes])

    def _withdrawn(self, ids: Sequence[bytes]) -> str:
        fresh = [id for id in ids if id not in self.tickets]
        self.tickets.update({id: ticket(state="withdrawn") for id in fresh})
        return "done" if fresh else "nothing left"

    def withdrawAll(self, a: Row) -> None:
        self._begin(a, signatures=1)
        holder, t = self._party(a.digest, a.signatures[0]), self._at(a.ticket)
        refuse(NotHolder=t.party != holder, StaleVersion=t.version != a.version)
        refuse(VersionsExhausted=t.version == 0xFFFF)
        t.version += 1

    # ---- FINANCE

    def lock(self, a: Row) -> None:
        self._begin(a, signatures=2, stage=FINANCE)
        holder = self._party(a.digest, a.signatures[0])
        self._active(holder)
        t, i = self._offerable(a, holder)
        refuse(WrongParty=self._party(a.digest, a.signatures[1]) != a.bank)
        refuse(NotABank=not self._active(a.bank).roles & BANK or a.bank in (holder, i.debtor))
        refuse(BadSelfCertification=(a.bank == a.clearingBank) != a.selfCertified)
        refuse(ClearingBankReplaced=a.clearingBank != i.clearing_bank)
        self._clears(a.clearingBank)
        refuse(BadExpiry=not self.now < a.expiry < i.until)
        id = self.child_id(a.ticket, a.digest, 0)
        self._moves(id, t, i, a.value)
        t.value -= a.value
        self.tickets[id] = ticket(state="locked", value=a.value, depth=max(t.depth - 1, 0), expiry=a.expiry)
        self.locks[id] = Row(bank=a.bank, clearing_bank=a.clearingBank, parent=a.ticket)

    def release(self, a: Row) -> str:
        self._begin(a, signatures=1)
        t, lock, i = self._locked(a.lock)
        refuse(LockDiffers=a.bank != lock.bank or a.value != t.value)
        self._named(a, lock.clearing_bank)
        refuse(FullyFunded=i.paid == i.face, ClearingBankReplaced=i.clearing_bank != lock.clearing_bank)
        refuse(PastDue=self.now >= i.due)
        self._spend(lock.clearing_bank, "Receipt", a.ref)
        self.tickets[a.lock] = ticket(party=lock.bank, value=t.value, depth=t.depth)
        del self.locks[a.lock]
        return "after expiry" if self.now >= t.expiry else "done"

    def returnLock(self, a: Row) -> str:
        t, _, i = self._locked(a.lock)
        refuse(LockStillStands=self.now < t.expiry and i.paid < i.face)
        self._return(a.lock)
        return "funded" if self.now < t.expiry else "expired"

    def cancelLock(self, a: Row) -> None:
        self._begin(a, signatures=2)
        lock = self._locked(a.lock)[1]
        self._named(a, self.tickets[lock.parent].party, lock.bank)
        self._return(a.lock)

    def _locked(self, id: bytes) -> tuple[Row, Row, Row]:
        refuse(NotLocked=self._at(id).state != "locked")
        return self.tickets[id], self.locks[id], self.issuances[id[:16]]

    def _return(self, id: bytes) -> None:
        self.tickets[self.locks.pop(id).parent].value += self.tickets[id].value
        self.tickets[id] = ticket(state="returned")

    # ---- SETTLE

    def fund(self, a: Row) -> str:
        self._begin(a, signatures=1)
        self._named(a, a.bank)
        refuse(ReferenceSpent=(a.bank, "Fund", a.ref) in self.spent, TooMany=len(a.legs) > 200)
        paid: dict[bytes, int] = {}
        for leg in a.legs:
            refuse(BadAmount=leg["amount"] == 0)
            i = self._issuance(leg["issuance"])
            paid[leg["issuance"]] = paid.get(leg["issuance"], i.paid) + leg["amount"]
            refuse(WrongParty=i.clearing_bank != a.bank, BeyondFace=paid[leg["issuance"]] > i.face)
        refuse(TotalDiffers=not sum(leg["amount"] for leg in a.legs) == a.total > 0)
        self._spend(a.bank, "Fund", a.ref)
        word = "in part"
        for i, amount in ((self.issuances[id], amount) for id, amount in paid.items()):
            self.openings[i.debtor].used -= amount - i.paid
            i.paid = amount
            word = self._cured(i) if amount == i.face else word
        return word

    def payOut(self, a: Row) -> str:
        self._begin(a, signatures=1)
        self._named(a, a.bank)
        refuse(ReferenceSpent=(a.bank, "PayOut", a.ref) in self.spent, TooMany=len(a.lines) > 200)
        refuse(BadAmount=not a.lines)
        for position, line in enumerate(a.lines):
            try:
                self._pay(a.bank, line)
            except Refused as refusal:
                self.refusals.append((("line", position), str(refusal)))
        word = self._rest_of(len(a.lines))
        self._spend(a.bank, "PayOut", a.ref)
        return word

    def _pay(self, bank: int, line: Mapping[str, Any]) -> None:
        t, paid_at, amount = self._at(line["ticket"]), line["paidAt"], line["amount"]
        refuse(UnknownTicket=t.party == 0)
        i = self.issuances[line["ticket"][:16]]
        refuse(WrongParty=i.clearing_bank != bank, IssuanceVoid=i.void)
        refuse(NotYetDue=i.paid < i.face and (self.now < i.due or paid_at < i.due))
        refuse(PaidAtOutOfRange=not self.now - 10 * DAY <= paid_at <= self.now, BadAmount=amount == 0)
        share = (t.value - self._held(t, paid_at)) * i.paid // i.face
        refuse(BeyondPayable=amount > max(share - t.taken, 0))
        t.taken += amount

    def _spend(self, bank: int, kind: str, ref: bytes) -> None:
        refuse(ReferenceSpent=(bank, kind, ref) in self.spent)
        self.spent.add((bank, kind, ref))

    def reportOverdue(self, a: Row) -> None:
        i = self._issuance(a.issuance)
        refuse(FullyFunded=i.paid == i.face, NotOverdue=self.now < max(i.due + i.grace, i.waived_until))
        refuse(AlreadyReported=i.reported)
        i.reported = True
        self.openings[i.debtor].overdue += 1

    def waive(self, a: Row) -> str:
        self._begin(a)
        i = self._issuance(a.issuance)
        self._sequence(a, "issuance", a.issuance)
        self._panel(a, 0)
        i.waived_until = self.now + 30 * DAY
        return self._cured(i)

    def _cured(self, i: Row) -> str:
        was, i.reported = i.reported, False
        self.openings[i.debtor].overdue -= was
        return "no longer overdue" if was else "done"

    def replaceBank(self, a: Row) -> None:
        self._begin(a)
        refuse(BadSignatureCount=len(a.signatures) < 2)
        i = self._issuance(a.issuance)
        self._sequence(a, "issuance", a.issuance)
        refuse(ReplacementRunning=self._runs(self.replacements.get(a.issuance)))
        self._named(a, i.debtor, a.bank)
        self._panel(a, 2)
        self._clears(a.bank)
        refuse(BadClearingBank=a.bank in (i.clearing_bank, i.debtor))
        self.replacements[a.issuance] = Row(digest=a.digest, ready_at=self.now + 14 * DAY, bank=a.bank)

    def vetoReplacement(self, a: Row) -> None:
        self._begin(a, signatures=1)
        refuse(NoReplacement=a.replacement != getattr(self.replacements.get(a.issuance), "digest", None))
        self._named(a, self.issuances[a.issuance].clearing_bank)
        del self.replacements[a.issuance]

    def completeReplacement(self, a: Row) -> None:
        self._begin(a, signatures=1)
        refuse(NoReplacement=a.replacement != getattr(self.replacements.get(a.issuance), "digest", None))
        refuse(TooEarly=self.now < self.replacements[a.issuance].ready_at)
        self._named(a, self.replacements[a.issuance].bank)
        self.issuances[a.issuance].clearing_bank = self.replacements.pop(a.issuance).bank

    # ---- FREEZE

    def freeze(self, a: Row) -> None:
        self._begin(a)
        refuse(UnknownTicket=self._at(a.ticket).party == 0)
        self._sequence(a, "orders", a.ticket)
        self._panel(a, 0)
        refuse(BadAmount=a.amount == 0 or a.order == bytes(32), OrderEnded=a.end <= self.now)
        orders = self.tickets[a.ticket].orders
        same = [place for place, o in enumerate(orders) if o and o.number == a.order]
        free = [place for place, o in enumerate(orders) if not o or self.now >= o.end]
        refuse(OrderKnown=same and same[0] not in free, TooManyOrders=not free)
        orders[(same or free)[0]] = Row(number=a.order, amount=a.amount, start=self.now, end=a.end)

    def unfreeze(self, a: Row) -> None:
        self._begin(a)
        self._sequence(a, "orders", a.ticket)
        self._panel(a, 0)
        same = [place for place, o in enumerate(self._at(a.ticket).orders) if o and o.number == a.order]
        refuse(UnknownOrder=not same)
        self.tickets[a.ticket].orders[same[0]] = None

    # ---- what stands at an id

    def _at(self, id: bytes) -> Row:
        return self.tickets.get(id) or ticket()

    def _issuance(self, id: bytes) -> Row:
        refuse(UnknownIssuance=id not in self.issuances)
        refuse(IssuanceVoid=self.issuances[id].void)
        return self.issuances[id]
