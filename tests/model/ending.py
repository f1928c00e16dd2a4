"""Where a session can go: the times at which something changes by itself, and the steps that bring all to its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.model.deal_money import fund_all, open_
from tests.model.hand import Hand
from tests.model.pair import Pair
from tests.model.participants import DAY
from tests.model.steps import Step


def moments(pair: Pair) -> list[int]:
    """The times at which something changes by itself."""
    m = pair.model
    found = [m.stopped_until, m.stop_free_from, m.next_from]
    for i in m.issuances.values():
        found += [i.until, i.due, i.due + i.grace, i.waived_until]
    found += [m.tickets[id].expiry for id in m.locks]
    found += [o.end for t in m.tickets.values() for o in t.orders if o]
    found += [later.ready_at for later in (*m.recoveries.values(), *m.replacements.values())]
    found += [t for who in m.participants.values() for t in (who.suspended_until, who.suspension_free_from)]
    found += [o.expiry for o in m.openings.values()]
    return sorted(set(found))


def decided(hand: Hand) -> Iterable[Step]:
    """Everything funded, every lock back, every order and every halt lifted."""
    model = hand.model
    for id, i in list(model.issuances.items()):
        if open_(i):
            yield fund_all(hand, id)
    for id in list(model.locks):
        yield Step("returnLock", {"lock": id}, on=hand.on)
    for id, t in list(model.tickets.items()):
        for order in list(t.orders):
            if order and order.end > hand.now + 50 * DAY:
                sequence = hand.sequence("orders", id)
                yield hand.step("unfreeze", hand.panel(), ticket=id, order=order.number, sequence=sequence)
    for core, opening in list(model.openings.items()):
        if opening.external:
            sequence = hand.sequence("opening", core)
            yield hand.step("halt", hand.panel(), core=core, halted=False, sequence=sequence)


def paid(hand: Hand) -> Iterable[Step]:
    """Each ticket in full, by the clearing bank of its issuance."""
    open_lines: dict[int, list[dict[str, Any]]] = {}
    for id, t in hand.model.tickets.items():
        i = hand.model.issuances.get(id[:16])
        if i is not None and not i.void and t.taken < t.value:
            line = {"ticket": id, "amount": t.value - t.taken, "paidAt": hand.now}
            open_lines.setdefault(i.clearing_bank, []).append(line)
    for bank, lines in open_lines.items():
        for start in range(0, len(lines), 100):
            part = lines[start : start + 100]
            yield hand.step("payOut", [hand.seal(bank)], bank=bank, ref=hand.salt(), lines=part)
