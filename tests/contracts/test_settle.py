"""SETTLE: funding, paying out line by line, overdue and its cure, another clearing bank.

given the core's money
    it should refuse another bank than the named one, amounts of 0, a wrong total, more than face, a spent reference
    it should refuse unknown and void issuances, and take all legs or none
    when it is funded in full
        it should end offers and locks and free the limit
given lines that were paid
    it should refuse unknown tickets and locks, another bank, void issuances, amounts of 0
    it should refuse before due unless fully funded; a paidAt in the future, before due, or more than 10 days ago
    it should refuse more than value x paid / face less what was taken, rounded down
    when some lines are refused
        it should pay the others and name the refused; when none is left, revert with the first reason
    when money comes in parts
        it should pay in any order and any number of parts, never more than paid, exactly when paid is face
    when a line was returned by the holder's bank
        it should simply come later, under another reference
given due plus grace has passed
    it should let anyone report an issuance short of face, once, and halt the debtor
    when it is funded in full, voided, or waived by the panel
        it should let the debtor go on; after 30 days of a waiver it may be reported again
given another clearing bank for an issuance
    it should need core, new bank and panel, 14 days, and no veto of the old one
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.abi import calldata
from tests.support.actors import (
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    PANEL,
    QIANCHAO,
    REGISTRAR,
    SUHENG,
    WANYUE,
    WUZE,
    XICHUAN,
)
from tests.support.expect import expect_refusal, refused
from tests.support.layout import Ticket
from tests.support.world import DAY, DUE, FACE, GRACE, World

PART = FACE // 8


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def used(world: World) -> int:
    return int(world.read("openings", LANGONG.id)["used"])


def paid(world: World, ticket: bytes) -> int:
    return int(world.read("settlements", ticket[:16])["paid"])


# ---- fund


def test_only_the_named_clearing_bank_funds(world: World, ticket: bytes) -> None:
    with refused("WrongParty", found=LANWAN.id, expected=HUAIYUE.id):
        world.fund((ticket, FACE), bank=LANWAN)
    legs = [{"issuance": ticket[:16], "amount": FACE}]
    for other in (LANGONG, REGISTRAR):
        with refused("WrongParty", found=other.id, expected=HUAIYUE.id):
            world.act("Fund", [other], bank=HUAIYUE.id, ref=world.salt(), total=FACE, legs=legs)
    with refused("Expired"):
        world.fund((ticket, FACE), deadline=world.now - 1)
    with refused("BadSignatureCount"):
        world.act("Fund", [], bank=HUAIYUE.id, ref=world.salt(), total=FACE, legs=legs)


def test_amounts_that_do_not_fit(world: World, ticket: bytes) -> None:
    with refused("BadAmount", position=1):
        world.fund((ticket, PART), (ticket, 0))
    with refused("TotalDiffers", sum=PART, total=PART + 1):
        world.fund((ticket, PART), total=PART + 1)
    with refused("TotalDiffers", sum=0, total=0):
        world.fund()
    with refused("BeyondFace", issuance=ticket[:16], paid=FACE + 1, face=FACE):
        world.fund((ticket, FACE + 1))
    with refused("BeyondFace", paid=FACE + PART):
        world.fund((ticket, FACE), (ticket, PART))
    with refused("TooMany", found=201, most=200):
        world.fund(*[(ticket, 1)] * 201)
    assert paid(world, ticket) == 0


def test_unknown_and_void_issuances(world: World, ticket: bytes) -> None:
    with refused("UnknownIssuance", issuance=b"\1" * 16):
        world.fund((b"\1" * 32, PART))
    void = world.issue(LANGONG, WANYUE)
    world.void(LANGONG, WANYUE, void)
    with refused("IssuanceVoid", issuance=void[:16]):
        world.fund((ticket, PART), (void, PART))
    assert paid(world, ticket) == 0


def test_a_reference_is_spent_once(world: World, ticket: bytes) -> None:
    world.fund((ticket, PART), ref=b"\5" * 32)
    with refused("ReferenceSpent", bank=HUAIYUE.id, ref=b"\5" * 32):
        world.fund((ticket, PART), ref=b"\5" * 32)
    world.fund((ticket, PART), ref=b"\6" * 32)


def test_one_payment_for_several_issuances(world: World, ticket: bytes) -> None:
    other = world.issue(LANGONG, SUHENG)
    before = used(world)
    receipt = world.fund((ticket, FACE), (other, PART), ref=b"\5" * 32)
    assert [event.args for event in receipt.all("Funded")] == [
        {"issuance": ticket[:16], "bank": HUAIYUE.id, "ref": b"\5" * 32, "amount": FACE, "paid": FACE},
        {"issuance": other[:16], "bank": HUAIYUE.id, "ref": b"\5" * 32, "amount": PART, "paid": PART},
    ]
    assert used(world) == before - FACE - PART
    assert (world.issuance(ticket).flags, world.issuance(other).flags) == (1, 0)


def test_full_funding_ends_offers(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    world.fund((ticket, FACE // 2))
    with world.scratch():
        world.send(offer.transfer(offer.accept(WUZE))).expect()
    world.fund((ticket, FACE // 2))
    with refused("FullyFunded", issuance=ticket[:16]):
        world.send(offer.transfer(offer.accept(WUZE))).expect()
    with refused("BeyondFace"):
        world.fund((ticket, 1))


# ---- pay out


def test_only_the_named_clearing_bank_pays_out(world: World, ticket: bytes) -> None:
    world.fund((ticket, FACE))
    with refused("WrongParty", found=LANWAN.id, expected=HUAIYUE.id):
        world.pay_out((ticket, PART), bank=LANWAN)
    lines = [{"ticket": ticket, "amount": PART, "paidAt": world.now}]
    with refused("WrongParty", found=REGISTRAR.id, expected=HUAIYUE.id):
        world.act("PayOut", [REGISTRAR], bank=HUAIYUE.id, ref=world.salt(), lines=lines)
    with refused("Expired"):
        world.pay_out((ticket, PART), deadline=world.now - 1)


def test_lines_that_cannot_be(world: World, ticket: bytes) -> None:
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    void = world.issue(LANGONG, WANYUE)
    world.void(LANGONG, WANYUE, void)
    with refused("NotYetDue", issuance=ticket[:16], due=DUE):
        world.pay_out((ticket, PART))
    world.fund((ticket, FACE))
    for nothing in (b"\1" * 32, lock):
        with refused("UnknownTicket", ticket=nothing):
            world.pay_out((nothing, PART))
    with refused("IssuanceVoid", issuance=void[:16]):
        world.pay_out((void, PART))
    with refused("BadAmount", position=0):
        world.pay_out((ticket, 0))
    with refused("BadAmount", position=0):
        world.pay_out()
    with refused("TooMany", found=201, most=200):
        world.pay_out(*[(ticket, 1)] * 201)
    with refused("BeyondPayable", ticket=ticket, payable_=FACE - PART, amount=FACE):
        world.pay_out((ticket, FACE))


def test_paid_within_the_last_days(world: World, ticket: bytes) -> None:
    world.fund((ticket, FACE))
    for moment in (world.now + 1, world.now - 10 * DAY - 1):
        with refused("PaidAtOutOfRange", paidAt=moment, earliest=world.now - 10 * DAY, latest=world.now):
            world.pay_out((ticket, PART), paid_at=moment)
    world.pay_out((ticket, PART), paid_at=world.now - 10 * DAY)


def test_before_due_only_when_fully_funded(world: World, ticket: bytes) -> None:
    world.fund((ticket, FACE - 1))
    with refused("NotYetDue"):
        world.pay_out((ticket, PART))
    world.until(DUE)
    with refused("NotYetDue", due=DUE):
        world.pay_out((ticket, PART), paid_at=DUE - 1)
    with world.scratch():
        world.pay_out((ticket, PART), paid_at=DUE)
    world.fund((ticket, 1))
    world.pay_out((ticket, PART), paid_at=DUE - 1)


def test_paid_out(world: World, ticket: bytes) -> None:
    world.fund((ticket, FACE))
    receipt = world.pay_out((ticket, PART), ref=b"\5" * 32)
    assert receipt.one("PayOutMade").args == {"bank": HUAIYUE.id, "ref": b"\5" * 32}
    assert receipt.one("PaidOut").args == {
        "ticket": ticket,
        "bank": HUAIYUE.id,
        "ref": b"\5" * 32,
        "amount": PART,
        "paidAt": world.now,
        "taken": PART,
    }
    assert world.read("taken", ticket) == PART
    assert world.ticket(ticket).flags == Ticket.PAID
    with refused("ReferenceSpent", ref=b"\5" * 32):
        world.pay_out((ticket, PART), ref=b"\5" * 32)


def test_funding_and_payout_references_are_apart(world: World, ticket: bytes) -> None:
    world.fund((ticket, FACE), ref=b"\5" * 32)
    world.pay_out((ticket, PART), ref=b"\5" * 32)


def test_each_line_by_itself(world: World, ticket: bytes) -> None:
    """One line bounced (退汇): it is refused or left out, and comes later under another reference."""
    wuze, xichuan = world.transfer(WANYUE, ticket, (WUZE, PART), (XICHUAN, PART))
    world.fund((ticket, FACE))
    receipt = world.pay_out((wuze, PART), (xichuan, PART + 1), (b"\1" * 32, PART), (ticket, 6 * PART))
    assert [event["ticket"] for event in receipt.all("PaidOut")] == [wuze, ticket]
    refusals = receipt.all("LineRefused")
    assert [(event["ticket"], event["position"]) for event in refusals] == [(xichuan, 1), (b"\1" * 32, 2)]
    expect_refusal(refusals[0]["reason"], "BeyondPayable", payable_=PART, amount=PART + 1)
    expect_refusal(refusals[1]["reason"], "UnknownTicket")
    world.advance(3 * DAY)
    world.pay_out((xichuan, PART))
    with refused("BeyondPayable", payable_=0):
        world.pay_out((wuze, 1), (xichuan, 1), (ticket, 1))


def test_a_line_twice_in_one_act(world: World, ticket: bytes) -> None:
    world.fund((ticket, FACE))
    receipt = world.pay_out((ticket, FACE - 1), (ticket, 1), (ticket, 1))
    assert len(receipt.all("PaidOut")) == 2
    expect_refusal(receipt.one("LineRefused")["reason"], "BeyondPayable", payable_=0)


def test_part_payments_rounded_down_and_exact_at_the_end(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE, 1_000, minimum=0)
    kids = world.transfer(WANYUE, ticket, (WUZE, 333), (XICHUAN, 333), (SUHENG, 334))
    world.until(DUE)
    taken = dict.fromkeys(kids, 0)
    funded = 0
    for amount in (1, 331, 7, 500, 161):
        funded += amount
        world.fund((ticket, amount))
        for kid in reversed(kids) if amount % 2 else kids:
            due = world.ticket(kid).value * funded // 1_000 - taken[kid]
            with refused("BeyondPayable", ticket=kid, payable_=due, amount=due + 1):
                world.pay_out((kid, due + 1))
            if due:
                world.pay_out((kid, due))
                taken[kid] += due
        assert funded - len(kids) < sum(taken.values()) <= funded
    assert list(taken.values()) == [333, 333, 334]
    with refused("BeyondPayable", payable_=0):
        world.pay_out((ticket, 1))


def test_a_ticket_paid_in_part_makes_nothing_more(world: World) -> None:
    """Its time is over, or its issuance fully funded: what a flag on the ticket says besides (test_transfer)."""
    ticket = world.issue(LANGONG, WANYUE, transferableUntil=DUE, contractualDue=DUE - DAY)
    world.until(DUE)
    world.fund((ticket, FACE // 2))
    world.pay_out((ticket, PART))
    with refused("NoLongerTransferable"):
        world.transfer(WANYUE, ticket, (WUZE, PART))
    world.fund((ticket, FACE // 2))
    with refused("FullyFunded"):
        world.transfer(WANYUE, ticket, (WUZE, PART))


def test_after_a_lock_came_back_it_is_payable(world: World, ticket: bytes) -> None:
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    world.until(DUE)
    world.fund((ticket, FACE // 2))
    world.pay_out((ticket, 7 * PART // 2))
    world.return_lock(lock)
    world.pay_out((ticket, PART // 2))
    with refused("BeyondPayable", payable_=0):
        world.pay_out((ticket, 1))


# ---- overdue


def report(world: World, ticket: bytes) -> Any:
    return world.report_overdue(ticket)


def test_not_before_due_plus_grace(world: World, ticket: bytes) -> None:
    with refused("UnknownIssuance"):
        report(world, b"\1" * 32)
    world.until(DUE + GRACE - 1)
    with refused("NotOverdue", issuance=ticket[:16], **{"from": DUE + GRACE}):
        report(world, ticket)


def test_reported_by_anyone_once(world: World, ticket: bytes) -> None:
    world.until(DUE + GRACE)
    receipt = world.send(calldata("reportOverdue", ticket[:16]), caller="0x" + "99" * 20).expect()
    assert receipt.one("OverdueReported").args == {"issuance": ticket[:16], "debtor": LANGONG.id}
    with refused("AlreadyReported", issuance=ticket[:16]):
        report(world, ticket)


def late_issue(world: World) -> bytes:
    due = world.now + 60 * DAY
    return world.issue(LANGONG, WANYUE, contractualDue=due, due=due, transferableUntil=due - DAY)


def test_halted_until_every_one_is_cured(world: World, ticket: bytes) -> None:
    other = world.issue(LANGONG, SUHENG)
    world.until(DUE + GRACE)
    report(world, ticket)
    report(world, other)
    with refused("CoreHalted", core=LANGONG.id, overdue=2, external_=False):
        late_issue(world)
    world.fund((ticket, FACE - 1))
    with refused("CoreHalted", overdue=2):
        late_issue(world)
    receipt = world.fund((ticket, 1))
    assert receipt.one("OverdueLifted").args == {"issuance": ticket[:16], "debtor": LANGONG.id}
    with refused("CoreHalted", overdue=1):
        late_issue(world)
    world.fund((other, FACE))
    late_issue(world)
    with refused("FullyFunded"):
        report(world, ticket)


def test_funded_in_time_is_not_overdue(world: World, ticket: bytes) -> None:
    world.fund((ticket, FACE))
    world.until(DUE + GRACE)
    with refused("FullyFunded", issuance=ticket[:16]):
        report(world, ticket)


def test_voiding_lifts_the_mark(world: World, ticket: bytes) -> None:
    world.until(DUE + GRACE)
    report(world, ticket)
    receipt = world.void(LANGONG, WANYUE, ticket)
    assert receipt.one("OverdueLifted")["issuance"] == ticket[:16]
    late_issue(world)
    with refused("IssuanceVoid"):
        report(world, ticket)


def waive(world: World, ticket: bytes, **fields: Any) -> Any:
    return world.panel("Waive", issuance=ticket[:16], **fields)


def test_a_waiver_needs_the_panel(world: World, ticket: bytes) -> None:
    with refused("PanelTooSmall"):
        waive(world, ticket, members=PANEL[:2])
    with refused("UnknownIssuance"):
        waive(world, b"\1" * 32)
    with refused("StaleSequence", given=1, current=0):
        waive(world, ticket, sequence=1)


def test_waived_for_30_days(world: World, ticket: bytes) -> None:
    world.until(DUE + GRACE)
    report(world, ticket)
    until = world.now + 30 * DAY
    receipt = waive(world, ticket)
    event = receipt.one("Waived")
    assert (event["issuance"], event["until"], event["sequence"]) == (ticket[:16], until, 1)
    assert receipt.one("OverdueLifted")["debtor"] == LANGONG.id
    with world.scratch():
        world.limit(LANGONG)
        late_issue(world)
    with refused("NotOverdue", **{"from": until}):
        report(world, ticket)
    world.until(until)
    report(world, ticket)
    with refused("CoreHalted", overdue=1):
        late_issue(world)


def test_halts_of_both_kinds_are_apart(world: World, ticket: bytes) -> None:
    world.until(DUE + GRACE)
    report(world, ticket)
    world.panel("Halt", core=LANGONG.id, halted=True)
    world.fund((ticket, FACE))
    with refused("CoreHalted", overdue=0, external_=True):
        late_issue(world)
    world.panel("Halt", core=LANGONG.id, halted=False)
    late_issue(world)


# ---- another clearing bank


@pytest.fixture
def qianchao(world: World) -> None:
    world.admit(QIANCHAO, LANWAN)


def replace_bank(world: World, ticket: bytes, *first: Any, **fields: Any) -> bytes:
    signers = first or (LANGONG, QIANCHAO)
    filled = {"issuance": ticket[:16], "bank": QIANCHAO.id, **fields}
    made = world.panel_draft("ReplaceBank", *signers, **filled)
    world.send(made.data).expect()
    return made.digest


def complete(world: World, ticket: bytes, replacement: bytes, signer: Any = QIANCHAO) -> Any:
    return world.act("CompleteReplacement", [signer], issuance=ticket[:16], replacement=replacement)


def veto(world: World, ticket: bytes, replacement: bytes, signer: Any = HUAIYUE) -> Any:
    return world.act("VetoReplacement", [signer], issuance=ticket[:16], replacement=replacement)


@pytest.mark.usefixtures("qianchao")
def test_a_replacement_needs_core_bank_and_panel(world: World, ticket: bytes) -> None:
    with refused("BadSignatureCount", expected=2, found=0):
        world.act("ReplaceBank", [], issuance=ticket[:16], bank=QIANCHAO.id, sequence=0)
    with refused("WrongParty", found=CHENGHAI.id, expected=LANGONG.id):
        replace_bank(world, ticket, CHENGHAI, QIANCHAO)
    with refused("WrongParty", found=LANWAN.id, expected=QIANCHAO.id):
        replace_bank(world, ticket, LANGONG, LANWAN)
    with refused("PanelTooSmall"):
        replace_bank(world, ticket, members=[LANWAN])
    with refused("MissingRole", party=LANWAN.id):
        replace_bank(world, ticket, LANGONG, LANWAN, bank=LANWAN.id)
    with refused("BadClearingBank", bank=HUAIYUE.id):
        replace_bank(world, ticket, LANGONG, HUAIYUE, bank=HUAIYUE.id)
    with refused("UnknownIssuance"):
        replace_bank(world, b"\1" * 32)
    with refused("StaleSequence", given=4, current=0):
        replace_bank(world, ticket, sequence=4)


@pytest.mark.usefixtures("qianchao")
def test_one_replacement_at_a_time(world: World, ticket: bytes) -> None:
    running = replace_bank(world, ticket)
    with refused("ReplacementRunning", issuance=ticket[:16], replacement=running):
        replace_bank(world, ticket)
    for act in (veto, complete):
        with refused("NoReplacement", issuance=ticket[:16], replacement=b"\1" * 32):
            act(world, ticket, b"\1" * 32)
        with refused("NoReplacement"):
            act(world, ticket, bytes(32))


@pytest.mark.usefixtures("qianchao")
def test_the_old_bank_vetoes(world: World, ticket: bytes) -> None:
    running = replace_bank(world, ticket)
    with refused("WrongParty", found=QIANCHAO.id, expected=HUAIYUE.id):
        veto(world, ticket, running, QIANCHAO)
    world.advance(20 * DAY)
    receipt = veto(world, ticket, running)
    assert receipt.one("ReplacementVetoed").args == {"issuance": ticket[:16], "replacement": running}
    with refused("NoReplacement"):
        complete(world, ticket, running)
    replace_bank(world, ticket)


@pytest.mark.usefixtures("qianchao")
def test_replaced_after_14_days(world: World, ticket: bytes) -> None:
    started = world.now
    running = replace_bank(world, ticket)
    event = world.history[-1]
    assert event.name == "ReplacementStarted"
    assert (event["bank"], event["readyAt"], event["sequence"]) == (QIANCHAO.id, started + 14 * DAY, 1)
    world.until(started + 14 * DAY - 1)
    with refused("TooEarly", readyAt=started + 14 * DAY):
        complete(world, ticket, running)
    world.fund((ticket, PART))
    world.advance(1)
    with refused("WrongParty", found=HUAIYUE.id, expected=QIANCHAO.id):
        complete(world, ticket, running, HUAIYUE)
    receipt = complete(world, ticket, running)
    expected = {"issuance": ticket[:16], "replacement": running, "bank": QIANCHAO.id}
    assert receipt.one("ClearingBankChanged").args == expected
    assert world.issuance(ticket).clearing_bank == QIANCHAO.id
    with refused("WrongParty", found=HUAIYUE.id, expected=QIANCHAO.id):
        world.fund((ticket, PART))
    world.fund((ticket, FACE - PART), bank=QIANCHAO)
    with refused("WrongParty"):
        world.pay_out((ticket, PART))
    world.pay_out((ticket, PART), bank=QIANCHAO)


@pytest.mark.usefixtures("qianchao")
def test_a_replacement_event_says_what_was_started(world: World, ticket: bytes) -> None:
    made = world.panel_draft("ReplaceBank", LANGONG, QIANCHAO, issuance=ticket[:16], bank=QIANCHAO.id)
    event = world.send(made.data).expect().one("ReplacementStarted")
    assert (event["replacement"], event["evidence"]) == (made.digest, made.message["evidence"])
