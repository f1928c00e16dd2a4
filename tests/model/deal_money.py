"""SETTLE and FREEZE: random acts that are right, as far as the state allows."""

from __future__ import annotations

from typing import Any

from tests.model.deal_tickets import Table
from tests.model.hand import Hand
from tests.model.participants import CLEARING_BANK, DAY
from tests.model.steps import Step


def open_(i: Any) -> bool:
    """Whether an issuance is neither void nor funded."""
    return not i.void and i.paid < i.face


def fund(hand: Hand, table: Table) -> Step | None:
    """Of one to three issuances; mostly in full, mostly of what is due soon or overdue."""
    first = hand.issuance(lambda i: open_(i) and hand.now + 20 * DAY >= i.due) or hand.issuance(open_)
    if first is None:
        return None
    model = hand.model
    bank = model.issuances[first].clearing_bank
    any_ = hand.chance(0.15)
    others = [
        id
        for id, i in model.issuances.items()
        if i.clearing_bank == bank and id != first and (any_ or open_(i))
    ]
    legs = []
    for id in [first, *(hand.some(others, 2) if hand.chance(0.3) else [])]:
        rest = model.issuances[id].face - model.issuances[id].paid
        amount = rest if hand.chance(0.5) else hand.up_to(max(rest, 1))
        legs.append({"issuance": id, "amount": amount})
    return _funding(hand, bank, legs)


def _funding(hand: Hand, bank: int, legs: list[dict[str, Any]]) -> Step:
    spent = sorted(ref for by, _, ref in hand.model.spent if by == bank)
    ref = hand.one(spent) if spent and hand.chance(0.05) else hand.salt()
    total = sum(leg["amount"] for leg in legs)
    return hand.step("fund", [hand.seal(bank)], bank=bank, ref=ref, total=total, legs=legs)


def fund_all(hand: Hand, id: bytes) -> Step:
    """What is left of one issuance."""
    i = hand.model.issuances[id]
    legs = [{"issuance": id, "amount": i.face - i.paid}]
    seals = [hand.seal(i.clearing_bank)]
    ref = hand.salt()
    return hand.step("fund", seals, bank=i.clearing_bank, ref=ref, total=i.face - i.paid, legs=legs)


def payable(hand: Hand, id: bytes, paid_at: int) -> int:
    """What a line may say."""
    t, i = hand.model.tickets[id], hand.model.issuances[id[:16]]
    share = (t.value - hand.model._held(t, paid_at)) * i.paid // i.face
    return int(max(share - t.taken, 0))


def payOut(hand: Hand, table: Table) -> Step | None:
    """Up to five lines; some partly, some of them not due or of nobody's."""
    ready = hand.tickets(
        lambda _, t, i: (
            t.taken < t.value and i.paid > 0 and not i.void and (i.paid == i.face or hand.now >= i.due)
        )
    )
    if not ready:
        return None
    bank = hand.model.issuances[hand.one(ready)[:16]].clearing_bank
    mine = [id for id in ready if hand.model.issuances[id[:16]].clearing_bank == bank]
    lines = []
    for id in hand.some(mine, 5):
        i = hand.model.issuances[id[:16]]
        earliest = max(hand.now - 10 * DAY, 0 if i.paid == i.face else i.due)
        paid_at = hand.now if hand.chance(0.6) else hand.up_to(hand.now, earliest)
        most = payable(hand, id, paid_at)
        amount = most if hand.chance(0.6) else hand.up_to(max(most, 1))
        lines.append({"ticket": id, "amount": amount or hand.up_to(1, 0), "paidAt": paid_at})
    if hand.chance(0.15):
        void = hand.tickets(lambda _, __, i: i.void and i.clearing_bank == bank) if hand.chance(0.3) else []
        id = hand.one(void or list(hand.model.tickets))
        lines.insert(hand.up_to(len(lines), 0), {"ticket": id, "amount": 1, "paidAt": hand.now})
    return hand.step("payOut", [hand.seal(bank)], bank=bank, ref=hand.salt(), lines=lines)


def reportOverdue(hand: Hand, table: Table) -> Step | None:
    """Of an issuance that is late, if there is one."""
    late = hand.issuance(lambda i: open_(i) and hand.now >= max(i.due + i.grace, i.waived_until))
    id = late if late and hand.chance(0.8) else hand.issuance()
    return None if id is None else Step("reportOverdue", {"issuance": id}, on=hand.on)


def waive(hand: Hand, table: Table) -> Step | None:
    """Best one that is reported."""
    id = hand.issuance(lambda i: i.reported) or hand.issuance(open_)
    id = hand.issuance() if hand.chance(0.1) else id
    if id is None:
        return None
    return hand.step("waive", hand.panel(), issuance=id, sequence=hand.sequence("issuance", id))


def replaceBank(hand: Hand, table: Table) -> Step | None:
    """By another clearing bank."""
    locked = [lock[:16] for lock in hand.model.locks]
    id = hand.one(locked) if locked and hand.chance(0.5) else hand.issuance(lambda i: not i.void)
    if id is None or hand.chance(0.1):
        id = hand.issuance()
    if id is None:
        return None
    i = hand.model.issuances[id]
    bank = hand.one(hand.with_role(CLEARING_BANK, i.clearing_bank)) or i.clearing_bank
    seals = [hand.seal(i.debtor), hand.seal(bank), *hand.panel()]
    return hand.step("replaceBank", seals, issuance=id, bank=bank, sequence=hand.sequence("issuance", id))


def vetoReplacement(hand: Hand, table: Table) -> Step | None:
    """By the old bank."""
    return _later(hand, "vetoReplacement", old=True)


def completeReplacement(hand: Hand, table: Table) -> Step | None:
    """By the new bank."""
    return _later(hand, "completeReplacement", old=False)


def _later(hand: Hand, kind: str, old: bool) -> Step | None:
    id = hand.one(list(hand.model.replacements))
    if id is None:
        return None
    later = hand.model.replacements[id]
    bank = hand.model.issuances[id].clearing_bank if old else later.bank
    return hand.step(kind, [hand.seal(bank)], issuance=id, replacement=later.digest)


# ---- freeze


def freeze(hand: Hand, table: Table) -> Step | None:
    """An order over some of a ticket, or more than there is."""
    ids = hand.tickets(lambda _, t, i: t.value > t.taken and not i.void) if hand.chance(0.9) else []
    ordered = [id for id in ids if any(hand.model.tickets[id].orders)]
    many = [id for id in ids if sum(o is not None for o in hand.model.tickets[id].orders) > 1]
    id = hand.one(hand.one((many, ordered, ids))) or hand.one(hand.tickets(lambda *_: True))
    if id is None:
        return None
    value = hand.model.tickets[id].value
    amount = hand.one(
        (value, value + 1, 2 * value + 1, hand.up_to(max(value, 1)), hand.up_to(max(value // 3, 1)))
    )
    return hand.step(
        "freeze",
        hand.panel(),
        ticket=id,
        order=bytes(31) + bytes([hand.up_to(9)]),
        amount=amount,
        end=hand.now + hand.up_to(hand.one((DAY, 40 * DAY, 40 * DAY))),
        sequence=hand.sequence("orders", id),
    )


def unfreeze(hand: Hand, table: Table) -> Step | None:
    """An order that is there, running or over."""
    id = hand.one(hand.tickets(lambda _, t, __: any(t.orders)))
    if id is None:
        return None
    order = hand.one([o for o in hand.model.tickets[id].orders if o])
    return hand.step(
        "unfreeze", hand.panel(), ticket=id, order=order.number, sequence=hand.sequence("orders", id)
    )
