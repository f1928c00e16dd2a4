"""What must hold whatever happens (DESIGN.md section 3), said over the reference model's state.

The contract's state is the same, entry by entry, or the run has ended. `always` looks at whole issuances and cores;
`moved` at one ticket before and after a step; `settled` at the end, when everything is funded and decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from types import SimpleNamespace as Row

from tests.model.reference import Model


class Broken(AssertionError):
    """An invariant does not hold."""


def hold(condition: bool, what: str) -> None:
    """Raises Broken."""
    if not condition:
        raise Broken(what)


def always(model: Model) -> None:
    """Of everything."""
    ids: dict[bytes, list[bytes]] = defaultdict(list)
    for id in model.tickets:
        ids[id[:16]].append(id)
    for issuance in model.issuances:
        whole(model, issuance, ids[issuance])
    limits(model)


def whole(model: Model, issuance: bytes, ids: Iterable[bytes]) -> None:
    """Of one issuance, with the ids of all its words."""
    i, words = model.issuances[issuance], [model.tickets[id] for id in ids]
    name, taken = issuance.hex()[:8], sum(t.taken for t in words)
    hold(sum(t.value for t in words) == i.face, f"the words of {name} sum to its face")
    hold(all(0 <= t.taken <= t.value for t in words), f"{name}: no ticket is paid more than its value")
    hold(taken <= i.paid <= i.face, f"{name}: what was taken was paid in before, and never above face")
    hold(not i.void or taken == i.paid == 0, f"{name} is void, so nothing was paid")
    hold(all((t.party == 0) == (t.state != "") for t in words), f"{name}: no owner: a lock or a tombstone")
    tombs = (t for t in words if t.state in ("withdrawn", "returned"))
    hold(all(t.value == 0 for t in tombs), f"{name}: tombstones are empty")
    hold(all(t.party != i.debtor for t in words), f"{name}: the debtor never holds its own ticket")


def limits(model: Model) -> None:
    """Of cores, locks and participants."""
    used: dict[int, int] = defaultdict(int)
    reported: dict[int, int] = defaultdict(int)
    for i in model.issuances.values():
        if not i.void:
            used[i.debtor] += i.face - i.paid
            reported[i.debtor] += i.reported
    for core, opening in model.openings.items():
        hold(opening.used == used[core], f"the limit used by {core} is what is issued and not paid in")
        hold(opening.overdue == reported[core], f"{core} is halted while one of its issuances is reported")
    locked = {id for id, t in model.tickets.items() if t.state == "locked"}
    hold(locked == model.locks.keys(), "a lock stands beside every locked word, and only there")
    for party, who in model.participants.items():
        rights = set(who.keys.values())
        hold(3 in rights or {1, 2} <= rights, f"somebody can sign for {party}")
        hold(all(model.owner[key] == party for key in who.keys), f"the keys of {party} are its own")


def moved(model: Model, before: Row, after: Row | None) -> None:
    """One word over one step."""
    hold(after is not None, "what was written stays")
    assert after is not None
    hold(after.depth == before.depth or after.state != "", "a depth never changes")
    if before.party:
        hold(after.party == before.party, "an owner never changes")
        hold(after.value >= held_throughout(model, before, after), "held value does not move")
        hold(after.taken >= before.taken, "what was paid out stays paid out")
    elif before.state == "locked":
        same = after.state == "locked" and after.value == before.value
        ended = after.state == "returned" or (after.party != 0 and after.value == before.value)
        hold(same or ended, "locked value does not move")
    else:
        hold(after.state == before.state, "a tombstone stays")


def held_throughout(model: Model, before: Row, after: Row) -> int:
    """By the orders that stood before and stand yet: one relay may lift an order and then move what it held."""
    standing = [order for order in before.orders if order in after.orders]
    return model._held(Row(orders=standing, value=before.value, taken=before.taken), model.now)


def settled(model: Model) -> None:
    """Everything is funded and paid out, every lock decided, every order ended."""
    owed: dict[int, int] = defaultdict(int)
    got: dict[int, int] = defaultdict(int)
    for id, t in model.tickets.items():
        issuance = model.issuances.get(id[:16])
        if issuance is not None and not issuance.void:
            owed[t.party] += t.value
            got[t.party] += t.taken
    hold(owed == got, "each owner has received exactly its value")
    hold(got.get(0, 0) == 0, "nobody's value is left")
    hold(not model.locks, "no lock stands")
    for core, opening in model.openings.items():
        hold(opening.used == 0 and opening.overdue == 0 and not opening.external, f"{core} is free again")
