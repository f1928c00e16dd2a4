"""FINANCE: a lock under the bank's money, and its three ends.

given a lock act
    it should refuse a holder or bank that did not sign, a bank that is none, and a stale version
    it should refuse a self-certification that is not true, another clearing bank, and a bad expiry
    it should refuse 0, below the minimum, more than is free, a remainder below the minimum
    it should refuse a fully funded, void or ended issuance, and a ticket paid in part
    when it was withdrawn, or is there already
        it should refuse
    when everything fits
        it should move the value out of the ticket and keep title with the holder
given the receipt of the lock's clearing bank
    it should refuse another bank, another value, a spent reference, a passed due date, a fully funded issuance
    when the lock stands, even after expiry
        it should make the bank the owner, once
given expiry, or full funding
    it should return the value to its ticket by anyone, and never again
given holder and bank
    it should cancel by both only
given locked value
    it should not see freezes, suspensions or withdrawals
given a replaced clearing bank
    it should let standing locks only return
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.abi import calldata
from tests.support.actors import (
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    QIANCHAO,
    REGISTRAR,
    SUHENG,
    WANYUE,
    WUZE,
)
from tests.support.expect import refused
from tests.support.layout import Ticket, joined
from tests.support.world import DAY, DUE, FACE, TRANSFERABLE_UNTIL, World

MINIMUM = 10_000
PART = FACE // 8


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


# ---- lock


def test_holder_and_bank_sign(world: World, ticket: bytes) -> None:
    with refused("BadSignatureCount", expected=2, found=1):
        world.lock(WANYUE, ticket, LANWAN, PART, signers=[WANYUE])
    with refused("NotHolder", ticket=ticket, party=SUHENG.id):
        world.lock(SUHENG, ticket, LANWAN, PART)
    with refused("WrongParty", found=NANHUAI.id, expected=LANWAN.id):
        world.lock(WANYUE, ticket, LANWAN, PART, signers=[WANYUE, NANHUAI])


def test_a_bank_that_is_none(world: World, ticket: bytes) -> None:
    for other in (SUHENG, WANYUE, LANGONG, REGISTRAR):
        with refused("NotABank", party=other.id):
            world.lock(WANYUE, ticket, other, PART)
    mine = world.lock(WANYUE, ticket, LANWAN, PART)
    world.release(mine)
    with refused("NotABank", party=LANWAN.id):
        world.lock(LANWAN, mine, LANWAN, PART)
    assert world.release(world.lock(LANWAN, mine, NANHUAI, PART)).all("Released")


def test_stale_and_late(world: World, ticket: bytes) -> None:
    with refused("StaleVersion", given=3, current=0):
        world.lock(WANYUE, ticket, LANWAN, PART, version=3)
    with refused("Expired"):
        world.lock(WANYUE, ticket, LANWAN, PART, deadline=world.now - 1)


def test_self_certification_is_what_it_says(world: World, ticket: bytes) -> None:
    with refused("BadSelfCertification", bank=LANWAN.id, clearingBank=HUAIYUE.id):
        world.lock(WANYUE, ticket, LANWAN, PART, selfCertified=True)
    with refused("BadSelfCertification", bank=HUAIYUE.id, clearingBank=HUAIYUE.id):
        world.lock(WANYUE, ticket, HUAIYUE, PART, selfCertified=False)
    lock = world.lock(WANYUE, ticket, HUAIYUE, PART, selfCertified=True)
    world.release(lock)
    assert world.ticket(lock).party == HUAIYUE.id


def test_the_clearing_bank_is_the_issuances(world: World, ticket: bytes) -> None:
    world.admit(QIANCHAO, LANWAN)
    with refused("ClearingBankReplaced", issuance=ticket[:16], bank=HUAIYUE.id):
        world.lock(WANYUE, ticket, LANWAN, PART, clearingBank=QIANCHAO.id)


def test_expiry_lies_before_transferable_until(world: World, ticket: bytes) -> None:
    for expiry in (world.now, TRANSFERABLE_UNTIL):
        with refused("BadExpiry", expiry=expiry, transferableUntil=TRANSFERABLE_UNTIL):
            world.lock(WANYUE, ticket, LANWAN, PART, expiry=expiry)
    world.lock(WANYUE, ticket, LANWAN, PART, expiry=TRANSFERABLE_UNTIL - 1)
    world.until(TRANSFERABLE_UNTIL)
    with refused("NoLongerTransferable"):
        world.lock(WANYUE, ticket, LANWAN, PART)


def test_values_that_cannot_be(world: World, ticket: bytes) -> None:
    with refused("BelowMinimum", value=0, minimum=MINIMUM):
        world.lock(WANYUE, ticket, LANWAN, 0)
    with refused("BelowMinimum", value=MINIMUM - 1):
        world.lock(WANYUE, ticket, LANWAN, MINIMUM - 1)
    with refused("NotEnough", free=FACE, value=FACE + 1):
        world.lock(WANYUE, ticket, LANWAN, FACE + 1)
    with refused("RemainderBelowMinimum", remainder=1):
        world.lock(WANYUE, ticket, LANWAN, FACE - 1)
    world.lock(WANYUE, ticket, LANWAN, FACE)


def test_ended_issuances(world: World, ticket: bytes) -> None:
    void = world.issue(LANGONG, WANYUE)
    world.void(LANGONG, WANYUE, void)
    with refused("IssuanceVoid"):
        world.lock(WANYUE, void, LANWAN, PART)
    part = world.poked(world.read("tickets", ticket) | joined((0, 168), (Ticket.PAID, 8)), "tickets", ticket)
    with refused("PaidInPart"):
        part.lock(WANYUE, ticket, LANWAN, PART)
    world.fund((ticket, FACE))
    with refused("FullyFunded"):
        world.lock(WANYUE, ticket, LANWAN, PART)


def test_once_and_not_after_withdrawing(world: World, ticket: bytes) -> None:
    made = world.lock_draft(WANYUE, ticket, LANWAN, PART)
    world.send(made.data).expect()
    with refused("AlreadyDone", child=made.made):
        world.send(made.data).expect()
    world.cancel_lock(made.made, WANYUE, LANWAN)
    with refused("AlreadyDone", child=made.made):
        world.send(made.data).expect()
    other = world.lock_draft(WANYUE, ticket, LANWAN, PART)
    world.act("Withdraw", [WANYUE], ticket=ticket, offer=other.digest, indexes=[0])
    with refused("Withdrawn", child=other.made):
        world.send(other.data).expect()


def test_locked(world: World, ticket: bytes) -> None:
    made = world.lock_draft(WANYUE, ticket, LANWAN, 3 * PART)
    receipt = world.send(made.data).expect()
    assert receipt.one("Locked").args == {
        "parent": ticket,
        "lock": made.made,
        "bank": LANWAN.id,
        "value": 3 * PART,
        "clearingBank": HUAIYUE.id,
        "expiry": made.message["expiry"],
        "terms": made.message["terms"],
    }
    assert world.ticket(ticket).value == 5 * PART
    with refused("NotEnough", free=5 * PART, value=6 * PART):
        world.transfer(WANYUE, ticket, (WUZE, 6 * PART))
    with refused("UnknownTicket"):
        world.lock(LANWAN, made.made, NANHUAI, PART)


def test_at_depth_0(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE, depth=0)
    with refused("DepthExhausted"):
        world.transfer(WANYUE, ticket, (WUZE, PART))
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    world.release(lock)
    assert world.ticket(lock) == Ticket(LANWAN.id, PART, 0, 0, 0, 0)


# ---- release


@pytest.fixture
def lock(world: World, ticket: bytes) -> bytes:
    return world.lock(WANYUE, ticket, LANWAN, PART)


def test_receipt_by_the_locks_clearing_bank_only(world: World, lock: bytes) -> None:
    for other in (LANWAN, WANYUE, REGISTRAR):
        with refused("WrongParty", found=other.id, expected=HUAIYUE.id):
            world.release(lock, other)
    with refused("Expired"):
        world.release(lock, deadline=world.now - 1)


def test_receipt_says_what_the_lock_says(world: World, ticket: bytes, lock: bytes) -> None:
    with refused("LockDiffers", lock=lock, bank=LANWAN.id, value=PART):
        world.release(lock, value=PART - 1)
    with refused("LockDiffers"):
        world.release(lock, bank=NANHUAI.id)
    for nothing in (ticket, b"\1" * 32):
        with refused("NotLocked", lock=nothing):
            world.release(nothing)


def test_one_reference_for_one_lock(world: World, ticket: bytes, lock: bytes) -> None:
    world.release(lock, ref=b"\5" * 32)
    with refused("ReferenceSpent", bank=HUAIYUE.id, ref=b"\5" * 32):
        world.release(world.lock(WANYUE, ticket, LANWAN, PART), ref=b"\5" * 32)


def test_released_once_also_after_expiry(world: World, lock: bytes) -> None:
    world.advance(30 * DAY)
    receipt = world.release(lock, ref=b"\5" * 32, registration=b"\6" * 32)
    assert receipt.one("Released").args == {"lock": lock, "ref": b"\5" * 32, "registration": b"\6" * 32}
    assert world.ticket(lock) == Ticket(LANWAN.id, PART, 0, 9, 0, 0)
    assert world.read("locks", lock) == 0
    with refused("NotLocked", lock=lock):
        world.release(lock)
    with refused("NotLocked", lock=lock):
        world.return_lock(lock)


def test_until_due(world: World, lock: bytes) -> None:
    world.until(DUE - 1)
    with world.scratch():
        world.release(lock)
    world.advance(1)
    with refused("PastDue", issuance=lock[:16], due=DUE):
        world.release(lock)


def test_full_funding_ends_locks(world: World, lock: bytes) -> None:
    world.fund((lock, FACE))
    with refused("FullyFunded"):
        world.release(lock)
    world.return_lock(lock)


# ---- return


def test_not_before_expiry(world: World, ticket: bytes, lock: bytes) -> None:
    expiry = world.ticket(lock).expiry
    with refused("NotLocked"):
        world.return_lock(ticket)
    world.until(expiry - 1)
    with refused("LockStillStands", lock=lock, expiry=expiry):
        world.return_lock(lock)


def test_returned_by_anyone_from_expiry_on(world: World, ticket: bytes, lock: bytes) -> None:
    world.until(world.ticket(lock).expiry)
    receipt = world.send(calldata("returnLock", lock), caller="0x" + "99" * 20).expect()
    assert receipt.one("Returned").args == {"parent": ticket, "lock": lock, "cancelled": False}
    assert world.ticket(ticket).value == FACE
    assert world.ticket(lock) == Ticket(0, 0, 0, 0, Ticket.RETURNED, 0)
    with refused("NotLocked"):
        world.return_lock(lock)
    with refused("NotLocked"):
        world.release(lock, bank=LANWAN.id, value=PART)


# ---- cancel


def test_cancelled_by_both(world: World, ticket: bytes, lock: bytes) -> None:
    with refused("WrongParty", found=SUHENG.id, expected=WANYUE.id):
        world.cancel_lock(lock, SUHENG, LANWAN)
    with refused("WrongParty", found=NANHUAI.id, expected=LANWAN.id):
        world.cancel_lock(lock, WANYUE, NANHUAI)
    with refused("NotLocked"):
        world.cancel_lock(ticket, WANYUE, LANWAN)
    receipt = world.cancel_lock(lock, WANYUE, LANWAN)
    assert receipt.one("Returned").args == {"parent": ticket, "lock": lock, "cancelled": True}
    assert world.ticket(ticket).value == FACE


# ---- what locked value does not see


def test_freeze_suspension_and_withdrawal_do_not_see_it(world: World, ticket: bytes, lock: bytes) -> None:
    world.freeze(ticket, b"\7" * 32, FACE)
    world.withdraw_all(WANYUE, ticket)
    for who in (WANYUE, LANWAN, HUAIYUE):
        world.panel("Suspend", party=who.id, until=world.now + 9 * DAY, byPanel=True)
    with refused("UnknownTicket", ticket=lock):
        world.freeze(lock, b"\7" * 32, PART)
    world.release(lock)
    assert world.ticket(lock).party == LANWAN.id


def replace_bank(world: World, ticket: bytes) -> None:
    world.admit(QIANCHAO, LANWAN)
    made: Any = world.panel_draft("ReplaceBank", LANGONG, QIANCHAO, issuance=ticket[:16], bank=QIANCHAO.id)
    world.send(made.data).expect()
    world.advance(14 * DAY)
    world.act("CompleteReplacement", [QIANCHAO], issuance=ticket[:16], replacement=made.digest)


def test_after_a_replacement_standing_locks_only_return(world: World, ticket: bytes, lock: bytes) -> None:
    replace_bank(world, ticket)
    with refused("ClearingBankReplaced", issuance=ticket[:16], bank=QIANCHAO.id):
        world.release(lock)
    with refused("WrongParty", found=QIANCHAO.id, expected=HUAIYUE.id):
        world.release(lock, QIANCHAO)
    world.return_lock(lock)
    other = world.lock(WANYUE, ticket, LANWAN, PART, clearingBank=QIANCHAO.id)
    world.release(other, QIANCHAO)
