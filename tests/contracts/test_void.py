"""VOID: core and the sole holder unmake a whole issuance.

given an issuance
    it should need debtor and holder, and the issue act itself
    it should refuse when it is unknown, void or funded in part
    it should refuse when a ticket is somebody else's, missing, named twice or out of order, held or locked
    when the holder has all of it, in however many tickets
        it should void it: limit and invoices come back, nothing can be done with its tickets
"""

from __future__ import annotations

import pytest

from tests.support.actors import CHENGHAI, LANGONG, LANWAN, SUHENG, WANYUE, WUZE
from tests.support.drafts import issuance_of
from tests.support.expect import refused
from tests.support.layout import Issuance
from tests.support.world import FACE, World

PART = FACE // 8


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def test_debtor_and_holder_sign(world: World, ticket: bytes) -> None:
    with refused("WrongParty", found=CHENGHAI.id, expected=LANGONG.id):
        world.void(CHENGHAI, WANYUE, ticket)
    with refused("NotHolder", ticket=ticket, party=SUHENG.id):
        world.void(LANGONG, SUHENG, ticket)
    with refused("Expired"):
        world.void(LANGONG, WANYUE, ticket, deadline=world.now - 1)


def test_the_issue_act_stands_in_it(world: World, ticket: bytes) -> None:
    changed = {**world.issues[issuance_of(ticket)], "face": FACE - 1}
    with refused("IssueDiffers", expected=ticket):
        world.void(LANGONG, WANYUE, ticket, issue=changed)
    unmined = world.issue_draft(LANGONG, WANYUE)
    with refused("UnknownIssuance", issuance=issuance_of(unmined.made)):
        world.void(LANGONG, WANYUE, unmined.made)


def test_funded_in_part(world: World, ticket: bytes) -> None:
    world.fund((ticket, 1))
    with refused("AlreadyFunded", issuance=ticket[:16], paid=1):
        world.void(LANGONG, WANYUE, ticket)


def test_all_of_it_and_nothing_else(world: World, ticket: bytes) -> None:
    child = world.transfer(WANYUE, ticket, (WUZE, PART))[0]
    with refused("NotWhole", sum=7 * PART, face=FACE):
        world.void(LANGONG, WANYUE, ticket)
    with refused("NotHolder", ticket=child, party=WANYUE.id):
        world.void(LANGONG, WANYUE, ticket, child)
    with refused("NotAscending", position=1):
        world.void(LANGONG, WANYUE, ticket, ticket)
    other = world.issue(LANGONG, WANYUE)
    with refused("NotHolder", ticket=other):
        world.void(LANGONG, WANYUE, ticket, tickets=[other])
    with refused("TooMany", found=257, most=256):
        world.void(LANGONG, WANYUE, ticket, tickets=[ticket] * 257)


def test_nothing_held_or_locked(world: World, ticket: bytes) -> None:
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    with refused("NotWhole", sum=7 * PART):
        world.void(LANGONG, WANYUE, ticket)
    with refused("NotHolder", ticket=lock):
        world.void(LANGONG, WANYUE, ticket, lock)
    world.cancel_lock(lock, WANYUE, LANWAN)
    world.freeze(ticket, b"\7" * 32, PART)
    with refused("ValueHeld", ticket=ticket, held=PART):
        world.void(LANGONG, WANYUE, ticket)
    world.unfreeze(ticket, b"\7" * 32)
    world.void(LANGONG, WANYUE, ticket)


def test_voided(world: World) -> None:
    invoices = [{"fingerprint": bytes([n]) * 32, "total": FACE, "amount": FACE // 2} for n in (3, 4)]
    ticket = world.issue(LANGONG, WANYUE, invoices=invoices)
    receipt = world.void(LANGONG, WANYUE, ticket)
    event = receipt.one("Voided")
    assert event["issuance"] == ticket[:16]
    assert [(e["fingerprint"], e["used"]) for e in receipt.all("InvoiceCounted")] == [
        (b"\3" * 32, 0),
        (b"\4" * 32, 0),
    ]
    assert world.read("openings", LANGONG.id)["used"] == 0
    assert world.issuance(ticket).flags == Issuance.VOID
    with refused("IssuanceVoid"):
        world.void(LANGONG, WANYUE, ticket)
    with refused("IssuanceVoid"):
        world.transfer(WANYUE, ticket, (WUZE, PART))
    world.issue(LANGONG, WANYUE, invoices=invoices)


def test_by_another_holder_of_several_tickets(world: World, ticket: bytes) -> None:
    kids = world.transfer(WANYUE, ticket, (WUZE, PART), (WUZE, 7 * PART))
    world.void(LANGONG, WUZE, *kids)
    assert world.issuance(ticket).flags == Issuance.VOID


def test_an_empty_root_may_be_named_or_not(world: World, ticket: bytes) -> None:
    back = world.transfer(WUZE, world.transfer(WANYUE, ticket, (WUZE, FACE))[0], (WANYUE, FACE))[0]
    world.void(LANGONG, WANYUE, ticket, back)
