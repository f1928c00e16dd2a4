"""FINANCE: value is locked for a bank, its money is confirmed, or the value goes back.

Mirrors `GoldTicket.lock` and `FinanceLib`. A lock is not an approval: everything that can refuse is checked when
locking; release and return look at the lock alone. Amounts in fen, times in UTC seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ledger import rules
from ledger.acts import Due, Kind
from ledger.clock import shanghai_text
from ledger.errors import Conflict, Forbidden, Invalid
from ledger.events import Event
from ledger.ids import to_hex
from ledger.money import Fen, format_yuan
from ledger.offering import offerable, signed_by_holder, takes
from ledger.ports import Store
from ledger.records import Issuance, Lock, Ticket
from ledger.references import required, spent
from ledger.rules import Role, Stage, active, in_time, name_of, running, signed_by
from ledger.tickets import FullyFunded
from ledger.trade_evidence import require_complete
from ledger.typed import Message
from ledger.words import spendable, word_out_of


class NotABank(Forbidden):
    """Only a bank buys, and never its own or its debt."""

    code = "not-a-bank"
    title = "This participant can't finance the ticket"


class BadSelfCertification(Invalid):
    """The act must say whether the bank is its own clearing bank."""

    code = "bad-self-certification"
    title = "The act says wrongly whether the bank certifies its own payment"


class BadExpiry(Invalid):
    """A lock ends after now and before the ticket can't be passed on any more."""

    code = "bad-expiry"
    title = "The lock's expiry is out of range"


class NotLocked(Conflict):
    """No lock stands here: it was released, returned or cancelled, or never was."""

    code = "not-locked"
    title = "There is no standing lock"


class LockDiffers(Invalid):
    """The receipt names another bank or value than the lock."""

    code = "lock-differs"
    title = "The receipt does not fit the lock"


class LockStillStands(Conflict):
    """The bank's money may still come."""

    code = "lock-still-stands"
    title = "The lock has not expired"


class PastDue(Conflict):
    """From the payment date on nothing is released."""

    code = "past-due"
    title = "The payment date has come"


class ClearingBankReplaced(Conflict):
    """The issuance has another clearing bank by now."""

    code = "clearing-bank-replaced"
    title = "The issuance has another clearing bank"


# ---- who signs


def _lock_dues(message: Message, store: Store) -> list[Due]:
    return [signed_by_holder(message, store, "Lock"), signed_by(message["bank"], "Lock", message)]


def _receipt_dues(message: Message, store: Store) -> list[Due]:
    return [signed_by(standing_lock(store, message["lock"]).clearing_bank, "Receipt", message)]


def _cancel_dues(message: Message, store: Store) -> list[Due]:
    lock = standing_lock(store, message["lock"])
    holder = store.need(Ticket, lock.parent).party
    return [signed_by(party, "CancelLock", message) for party in (holder, lock.bank)]


# ---- what is refused


def standing_lock(store: Store, id_: bytes) -> Lock:
    """The lock, which is neither released nor returned. Raises NotLocked."""
    lock = store.get(Lock, id_)
    if lock is None or lock.state != "locked":
        was = lock.state if lock else "unknown here"
        raise NotLocked(f"The lock {to_hex(id_)} is {was}; look at the financing again.", lock=to_hex(id_))
    return lock


def _check_lock(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    running(store, Stage.FINANCE, now)
    word = spendable(store, message["ticket"])
    active(store, word.party, now)
    issuance = offerable(store, word, message["version"], now)
    require_bank(store, message["bank"], word, issuance, now)
    _check_clearing(message, store, issuance, now)
    expiry, until = message["expiry"], issuance.transferable_until
    if not now < expiry < until:
        raise BadExpiry(
            f"The lock would end at {shanghai_text(expiry)}; choose a time after now and before "
            f"{shanghai_text(until)} (Shanghai), when the ticket can't be sold any more.",
            expiry=expiry,
            until=until,
        )
    takes(store, word, issuance, [message["value"]], now)
    require_complete(store, word.id)


def require_bank(store: Store, bank: int, word: Ticket, issuance: Issuance, now: int) -> None:
    """Whether this participant may buy value of the ticket. Raises UnknownParty, Suspended, NotABank."""
    found = active(store, bank, now)
    if bank in (word.party, issuance.debtor) or not found.roles & Role.BANK:
        raise NotABank(
            f"{name_of(store, bank)} can't finance this ticket: it is no bank, or it is the holder or the debtor; "
            "ask an admitted bank.",
            party=bank,
        )


def _check_clearing(message: Message, store: Store, issuance: Issuance, now: int) -> None:
    bank, clearing_bank = message["bank"], message["clearingBank"]
    if (bank == clearing_bank) != message["selfCertified"]:
        raise BadSelfCertification(
            "The bank and the clearing bank are the same, so the act must say selfCertified: true."
            if bank == clearing_bank
            else "The clearing bank is another one than the bank, so the act must say selfCertified: false.",
            bank=bank,
            clearing_bank=clearing_bank,
        )
    _same_clearing_bank(store, clearing_bank, issuance)
    rules.clearing_bank(store, clearing_bank, now)


def _same_clearing_bank(store: Store, named: int, issuance: Issuance) -> None:
    if named != issuance.clearing_bank:
        raise ClearingBankReplaced(
            f"The clearing bank of this issuance is {name_of(store, issuance.clearing_bank)}, not "
            f"{name_of(store, named)}; a lock that names another one can only return.",
            given=named,
            clearing_bank=issuance.clearing_bank,
        )


def _check_receipt(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    lock = standing_lock(store, message["lock"])
    if (message["bank"], message["value"]) != (lock.bank, lock.value):
        raise LockDiffers(
            f"The lock is for {name_of(store, lock.bank)} over {format_yuan(lock.value)} yuan; name these.",
            bank=lock.bank,
            value=lock.value,
        )
    issuance = store.need(Issuance, store.need(Ticket, lock.id).issuance)
    if issuance.funded:
        raise FullyFunded(
            "The core has paid in full meanwhile, so nothing is sold any more; return the lock and the bank's money.",
            issuance=to_hex(issuance.id),
        )
    _same_clearing_bank(store, lock.clearing_bank, issuance)
    if now >= issuance.due:
        raise PastDue(
            f"The payment date began at {shanghai_text(issuance.due)} (Shanghai); return the lock and the bank's "
            "money.",
            due=issuance.due,
        )
    required(message["ref"], "payment reference")
    required(message["registration"], "registration number (中登网)")
    if store.count(Lock, clearing_bank=lock.clearing_bank, ref=message["ref"]):
        raise spent(lock.clearing_bank, message["ref"])


def _check_return(message: Message, store: Store, now: int) -> None:
    lock = standing_lock(store, message["lock"])
    issuance = store.need(Issuance, store.need(Ticket, lock.id).issuance)
    if now < lock.expiry and not issuance.funded:
        raise LockStillStands(
            f"The lock stands until {shanghai_text(lock.expiry)} (Shanghai); wait, or let holder and bank cancel it.",
            lock=to_hex(lock.id),
            expiry=lock.expiry,
        )


def _check_cancel(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    standing_lock(store, message["lock"])


def _lock_of(message: Message) -> bytes:
    return bytes(message["lock"])


KINDS: tuple[Kind, ...] = (
    Kind("Lock", "finance", "lock", _lock_dues, _check_lock, lambda message: bytes(message["ticket"])),
    Kind("Receipt", "finance", "release", _receipt_dues, _check_receipt, _lock_of),
    Kind("CancelLock", "finance", "cancelLock", _cancel_dues, _check_cancel, _lock_of),
    Kind("ReturnLock", "finance", "returnLock", lambda message, store: [], _check_return, _lock_of),
)


# ---- events


def _locked(event: Event, store: Store) -> None:
    args = event.args
    parent, value = store.need(Ticket, args["parent"]), Fen(args["value"])
    depth = max(0, parent.depth - 1)
    # the bank stands where the seller stood: a sale adds no tier
    store.put(word_out_of(parent, args["lock"], event.time, value=value, depth=depth, locked=True))
    store.put(replace(parent, value=Fen(parent.value - value), children=parent.children + 1))
    store.put(
        Lock(
            id=args["lock"],
            parent=parent.id,
            bank=args["bank"],
            clearing_bank=args["clearingBank"],
            value=value,
            expiry=args["expiry"],
            terms=args["terms"],
        )
    )


def _released(event: Event, store: Store) -> None:
    args = event.args
    lock = store.need(Lock, args["lock"])
    store.put(replace(store.need(Ticket, lock.id), party=lock.bank, locked=False))
    store.put(replace(lock, state="released", ref=args["ref"], registration=args["registration"]))


def _returned(event: Event, store: Store) -> None:
    lock, parent = store.need(Lock, event.args["lock"]), store.need(Ticket, event.args["parent"])
    store.put(replace(parent, value=Fen(parent.value + lock.value)))
    gone = store.need(Ticket, lock.id)
    store.put(replace(gone, value=Fen(0), depth=0, locked=False, returned=True))
    store.put(replace(lock, state="cancelled" if event.args["cancelled"] else "returned"))


EVENTS: Mapping[str, Callable[[Event, Store], None]] = {
    "Locked": _locked,
    "Released": _released,
    "Returned": _returned,
}
