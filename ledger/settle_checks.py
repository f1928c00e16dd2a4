"""What the contract would refuse of SETTLE, found from the projection before anybody signs; mirrors `SettleLib`.

A check of a pay-out is strict: the contract would only leave out a line that it refuses, a clerk hears of each.
"""

from __future__ import annotations

from collections import Counter

from ledger import rules
from ledger.clock import DAY, shanghai_text
from ledger.errors import Conflict, Forbidden, Invalid
from ledger.ids import to_hex
from ledger.money import format_yuan
from ledger.ports import Store
from ledger.records import Funding, Issuance, Payment, Replacement
from ledger.references import required, spent
from ledger.rules import BadClearingBank, at_most, current, in_time, name_of, not_before
from ledger.tickets import (
    BadAmount,
    FullyFunded,
    IssuanceVoid,
    issuance_of,
    number_of,
    owned,
    payable,
    positive,
    standing,
)
from ledger.typed import Message

MOST_LEGS = 200
MOST_LINES = 200
PAID_WITHIN = 10 * DAY
"""A line is reported at most so long after it was paid."""
REPLACEMENT_DELAY = 14 * DAY
"""As long again after it was ready, a replacement that nobody completed makes way for another."""


class WrongParty(Forbidden):
    """Another clearing bank is named for this issuance."""

    code = "wrong-party"
    title = "Another participant is named for this"


class TotalDiffers(Invalid):
    """The legs do not sum to the total."""

    code = "total-differs"
    title = "The parts do not sum to the total"


class BeyondFace(Invalid):
    """More money than the issuance is worth."""

    code = "beyond-face"
    title = "More than the face of the issuance"


class NotYetDue(Conflict):
    """Nothing is paid out before the payment date, unless the whole face is funded."""

    code = "not-yet-due"
    title = "The payment date has not come"


class PaidAtOutOfRange(Invalid):
    """The time of payment lies in the future, or too far back."""

    code = "paid-at-out-of-range"
    title = "The time of payment is out of range"


class BeyondPayable(Conflict):
    """More than this ticket's part of the money that is there."""

    code = "beyond-payable"
    title = "More than is payable on the ticket"


class NotOverdue(Conflict):
    """The grace days, or the panel's waiver, still run."""

    code = "not-overdue"
    title = "The issuance is not overdue"


class AlreadyReported(Conflict):
    """Somebody reported it before."""

    code = "already-reported"
    title = "The issuance is reported as overdue already"


class NoReplacement(Conflict):
    """There is no running change of the clearing bank with this digest."""

    code = "no-replacement"
    title = "No such change of the clearing bank is running"


class ReplacementRunning(Conflict):
    """One change at a time."""

    code = "replacement-running"
    title = "A change of the clearing bank is running already"


def fund(message: Message, store: Store, now: int) -> None:
    """A payment of a core for one or several issuances."""
    in_time(message, now)
    bank, ref, legs = message["bank"], message["ref"], message["legs"]
    required(ref, "payment reference")
    if store.count(Funding, bank=bank, ref=ref):
        raise spent(bank, ref)
    at_most(len(legs), MOST_LEGS, "legs")
    before: Counter[bytes] = Counter()
    for leg in legs:
        _check_leg(store, bank, leg["issuance"], leg["amount"], before[leg["issuance"]])
        before[leg["issuance"]] += leg["amount"]
    total = sum(leg["amount"] for leg in legs)
    if total != message["total"] or not total:
        raise TotalDiffers(
            f"The parts sum to {format_yuan(total)} yuan, the total says {format_yuan(message['total'])}; "
            "compare them with the payment.",
            sum=total,
            total=message["total"],
        )


def _check_leg(store: Store, bank: int, id_: bytes, amount: int, before: int) -> None:
    found = standing(store, id_)
    positive(amount, f"the part for issuance {found.number}")
    _require_named(store, bank, found)
    paid = found.paid + before + amount
    if paid > found.face:
        raise BeyondFace(
            f"Issuance {found.number} is over {format_yuan(found.face)} yuan, of which "
            f"{format_yuan(found.face - found.paid - before)} are open; {format_yuan(amount)} are too much.",
            issuance=to_hex(id_),
            paid=paid,
            face=found.face,
        )


def _require_named(store: Store, bank: int, found: Issuance) -> None:
    if bank != found.clearing_bank:
        raise WrongParty(
            f"The clearing bank of issuance {found.number} is {name_of(store, found.clearing_bank)}, not "
            f"{name_of(store, bank)}; it alone confirms this money.",
            found=bank,
            expected=found.clearing_bank,
        )


def pay_out(message: Message, store: Store, now: int) -> None:
    """Lines that were really paid."""
    in_time(message, now)
    bank, ref, lines = message["bank"], message["ref"], message["lines"]
    required(ref, "payment reference")
    if store.count(Payment, bank=bank, ref=ref):
        raise spent(bank, ref)
    at_most(len(lines), MOST_LINES, "lines")
    if not lines:
        raise BadAmount("This pay-out has no line; name the lines that were paid.")
    before: Counter[bytes] = Counter()
    for line in lines:
        _check_line(store, bank, line, before[line["ticket"]], now)
        before[line["ticket"]] += line["amount"]


def _check_line(store: Store, bank: int, line: Message, before: int, now: int) -> None:
    word = owned(store, line["ticket"])
    found = issuance_of(store, word.id)
    number, paid_at = number_of(found, word), line["paidAt"]
    _require_named(store, bank, found)
    if found.void:
        raise IssuanceVoid(f"{number} was made void; nothing is paid on it.", issuance=to_hex(found.id))
    if not found.funded and min(now, paid_at) < found.due:
        raise NotYetDue(
            f"{number} is paid from {shanghai_text(found.due)} (Shanghai) on, earlier only once it is funded in full.",
            ticket=to_hex(word.id),
            due=found.due,
        )
    if not now - PAID_WITHIN <= paid_at <= now:
        raise PaidAtOutOfRange(
            f"{number} was paid at {shanghai_text(paid_at)}, which is not within the last 10 days; correct the time.",
            paid_at=paid_at,
            now=now,
        )
    positive(line["amount"], f"the line for {number}")
    most = payable(store, word, found, now, paid_at) - before
    if line["amount"] > most:
        raise BeyondPayable(
            f"{format_yuan(max(0, most))} yuan are payable on {number}, the line says {format_yuan(line['amount'])}; "
            "fund the issuance first, or correct the line.",
            ticket=to_hex(word.id),
            payable=max(0, most),
            amount=line["amount"],
        )


def overdue_from(found: Issuance) -> int:
    """From when on (UTC seconds) an issuance funded below face may be reported: due plus grace, or a waiver's end."""
    return max(found.due + found.grace, found.waived_until)


def report(message: Message, store: Store, now: int) -> None:
    """An issuance is due, past its grace, and short of face."""
    found = standing(store, message["issuance"])
    if found.funded:
        raise FullyFunded(f"Issuance {found.number} is funded in full.", issuance=to_hex(found.id))
    if now < overdue_from(found):
        raise NotOverdue(
            f"Issuance {found.number} is overdue from {shanghai_text(overdue_from(found))} (Shanghai) on; wait.",
            issuance=to_hex(found.id),
            overdue_from=overdue_from(found),
        )
    if found.reported:
        raise AlreadyReported(f"Issuance {found.number} is reported already.", issuance=to_hex(found.id))


def waive(message: Message, store: Store, now: int) -> None:
    """The panel's waiver."""
    in_time(message, now)
    current(message["sequence"], standing(store, message["issuance"]).sequence)


def replace_bank(message: Message, store: Store, now: int) -> None:
    """Another clearing bank for one issuance."""
    in_time(message, now)
    found, bank = standing(store, message["issuance"]), message["bank"]
    current(message["sequence"], found.sequence)
    running = store.get(Replacement, found.id)
    if running is not None and now < running.ready_at + REPLACEMENT_DELAY:
        raise ReplacementRunning(
            f"{name_of(store, running.bank)} is to follow from {shanghai_text(running.ready_at)} (Shanghai) on; wait, "
            "or let the present clearing bank veto.",
            replacement=to_hex(running.digest),
        )
    rules.clearing_bank(store, bank, now)
    if bank in (found.clearing_bank, found.debtor):
        raise BadClearingBank(
            f"{name_of(store, bank)} is the present clearing bank or the debtor; name another clearing bank.",
            bank=bank,
        )


def veto(message: Message, store: Store, now: int) -> None:
    """The present clearing bank's veto."""
    in_time(message, now)
    replacement(store, message["issuance"], message["replacement"])


def complete(message: Message, store: Store, now: int) -> None:
    """The new clearing bank takes over."""
    in_time(message, now)
    running = replacement(store, message["issuance"], message["replacement"])
    not_before(running.ready_at, now, "The change of the clearing bank")


def replacement(store: Store, issuance: bytes, digest: bytes | None) -> Replacement:
    """The running change of an issuance's clearing bank. Raises NoReplacement."""
    running = store.get(Replacement, issuance)
    if running is None or digest not in (None, running.digest):
        raise NoReplacement(
            f"No such change of the clearing bank of issuance {to_hex(issuance)} is running; look at it again.",
            issuance=to_hex(issuance),
        )
    return running
