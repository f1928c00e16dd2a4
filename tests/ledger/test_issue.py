"""ISSUE, judged alike by the rules and by the contract.

given parties without the role, suspended, or the debtor as its own supplier
  it should not be issued
given dates out of order, a tenor beyond the policy, terms out of range
  it should not be issued
given a halted core, a limit that does not cover it, a closed deployment, a stopped stage
  it should not be issued
given an invoice of no amount, used up, or known with another total
  it should not be issued
given payables of several debts
  it should refuse to make one issuance of them
given payables
  it should make an act that the contract takes, with the dates of the trade and the undertaking's hash
given an issue act that has taken effect
  it should not be withdrawn; given one that has not, it never takes effect
given an issuance that is funded, held, locked or in several hands
  it should not be void; given one in one hand, limit and invoices come back
"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ledger import issue, kinds, participants_panel
from ledger.calendar import china
from ledger.clock import DAY, parse_instant, shanghai_date, start_of_day
from ledger.discount import Bearer
from ledger.documents import render
from ledger.errors import GoldTicketError
from ledger.ids import Uscc, fingerprint, keccak256, root_of
from ledger.issue_checks import MOST_SHIFT, latest_due
from ledger.issue_terms import MixedPayables, Options, batches, dates_for, terms_for
from ledger.issue_void import UnknownIssueAct
from ledger.money import Fen
from ledger.payables import Invoice, Payable
from ledger.records import Evidence, Issuance, Participant, Ticket
from ledger.rules import MissingRole, Stage, UnknownParty
from ledger.tickets import number_of
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, LANWAN, SUHENG, WANYUE, WUZE, Party
from tests.support.both import Both
from tests.support.memory import MemoryStore

KEY = bytes(32)
EVIDENCE = keccak256(b"evidence")
PRINT = keccak256(b"invoice")
CASTINGS = Payable(
    core=Uscc(LANGONG.uscc),
    supplier=Uscc(WANYUE.uscc),
    supplier_name=WANYUE.title,
    order_no="LG-PO-1",
    receipt_no="LG-GR-1",
    receipt_date=date(2026, 11, 20),
    invoices=(Invoice("", "26342000000000048213", Fen(30_000_000)), Invoice("", "2" * 20, Fen(12_000_000))),
    amount=Fen(42_000_000),
    due=date(2027, 5, 23),
)
GEARS = replace(CASTINGS, invoices=(Invoice("", "3" * 20, Fen(5_000_000)),), amount=Fen(5_000_000))


def message(both: Both, **changes: Any) -> dict[str, Any]:
    terms = terms_for(both.store, [CASTINGS], KEY, both.now, both.later())
    return {**terms.message, **changes}


def invoice(amount: int, total: int = 42_000_000) -> dict[str, Any]:
    return {"fingerprint": PRINT, "total": total, "amount": amount}


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("bad-terms", {"depth": 51}),
        ("bad-terms", {"minimum": 21}),
        ("bad-terms", {"interest": 2}),
        ("below-minimum", {"minimum": 8}),
        ("below-minimum", {"minimum": 7, "face": 9_999_999, "invoices": [invoice(9_999_999)]}),
        ("grace-too-long", {"grace": 60 * DAY + 1}),
        ("bad-dates", {"transferableUntil": parse_instant("2026-11-23 10:00")}),
        ("bad-dates", {"transferableUntil": parse_instant("2027-05-24 00:01")}),
        ("bad-dates", {"contractualDue": parse_instant("2027-05-24 00:01")}),
        ("bad-dates", {"due": parse_instant("2027-05-23 00:00") + MOST_SHIFT + 1}),
        ("tenor-too-long", {"contractualDue": parse_instant("2027-05-24 00:00")}),
        ("invoices-differ", {"face": 42_000_001}),
        ("bad-amount", {"invoices": [invoice(0)]}),
        ("invoice-used", {"invoices": [invoice(42_000_001)]}),
        ("invoice-used", {"invoices": [invoice(21_000_001), invoice(21_000_000)]}),
        ("invoice-total-differs", {"invoices": [invoice(1, 42_000_000), invoice(1, 42_000_001)]}),
        ("too-many", {"invoices": [invoice(1)] * 101}),
        ("expired", {"deadline": 1}),
        ("missing-role", {"clearingBank": LANWAN.id}),
        ("unknown-party", {"clearingBank": 99}),
    ],
)
def test_what_is_not_issued(both: Both, code: str, changes: dict[str, Any]) -> None:
    both.refused(code, "Issue", message(both, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"depth": 50},
        {"depth": 0},
        {"minimum": 0},
        {"minimum": 7, "face": 10_000_000, "invoices": [invoice(10_000_000)]},
        {"grace": 60 * DAY},
        {"grace": 0},
        {"contractualDue": parse_instant("2027-05-24 00:00") - 1},
        {"contractualDue": parse_instant("2027-05-23 00:00"), "due": parse_instant("2027-05-23 00:00")},
        {"due": parse_instant("2027-05-23 00:00") + MOST_SHIFT},
        {"transferableUntil": parse_instant("2027-05-24 00:00")},
        {"invoices": [invoice(21_000_000), invoice(21_000_000)]},
        {"invoices": [invoice(41_999_901), *[invoice(1)] * 99]},
    ],
    ids=str,
)
def test_what_is_just_within_the_rules(both: Both, changes: dict[str, Any]) -> None:
    both.issue(message(both, **changes))
    both.agree()


def test_a_ticket_can_be_passed_on_for_one_second_at_least(both: Both) -> None:
    both.refused("bad-dates", "Issue", message(both, transferableUntil=both.now))
    both.issue(message(both, transferableUntil=both.now + 1))


def test_the_debtor_is_neither_supplier_nor_clearing_bank(both: Both) -> None:
    for changes in ({"supplier": LANGONG.id}, {"clearingBank": LANGONG.id}):
        with pytest.raises(GoldTicketError) as caught:
            kinds.kind("Issue").check({**message(both), **changes}, _with_all_roles(both, LANGONG), both.now)
        assert caught.value.code == "bad-debtor"


def _with_all_roles(both: Both, party: Party) -> MemoryStore:
    """The book, had the contract admitted this company as a supplier and clearing bank, too."""
    store = both.store
    store.put(replace(store.need(Participant, party.id), roles=15))
    return store


def test_only_a_supplier_receives(both: Both) -> None:
    with pytest.raises(MissingRole, match="name another participant"):
        kinds.kind("Issue").check(message(both, supplier=LANGONG.id), both.store, both.now)


def test_core_and_supplier_must_be_active(both: Both) -> None:
    good = message(both)
    until = both.now + 9 * DAY
    for party in (LANGONG, WANYUE, HUAIYUE):
        with both.world.scratch():
            both.world.panel("Suspend", party=party.id, until=until, byPanel=True)
            found = Both(both.world)
            found.refused("suspended", "Issue", good)


def test_a_core_that_may_not_issue(both: Both) -> None:
    good = message(both)
    both.world.limit(LANGONG, 41_999_999)
    error = both.refused("limit-exceeded", "Issue", good)
    assert "419,999.99" in error.message
    both.world.panel("Halt", core=LANGONG.id, halted=True)
    both.refused("core-halted", "Issue", good)


def test_a_stopped_stage_and_a_closed_deployment(both: Both) -> None:
    good = message(both)
    both.act("Close", participants_panel.close(both.store, EVIDENCE, both.later()))
    both.refused("deployment-closed", "Issue", good)
    both.world.panel("Stop", stages=int(Stage.ISSUE), until=both.now + DAY)
    both.refused("stage-stopped", "Issue", good)


def test_an_invoice_used_before(both: Both) -> None:
    both.issue(message(both))
    with pytest.raises(GoldTicketError, match="Check whether it was issued before") as caught:
        message(both)
    assert caught.value.code == "invoice-used"
    both.refused(
        "invoice-total-differs", "Issue", _over(both, Invoice("", "2" * 20, Fen(12_000_000)), 13_000_000)
    )


def _over(both: Both, used: Invoice, total: int) -> dict[str, Any]:
    made = terms_for(both.store, [GEARS], KEY, both.now, both.later()).message
    print_ = fingerprint(KEY, CASTINGS.supplier, CASTINGS.core, used.code, used.number)
    entry = {"fingerprint": print_, "total": total, "amount": 5_000_000}
    return {**made, "invoices": [entry]}


def test_payables_of_several_debts(both: Both) -> None:
    others = [
        replace(GEARS, due=date(2027, 5, 22)),
        replace(GEARS, supplier=Uscc(SUHENG.uscc)),
        replace(GEARS, core=Uscc(CHENGHAI.uscc)),
    ]
    for other in others:
        with pytest.raises(MixedPayables):
            terms_for(both.store, [CASTINGS, other], KEY, both.now, both.later())
    with pytest.raises(MixedPayables):
        terms_for(both.store, [], KEY, both.now, both.later())
    stranger = replace(GEARS, supplier=Uscc("91340200MA9DEM4K0D"))
    with pytest.raises(UnknownParty, match="admitted first"):
        terms_for(both.store, [stranger], KEY, both.now, both.later())


def test_a_due_date_that_is_too_close(both: Both) -> None:
    with pytest.raises(GoldTicketError, match="too close"):
        terms_for(both.store, [replace(GEARS, due=date(2026, 11, 26))], KEY, both.now, both.later())


def test_dates_of_the_worked_case() -> None:
    dates = dates_for(date(2027, 5, 23), Options(), china())
    assert dates.contractual_due == parse_instant("2027-05-23 00:00")
    assert dates.due == parse_instant("2027-05-24 00:00")
    assert dates.transferable_until == parse_instant("2027-05-19 00:00")


def test_explicit_seconds() -> None:
    dates = dates_for(date(2027, 5, 23), Options(due=1000), china())
    assert (dates.contractual_due, dates.due, dates.transferable_until) == (1000, 1000, 1000)
    assert not dates.provisional
    dates = dates_for(
        date(2027, 5, 23), Options(due=1000, contractual_due=900, transferable_until=800), china()
    )
    assert (dates.contractual_due, dates.due, dates.transferable_until) == (900, 1000, 800)


def test_the_tenor_counts_calendar_months() -> None:
    opened = parse_instant("2026-08-31 09:00")
    assert shanghai_date(latest_due(opened, 6)) == date(2027, 2, 28)
    assert latest_due(opened, 6) + 1 == start_of_day(date(2027, 3, 1))


def test_terms_of_the_worked_case(both: Both) -> None:
    terms = terms_for(both.store, [CASTINGS], KEY, both.now, both.later(), Options(bearer=Bearer.CORE))
    assert terms.message["face"] == 42_000_000
    assert terms.message["grace"] == 4 * DAY
    assert (terms.message["depth"], terms.message["minimum"], terms.message["interest"]) == (10, 4, 1)
    assert terms.message["clearingBank"] == HUAIYUE.id
    assert terms.message["undertaking"] == render(terms.undertaking).digest == terms.document.digest
    assert terms.undertaking.transferable_until == date(2027, 5, 18)
    assert terms.undertaking.payment_date == date(2027, 5, 24)
    assert [line.invoice for line in terms.undertaking.evidence] == ["26342000000000048213", "2" * 20]


def test_an_undertaking_has_its_own_number(both: Both) -> None:
    given = terms_for(both.store, [GEARS], KEY, both.now, both.later(), Options(number="LG-2026-7"))
    assert given.undertaking.number == "LG-2026-7"
    made = terms_for(both.store, [GEARS], KEY, both.now, both.later())
    assert made.undertaking.number == f"20261123-{made.undertaking.salt.hex()[:8].upper()}"


def test_one_issuance_for_each_payable_or_debt() -> None:
    other = replace(GEARS, supplier=Uscc(SUHENG.uscc))
    assert batches([CASTINGS, GEARS, other]) == [(CASTINGS,), (GEARS,), (other,)]
    assert batches([CASTINGS, other, GEARS], together=True) == [(CASTINGS, GEARS), (other,)]
    many = [replace(GEARS, invoices=(Invoice("", f"{i:020d}", Fen(100)),)) for i in range(101)]
    assert [len(batch) for batch in batches(many, together=True)] == [100, 1]
    assert [len(batch) for batch in batches([*many, *many], together=True)] == [100, 100, 2]
    pairs = [replace(one, invoices=one.invoices * 2) for one in many[:51]]
    assert [len(batch) for batch in batches(pairs, together=True)] == [50, 1]


def test_issued(both: Both) -> None:
    root = both.issue(message(both))
    ticket, issuance = both.store.need(Ticket, root), both.store.need(Issuance, root[:16])
    assert (ticket.party, ticket.value, ticket.depth, ticket.tier) == (WANYUE.id, 42_000_000, 10, 1)
    assert number_of(issuance, ticket) == "GT-000001"
    assert both.store.count(Evidence) == 2
    second = both.issue(terms_for(both.store, [GEARS], KEY, both.now, both.later()).message)
    assert both.store.need(Issuance, second[:16]).number == 2
    both.agree()


def test_an_invoice_in_two_parts(both: Both) -> None:
    options = Options(totals={"3" * 20: Fen(8_000_000)})
    both.issue(terms_for(both.store, [GEARS], KEY, both.now, both.later(), options).message)
    rest = replace(GEARS, invoices=(Invoice("", "3" * 20, Fen(3_000_000)),), amount=Fen(3_000_000))
    both.issue(terms_for(both.store, [rest], KEY, both.now, both.later()).message)
    assert [(e.used, e.total) for e in both.store.find(Evidence)] == [(8_000_000, 8_000_000)]
    both.agree()


def test_withdrawing_what_has_taken_effect(both: Both) -> None:
    good = message(both)
    both.issue(good)
    withdrawal = issue.withdraw_issue(both.keep("Issue", good), both.later())
    both.refused("already-issued", "WithdrawIssue", withdrawal)


def test_a_withdrawn_issue_act_never_takes_effect(both: Both) -> None:
    good = message(both)
    withdrawal = issue.withdraw_issue(both.keep("Issue", good), both.later())
    (due,) = kinds.kind("WithdrawIssue").dues(withdrawal, both.store)
    assert due.party == LANGONG.id
    both.act("WithdrawIssue", withdrawal)
    assert both.store.need(Ticket, root_of(withdrawal["issue"][:16])).withdrawn
    refusal = both.send("Issue", good).refusal
    assert refusal is not None
    assert refusal.name == "Withdrawn"
    both.act("WithdrawIssue", issue.withdraw_issue(withdrawal["issue"], both.later()))
    both.agree()


def test_withdrawing_an_act_that_nobody_knows(both: Both) -> None:
    with pytest.raises(UnknownIssueAct, match="look it up"):
        kinds.kind("WithdrawIssue").dues(issue.withdraw_issue(bytes(32), both.later()), both.store)


def void(both: Both, ticket: bytes, **changes: Any) -> dict[str, Any]:
    return {**issue.void(both.store, ticket[:16], EVIDENCE, both.later()), **changes}


def test_what_can_not_be_void(both: Both) -> None:
    root = both.issue(message(both))
    both.world.freeze(root, keccak256(b"order"), 100)
    error = both.refused("value-held", "Void", void(both, root))
    assert "1.00 yuan" in error.message
    both.world.unfreeze(root, keccak256(b"order"))
    (child,) = both.world.transfer(WANYUE, root, (WUZE, 12_000_000))
    both.refused("not-holder", "Void", void(both, root))
    both.refused("not-whole", "Void", void(both, root, tickets=[root]))
    both.refused("not-ascending", "Void", void(both, root, tickets=[root, root]))
    with pytest.raises(GoldTicketError, match="names none"):
        kinds.kind("Void").dues(void(both, child, tickets=[]), both.store)
    both.world.fund((root, 1))
    both.refused("already-funded", "Void", void(both, root))


def test_void(both: Both) -> None:
    root = both.issue(message(both))
    both.world.transfer(WANYUE, root, (WUZE, 42_000_000))
    message_ = void(both, root)
    assert [due.party for due in kinds.kind("Void").dues(message_, both.store)] == [LANGONG.id, WUZE.id]
    both.act("Void", message_)
    assert both.store.need(Issuance, root[:16]).void
    assert all(e.used == 0 for e in both.store.find(Evidence))
    both.agree()
    with pytest.raises(GoldTicketError, match="made void"):
        void(both, root)
    both.issue(message(both))
