"""FINANCE as the ledger sees it.

given a lock that the contract would refuse
  it should be refused here with the same code
    past its deadline · stage stopped · holder, bank or clearing bank suspended · no bank, or the debtor
    another clearing bank · self-certified wrongly · an expiry out of range · values that don't fit
given evidence that is owed or unknown
  it should not be financed, until it is filed
given a receipt, a return or a cancellation
  it should be refused where the contract refuses; without reference or registration also here
given a request
  it should be refused below 10,000 yuan, within 15 days of the payment, without a bank
given quotes
  it should take only those of banks that were asked, in time; compare what the holder gets
  it should let the holder choose one, and decline the rest
given a chosen quote
  it should give a lock that commits to the terms' document, a notice that names the registration, a receipt
given the worked case
  it should come to its figures
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger import finance_quotes, finance_request, finance_terms, transfer
from ledger.calendar import china
from ledger.clock import end_of_day, shanghai_date
from ledger.discount import InvalidQuote
from ledger.errors import Invalid, NotFound
from ledger.finance import BadExpiry, NotABank, NotLocked
from ledger.finance_quotes import NotAsked, QuoteNotOpen
from ledger.finance_request import RequestClosed, TooShortToFinance, TooSmallToFinance
from ledger.ids import child_id, keccak256
from ledger.kinds import kind
from ledger.money import Fen
from ledger.records import Act, FinanceRequest, Leg, Lock, Quote, Ticket
from ledger.references import BadReference, reference, text_of
from ledger.rules import TooMany
from ledger.trade_evidence import BadTradeEvidence, EvidenceOwed, Trade, TradeInvoice, chain_of, file
from ledger.transfer import ChildDraft
from ledger.typed import digest, message_to_json
from tests.support.actors import (
    CHUHENG,
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    REGISTRAR,
    WANYUE,
    WUZE,
    Party,
)
from tests.support.drafts import Offer
from tests.support.mirror import mirrored
from tests.support.world import DAY, DUE, FACE, TRANSFERABLE_UNTIL, at

VALUE = 42_000_000
REGISTRATION = "27312026000123456789"
PAID_ON = date(2026, 12, 8)


@pytest.fixture
def mirror(world_of_both):
    with mirrored(world_of_both) as made:
        yield made


@pytest.fixture
def root(mirror):
    return mirror.world.issue(LANGONG, WANYUE)


def refusal(mirror, ticket, bank: Party = LANWAN, value: int = VALUE, **fields) -> str:
    made = mirror.world.lock_draft(WANYUE, ticket, bank, value, **fields)
    return mirror.agree_on("Lock", made.message, made.data)


def suspend(mirror, party: Party) -> None:
    fields = {"party": party.id, "until": mirror.now + 20 * DAY, "byPanel": False}
    mirror.world.act("Suspend", [REGISTRAR], **fields, sequence=mirror.world.sequence("Suspend", fields))


def asked(mirror, ticket, *banks: Party, value: int = VALUE) -> FinanceRequest:
    ids = [bank.id for bank in banks or (LANWAN, NANHUAI)]
    made = finance_request.request(mirror.store, ticket, value, ids, mirror.now)
    mirror.store.put(made)
    return made


def quoted(mirror, request, bank: Party, rate: int, **fields) -> Quote:
    given = {"money_on": PAID_ON, **fields}
    made = finance_quotes.quote(mirror.store, request, bank.id, rate, mirror.now, **given)
    for record in made:
        mirror.store.put(record)
    return made[0]


# ---- locks refused


def test_a_lock_is_refused_where_the_contract_refuses(mirror, root):
    assert refusal(mirror, root) == ""
    assert refusal(mirror, root, deadline=mirror.now - 1) == "expired"
    assert refusal(mirror, root, version=1) == "stale-version"
    assert refusal(mirror, keccak256(b"nowhere"), version=0) == "unknown-ticket"
    assert refusal(mirror, root, value=9_999) == "below-minimum"
    assert refusal(mirror, root, value=FACE + 1) == "not-enough"
    assert refusal(mirror, root, value=FACE - 1) == "remainder-below-minimum"


def test_finance_can_be_stopped(mirror, root):
    mirror.world.panel("Stop", stages=16, until=mirror.now + 7 * DAY)
    assert refusal(mirror, root) == "stage-stopped"


@pytest.mark.parametrize("who", [WANYUE, LANWAN, HUAIYUE], ids=["holder", "bank", "clearing bank"])
def test_a_suspended_participant_takes_no_part(mirror, root, who):
    suspend(mirror, who)
    assert refusal(mirror, root) == "suspended"


@pytest.mark.parametrize("who", [WUZE, LANGONG], ids=["supplier", "debtor"])
def test_only_a_bank_finances(mirror, root, who):
    assert refusal(mirror, root, who) == "not-a-bank"


def test_the_clearing_bank_must_be_the_issuance_s(mirror, root):
    assert refusal(mirror, root, clearingBank=NANHUAI.id) == "clearing-bank-replaced"


def test_self_certification_is_said_openly(mirror, root):
    assert refusal(mirror, root, HUAIYUE, selfCertified=False) == "bad-self-certification"
    assert refusal(mirror, root, LANWAN, selfCertified=True) == "bad-self-certification"
    assert refusal(mirror, root, HUAIYUE, selfCertified=True) == ""


def test_a_lock_ends_in_time(mirror, root):
    assert refusal(mirror, root, expiry=mirror.now) == "bad-expiry"
    assert refusal(mirror, root, expiry=TRANSFERABLE_UNTIL) == "bad-expiry"
    assert refusal(mirror, root, expiry=TRANSFERABLE_UNTIL - 1) == ""


# ---- evidence


def financed_child(mirror, root, trade: Trade) -> tuple[bytes, Act]:
    """Wuze's ticket from an offer that this book keeps; the act."""
    draft = [ChildDraft(WUZE.id, Fen(VALUE), trade)]
    message, extra = transfer.offer(mirror.store, root, draft, mirror.now)
    id_ = digest(mirror.world.domain, "Offer", message)
    data = message_to_json("Offer", message)
    act = Act(id_, "Offer", data, extra, WANYUE.id, "wang", root, mirror.now, message["deadline"])
    mirror.store.put(act)
    child = child_id(root, id_, 0)
    mirror.store.put(Leg(child, id_, 0, WUZE.id, Fen(VALUE), "final", {}, message["deadline"], mirror.now))
    offer = Offer(mirror.world.domain, message, WANYUE)
    mirror.world.send(offer.transfer(offer.accept(WUZE))).expect()
    return child, act


def test_owed_evidence_stops_a_financing_until_it_is_filed(mirror, root):
    child, act = financed_child(mirror, root, Trade("WZ-1", owed_days=10))
    with pytest.raises(EvidenceOwed, match="2026-12-03"):
        asked(mirror, child)
    made = mirror.world.lock_draft(WUZE, child, LANWAN, VALUE)
    assert mirror.check("Lock", made.message) == "evidence-owed"
    invoice = TradeInvoice("", "26342000000000048213", Fen(VALUE), WUZE.uscc, WANYUE.uscc)
    mirror.store.put(replace(act, extra=file(mirror.store, act, 0, invoice)))
    assert asked(mirror, child).party == WUZE.id
    assert mirror.check("Lock", made.message) == ""


def test_an_offer_from_elsewhere_gets_its_evidence_late(mirror, root):
    child, act = financed_child(mirror, root, Trade("WZ-1", owed_days=10))
    adopted = replace(act, extra={})
    mirror.store.put(adopted)
    with pytest.raises(EvidenceOwed, match="No trade evidence"):
        asked(mirror, child)
    invoice = TradeInvoice("", "26342000000000048213", Fen(VALUE), WUZE.uscc, WANYUE.uscc)
    with pytest.raises(BadTradeEvidence, match="contract"):
        file(mirror.store, adopted, 0, invoice)
    mirror.store.put(replace(adopted, extra=file(mirror.store, adopted, 0, invoice, "WZ-1")))
    assert asked(mirror, child).party == WUZE.id


def test_a_transfer_that_this_book_does_not_know_has_to_be_explained(mirror, root):
    (child,) = mirror.world.transfer(WANYUE, root, (WUZE, VALUE))
    with pytest.raises(EvidenceOwed, match="No trade evidence"):
        asked(mirror, child)


def test_look_through_goes_back_to_the_first_supplier(mirror, root):
    invoice = TradeInvoice("", "26342000000000048213", Fen(VALUE), WUZE.uscc, WANYUE.uscc)
    child, _ = financed_child(mirror, root, Trade("WZ-1", invoice))
    ((word, kept),) = chain_of(mirror.store, child)
    assert word.party == WUZE.id
    assert kept["trade"]["contract"] == "WZ-1"
    assert chain_of(mirror.store, root) == []


# ---- how a lock ends


def test_a_receipt_fits_the_lock(mirror, root):
    lock = mirror.world.lock(WANYUE, root, LANWAN, VALUE)
    fits = {"lock": lock, "bank": LANWAN.id, "value": VALUE, "ref": reference("HY-1")}
    fits["registration"] = reference(REGISTRATION)
    assert mirror.agree("Receipt", [HUAIYUE], **fits) == ""
    assert mirror.agree("Receipt", [HUAIYUE], **{**fits, "bank": NANHUAI.id}) == "lock-differs"
    assert mirror.agree("Receipt", [HUAIYUE], **{**fits, "value": VALUE - 1}) == "lock-differs"
    assert mirror.agree("Receipt", [HUAIYUE], **{**fits, "lock": root}) == "not-locked"
    assert mirror.agree("Receipt", [HUAIYUE], **fits, deadline=mirror.now - 1) == "expired"
    for field in ("ref", "registration"):
        message = mirror.world.message("Receipt", **{**fits, field: bytes(32)})
        assert mirror.check("Receipt", message) == "bad-reference", "the ledger is stricter here"


def test_a_receipt_s_reference_counts_once(mirror, root):
    first = mirror.world.lock(WANYUE, root, LANWAN, VALUE)
    mirror.world.release(first, ref=reference("HY-1"))
    second = mirror.world.lock(WANYUE, root, LANWAN, 20_000_000)
    fields = {"lock": second, "bank": LANWAN.id, "value": 20_000_000, "registration": reference("R-2")}
    assert mirror.agree("Receipt", [HUAIYUE], **fields, ref=reference("HY-1")) == "reference-spent"


def test_a_receipt_comes_before_the_payment_and_before_full_funding(mirror, root):
    lock = mirror.world.lock(WANYUE, root, LANWAN, VALUE)
    fields = {"lock": lock, "bank": LANWAN.id, "value": VALUE, "ref": reference("HY-1")}
    fields["registration"] = reference(REGISTRATION)
    with mirror.world.scratch():
        mirror.world.until(DUE)
        assert mirror.agree("Receipt", [HUAIYUE], **fields) == "past-due"
    mirror.world.fund((root, FACE))
    assert mirror.agree("Receipt", [HUAIYUE], **fields) == "fully-funded"
    assert mirror.agree_unsigned("ReturnLock", lock=lock) == ""


def test_a_lock_returns_from_its_expiry_on(mirror, root):
    lock = mirror.world.lock(WANYUE, root, LANWAN, VALUE)
    assert mirror.agree_unsigned("ReturnLock", lock=lock) == "lock-still-stands"
    mirror.world.advance(5 * DAY)
    assert mirror.agree_unsigned("ReturnLock", lock=lock) == ""
    mirror.world.return_lock(lock)
    assert mirror.agree_unsigned("ReturnLock", lock=lock) == "not-locked"
    word = mirror.store.need(Ticket, lock)
    assert (word.returned, word.value, word.party) == (True, 0, 0)
    assert mirror.store.need(Lock, lock).state == "returned"
    assert mirror.store.need(Ticket, root).value == FACE


def test_holder_and_bank_cancel(mirror, root):
    lock = mirror.world.lock(WANYUE, root, LANWAN, VALUE)
    message = finance_terms.cancel_lock(lock, mirror.now + DAY)
    assert [due.party for due in kind("CancelLock").dues(message, mirror.store)] == [WANYUE.id, LANWAN.id]
    assert mirror.agree("CancelLock", [WANYUE, LANWAN], lock=lock, deadline=mirror.now - 1) == "expired"
    mirror.world.cancel_lock(lock, WANYUE, LANWAN)
    assert mirror.store.need(Lock, lock).state == "cancelled"
    assert mirror.agree("CancelLock", [WANYUE, LANWAN], lock=lock) == "not-locked"


def test_a_release_makes_the_bank_the_holder_at_the_seller_s_tier(mirror, root):
    lock = mirror.world.lock(WANYUE, root, LANWAN, VALUE)
    waiting = mirror.store.need(Ticket, lock)
    assert (waiting.locked, waiting.party, waiting.value) == (True, 0, VALUE)
    mirror.world.release(lock, ref=reference("HY-1"), registration=reference(REGISTRATION))
    word = mirror.store.need(Ticket, lock)
    assert (word.locked, word.party, word.tier, word.path) == (False, LANWAN.id, 1, "1")
    kept = mirror.store.need(Lock, lock)
    assert (kept.state, text_of(kept.ref), text_of(kept.registration)) == ("released", "HY-1", REGISTRATION)


# ---- requests


def test_small_amounts_are_not_financed(mirror, root):
    with pytest.raises(TooSmallToFinance, match=r"10,000\.00"):
        asked(mirror, root, value=999_999)
    assert asked(mirror, root, value=1_000_000).state == "open"


def test_close_to_the_payment_it_is_too_late(mirror):
    ticket = mirror.world.issue(LANGONG, WANYUE, transferableUntil=DUE)
    mirror.world.until(DUE - 14 * DAY)
    with pytest.raises(TooShortToFinance, match="14 days"):
        asked(mirror, ticket)


def test_fifteen_days_before_the_payment_it_is_not_too_late(mirror):
    ticket = mirror.world.issue(LANGONG, WANYUE, transferableUntil=DUE)
    mirror.world.until(DUE - 15 * DAY)
    assert asked(mirror, ticket).state == "open"


def test_somebody_must_be_asked_and_only_banks(mirror, root):
    with pytest.raises(Invalid, match="No bank"):
        finance_request.request(mirror.store, root, VALUE, [], mirror.now)
    with pytest.raises(NotABank):
        asked(mirror, root, WUZE)
    with pytest.raises(TooMany):
        finance_request.request(mirror.store, root, VALUE, range(1, 22), mirror.now)
    with pytest.raises(NotABank):
        finance_request.request(mirror.store, root, VALUE, range(1, 21), mirror.now)


def test_a_request_stands_for_five_working_days(mirror, root):
    made = asked(mirror, root, NANHUAI, LANWAN, NANHUAI)
    assert made.banks == [LANWAN.id, NANHUAI.id]
    assert made.until == end_of_day(china().working_days_after(shanghai_date(mirror.now), 5)) - 1
    close_to_the_end = finance_request.request(
        mirror.store, root, VALUE, [LANWAN.id], mirror.now, until=TRANSFERABLE_UNTIL + DAY
    )
    assert close_to_the_end.until == TRANSFERABLE_UNTIL - 1
    closed = finance_request.close(made)
    with pytest.raises(RequestClosed):
        finance_request.close(closed)
    with pytest.raises(RequestClosed):
        quoted(mirror, closed, LANWAN, 315)


# ---- quotes


def test_a_bank_that_was_not_asked_does_not_quote(mirror, root):
    request = asked(mirror, root, LANWAN)
    with pytest.raises(NotAsked):
        quoted(mirror, request, NANHUAI, 315)


def test_a_quote_comes_in_time(mirror, root):
    request = asked(mirror, root)
    with pytest.raises(InvalidQuote, match="over already"):
        quoted(mirror, request, LANWAN, 315, money_on=date(2026, 11, 22))
    for late in (shanghai_date(TRANSFERABLE_UNTIL), shanghai_date(TRANSFERABLE_UNTIL + DAY)):
        with pytest.raises(InvalidQuote, match="can't be sold"):
            quoted(mirror, request, LANWAN, 315, money_on=late)
    last_day = shanghai_date(TRANSFERABLE_UNTIL - DAY)
    assert quoted(mirror, request, LANWAN, 315, money_on=last_day).money_on == last_day.isoformat()
    mirror.world.until(request.until + 1)
    with pytest.raises(RequestClosed):
        quoted(mirror, request, LANWAN, 315)


def test_the_worked_case(mirror, root):
    request = asked(mirror, root)
    cheap = quoted(mirror, request, LANWAN, 315)
    dear = quoted(mirror, request, NANHUAI, 345)
    assert (cheap.days, cheap.interest, cheap.net) == (167, 613_725, 41_386_275)
    assert (dear.interest, dear.net, dear.bearer) == (672_175, 41_327_825, "holder")
    first, second = finance_quotes.compare(mirror.store, request, mirror.now)
    assert (first.name, first.price.net, first.best) == ("岚湾银行", 41_386_275, True)
    assert (second.name, second.price.all_in_bp, second.best) == ("南淮银行", dear.all_in, False)


def test_a_new_quote_replaces_the_bank_s_old_one(mirror, root):
    request = asked(mirror, root)
    old = quoted(mirror, request, LANWAN, 345)
    new = quoted(mirror, request, LANWAN, 330)
    assert mirror.store.need(Quote, old.id).state == "replaced"
    assert [row.quote for row in finance_quotes.compare(mirror.store, request, mirror.now)] == [new.id]
    taken = finance_quotes.withdraw_quote(new)
    mirror.store.put(taken)
    assert finance_quotes.compare(mirror.store, request, mirror.now) == []
    with pytest.raises(QuoteNotOpen):
        finance_quotes.withdraw_quote(taken)
    with pytest.raises(QuoteNotOpen):
        finance_quotes.register(taken, REGISTRATION)


def test_where_the_core_bears_the_interest_fee_and_cost_decide(mirror):
    ticket = mirror.world.issue(LANGONG, WANYUE, interest=1)
    request = asked(mirror, ticket)
    dear = quoted(mirror, request, LANWAN, 345)
    cheap = quoted(mirror, request, NANHUAI, 315)
    assert dear.net == cheap.net == VALUE
    rows = finance_quotes.compare(mirror.store, request, mirror.now)
    assert [row.bank for row in rows] == [NANHUAI.id, LANWAN.id]
    assert rows[0].price.interest == cheap.interest == 613_725


def test_choosing_one_declines_the_rest(mirror, root):
    request = asked(mirror, root)
    cheap, dear = quoted(mirror, request, LANWAN, 315), quoted(mirror, request, NANHUAI, 345)
    for record in finance_quotes.choose(mirror.store, request, cheap, mirror.now):
        mirror.store.put(record)
    assert mirror.store.need(Quote, dear.id).state == "declined"
    chosen = mirror.store.need(FinanceRequest, request.id)
    assert chosen.state == "chosen"
    with pytest.raises(RequestClosed):
        finance_quotes.choose(mirror.store, chosen, dear, mirror.now)


def test_an_expired_quote_can_t_be_chosen(mirror, root):
    request = asked(mirror, root)
    given = quoted(mirror, request, LANWAN, 315, valid_until=mirror.now + 60)
    mirror.world.advance(61)
    with pytest.raises(QuoteNotOpen, match="ask the bank"):
        finance_quotes.choose(mirror.store, request, given, mirror.now)


# ---- lock, notice, receipt


@pytest.fixture
def chosen(mirror, root):
    request = asked(mirror, root)
    given = quoted(mirror, request, LANWAN, 315)
    quoted(mirror, request, NANHUAI, 345)
    made = finance_quotes.choose(mirror.store, request, given, mirror.now)
    for record in made:
        mirror.store.put(record)
    return made[0], made[1]


def test_the_lock_commits_to_the_terms(mirror, root, chosen):
    request, given = chosen
    draft = finance_terms.lock(mirror.store, request, given, mirror.now)
    assert draft.message["terms"] == draft.terms.hash == keccak256(draft.terms.body)
    assert draft.message["expiry"] == end_of_day(PAID_ON)
    assert draft.message["deadline"] == end_of_day(PAID_ON) - 1
    assert draft.message["selfCertified"] is False
    assert draft.terms.parties == [WANYUE.id, LANWAN.id, HUAIYUE.id]
    assert "413,862.75" in draft.terms.body.decode()
    kind("Lock").check(draft.message, mirror.store, mirror.now)
    dues = kind("Lock").dues(draft.message, mirror.store)
    assert [(due.party, due.primary) for due in dues] == [(WANYUE.id, "Lock"), (LANWAN.id, "Lock")]
    again = finance_terms.lock(mirror.store, request, given, mirror.now)
    assert again.message["terms"] != draft.message["terms"], "salted"


def test_the_lock_stands_three_days_at_least(mirror, root, chosen):
    request, given = chosen
    today = replace(given, money_on=shanghai_date(mirror.now).isoformat())
    assert (
        finance_terms.lock(mirror.store, request, today, mirror.now).message["expiry"] == mirror.now + 3 * DAY
    )
    for expiry in (mirror.now, TRANSFERABLE_UNTIL, TRANSFERABLE_UNTIL + 1):
        with pytest.raises(BadExpiry):
            finance_terms.lock(mirror.store, request, given, mirror.now, expiry=expiry)
    for expiry in (mirror.now + 1, TRANSFERABLE_UNTIL - 1):
        draft = finance_terms.lock(mirror.store, request, given, mirror.now, expiry=expiry)
        assert draft.message["expiry"] == expiry


def test_a_bank_that_clears_the_issuance_says_that_it_certifies_itself(mirror, root):
    request = asked(mirror, root, HUAIYUE, LANWAN)
    for bank, itself in ((HUAIYUE, True), (LANWAN, False)):
        given = quoted(mirror, request, bank, 315)
        draft = finance_terms.lock(mirror.store, request, given, mirror.now)
        assert draft.message["selfCertified"] is itself
        assert mirror.check("Lock", draft.message) == ""


def test_a_lock_s_last_second_to_be_signed(mirror, root, chosen):
    request, given = chosen
    late = replace(given, valid_until=TRANSFERABLE_UNTIL + DAY)
    draft = finance_terms.lock(mirror.store, request, late, mirror.now)
    assert draft.message["deadline"] == draft.message["expiry"] - 1
    over = replace(given, valid_until=mirror.now - 1)
    assert finance_terms.lock(mirror.store, request, over, mirror.now).message["deadline"] == mirror.now
    assert (
        finance_terms.lock(mirror.store, request, given, mirror.now).message["deadline"] == given.valid_until
    )
    near = finance_terms.lock(mirror.store, request, given, TRANSFERABLE_UNTIL - DAY)
    assert near.message["expiry"] == TRANSFERABLE_UNTIL - 1


def test_the_notice_waits_for_the_registration(mirror, root, chosen):
    request, given = chosen
    with pytest.raises(BadReference, match="registration"):
        finance_terms.notice(mirror.store, request, given, mirror.now)
    with pytest.raises(BadReference):
        finance_quotes.register(given, "登记编号")
    registered = finance_quotes.register(given, f" {REGISTRATION} ")
    paper = finance_terms.notice(mirror.store, request, registered, mirror.now)
    assert LANGONG.id in paper.parties
    assert REGISTRATION in paper.body.decode()
    assert "岚工重装股份" in paper.body.decode()
    assert "413,862.75" not in paper.body.decode(), "the price is not the debtor's"


def test_the_receipt_knows_its_lock_and_registration(mirror, root, chosen):
    request, given = chosen
    with pytest.raises(NotLocked):
        finance_terms.receipt(mirror.store, keccak256(b"nowhere"), "HY-1", mirror.now)
    registered = finance_quotes.register(given, REGISTRATION)
    mirror.store.put(registered)
    draft = finance_terms.lock(mirror.store, request, registered, mirror.now)
    made = mirror.world.draft("Lock", [WANYUE, LANWAN], message=draft.message)
    mirror.world.send(made.data).expect()
    with pytest.raises(NotFound, match="registration number yourself"):
        finance_terms.receipt(mirror.store, made.made, "HY-1", mirror.now)
    end = draft.message["deadline"]
    data = message_to_json("Lock", draft.message)
    fields = (made.digest, "Lock", data, draft.extra, WANYUE.id, "wang", root, mirror.now, end)
    mirror.store.put(Act(*fields))
    mirror.store.put(Leg(made.made, made.digest, 0, 0, Fen(VALUE), "final", {}, end, mirror.now))
    message = finance_terms.receipt(mirror.store, made.made, "HY-20261208-001", mirror.now + DAY)
    assert text_of(message["registration"]) == REGISTRATION
    (due,) = kind("Receipt").dues(message, mirror.store)
    assert due.party == HUAIYUE.id
    kind("Receipt").check(message, mirror.store, mirror.now)
    mirror.world.send(mirror.world.draft("Receipt", [HUAIYUE], message=message).data).expect()
    assert mirror.store.need(Ticket, made.made).party == LANWAN.id


def test_references_are_short_ascii():
    for text in ("", " ", "x" * 33, "退汇", "a\tb"):
        with pytest.raises(BadReference):
            reference(text)
    assert text_of(reference("HY-1")) == "HY-1"
    assert reference(" " + "x" * 32) == b"x" * 32, "32 fill it"
    assert text_of(b"\xff" * 32) == "0x" + "ff" * 32


def test_the_policy_is_dated():
    assert finance_request.policy(date(2020, 1, 1)) is finance_request.POLICIES[0]
    assert finance_request.policy(date(2026, 11, 23)).days == 15
    first = finance_request.Policy(date(2025, 6, 15), Fen(1_000_000), 15)
    assert finance_request.POLICIES[0] == first, "in force with 银发〔2025〕77号"


def test_the_latest_policy_that_has_begun_holds(monkeypatch):
    old, new = (
        finance_request.POLICIES[0],
        replace(finance_request.POLICIES[0], since=date(2027, 1, 1), days=30),
    )
    monkeypatch.setattr(finance_request, "POLICIES", (old, new))
    assert finance_request.policy(date(2025, 6, 14)) is old, "before the first one, the first one"
    assert finance_request.policy(date(2026, 12, 31)) is old
    assert finance_request.policy(date(2027, 1, 1)) is new
    assert finance_request.policy(date(2028, 1, 1)) is new


def test_a_ticket_of_tier_two_is_sold_by_its_own_holder(mirror, root):
    (child,) = mirror.world.transfer(WANYUE, root, (CHUHENG, VALUE))
    made = mirror.world.lock_draft(CHUHENG, child, LANWAN, VALUE)
    assert kind("Lock").dues(made.message, mirror.store)[0].party == CHUHENG.id
    assert at(2026, 11, 23) < mirror.now


def test_a_quote_stands_to_its_last_second(mirror, root):
    request = asked(mirror, root)
    with pytest.raises(InvalidQuote, match="over already"):
        quoted(mirror, request, LANWAN, 315, valid_until=mirror.now - 1)
    given = quoted(mirror, request, LANWAN, 315, valid_until=mirror.now)
    (row,) = finance_quotes.compare(mirror.store, request, mirror.now)
    assert (row.open, row.best) == (True, True)
    (row,) = finance_quotes.compare(mirror.store, request, mirror.now + 1)
    assert (row.open, row.best) == (False, False)
    with pytest.raises(QuoteNotOpen):
        finance_quotes.choose(mirror.store, request, given, mirror.now + 1)
    assert finance_quotes.choose(mirror.store, request, given, mirror.now)


def test_the_chosen_quote_is_the_best_one_though_another_was_cheaper(mirror, root):
    request = asked(mirror, root)
    cheap, dear = quoted(mirror, request, LANWAN, 315), quoted(mirror, request, NANHUAI, 345)
    for record in finance_quotes.choose(mirror.store, request, dear, mirror.now):
        mirror.store.put(record)
    rows = finance_quotes.compare(mirror.store, request, mirror.now)
    assert [(row.quote, row.best) for row in rows] == [(cheap.id, False), (dear.id, True)]


def test_banks_quote_to_the_request_s_last_second_and_the_holder_chooses_later(mirror, root):
    request = asked(mirror, root)
    mirror.world.until(request.until)
    given = quoted(mirror, request, LANWAN, 315)
    later = request.until + 1
    with pytest.raises(RequestClosed):
        finance_quotes.quote(mirror.store, request, LANWAN.id, 315, later, money_on=PAID_ON)
    assert finance_quotes.choose(mirror.store, request, given, later)
    with pytest.raises(RequestClosed):
        finance_quotes.choose(mirror.store, finance_request.close(request), given, later)
