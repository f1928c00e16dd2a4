"""ISSUE: a debt comes into being, or its act is withdrawn before.

given an issue act
    it should refuse other signers than debtor and first supplier, roles that do not fit, the debtor as its own supplier
    it should refuse a clearing bank that is none
    it should refuse dates out of order, in the past, or shifted by more than 15 days; a tenor above the policy
    it should refuse a grace, depth, minimum or interest that cannot be, and a face below the minimum
    it should refuse invoices that do not sum to the face, amounts of 0, too many, and other totals than committed
    it should refuse an invoice beyond its total, over all issuances of one debtor
    when everything fits
        it should make the root ticket of the supplier with the act's id, and count limit and evidence
    when it is sent again
        it should refuse it as issued already
given an issue act that is withdrawn
    it should need the debtor, the same act, and never take effect afterwards; a second withdrawal changes nothing
    when it was issued already
        it should refuse
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.ids import keccak256
from tests.support.actors import (
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    REGISTRAR,
    SUHENG,
    WANYUE,
    Role,
    party,
)
from tests.support.drafts import issuance_of, root_of
from tests.support.expect import refused
from tests.support.layout import Issuance, Ticket
from tests.support.world import (
    CONTRACTUAL_DUE,
    DAY,
    DUE,
    FACE,
    GRACE,
    MINIMUM,
    TRANSFERABLE_UNTIL,
    World,
)

BOTH = party("both", 15, "91340100MA9DEM333A", Role.CORE | Role.SUPPLIER)


def invoice(number: int = 3, total: int = FACE, amount: int = FACE) -> dict[str, Any]:
    return {"fingerprint": bytes([number]) * 32, "total": total, "amount": amount}


# ---- who


def test_debtor_and_supplier_sign(world: World) -> None:
    with refused("BadSignatureCount", expected=2, found=1):
        world.issue(LANGONG, WANYUE, signers=[LANGONG])
    with refused("WrongParty", found=CHENGHAI.id, expected=LANGONG.id):
        world.issue(LANGONG, WANYUE, signers=[CHENGHAI, WANYUE])
    with refused("WrongParty", found=SUHENG.id, expected=WANYUE.id):
        world.issue(LANGONG, WANYUE, signers=[LANGONG, SUHENG])
    with refused("WrongParty", found=REGISTRAR.id, expected=LANGONG.id):
        world.issue(LANGONG, WANYUE, signers=[REGISTRAR, REGISTRAR])


def test_roles_that_do_not_fit(world: World) -> None:
    with refused("MissingRole", party=WANYUE.id, role=int(Role.CORE)):
        world.issue(WANYUE, SUHENG)
    for receiver in (LANWAN, CHENGHAI, REGISTRAR):
        with refused("NotAReceiver", party=receiver.id):
            world.issue(LANGONG, receiver)
    world.admit(BOTH)
    world.limit(BOTH)
    with refused("BadDebtor", debtor=BOTH.id):
        world.issue(BOTH, BOTH)
    world.issue(BOTH, WANYUE)
    world.issue(LANGONG, BOTH)


def test_clearing_bank_that_is_none(world: World) -> None:
    with refused("MissingRole", party=LANWAN.id, role=int(Role.CLEARING_BANK)):
        world.issue(LANGONG, WANYUE, clearingBank=LANWAN.id)
    with refused("UnknownParty", party=99):
        world.issue(LANGONG, WANYUE, clearingBank=99)


def test_an_act_that_ran_out(world: World) -> None:
    with refused("Expired"):
        world.issue(LANGONG, WANYUE, deadline=world.now - 1)


# ---- terms


@pytest.mark.parametrize(
    ("until", "contractual", "due"),
    [
        (0, CONTRACTUAL_DUE, DUE),
        (DUE + 1, CONTRACTUAL_DUE, DUE),
        (TRANSFERABLE_UNTIL, DUE + 1, DUE),
        (TRANSFERABLE_UNTIL, CONTRACTUAL_DUE, CONTRACTUAL_DUE + 15 * DAY + 1),
    ],
)
def test_dates_out_of_order(world: World, until: int, contractual: int, due: int) -> None:
    with refused("BadDates", transferableUntil=until, contractualDue=contractual, due=due):
        world.issue(LANGONG, WANYUE, transferableUntil=until, contractualDue=contractual, due=due)


def test_transferable_until_lies_ahead(world: World) -> None:
    with refused("BadDates"):
        world.issue(LANGONG, WANYUE, transferableUntil=world.now)
    world.issue(LANGONG, WANYUE, transferableUntil=world.now + 1)


def test_tenor(world: World) -> None:
    late = CONTRACTUAL_DUE + DAY
    with refused("TenorTooLong", contractualDue=late, latest=late - 1):
        world.issue(LANGONG, WANYUE, contractualDue=late, due=late)
    world.issue(LANGONG, WANYUE, contractualDue=late - 1, due=late + 10 * DAY)


def test_terms_that_cannot_be(world: World) -> None:
    with refused("GraceTooLong", grace=60 * DAY + 1):
        world.issue(LANGONG, WANYUE, grace=60 * DAY + 1)
    for terms in ({"depth": 51}, {"minimum": 21}, {"interest": 2}):
        with refused("BadTerms", **terms):
            world.issue(LANGONG, WANYUE, **terms)
    with refused("BelowMinimum", value=9_999, minimum=10_000):
        world.issue(LANGONG, WANYUE, 9_999)
    with refused("BelowMinimum", value=0, minimum=1):
        world.issue(LANGONG, WANYUE, 0, minimum=0, invoices=[])
    world.issue(LANGONG, WANYUE, 10_000, grace=60 * DAY, depth=50, interest=1)


# ---- evidence


def test_invoices_that_do_not_fit(world: World) -> None:
    with refused("InvoicesDiffer", sum=FACE - 1, face=FACE):
        world.issue(LANGONG, WANYUE, invoices=[invoice(amount=FACE - 1)])
    with refused("InvoicesDiffer", sum=0, face=FACE):
        world.issue(LANGONG, WANYUE, invoices=[])
    with refused("BadAmount", position=1):
        world.issue(LANGONG, WANYUE, invoices=[invoice(), invoice(4, amount=0)])
    with refused("TooMany", found=101, most=100):
        world.issue(LANGONG, WANYUE, invoices=[invoice(amount=1)] * 101)


def test_an_invoice_used_twice(world: World) -> None:
    world.issue(LANGONG, WANYUE, invoices=[invoice()])
    with refused("InvoiceUsed", fingerprint=b"\3" * 32, used=FACE, total=FACE, amount=FACE):
        world.issue(LANGONG, SUHENG, invoices=[invoice()])
    world.issue(CHENGHAI, SUHENG, invoices=[invoice()])


def test_an_invoice_twice_in_one_act(world: World) -> None:
    half = invoice(amount=FACE // 2 + 1)
    other = invoice(amount=FACE // 2 - 1)
    with refused("InvoiceUsed", used=FACE // 2 + 1, total=FACE // 2 + 1):
        world.issue(
            LANGONG, WANYUE, invoices=[{**half, "total": FACE // 2 + 1}, {**other, "total": FACE // 2 + 1}]
        )
    receipt = world.send(world.issue_draft(LANGONG, WANYUE, invoices=[half, other]).data).expect()
    assert [event["used"] for event in receipt.all("InvoiceCounted")] == [FACE // 2 + 1, FACE]


def test_an_invoice_in_parts_against_its_committed_total(world: World) -> None:
    part = invoice(amount=FACE // 4)
    world.issue(LANGONG, WANYUE, FACE // 4, invoices=[part])
    with refused("InvoiceTotalDiffers", committed=FACE, given=2 * FACE):
        world.issue(LANGONG, WANYUE, FACE // 4, invoices=[{**part, "total": 2 * FACE}])
    for _ in range(3):
        world.issue(LANGONG, WANYUE, FACE // 4, invoices=[part])
    with refused("InvoiceUsed"):
        world.issue(LANGONG, WANYUE, 10_000, invoices=[invoice(amount=10_000)])


# ---- issued


def test_issued(world: World) -> None:
    made = world.issue_draft(LANGONG, WANYUE, invoices=[invoice()], interest=1)
    receipt = world.send(made.data).expect()
    assert receipt.one("Issued").args == {
        "ticket": root_of(made.digest),
        "debtor": LANGONG.id,
        "supplier": WANYUE.id,
        "face": FACE,
        "clearingBank": HUAIYUE.id,
        "contractualDue": CONTRACTUAL_DUE,
        "due": DUE,
        "transferableUntil": TRANSFERABLE_UNTIL,
        "grace": GRACE,
        "depth": 10,
        "minimum": MINIMUM,
        "interest": 1,
        "undertaking": made.message["undertaking"],
        "digest": made.digest,
    }
    key = keccak256(LANGONG.uscc.encode().ljust(32, b"\0") + b"\3" * 32)
    assert receipt.one("InvoiceCounted").args == {
        "issuance": issuance_of(made.made),
        "key": key,
        "fingerprint": b"\3" * 32,
        "used": FACE,
        "total": FACE,
    }
    assert world.ticket(made.made) == Ticket(WANYUE.id, FACE, 0, 10, 0, 0)
    assert world.issuance(made.made) == Issuance(LANGONG.id, TRANSFERABLE_UNTIL, MINIMUM, 0, FACE, HUAIYUE.id)
    assert world.read("openings", LANGONG.id)["used"] == FACE
    settlement = world.read("settlements", issuance_of(made.made))
    assert (settlement["due"], settlement["grace"], settlement["paid"]) == (DUE, GRACE, 0)


def test_by_one_sole_key_each(world: World) -> None:
    made = world.issue_draft(LANGONG, WANYUE, signers=[LANGONG.sole, WANYUE.sole])
    world.send(made.data).expect()


def test_issued_once(world: World) -> None:
    made = world.issue_draft(LANGONG, WANYUE)
    world.send(made.data).expect()
    with refused("AlreadyIssued", ticket=made.made):
        world.send(made.data).expect()


# ---- withdrawn before


def test_withdrawn_before_it_was_issued(world: World) -> None:
    made = world.issue_draft(LANGONG, WANYUE)
    with refused("WrongParty", found=WANYUE.id, expected=LANGONG.id):
        world.act(
            "WithdrawIssue", [WANYUE], issue=made.message, **{"message": withdrawal(world, made.digest)}
        )
    with refused("IssueDiffers", expected=b"\1" * 32, found=made.digest):
        world.act("WithdrawIssue", [LANGONG], issue=made.message, message=withdrawal(world, b"\1" * 32))
    ended = withdrawal(world, made.digest)
    receipt = world.act("WithdrawIssue", [LANGONG], issue=made.message, message=ended)
    assert receipt.one("IssueWithdrawn").args == {"ticket": made.made, "debtor": LANGONG.id}
    with refused("Withdrawn", child=made.made):
        world.send(made.data).expect()
    again = world.act("WithdrawIssue", [LANGONG], issue=made.message, message=ended)
    assert again.logs == ()


def test_too_late_to_withdraw(world: World) -> None:
    made = world.issue_draft(LANGONG, WANYUE)
    world.send(made.data).expect()
    with refused("AlreadyIssued", ticket=made.made):
        world.act("WithdrawIssue", [LANGONG], issue=made.message, message=withdrawal(world, made.digest))


def withdrawal(world: World, issue: bytes) -> dict[str, Any]:
    return world.message("WithdrawIssue", issue=issue)
