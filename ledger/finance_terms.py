"""From the chosen quote to the money: the lock that both sign, the notice to the debtor, the clearing bank's receipt.

What a lock commits to on chain is the hash of the terms' document, salted; the price stays between holder, bank and
clearing bank. Amounts in fen, times in UTC seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from ledger.acts import OPEN
from ledger.clock import DAY, end_of_day, shanghai_date
from ledger.documents import AssignmentNotice, Company, Document, FinanceTerms, render
from ledger.errors import Conflict, NotFound
from ledger.finance import BadExpiry, standing_lock
from ledger.finance_quotes import price_of
from ledger.finance_request import payment_day
from ledger.ids import new_salt, parse_hex, to_hex
from ledger.ports import Store
from ledger.records import Act, FinanceRequest, Issuance, Json, Leg, Lock, Quote, StoredDocument
from ledger.references import BadReference, reference
from ledger.rules import name_of, participant
from ledger.tickets import issuance_of, number_of, owned

LOCK_DAYS = 3
"""Days that the bank's money has to arrive, from the draft on; at least until the end of the quoted day."""
TO_FOLLOW = "以清算银行收款回执为准 as stated in the clearing bank's receipt"


class FinancingOver(Conflict):
    """The lock was released, came back, or never came to be."""

    code = "financing-over"
    title = "The financing is over"


@dataclass(frozen=True)
class LockDraft:
    """A financing ready to be signed: the `Lock` message, what is kept with the act, and the terms' document."""

    message: dict[str, Any]
    extra: Json
    terms: StoredDocument


def lock(
    store: Store,
    asked: FinanceRequest,
    chosen: Quote,
    now: int,
    *,
    expiry: int | None = None,
    deadline: int | None = None,
    salt: bytes | None = None,
) -> LockDraft:
    """The lock for a chosen quote. It expires 3 days from now, at the earliest with the end of the quoted day.

    Raises UnknownTicket, UnknownIssuance, BadExpiry.
    """
    word, issuance = owned(store, asked.ticket), issuance_of(store, asked.ticket)
    last = _expiry(issuance, chosen, now) if expiry is None else expiry
    if not now < last < issuance.transferable_until:
        raise BadExpiry(
            "The lock's expiry must lie after now and before the ticket can't be sold any more; choose another.",
            expiry=last,
            until=issuance.transferable_until,
        )
    terms = _stored(render(_terms(store, asked, chosen, last)), _money_parties(asked, chosen, issuance), now)
    usual = min(last - 1, max(now, chosen.valid_until))
    message = {
        "ticket": word.id,
        "version": word.version,
        "bank": chosen.bank,
        "value": int(asked.value),
        "terms": terms.hash,
        "clearingBank": issuance.clearing_bank,
        "expiry": last,
        "selfCertified": chosen.bank == issuance.clearing_bank,
        "salt": salt or new_salt(),
        "deadline": usual if deadline is None else deadline,
    }
    extra: Json = {"request": asked.id, "quote": chosen.id, "parties": [issuance.clearing_bank]}
    return LockDraft(message, extra, terms)


def notice(store: Store, asked: FinanceRequest, chosen: Quote, now: int) -> StoredDocument:
    """The notice to the debtor, by name, that the claim is assigned (民法典 546). Raises BadReference without a
    registration number: the registration comes before the notice."""
    if not chosen.registration:
        raise BadReference(
            "The bank has not given its registration number (中登网) yet; the notice names it."
        )
    word, issuance = owned(store, asked.ticket), issuance_of(store, asked.ticket)
    content = AssignmentNotice(
        number=f"N-{chosen.id[:12].upper()}",
        notice_date=shanghai_date(now),
        debtor=company(store, issuance.debtor),
        assignor=company(store, asked.party),
        assignee=company(store, chosen.bank),
        clearing_bank=company(store, issuance.clearing_bank),
        ticket_number=number_of(issuance, word),
        ticket_id=to_hex(word.id),
        undertaking=to_hex(issuance.undertaking),
        value=asked.value,
        payment_date=payment_day(issuance),
        registration=chosen.registration,
        salt=new_salt(),
    )
    return _stored(render(content), [issuance.debtor, *_money_parties(asked, chosen, issuance)], now)


def receipt(
    store: Store,
    lock_id: bytes,
    ref: str,
    deadline: int,
    *,
    registration: str | None = None,
    salt: bytes | None = None,
) -> dict[str, Any]:
    """The clearing bank's message that the bank's money for a lock is with it. `ref`: the payment's reference; the
    registration number is the quote's unless given. The notice to the debtor is signed with it: its hash is the salt.
    Raises NotLocked, BadReference."""
    standing = standing_lock(store, lock_id)
    number = quote_of(store, lock_id).registration if registration is None else registration
    return {
        "lock": lock_id,
        "bank": standing.bank,
        "value": int(standing.value),
        "ref": reference(ref),
        "registration": reference(number, "registration number (中登网)"),
        "salt": salt or _notice_of(store, lock_id) or new_salt(),
        "deadline": deadline,
    }


def _notice_of(store: Store, lock_id: bytes) -> bytes | None:
    """Hash of the notice that the debtor was given for a lock, if it was."""
    leg = store.get(Leg, lock_id)
    act = store.get(Act, leg.act) if leg else None
    kept = act.extra.get("notice") if act else None
    return parse_hex(str(kept)) if kept else None


def cancel_lock(lock_id: bytes, deadline: int, salt: bytes | None = None) -> dict[str, Any]:
    """The message by which holder and bank end a lock."""
    return {"lock": lock_id, "salt": salt or new_salt(), "deadline": deadline}


def return_lock(lock_id: bytes, salt: bytes | None = None) -> dict[str, Any]:
    """The message, signed by nobody, by which an expired lock goes back."""
    return {"lock": lock_id, "salt": salt or new_salt()}


def quote_of(store: Store, lock_id: bytes) -> Quote:
    """The quote behind a lock that was made here. Raises NotFound."""
    leg = store.get(Leg, lock_id)
    act = store.get(Act, leg.act) if leg else None
    found = store.get(Quote, str(act.extra.get("quote", ""))) if act else None
    if found is None:
        raise NotFound(
            f"This book knows no quote for the lock {to_hex(lock_id)}; give the registration number yourself.",
            lock=to_hex(lock_id),
        )
    return found


def under_way(store: Store, asked: FinanceRequest) -> Act:
    """The lock act of a request whose financing neither came to nothing nor is done. Raises FinancingOver."""
    act = store.need(Act, asked.act)
    for leg in store.find(Leg, act=act.id):
        lock = store.get(Lock, leg.id)
        word = lock.state if lock else leg.state
        if word != "locked" and word not in OPEN:
            raise FinancingOver(
                f"This financing is {word}; nothing is registered for it any more, ask for a new one.",
                state=word,
            )
    return act


def company(store: Store, party: int) -> Company:
    """A participant as documents name it."""
    return Company(name_of(store, party), participant(store, party).uscc)


def _terms(store: Store, asked: FinanceRequest, chosen: Quote, expiry: int) -> FinanceTerms:
    word = owned(store, asked.ticket)
    issuance = issuance_of(store, asked.ticket)
    return FinanceTerms(
        number=f"F-{chosen.id[:12].upper()}",
        holder=company(store, asked.party),
        bank=company(store, chosen.bank),
        debtor=company(store, issuance.debtor),
        clearing_bank=company(store, issuance.clearing_bank),
        ticket_number=number_of(issuance, word),
        ticket_id=to_hex(word.id),
        quote=price_of(chosen, asked.value, payment_day(issuance)),
        registration=chosen.registration or TO_FOLLOW,
        expiry=expiry,
        self_certified=chosen.bank == issuance.clearing_bank,
        salt=new_salt(),
    )


def _expiry(issuance: Issuance, chosen: Quote, now: int) -> int:
    usual = max(now + LOCK_DAYS * DAY, end_of_day(date.fromisoformat(chosen.money_on)))
    return min(usual, issuance.transferable_until - 1)


def _money_parties(asked: FinanceRequest, chosen: Quote, issuance: Issuance) -> list[int]:
    return list(dict.fromkeys([asked.party, chosen.bank, issuance.clearing_bank]))


def _stored(document: Document, parties: list[int], now: int) -> StoredDocument:
    return StoredDocument(
        hash=document.digest,
        kind=document.kind,
        media_type=document.media_type,
        body=document.body,
        parties=parties,
        created_at=now,
    )
