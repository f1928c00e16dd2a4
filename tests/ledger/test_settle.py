"""SETTLE as the ledger sees it.

given money of a core
  it should be refused here as by the contract: without reference, twice, for another bank's issuance, beyond face
  it should lower what is open and what is used of the limit, and cure an overdue issuance when the face is there
given lines that were paid
  it should be refused here as by the contract: too early, too long ago, in the future, more than payable, twice
given part payments
  it should pay each holder its share, rounded down, and never more than its value
given a payment date
  it should list what falls due, and for the bank one line for each holder, no lock and nothing spent
given the bank's file
  it should pay what was paid and keep what came back, until it is paid under a new reference
given nobody pays
  it should be overdue after the grace days, or the panel's waiver
given a change of the clearing bank
  it should need the running one's digest, and 14 days
"""

from __future__ import annotations

from datetime import date

import pytest

from ledger import records, settle, settle_lists, settle_payouts
from ledger.clock import shanghai_date, start_of_day
from ledger.errors import NotFound
from ledger.ids import parse_ticket_id
from ledger.kinds import kind
from ledger.money import Fen
from ledger.payouts import PaidLine, PayoutRefused, ReturnedLine, payouts_csv
from ledger.records import Funding, Issuance, Opening, Participant, Payment, Profile, Ticket
from ledger.references import BadReference, ReferenceSpent, reference, text_of
from ledger.settle_checks import NoReplacement
from ledger.settle_lists import NothingToClear
from tests.support.actors import (
    CHENGHAI,
    CHUHENG,
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    PANEL,
    SUHENG,
    WANYUE,
    WUZE,
    Role,
    party,
)
from tests.support.mirror import mirrored
from tests.support.world import DAY, DUE, FACE, GRACE

PAYMENT_DATE = date(2027, 5, 24)
REF = {"ref": reference("HY-20270524-1")}


@pytest.fixture
def mirror(world_of_both):
    with mirrored(world_of_both) as made:
        yield made


@pytest.fixture
def root(mirror):
    return mirror.world.issue(LANGONG, WANYUE)


def fund(mirror, *legs, bank=HUAIYUE, **fields) -> str:
    listed = [{"issuance": ticket[:16], "amount": amount} for ticket, amount in legs]
    total = sum(amount for _, amount in legs)
    filled = {"bank": bank.id, "total": total, "legs": listed, **REF, **fields}
    return mirror.agree("Fund", [bank], **filled)


def pay(mirror, *lines, bank=HUAIYUE, **fields) -> str:
    """Lines are (ticket, fen) or (ticket, fen, paid at)."""
    listed = [
        {"ticket": ticket, "amount": amount, "paidAt": (*rest, mirror.now)[0]}
        for ticket, amount, *rest in lines
    ]
    return mirror.agree("PayOut", [bank], **{"bank": bank.id, "lines": listed, **REF, **fields})


# ---- funding


def test_money_is_refused_where_the_contract_refuses(mirror, root):
    other = mirror.world.issue(CHENGHAI, SUHENG)
    assert fund(mirror, (root, FACE), (other, 1)) == ""
    assert fund(mirror, (root, FACE), deadline=mirror.now - 1) == "expired"
    assert fund(mirror, (root, 0)) == "bad-amount"
    assert fund(mirror, (root, FACE), total=FACE - 1) == "total-differs"
    assert fund(mirror) == "total-differs"
    assert fund(mirror, (root, FACE + 1)) == "beyond-face"
    assert fund(mirror, (root, FACE), (root, 1)) == "beyond-face"
    assert fund(mirror, (bytes(32), 1)) == "unknown-issuance"
    assert fund(mirror, (root, FACE), bank=NANHUAI) == "wrong-party"
    assert fund(mirror, *[(root, 1)] * 201) == "too-many"
    message = mirror.world.message("Fund", bank=HUAIYUE.id, ref=bytes(32), total=0, legs=[])
    assert mirror.check("Fund", message) == "bad-reference", "the ledger is stricter here"


def test_a_reference_counts_once(mirror, root):
    mirror.world.fund((root, 1_000), **REF)
    assert fund(mirror, (root, 1_000)) == "reference-spent"
    assert fund(mirror, (root, 1_000), ref=reference("HY-2")) == ""


def test_nothing_is_funded_on_a_void_issuance(mirror, root):
    mirror.world.void(LANGONG, WANYUE, root)
    assert fund(mirror, (root, 1)) == "issuance-void"


def test_money_frees_the_limit_and_leaves_a_row(mirror, root):
    other = mirror.world.issue(LANGONG, SUHENG)
    mirror.world.fund((root, FACE), (other, 5_000), **REF)
    store = mirror.store
    paid = [store.need(Issuance, ticket[:16]) for ticket in (root, other)]
    assert [(one.paid, one.funded) for one in paid] == [(FACE, True), (5_000, False)]
    assert store.need(Opening, LANGONG.id).used == FACE - 5_000
    rows = store.find(Funding)
    assert [(row.amount, text_of(row.ref)) for row in rows] == [
        (FACE, "HY-20270524-1"),
        (5_000, "HY-20270524-1"),
    ]


# ---- pay-outs


def test_lines_are_refused_where_the_contract_refuses(mirror, root):
    (child,) = mirror.world.transfer(WANYUE, root, (WUZE, 300_000_00))
    lock = mirror.world.lock(WANYUE, root, LANWAN, 100_000_00)
    assert pay(mirror, (child, 1)) == "not-yet-due"
    mirror.world.until(DUE)
    assert pay(mirror, (child, 1)) == "beyond-payable"
    mirror.world.fund((root, FACE // 2))
    mirror.world.advance(DAY)
    assert pay(mirror, (child, 150_000_00)) == ""
    assert pay(mirror, (child, 150_000_01)) == "beyond-payable"
    assert pay(mirror, (child, 1, DUE - 1)) == "not-yet-due"
    assert pay(mirror, (child, 1, mirror.now + 1)) == "paid-at-out-of-range"
    assert pay(mirror, (child, 0)) == "bad-amount"
    assert pay(mirror, (lock, 1)) == "unknown-ticket"
    assert pay(mirror, (child, 1), bank=NANHUAI) == "wrong-party"
    assert pay(mirror, (child, 1), deadline=mirror.now - 1) == "expired"
    assert pay(mirror) == "bad-amount"
    assert pay(mirror, *[(child, 1)] * 201) == "too-many"
    mirror.world.advance(10 * DAY)
    assert pay(mirror, (child, 1, DUE + DAY - 1)) == "paid-at-out-of-range"
    assert pay(mirror, (child, 1, DUE + DAY)) == "", "ten days back to the second"


def test_from_the_first_second_of_the_payment_date_on_a_part_is_paid(mirror, root):
    mirror.world.fund((root, FACE // 2))
    mirror.world.until(DUE - 1)
    assert pay(mirror, (root, 1)) == "not-yet-due"
    mirror.world.until(DUE)
    assert pay(mirror, (root, 1)) == ""
    assert pay(mirror, (root, 1, DUE - 1)) == "not-yet-due"
    mirror.world.fund((root, FACE - FACE // 2))
    assert pay(mirror, (root, 1, DUE - 1)) == "", "funded in full it may have been paid before"


def test_as_many_parts_and_lines_as_an_act_holds(mirror, root):
    assert fund(mirror, *[(root, 1)] * 200) == ""
    mirror.world.fund((root, FACE))
    assert pay(mirror, *[(root, 1)] * 200) == ""


def test_two_lines_of_one_ticket_count_together(mirror, root):
    mirror.world.fund((root, FACE))
    lines = [(root, FACE - 1, mirror.now), (root, 1, mirror.now)]
    assert mirror.check("PayOut", settle.pay_out(HUAIYUE.id, "HY-1", lines, mirror.now)) == ""
    lines = [*lines, (root, 1, mirror.now)]
    assert mirror.check("PayOut", settle.pay_out(HUAIYUE.id, "HY-1", lines, mirror.now)) == "beyond-payable"


def test_a_line_that_the_contract_would_leave_out_is_told_beforehand(mirror, root):
    (child,) = mirror.world.transfer(WANYUE, root, (WUZE, 300_000_00))
    mirror.world.fund((root, FACE))
    lines = [(child, 300_000_00, mirror.now), (child, 1, mirror.now)]
    message = settle.pay_out(HUAIYUE.id, "HY-1", lines, mirror.now)
    assert mirror.check("PayOut", message) == "beyond-payable"
    receipt = mirror.world.send(mirror.world.draft("PayOut", [HUAIYUE], message=message).data)
    assert receipt.status
    assert len(receipt.all("LineRefused")) == 1


def test_a_pay_out_s_reference_counts_once(mirror, root):
    mirror.world.fund((root, FACE))
    mirror.world.pay_out((root, 1_000), **REF)
    assert pay(mirror, (root, 1_000)) == "reference-spent"


def test_nothing_is_paid_on_a_void_issuance(mirror, root):
    mirror.world.void(LANGONG, WANYUE, root)
    assert pay(mirror, (root, 1)) == "issuance-void"


def test_an_order_holds_its_amount(mirror, root):
    mirror.world.freeze(root, b"(2027)01-9".ljust(32, b"\0"), 200_000_00)
    mirror.world.fund((root, FACE))
    assert pay(mirror, (root, FACE - 200_000_00 + 1)) == "beyond-payable"
    assert pay(mirror, (root, FACE - 200_000_00)) == ""


def test_part_payments_are_shared_and_never_exceed_the_value(mirror, root):
    world, store = mirror.world, mirror.store
    (child,) = world.transfer(WANYUE, root, (WUZE, 300_000_01))
    world.until(DUE)
    world.fund((root, 33_333_33))
    share = 300_000_01 * 33_333_33 // FACE
    assert pay(mirror, (child, share + 1)) == "beyond-payable"
    world.pay_out((child, share))
    world.fund((root, FACE - 33_333_33))
    assert pay(mirror, (child, 300_000_01 - share + 1)) == "beyond-payable"
    world.pay_out((child, 300_000_01 - share), (root, 499_999_99))
    assert store.need(Ticket, child).taken == 300_000_01
    assert [row.party for row in store.find(Payment)] == [WUZE.id, WUZE.id, WANYUE.id]
    assert sum(row.amount for row in store.find(Payment)) == FACE


# ---- lists


def test_maturities_by_core_and_bank(mirror, root):
    other = mirror.world.issue(CHENGHAI, SUHENG, face=30_000_000)
    gone = mirror.world.issue(LANGONG, SUHENG)
    mirror.world.void(LANGONG, SUHENG, gone)
    mirror.world.fund((root, 1_000))
    first, second = settle_lists.maturities(mirror.store, bank=HUAIYUE.id)
    assert (first.issuance, first.number, first.face, first.paid, first.open) == (
        root[:16],
        "GT-000001",
        FACE,
        1_000,
        FACE - 1_000,
    )
    assert (first.contractual_due, first.payment_date, first.provisional) == (
        date(2027, 5, 23),
        PAYMENT_DATE,
        True,
    )
    assert (second.issuance, second.debtor) == (other[:16], CHENGHAI.id)
    assert settle_lists.maturities(mirror.store, core=CHENGHAI.id) == [second]
    assert settle_lists.maturities(mirror.store, bank=LANWAN.id) == []
    assert settle_lists.maturities(mirror.store, first=date(2027, 5, 25)) == []
    assert settle_lists.maturities(mirror.store, last=date(2027, 5, 23)) == []
    assert len(settle_lists.maturities(mirror.store, first=PAYMENT_DATE, last=PAYMENT_DATE)) == 2
    assert len(settle_lists.maturities(mirror.store, bank=HUAIYUE.id, first=date.min, last=date.max)) == 2


def test_what_is_due_in_a_day_s_last_second_is_paid_on_that_day(mirror):
    late = mirror.world.issue(LANGONG, SUHENG, due=start_of_day(PAYMENT_DATE) + DAY - 1)
    of_the_day = settle_lists.maturities(mirror.store, first=PAYMENT_DATE, last=PAYMENT_DATE)
    assert [one.issuance for one in of_the_day] == [late[:16]]
    assert settle_lists.maturities(mirror.store, first=date(2027, 5, 25)) == []
    assert settle_lists.maturities(mirror.store, last=date(2027, 5, 23)) == []


def test_maturities_are_read_page_by_page(mirror, root, monkeypatch):
    world, a_day_later = mirror.world, mirror.world.due + DAY
    others = [world.issue(LANGONG, SUHENG, due=due) for due in (a_day_later, world.due) * 2]
    world.void(LANGONG, SUHENG, others[1])
    wanted = [one[:16] for one in (root, others[3], others[0], others[2])]
    for page in (1, 2, 3, 5):
        monkeypatch.setattr(settle_lists, "PAGE", page)
        found = settle_lists.maturities(
            mirror.store, bank=HUAIYUE.id, first=PAYMENT_DATE, last=date(2027, 5, 25)
        )
        assert [one.issuance for one in found] == wanted, "by their day, then their number, each once"


def test_there_may_be_nothing_to_clear(mirror, root):
    with pytest.raises(NothingToClear):
        settle_lists.prepare(mirror.store, HUAIYUE.id, PAYMENT_DATE, mirror.now)
    with pytest.raises(NothingToClear):
        settle_lists.prepare(mirror.store, HUAIYUE.id, date(2027, 5, 25), mirror.now, as_if_funded=True)
    assert issubclass(NothingToClear, NotFound)


def test_a_holder_without_a_file_holds_up_nobody_else(mirror, root):
    mirror.world.transfer(WANYUE, root, (WUZE, 300_000_00))
    mirror.store.delete(Profile, mirror.store.need(Participant, WANYUE.id).profile)
    prepared = settle_lists.prepare(mirror.store, HUAIYUE.id, PAYMENT_DATE, mirror.now, as_if_funded=True)
    accounts = {row.uscc: row.account.number for row in prepared.clearing.rows}
    assert accounts[WANYUE.uscc] == ""
    assert accounts[WUZE.uscc]


def test_the_clearing_list_has_a_line_for_each_owner(mirror, root):
    world = mirror.world
    _, passed_on = world.transfer(WANYUE, root, (WUZE, 300_000_00), (SUHENG, 200_000_00))
    world.transfer(SUHENG, passed_on, (CHUHENG, 200_000_00))
    world.lock(WANYUE, root, LANWAN, 100_000_00)
    sold = world.lock(WANYUE, root, LANWAN, 50_000_00)
    world.release(sold)
    prepared = settle_lists.prepare(mirror.store, HUAIYUE.id, PAYMENT_DATE, mirror.now, as_if_funded=True)
    lines = [(row.number, row.holder, row.payable) for row in prepared.clearing.rows]
    assert lines == [
        ("GT-000001", "皖岳铸锻", 150_000_00),
        ("GT-000001-1", "芜泽精密", 300_000_00),
        ("GT-000001-2-1", "滁恒表面处理", 200_000_00),
        ("GT-000001-4", "岚湾银行", 50_000_00),
    ]
    assert prepared.record.total == FACE - 100_000_00
    assert prepared.clearing.rows[1].account.number == f"62170000{WUZE.id:08d}"
    assert settle_lists.rows_of(prepared.record) == list(prepared.clearing.rows)
    assert prepared.document.parties == [HUAIYUE.id, LANGONG.id]
    assert prepared.record.hash == prepared.document.hash


def test_who_was_paid_in_full_stands_in_no_list(mirror, root):
    (child,) = mirror.world.transfer(WANYUE, root, (WUZE, 300_000_00))
    mirror.world.fund((root, FACE))
    mirror.world.pay_out((child, 300_000_00), (root, 1))
    listed = settle_lists.holdings(mirror.store, HUAIYUE.id, PAYMENT_DATE, mirror.now)
    assert [(one.holder, one.outstanding) for one in listed] == [("皖岳铸锻", FACE - 300_000_00 - 1)]


def test_each_payment_date_has_its_own_list(mirror, root):
    early = DUE - 5 * DAY
    dates = {"contractualDue": early, "due": early, "transferableUntil": early}
    for _ in range(5):
        mirror.world.issue(LANGONG, SUHENG, face=1_000_000, **dates)
    args = (mirror.store, HUAIYUE.id)
    listed = settle_lists.holdings(*args, PAYMENT_DATE, mirror.now)
    assert [(one.holder, one.outstanding, one.payable) for one in listed] == [("皖岳铸锻", FACE, 0)]
    listed = settle_lists.holdings(*args, shanghai_date(early), mirror.now, as_if_funded=True)
    assert [(one.holder, one.payable) for one in listed] == [("苏衡传动", 1_000_000)] * 5
    assert settle_lists.holdings(mirror.store, NANHUAI.id, PAYMENT_DATE, mirror.now) == []


def test_a_list_over_several_cores_is_the_bank_s_alone(mirror, root):
    mirror.world.issue(CHENGHAI, SUHENG)
    args = (mirror.store, HUAIYUE.id, PAYMENT_DATE, mirror.now)
    whole = settle_lists.prepare(*args, as_if_funded=True)
    assert len(whole.clearing.rows) == 2
    assert whole.document.parties == [HUAIYUE.id]
    one = settle_lists.prepare(*args, core=CHENGHAI.id, as_if_funded=True)
    assert [row.holder for row in one.clearing.rows] == ["苏衡传动"]


# ---- the bank's file


@pytest.fixture
def listed(mirror, root):
    """Due and funded: Wanyue has 500,000 and Wuze 300,000 yuan to get."""
    mirror.world.transfer(WANYUE, root, (WUZE, 300_000_00))
    mirror.world.until(DUE)
    mirror.world.fund((root, FACE))
    mirror.world.advance(3_600)
    prepared = settle_lists.prepare(mirror.store, HUAIYUE.id, PAYMENT_DATE, mirror.now)
    mirror.store.put(prepared.record)
    return prepared


def file_of(prepared, paid_at: int) -> bytes:
    whole, returned = prepared.clearing.rows
    return payouts_csv(
        [
            PaidLine(1, whole.ticket, whole.payable, paid_at, "B-1"),
            ReturnedLine(2, returned.ticket, returned.payable, "账户已销户", "B-2"),
        ]
    )


def test_a_wrong_file_counts_for_nothing(mirror, listed):
    with pytest.raises(PayoutRefused):
        settle_payouts.from_file(
            mirror.store,
            listed.record,
            file_of(listed, mirror.now + 60),
            "P-1",
            mirror.now,
            deadline=mirror.now,
        )
    with pytest.raises(BadReference):
        settle_payouts.from_file(
            mirror.store, listed.record, file_of(listed, mirror.now), "", mirror.now, deadline=mirror.now
        )


def test_a_returned_line_is_paid_later_under_a_new_reference(mirror, listed):
    store, world = mirror.store, mirror.world
    end = mirror.now + DAY
    draft = settle_payouts.from_file(
        store, listed.record, file_of(listed, mirror.now), "P-1", mirror.now, deadline=end
    )
    (message,) = draft.messages
    assert message["salt"] == listed.record.hash, "the bank signs the list that it has paid"
    (back,) = draft.returned
    assert [line["amount"] for line in message["lines"]] == [500_000_00]
    assert (back.reason, back.amount, text_of(back.ref)) == ("账户已销户", 300_000_00, "P-1")
    store.put(back)
    world.advance(60)
    kind("PayOut").check(message, store, mirror.now)
    world.send(world.draft("PayOut", [HUAIYUE], message=message).data).expect()
    assert back.party == WUZE.id
    assert open_returns(store) == {HUAIYUE.id: [back], WUZE.id: [back], WANYUE.id: []}
    again = settle_lists.prepare(store, HUAIYUE.id, PAYMENT_DATE, mirror.now)
    (row,) = again.clearing.rows
    assert row.payable == 300_000_00
    line = PaidLine(1, row.ticket, row.payable, mirror.now, "B-3")
    with pytest.raises(ReferenceSpent):
        settle_payouts.from_lines(store, HUAIYUE.id, "P-1", [line], [], mirror.now, deadline=end)
    later = settle_payouts.from_lines(store, HUAIYUE.id, "P-2", [line], [], mirror.now, deadline=end)
    world.send(world.draft("PayOut", [HUAIYUE], message=later.messages[0]).data).expect()
    assert open_returns(store) == {HUAIYUE.id: [], WUZE.id: [], WANYUE.id: []}
    assert not store.find(records.ReturnedLine)[0].ended, "as an earlier version left it: the log tells"
    with pytest.raises(NothingToClear):
        settle_lists.prepare(store, HUAIYUE.id, PAYMENT_DATE, mirror.now)


def open_returns(store):
    return {
        one.id: [
            line for line in store.find(records.ReturnedLine) if settle_payouts.waits_for(store, one.id, line)
        ]
        for one in (HUAIYUE, WUZE, WANYUE)
    }


def test_what_is_paid_ends_only_what_came_back_before(mirror, listed):
    store, row = mirror.store, listed.clearing.rows[0]
    ticket = parse_ticket_id(row.ticket)
    for at in (5, 7):
        store.put(records.ReturnedLine(bytes([at]) * 32, ticket, HUAIYUE.id, row.payable, "", at))
    settle_payouts.end_returns(store, ticket, 6)
    ended = {line.at: line.ended for line in store.find(records.ReturnedLine, ticket=ticket)}
    assert ended == {5: True, 7: False}


def test_many_lines_make_several_acts(mirror, listed):
    row = listed.clearing.rows[0]
    lines = [PaidLine(i, row.ticket, Fen(1), mirror.now, "") for i in range(401)]
    draft = settle_payouts.from_lines(mirror.store, HUAIYUE.id, "P-1", lines, [], mirror.now, deadline=0)
    assert [len(message["lines"]) for message in draft.messages] == [200, 200, 1]
    assert [text_of(message["ref"]) for message in draft.messages] == ["P-1", "P-1/2", "P-1/3"]


def test_a_line_that_the_file_lacks_comes_later(mirror, listed):
    whole = listed.clearing.rows[0]
    data = payouts_csv([PaidLine(1, whole.ticket, whole.payable, mirror.now, "B-1")])
    draft = settle_payouts.from_file(
        mirror.store, listed.record, data, "P-1", mirror.now, deadline=mirror.now
    )
    assert [row.holder for row in draft.missing] == ["芜泽精密"]


# ---- overdue


def test_overdue_needs_the_grace_days_to_pass(mirror, root):
    issuance = root[:16]
    assert mirror.agree_unsigned("ReportOverdue", issuance=bytes(16)) == "unknown-issuance"
    assert mirror.agree_unsigned("ReportOverdue", issuance=issuance) == "not-overdue"
    mirror.world.until(DUE + GRACE)
    assert mirror.agree_unsigned("ReportOverdue", issuance=issuance) == ""
    mirror.world.report_overdue(root)
    assert mirror.agree_unsigned("ReportOverdue", issuance=issuance) == "already-reported"
    assert mirror.store.need(Opening, LANGONG.id).overdue == 1


def test_full_funding_cures(mirror, root):
    mirror.world.until(DUE + GRACE)
    mirror.world.report_overdue(root)
    mirror.world.fund((root, FACE - 1))
    assert mirror.store.need(Issuance, root[:16]).reported
    mirror.world.fund((root, 1))
    assert not mirror.store.need(Issuance, root[:16]).reported
    assert mirror.store.need(Opening, LANGONG.id).overdue == 0
    assert mirror.agree_unsigned("ReportOverdue", issuance=root[:16]) == "fully-funded"


def test_a_waiver_lifts_for_thirty_days(mirror, root):
    mirror.world.until(DUE + GRACE)
    mirror.world.report_overdue(root)
    message = settle.waive(mirror.store, root[:16], b"e" * 32, mirror.now + DAY)
    dues = kind("Waive").dues(message, mirror.store)
    assert [(due.kind, due.party) for due in dues] == [("panel", member.id) for member in PANEL]
    stale = {**message, "sequence": 1}
    panel = list(PANEL[:3])
    assert mirror.agree("Waive", panel, **stale) == "stale-sequence"
    assert mirror.agree("Waive", panel, **{**message, "deadline": 1}) == "expired"
    assert mirror.agree("Waive", panel, **message) == ""
    mirror.world.panel("Waive", issuance=root[:16])
    found = mirror.store.need(Issuance, root[:16])
    assert (found.reported, found.waived_until, found.sequence) == (False, mirror.now + 30 * DAY, 1)
    assert mirror.agree_unsigned("ReportOverdue", issuance=root[:16]) == "not-overdue"
    mirror.world.advance(30 * DAY)
    assert mirror.agree_unsigned("ReportOverdue", issuance=root[:16]) == ""


# ---- another clearing bank


SECOND = party("second", 15, "91330200MA9DEMB4XB", Role.BANK | Role.CLEARING_BANK, "甬江银行", pair=True)


@pytest.fixture
def second(mirror):
    mirror.world.admit(SECOND)
    return SECOND


def replacement(mirror, ticket, bank, **fields) -> str:
    filled = {"issuance": ticket[:16], "bank": bank.id, "sequence": 0, **fields}
    return mirror.agree("ReplaceBank", [LANGONG, bank, *PANEL[:3]], **filled)


def test_only_another_clearing_bank_may_follow(mirror, root):
    assert replacement(mirror, root, HUAIYUE) == "bad-clearing-bank"
    assert replacement(mirror, root, NANHUAI) == "missing-role"
    assert replacement(mirror, root, NANHUAI, sequence=1) == "stale-sequence"
    assert replacement(mirror, root, NANHUAI, deadline=1) == "expired"
    assert replacement(mirror, bytes(32), NANHUAI) == "unknown-issuance"
    with pytest.raises(NoReplacement):
        settle.end_replacement(mirror.store, root[:16], mirror.now)
    fields = {"issuance": root[:16], "replacement": b"r" * 32}
    assert mirror.agree("VetoReplacement", [HUAIYUE], **fields) == "no-replacement"
    assert mirror.agree("CompleteReplacement", [HUAIYUE], **fields) == "no-replacement"


def test_a_change_takes_fourteen_days_and_stops_standing_locks(mirror, root, second):
    store, world = mirror.store, mirror.world
    lock = world.lock(WANYUE, root, LANWAN, 100_000_00)
    message = settle.replace_bank(store, root[:16], second.id, b"e" * 32, mirror.now + DAY)
    dues = kind("ReplaceBank").dues(message, store)
    assert [(due.kind, due.party) for due in dues[:3]] == [
        ("party", LANGONG.id),
        ("party", second.id),
        ("panel", PANEL[0].id),
    ]
    kind("ReplaceBank").check(message, store, mirror.now)
    made = world.draft("ReplaceBank", [LANGONG, second, *PANEL[:3]], message=message)
    world.send(made.data).expect()
    assert replacement(mirror, root, second, sequence=1) == "replacement-running"
    ending = settle.end_replacement(store, root[:16], mirror.now + 20 * DAY)
    assert ending["replacement"] == made.digest
    assert [due.party for due in kind("VetoReplacement").dues(ending, store)] == [HUAIYUE.id]
    assert [due.party for due in kind("CompleteReplacement").dues(ending, store)] == [second.id]
    assert mirror.agree("CompleteReplacement", [second], **ending) == "too-early"
    assert mirror.agree("VetoReplacement", [HUAIYUE], **ending) == ""
    world.advance(14 * DAY)
    world.send(world.draft("CompleteReplacement", [second], message=ending).data).expect()
    assert store.need(Issuance, root[:16]).clearing_bank == second.id
    fields = {"lock": lock, "bank": LANWAN.id, "value": 100_000_00, "registration": reference("R-1")}
    assert mirror.agree("Receipt", [HUAIYUE], **fields, **REF) == "clearing-bank-replaced"
    assert mirror.agree_unsigned("ReturnLock", lock=lock) == ""


def test_a_change_that_nobody_completes_makes_way_28_days_later(mirror, root, second):
    fields = {"issuance": root[:16], "bank": second.id}
    mirror.world.panel("ReplaceBank", LANGONG, second, **fields)
    mirror.world.advance(28 * DAY - 1)
    assert replacement(mirror, root, second, sequence=1) == "replacement-running"
    mirror.world.advance(1)
    assert replacement(mirror, root, second, sequence=1) == ""


def test_a_change_is_completed_from_its_fourteenth_day_on(mirror, root, second):
    mirror.world.panel("ReplaceBank", LANGONG, second, issuance=root[:16], bank=second.id)
    ending = settle.end_replacement(mirror.store, root[:16], mirror.now + 20 * DAY)
    mirror.world.advance(14 * DAY - 1)
    assert mirror.agree("CompleteReplacement", [second], **ending) == "too-early"
    mirror.world.advance(1)
    assert mirror.agree("CompleteReplacement", [second], **ending) == ""
    assert (
        mirror.agree("CompleteReplacement", [second], **{**ending, "replacement": b"r" * 32})
        == "no-replacement"
    )


def test_the_old_bank_vetoes(mirror, root, second):
    fields = {"issuance": root[:16], "bank": second.id}
    mirror.world.panel("ReplaceBank", LANGONG, second, **fields)
    ending = settle.end_replacement(mirror.store, root[:16], mirror.now + DAY)
    mirror.world.act("VetoReplacement", [HUAIYUE], **ending)
    with pytest.raises(NoReplacement):
        settle.end_replacement(mirror.store, root[:16], mirror.now + DAY)
    assert mirror.store.need(Issuance, root[:16]).clearing_bank == HUAIYUE.id
