"""FINANCE: random acts that are right, as far as the state allows."""

from __future__ import annotations

from tests.model.deal_tickets import Table
from tests.model.hand import Hand
from tests.model.participants import BANK, DAY
from tests.model.steps import Step


def lock(hand: Hand, table: Table) -> Step | None:
    """Value under way to a bank."""
    id = hand.movable()
    if id is None:
        return None
    t, i = hand.model.tickets[id], hand.model.issuances[id[:16]]
    bank = hand.one(hand.with_role(BANK, t.party, i.debtor))
    last = i.until - 1
    near = min(hand.now + hand.up_to(3 * DAY), last)
    return hand.step(
        "lock",
        [hand.seal(t.party), hand.seal(bank)],
        ticket=id,
        version=t.version,
        bank=bank,
        value=hand.value_of(t.value - hand.model._held(t, hand.now), i.minimum),
        terms=hand.salt(),
        clearingBank=i.clearing_bank,
        expiry=near if hand.chance(0.6) else hand.up_to(last, min(hand.now + 1, last)),
        selfCertified=bank == i.clearing_bank,
    )


def release(hand: Hand, table: Table) -> Step | None:
    """The clearing bank's receipt."""
    if not hand.model.locks:
        return None
    replaced = [id for id, k in hand.model.locks.items() if k.clearing_bank != _clears(hand, id)]
    id = hand.one(replaced if replaced and hand.chance(0.3) else list(hand.model.locks))
    found, value = hand.model.locks[id], hand.model.tickets[id].value
    ref = hand.salt() if hand.chance(0.9) else _old_reference(hand, found.clearing_bank)
    seals = [hand.seal(found.clearing_bank)]
    return hand.step(
        "release", seals, lock=id, bank=found.bank, value=value, ref=ref, registration=hand.salt()
    )


def _clears(hand: Hand, id: bytes) -> int:
    bank: int = hand.model.issuances[id[:16]].clearing_bank
    return bank


def _old_reference(hand: Hand, bank: int) -> bytes:
    """One that this bank has spent before."""
    spent = sorted(ref for by, _, ref in hand.model.spent if by == bank)
    return hand.one(spent) or hand.salt()


def returnLock(hand: Hand, table: Table) -> Step | None:
    """One that has expired, if there is one."""
    model = hand.model
    over = [
        id
        for id in model.locks
        if hand.now >= model.tickets[id].expiry
        or model.issuances[id[:16]].paid == model.issuances[id[:16]].face
    ]
    id = hand.one(over) if over and hand.chance(0.8) else hand.one(list(model.locks))
    return None if id is None else Step("returnLock", {"lock": id}, on=hand.on)


def cancelLock(hand: Hand, table: Table) -> Step | None:
    """Holder and bank agree."""
    if not hand.model.locks:
        return None
    id = hand.one(list(hand.model.locks))
    found = hand.model.locks[id]
    holder = hand.model.tickets[found.parent].party
    return hand.step("cancelLock", [hand.seal(holder), hand.seal(found.bank)], lock=id)
