"""Attempts to be paid twice, too much, too early, for somebody else, or never to pay.

given a clearing bank that says a thing twice, or about what is not its own
    it should be believed once, and never beyond what is there
given a lock, its receipt and its expiry in one block
    it should end in one way, the first that was mined
given orders of a court above, at and after what is there
    it should hold what is there, and be paid when they end
given the largest numbers that a field holds
    it should refuse them, or count them to the last fen
"""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.support.abi import calldata, decode_error
from tests.support.actors import (
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    SUHENG,
    WANYUE,
    WUZE,
    Role,
    party,
)
from tests.support.attempts import nothing_changes, receipt_draft, refusals, why
from tests.support.evm import Outcome
from tests.support.expect import expect_refusal, refused
from tests.support.layout import place
from tests.support.mined import MinedEvm
from tests.support.world import DAY, DUE, FACE, World

PART = FACE // 8
UINT96 = (1 << 96) - 1
UINT88 = (1 << 88) - 1
SECOND = party("second clearing bank", 15, "91330100MA9DEMB44Q", Role.BANK | Role.CLEARING_BANK)


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def fund_data(world: World, *legs: tuple[bytes, int], **fields: Any) -> bytes:
    listed = [{"issuance": ticket[:16], "amount": amount} for ticket, amount in legs]
    total = sum(amount for _, amount in legs)
    filled = {"bank": HUAIYUE.id, "ref": world.salt(), "total": total, "legs": listed, **fields}
    return world.draft("Fund", [HUAIYUE], **filled).data


def pay_data(world: World, *lines: tuple[bytes, int], **fields: Any) -> bytes:
    listed = [{"ticket": id_, "amount": amount, "paidAt": world.now} for id_, amount in lines]
    return world.draft(
        "PayOut", [HUAIYUE], **{"bank": HUAIYUE.id, "ref": world.salt(), "lines": listed, **fields}
    ).data


# ---- receipts


def test_two_receipts_for_one_reference(world: World, ticket: bytes) -> None:
    """One payment of the bank, used for two locks: title moves once."""
    one, two = (world.lock(WANYUE, ticket, LANWAN, PART) for _ in range(2))
    ref = world.salt()
    world.release(one, ref=ref)
    with nothing_changes(world), refused("ReferenceSpent", bank=HUAIYUE.id, ref=ref):
        world.release(two, ref=ref)
    world.release(two)


def test_two_receipts_for_one_lock(world: World, ticket: bytes) -> None:
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    acts = [receipt_draft(world, lock, HUAIYUE).data for _ in range(2)]
    world.send(acts[0]).expect()
    with nothing_changes(world):
        assert refusals(world, *acts) == ["NotLocked", "NotLocked"]


def test_a_receipt_for_another_lock(world: World, ticket: bytes) -> None:
    """What the clearing bank signed for one lock opens no other: lock, bank and value are all under its signature."""
    small, large = world.lock(WANYUE, ticket, LANWAN, PART), world.lock(WANYUE, ticket, LANWAN, 3 * PART)
    other = world.lock(WANYUE, ticket, NANHUAI, PART)
    paid = receipt_draft(world, small, HUAIYUE)
    moved = paid.data.replace(small, large)
    assert moved != paid.data
    tried = [
        moved,
        paid.data.replace(small, other),
        receipt_draft(world, large, HUAIYUE, value=PART).data,
        receipt_draft(world, other, HUAIYUE, bank=LANWAN.id).data,
        receipt_draft(world, small, HUAIYUE, bank=NANHUAI.id).data,
    ]
    with nothing_changes(world):
        assert refusals(world, *tried) == [
            "LockDiffers",
            "LockDiffers",
            "LockDiffers",
            "LockDiffers",
            "LockDiffers",
        ]
    same = world.lock(WANYUE, ticket, LANWAN, PART)
    with nothing_changes(world), refused("NotASigner"):
        world.send(paid.data.replace(small, same)).expect()


def test_a_receipt_by_another_bank(world: World, ticket: bytes) -> None:
    world.admit(SECOND, LANWAN)
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    with nothing_changes(world):
        for signer in (LANWAN, NANHUAI, SECOND, WANYUE, LANGONG):
            with refused("WrongParty", found=signer.id, expected=HUAIYUE.id):
                world.send(receipt_draft(world, lock, signer).data).expect()


# ---- the end of a lock


def together(world: World, *datas: bytes) -> list[Outcome]:
    return cast(MinedEvm, world.evm).together(world.address, *datas)


@pytest.mark.parametrize("first", ["release", "return"])
def test_release_and_return_in_one_block(world: World, ticket: bytes, first: str) -> None:
    """The first in the block wins, wholly; the other finds no lock."""
    expiry = world.now + 5 * DAY
    lock = world.lock(WANYUE, ticket, LANWAN, PART, expiry=expiry)
    world.until(expiry)
    acts = [receipt_draft(world, lock, HUAIYUE).data, calldata("returnLock", lock)]
    outcomes = together(world, *(acts if first == "release" else acts[::-1]))
    assert [outcome.ok for outcome in outcomes] == [True, False]
    expect_refusal(decode_error(outcomes[1].output), "NotLocked", lock=lock)
    word, parent = world.ticket(lock), world.ticket(ticket)
    if first == "release":
        assert (word.party, word.value, parent.value) == (LANWAN.id, PART, FACE - PART)
    else:
        assert (word.party, word.value, parent.value) == (0, 0, FACE)
    assert world.read("locks", lock) == 0


def test_release_and_full_funding_in_one_block(world: World, ticket: bytes) -> None:
    """Full funding ends locks: a receipt behind it comes too late, one before it stands."""
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    acts = [fund_data(world, (ticket, FACE)), receipt_draft(world, lock, HUAIYUE).data]
    for order, ends in ((acts, [True, False]), (acts[::-1], [True, True])):
        with world.scratch():
            assert [outcome.ok for outcome in together(world, *order)] == ends


def test_the_bank_paid_but_the_lock_expired(world: World, ticket: bytes) -> None:
    """Not returned yet, the receipt still moves title; returned, it never does, and the value is the holder's again."""
    expiry = world.now + 5 * DAY
    late, returned = (world.lock(WANYUE, ticket, LANWAN, PART, expiry=expiry) for _ in range(2))
    receipts = [receipt_draft(world, lock, HUAIYUE, deadline=DUE) for lock in (late, returned)]
    world.until(expiry - 1)
    with refused("LockStillStands"):
        world.return_lock(returned)
    world.until(expiry + 10 * DAY)
    world.send(receipts[0].data).expect()
    world.return_lock(returned)
    with nothing_changes(world), refused("NotLocked"):
        world.send(receipts[1].data).expect()
    assert (world.ticket(late).party, world.ticket(ticket).value) == (LANWAN.id, FACE - PART)
    with nothing_changes(world), refused("NotLocked"):
        world.return_lock(late)


def test_a_receipt_after_the_due_date(world: World, ticket: bytes) -> None:
    lock = world.lock(WANYUE, ticket, LANWAN, PART, expiry=world.now + DAY)
    world.until(DUE)
    with nothing_changes(world), refused("PastDue"):
        world.release(lock)


# ---- funding


def test_funding_beyond_face(world: World, ticket: bytes) -> None:
    """At once, by one fen, in two legs of one act, in two acts; and not a fen after full funding."""
    tried = [
        fund_data(world, (ticket, FACE + 1)),
        fund_data(world, (ticket, FACE), (ticket, 1)),
        fund_data(world, (ticket, UINT96)),
    ]
    with nothing_changes(world):
        assert refusals(world, *tried) == ["BeyondFace"] * 3
    world.fund((ticket, FACE - 1))
    with nothing_changes(world):
        assert refusals(world, fund_data(world, (ticket, 2))) == ["BeyondFace"]
    world.fund((ticket, 1))
    with nothing_changes(world):
        assert refusals(world, fund_data(world, (ticket, 1))) == ["BeyondFace"]
    assert world.read("settlements", ticket[:16])["paid"] == FACE


def test_one_payment_said_twice_or_of_another_sum(world: World, ticket: bytes) -> None:
    """A reference is spent once; the legs are the total; a sum above all numbers is no sum."""
    other = world.issue(CHENGHAI, SUHENG)
    ref = world.salt()
    world.fund((ticket, PART), ref=ref)
    tried = [
        fund_data(world, (other, PART), ref=ref),
        fund_data(world, (ticket, PART), total=PART - 1),
        fund_data(world, (ticket, PART), (other, PART), total=PART),
        fund_data(world, total=0),
    ]
    with nothing_changes(world):
        assert refusals(world, *tried) == ["ReferenceSpent", "TotalDiffers", "TotalDiffers", "TotalDiffers"]


# ---- pay-outs


def test_a_pay_out_beyond_payable(world: World, ticket: bytes) -> None:
    """After a quarter came, an eighth's share is a quarter of it, rounded down; not a fen more, nor in two lines."""
    [child] = world.transfer(WANYUE, ticket, (WUZE, PART + 1))
    world.until(DUE)
    with nothing_changes(world):
        assert refusals(world, pay_data(world, (child, 1))) == ["BeyondPayable"]
    world.fund((ticket, FACE // 4))
    most = (PART + 1) // 4
    tried = [pay_data(world, (child, most + 1)), pay_data(world, (child, UINT96))]
    with nothing_changes(world):
        assert refusals(world, *tried) == ["BeyondPayable"] * 2
    receipt = world.pay_out((child, most), (child, 1))
    expect_refusal(receipt.one("LineRefused")["reason"], "BeyondPayable", payable_=0)
    assert world.read("taken", child) == most


def test_a_pay_out_said_twice(world: World, ticket: bytes) -> None:
    """The same act, the same line under another reference, the same line twice in one act."""
    world.until(DUE)
    world.fund((ticket, FACE))
    ref = world.salt()
    act = pay_data(world, (ticket, PART), ref=ref)
    world.send(act).expect()
    with nothing_changes(world):
        assert refusals(world, act, pay_data(world, (ticket, 1), ref=ref)) == ["ReferenceSpent"] * 2
    rest = FACE - PART
    receipt = world.pay_out((ticket, rest), (ticket, rest))
    assert len(receipt.all("LineRefused")) == 1
    with nothing_changes(world):
        assert (
            refusals(world, pay_data(world, (ticket, rest)), pay_data(world, (ticket, 1)))
            == ["BeyondPayable"] * 2
        )
    assert world.read("taken", ticket) == FACE


def test_a_pay_out_to_a_ticket_of_another_issuance(world: World, ticket: bytes) -> None:
    """Money that came for one issuance pays no ticket of another, whoever's bank says so."""
    world.admit(SECOND, LANWAN)
    other = world.issue(CHENGHAI, SUHENG)
    foreign = world.issue(CHENGHAI, SUHENG, clearingBank=SECOND.id)
    mixed = ticket[:16] + other[16:-1] + b"\1"
    world.until(DUE)
    world.fund((ticket, FACE))
    tried = [
        pay_data(world, (other, 1)),
        pay_data(world, (foreign, 1)),
        pay_data(world, (mixed, 1)),
        world.draft(
            "PayOut",
            [SECOND],
            bank=SECOND.id,
            ref=world.salt(),
            lines=[{"ticket": ticket, "amount": 1, "paidAt": world.now}],
        ).data,
    ]
    with nothing_changes(world):
        assert refusals(world, *tried) == ["BeyondPayable", "WrongParty", "UnknownTicket", "WrongParty"]


def test_a_pay_out_for_a_lock_a_tombstone_or_a_spent_ticket(world: World, ticket: bytes) -> None:
    kept = world.lock(WANYUE, ticket, LANWAN, PART, expiry=DUE - 5 * DAY)
    gone = world.lock(WANYUE, ticket, LANWAN, PART, expiry=DUE - 5 * DAY)
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    world.withdraw(WANYUE, offer, 0)
    world.transfer(WANYUE, ticket, (SUHENG, 6 * PART))
    world.until(DUE)
    world.fund((ticket, FACE))
    with nothing_changes(world):
        assert refusals(
            world, *(pay_data(world, (id_, 1)) for id_ in (kept, gone, offer.child(0), ticket))
        ) == [
            "UnknownTicket",
            "UnknownTicket",
            "UnknownTicket",
            "BeyondPayable",
        ]
    world.return_lock(gone)
    with nothing_changes(world):
        assert refusals(world, pay_data(world, (gone, 1))) == ["UnknownTicket"]
    world.pay_out((ticket, PART))


# ---- orders of courts, void


def test_a_freeze_above_what_is_there(world: World, ticket: bytes) -> None:
    """It holds all that is there and waits for what comes back; it never takes, and other tickets are free."""
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    [child] = world.transfer(WANYUE, ticket, (WUZE, PART))
    for number in range(1, 5):
        world.freeze(ticket, bytes([number]) * 32, UINT96, end=DUE + 90 * DAY)
    with nothing_changes(world):
        with refused("TooManyOrders"):
            world.freeze(ticket, b"\5" * 32, 1)
        with refused("NotEnough", free=0):
            world.transfer(WANYUE, ticket, (WUZE, PART))
    world.transfer(WUZE, child, (SUHENG, PART))
    world.cancel_lock(lock, WANYUE, LANWAN)
    with nothing_changes(world), refused("NotEnough", free=0):
        world.lock(WANYUE, ticket, LANWAN, PART)
    world.until(DUE)
    world.fund((ticket, FACE))
    with nothing_changes(world):
        assert refusals(world, pay_data(world, (ticket, 1))) == ["BeyondPayable"]
    for number in range(1, 5):
        world.unfreeze(ticket, bytes([number]) * 32)
    world.pay_out((ticket, FACE - PART))


def test_a_freeze_at_maturity(world: World, ticket: bytes) -> None:
    """A line that was paid before the order stands; what was not paid yet waits; the end of the order pays it."""
    world.until(DUE)
    world.fund((ticket, FACE))
    before = world.now
    world.pay_out((ticket, PART))
    world.advance(60)
    world.freeze(ticket, b"\1" * 32, FACE, end=DUE + DAY)
    with nothing_changes(world):
        assert refusals(world, pay_data(world, (ticket, 1))) == ["BeyondPayable"]
    world.pay_out((ticket, PART), paid_at=before)
    world.until(DUE + DAY)
    world.pay_out((ticket, FACE - 2 * PART))
    assert world.read("taken", ticket) == FACE


def test_a_void_of_a_frozen_ticket(world: World, ticket: bytes) -> None:
    """One fen held is enough; for the whole issuance, whichever ticket it is held of."""
    children = world.transfer(WANYUE, ticket, (WUZE, 7 * PART), (WUZE, PART))
    world.freeze(children[1], b"\1" * 32, 1)
    with nothing_changes(world), refused("ValueHeld", ticket=children[1], held=1):
        world.void(LANGONG, WUZE, *children)
    with nothing_changes(world), refused("NotWhole"):
        world.void(LANGONG, WUZE, children[0])
    world.unfreeze(children[1], b"\1" * 32)
    world.void(LANGONG, WUZE, *children)


# ---- numbers


def test_overflow_at_the_largest_96_bit_number(world: World, ticket: bytes) -> None:
    """Wherever an amount may be signed: refused by what is there, never wrapped around."""
    lock: dict[str, Any] = {"holder": WANYUE, "ticket": ticket, "bank": LANWAN}
    huge = [{"fingerprint": world.salt(), "total": UINT96, "amount": UINT96}]
    limit: dict[str, Any] = {"core": LANGONG.id, "expiry": DUE, "sequence": 1}
    two = world.offer(WANYUE, ticket, [(WUZE, UINT96), (WUZE, PART + 1)])
    wrap = world.offer(WANYUE, ticket, [(WUZE, UINT96 - FACE + 1), (WUZE, UINT96)])
    tried = [
        (two.transfer(two.accept(WUZE, [0])), "NotEnough"),
        (wrap.transfer(wrap.accept(WUZE)), "NotEnough"),
        (world.lock_draft(**lock, value=UINT96).data, "NotEnough"),
        (fund_data(world, (ticket, UINT96)), "BeyondFace"),
        (fund_data(world, (ticket, PART), (ticket, UINT96), total=PART - 1), "BeyondFace"),
        (world.issue_draft(LANGONG, WANYUE, UINT96, invoices=huge).data, "LimitExceeded"),
        (world.draft("SetLimit", [HUAIYUE], amount=UINT96, **limit).data, "LimitTooLarge"),
        (world.draft("SetLimit", [HUAIYUE], amount=UINT88 + 1, **limit).data, "LimitTooLarge"),
    ]
    with nothing_changes(world):
        assert refusals(world, *(data for data, _ in tried)) == [error for _, error in tried]
    receipt = world.send(two.transfer(two.accept(WUZE))).expect()
    assert receipt.one("Transferred")["value"] == PART + 1
    assert receipt.one("LegRefused")["child"] == two.child(0)


def test_the_largest_issuance_lives_to_its_last_fen(world: World) -> None:
    """2^88-1 fen: split, frozen, funded in odd parts and paid out exactly; the limit is used up to the last fen."""
    world.limit(LANGONG, UINT88)
    root = world.issue(LANGONG, WANYUE, UINT88, minimum=0)
    with nothing_changes(world), refused("LimitExceeded"):
        world.issue(LANGONG, WANYUE, 10_000)
    value = UINT88 // 3
    [child] = world.transfer(WANYUE, root, (WUZE, value))
    world.freeze(root, b"\1" * 32, UINT96, end=DUE)
    world.until(DUE)
    world.fund((root, UINT88 - 1))
    world.pay_out((child, value * (UINT88 - 1) // UINT88))
    world.fund((root, 1))
    world.pay_out((child, 1), (root, UINT88 - value))
    assert (world.read("taken", child), world.read("taken", root)) == (value, UINT88 - value)
    assert world.read("openings", LANGONG.id)["used"] == 0


def test_a_version_beyond_the_last(world: World, ticket: bytes) -> None:
    """65,535 is the last: raising it once more would bring old offers back to life."""
    word = world.read("tickets", ticket) | 0xFFFF << 144
    cast(MinedEvm, world.evm).poke(world.address, place("tickets", ticket).slot, word)
    with nothing_changes(world), refused("VersionsExhausted"):
        world.withdraw_all(WANYUE, ticket)
    assert (
        why(world.send(world.draft("WithdrawAll", [WANYUE], ticket=ticket, version=0).data)) == "StaleVersion"
    )
