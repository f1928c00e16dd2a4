"""What is open on purpose: each gap with its exact extent, so that nobody finds out later how far it goes.

given a thief of a supplier's keys and the supplier's core together
    it should be possible to make void what the supplier holds, and nothing that is frozen, funded or another's
given numbers, totals and references that others can use up
    it should cost the victim another act, never money
given a clearing bank that lies about when it paid
    it should be bounded by ten days, and never be more than came
given two successors, a name of 18 letters, a bank that was only named
    it should be as docs/security.md says
"""

from __future__ import annotations

import pytest

from tests.support.actors import (
    ADMITTED,
    HUAIYUE,
    LANGONG,
    LANWAN,
    PANEL,
    QIANCHAO,
    SOLE,
    WANYUE,
    WUZE,
    Key,
    Role,
    party,
)
from tests.support.attempts import nothing_changes
from tests.support.expect import expect_refusal, refused
from tests.support.world import DAY, DUE, FACE, World, deploy

PART = FACE // 8


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def test_a_thief_of_a_suppliers_keys_and_its_core_make_void(world: World, ticket: bytes) -> None:
    """Even while suspended. A frozen fen or a tier-2 holder's child is enough against it."""
    other, frozen = world.issue(LANGONG, WANYUE), world.issue(LANGONG, WANYUE)
    [child] = world.transfer(WANYUE, other, (WUZE, PART))
    world.freeze(frozen, b"\1" * 32, 1)
    world.panel("Suspend", party=WANYUE.id, until=DUE, byPanel=True)
    with nothing_changes(world):
        with refused("ValueHeld"):
            world.void(LANGONG, WANYUE, frozen)
        with refused("NotWhole"):
            world.void(LANGONG, WANYUE, other)
        with refused("NotHolder", ticket=child):
            world.void(LANGONG, WANYUE, other, child)
    world.void(LANGONG, WANYUE, ticket)
    assert world.issuance(ticket).flags & 2


def test_a_thief_of_all_keys_vetoes_a_recovery_until_maturity(world: World, ticket: bytes) -> None:
    """Suspended meanwhile, it moves nothing; the money goes to the company's account, and no key changes that."""
    new = Key("rescue")
    keys = [{"key": new.address, "right": SOLE}]
    for _ in range(3):
        made = world.panel_draft("Recover", HUAIYUE, new, party=WANYUE.id, keys=keys)
        world.send(made.data).expect()
        world.act("VetoRecovery", [WANYUE.maker], party=WANYUE.id, recovery=made.digest)
    world.panel("Suspend", party=WANYUE.id, until=DUE + 300 * DAY, byPanel=True)
    with nothing_changes(world), refused("Suspended"):
        world.transfer(WANYUE, ticket, (WUZE, PART))
    world.until(DUE)
    world.fund((ticket, FACE))
    world.pay_out((ticket, FACE))


def test_a_wrong_total_of_an_invoice_stays_after_a_void(world: World) -> None:
    """The use comes back, the committed total does not: nobody shall try totals."""
    wrong = {"fingerprint": b"\3" * 32, "total": FACE + 1, "amount": FACE}
    first = world.issue(LANGONG, WANYUE, invoices=[wrong])
    world.void(LANGONG, WANYUE, first)
    with refused("InvoiceTotalDiffers", committed=FACE + 1, given=FACE):
        world.issue(LANGONG, WANYUE, invoices=[{**wrong, "total": FACE}])
    world.issue(LANGONG, WANYUE, invoices=[wrong])


def test_a_pay_out_sent_too_early_spends_its_reference(world: World, ticket: bytes) -> None:
    """By whoever relays it: one line was payable, the other not yet. The bank says it again under another reference."""
    later = world.issue(LANGONG, WANYUE)
    world.until(DUE)
    world.fund((ticket, FACE))
    lines = [{"ticket": id_, "amount": FACE, "paidAt": world.now} for id_ in (ticket, later)]
    act = world.draft("PayOut", [HUAIYUE], bank=HUAIYUE.id, ref=b"\1" * 32, lines=lines)
    receipt = world.send(act.data).expect()
    expect_refusal(receipt.one("LineRefused")["reason"], "BeyondPayable", payable_=0)
    world.fund((later, FACE))
    with nothing_changes(world), refused("ReferenceSpent"):
        world.send(act.data).expect()
    world.pay_out((later, FACE), paid_at=DUE)
    assert [world.read("taken", id_) for id_ in (ticket, later)] == [FACE, FACE]


def test_a_pay_out_of_nothing_but_early_lines_spends_nothing(world: World, ticket: bytes) -> None:
    world.until(DUE)
    lines = [{"ticket": ticket, "amount": FACE, "paidAt": world.now}]
    act = world.draft("PayOut", [HUAIYUE], bank=HUAIYUE.id, ref=b"\1" * 32, lines=lines)
    with nothing_changes(world), refused("BeyondPayable"):
        world.send(act.data).expect()
    world.fund((ticket, FACE))
    world.send(act.data).expect()


def test_a_clearing_bank_dates_a_line_before_a_freeze(world: World, ticket: bytes) -> None:
    """Up to ten days back it is believed, under its signature; further back it is not."""
    world.fund((ticket, FACE))
    ordered = world.now + 60
    world.until(ordered)
    world.freeze(ticket, b"\1" * 32, FACE, end=DUE)
    world.until(ordered + 10 * DAY - 1)
    world.pay_out((ticket, PART), paid_at=ordered - 1)
    with nothing_changes(world), refused("BeyondPayable"):
        world.pay_out((ticket, PART), paid_at=ordered)
    world.advance(1)
    with nothing_changes(world), refused("PaidAtOutOfRange"):
        world.pay_out((ticket, PART), paid_at=ordered - 1)


def test_a_line_dated_before_the_funding(world: World, ticket: bytes) -> None:
    """Fully funded early, a line may say it was paid up to ten days earlier; it is still never more than came."""
    world.advance(10 * DAY)
    world.fund((ticket, FACE))
    world.pay_out((ticket, FACE), paid_at=world.now - 10 * DAY)
    with nothing_changes(world), refused("BeyondPayable"):
        world.pay_out((ticket, 1), paid_at=world.now - 10 * DAY)


def test_two_successors_count_limits_apart(world: World) -> None:
    """Each reads the predecessor, none reads the other: open one only."""
    world.issue(LANGONG, WANYUE)
    world.act("Close", PANEL, sequence=0)
    name = LANGONG.uscc.encode().ljust(32, b"\0")
    for _ in range(2):
        new = deploy(world.evm, predecessor=world.address)
        for who in ADMITTED:
            new.admit(who)
        new.limit(LANGONG, 2 * FACE)
        new.issue(LANGONG, WANYUE)
        assert new.view("openingOf", name) == (2 * FACE, False)


def test_a_code_of_18_letters_is_all_that_the_chain_knows_of_a_name(world: World) -> None:
    """Check digit, register and that a company comes once under one spelling: registrar and bank answer for that."""
    with refused("BadUscc"):
        world.admit(party("short", 15, "91340100MA9DEM01X", Role.SUPPLIER))
    world.admit(party("lower case", 15, WANYUE.uscc.lower(), Role.SUPPLIER))
    assert world.read("participants", 15)["uscc"] != world.read("participants", WANYUE.id)["uscc"]


def test_a_bank_that_is_named_has_said_nothing(world: World) -> None:
    """Core and supplier name the clearing bank of an issuance; it signs for money only, and is bound to nothing."""
    world.admit(QIANCHAO, LANWAN)
    named = world.issue(LANGONG, WANYUE, clearingBank=QIANCHAO.id)
    assert world.issuance(named).clearing_bank == QIANCHAO.id
    with refused("WrongParty"):
        world.fund((named, 1))
