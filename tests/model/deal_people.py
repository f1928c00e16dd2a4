"""PARTICIPANTS and LIMITS: random acts that are right, as far as the state allows."""

from __future__ import annotations

from typing import Any

from tests.model.deal_tickets import Table
from tests.model.hand import CHECKER, MAKER, SOLE, Hand
from tests.model.participants import AUDITOR, BANK, CLEARING_BANK, CORE, DAY, REGISTRAR, SUPPLIER
from tests.model.steps import Sig, Step

ROLES = (
    SUPPLIER,
    SUPPLIER,
    CORE,
    CORE | SUPPLIER,
    BANK,
    BANK | CLEARING_BANK,
    REGISTRAR,
    REGISTRAR | BANK,
    AUDITOR,
)
MOST = 30
"""Participants of a run."""


def admit(hand: Hand, table: Table) -> Step | None:
    """A newcomer, with its roles and first keys."""
    model = hand.model
    if len(model.participants) >= MOST and hand.chance(0.8):
        return None
    number = len(model.participants) + 1
    registrar, bank = hand.one(hand.with_role(REGISTRAR)), hand.one(hand.with_role(BANK))
    keys = _new_keys(hand, whole=True)
    seals = [hand.seal(registrar), hand.seal(bank), *((Sig(k["key"]),) for k in keys)]
    roles = hand.one(ROLES)
    return hand.step(
        "admit",
        seals,
        uscc=f"91330200MANEW{number:05d}",
        roles=roles,
        clearingBank=hand.one(hand.with_role(BANK if roles & CLEARING_BANK else CLEARING_BANK)),
        profile=hand.salt(),
        keys=keys,
        registrar=registrar,
        bank=bank,
    )


def _new_keys(hand: Hand, whole: bool) -> list[dict[str, Any]]:
    """Keys of which a participant can sign, or just some."""
    rights = hand.one(((SOLE,), (MAKER, CHECKER), (MAKER, CHECKER, SOLE), (MAKER, MAKER, CHECKER)))
    if not whole:
        rights = rights[: hand.up_to(2, 0)]
    return [{"key": hand.new_key(), "right": right} for right in rights]


def _anybody(hand: Hand) -> int:
    party: int = hand.one(list(hand.model.participants))
    return party


def changeSigners(hand: Hand, table: Table) -> Step | None:
    """Some go, some come; of those that went, one may come back."""
    party = _anybody(hand)
    model = hand.model
    keys = model.participants[party].keys
    add = _new_keys(hand, whole=hand.chance(0.6))
    gone = [key for key, owner in model.owner.items() if owner == party and key not in keys]
    if gone and hand.chance(0.3):
        add.append({"key": hand.one(gone), "right": hand.up_to(3)})
    remove = hand.some(list(keys), 2) if hand.chance(0.7) and len(keys) > 2 else []
    return hand.step(
        "changeSigners",
        [hand.seal(party), *((Sig(k["key"]),) for k in add)],
        party=party,
        add=add,
        remove=remove,
        sequence=hand.sequence("participant", party),
    )


def changeProfile(hand: Hand, table: Table) -> Step | None:
    """A participant's file changes."""
    party = _anybody(hand)
    sequence = hand.sequence("participant", party)
    return hand.step("changeProfile", [hand.seal(party)], party=party, profile=hand.salt(), sequence=sequence)


def recover(hand: Hand, table: Table) -> Step | None:
    """All keys are lost."""
    party = _anybody(hand)
    keys = _new_keys(hand, whole=True)
    gone = [k for k, o in hand.model.owner.items() if o == party and not hand.model._right(k)]
    if gone and hand.chance(0.3):
        keys.append({"key": hand.one(gone), "right": hand.up_to(3)})
    named = hand.model.participants[party].clearing_bank
    seals = [hand.seal(named), *((Sig(k["key"]),) for k in keys), *hand.panel()]
    return hand.step("recover", seals, party=party, keys=keys, sequence=hand.sequence("participant", party))


def vetoRecovery(hand: Hand, table: Table) -> Step | None:
    """By any current key."""
    party = hand.one(list(hand.model.recoveries))
    if party is None:
        return None
    key = hand.one(list(hand.model.participants[party].keys))
    recovery = hand.model.recoveries[party].digest
    return hand.step("vetoRecovery", [(Sig(key),)], party=party, recovery=recovery)


def completeRecovery(hand: Hand, table: Table) -> Step | None:
    """By any new key; best one whose time has come."""
    ready = [party for party, r in hand.model.recoveries.items() if hand.now >= r.ready_at]
    party = hand.one(ready or list(hand.model.recoveries))
    if party is None:
        return None
    found = hand.model.recoveries[party]
    return hand.step(
        "completeRecovery", [(Sig(hand.one(list(found.keys))),)], party=party, recovery=found.digest
    )


def suspend(hand: Hand, table: Table) -> Step | None:
    """By the registrar or the panel; some are lifted."""
    suspended = [p for p, who in hand.model.participants.items() if who.suspended_until > hand.now]
    lifts = hand.chance(0.6) if suspended else hand.chance(0.15)
    party = hand.one(suspended) if lifts and suspended else _anybody(hand)
    by_panel = hand.chance(0.5)
    days = hand.up_to((60 if by_panel or hand.chance(0.1) else 30) * DAY)
    return hand.step(
        "suspend",
        hand.panel() if by_panel else [hand.seal(hand.one(hand.with_role(REGISTRAR)))],
        party=party,
        until=hand.up_to(hand.now, 0) if lifts else hand.now + days,
        byPanel=by_panel,
        sequence=hand.sequence("suspension", party),
    )


def _governance(hand: Hand, kind: str, **fields: Any) -> Step:
    return hand.step(kind, hand.panel(), sequence=hand.sequence("governance", 0), **fields)


def changePanel(hand: Hand, table: Table) -> Step | None:
    """Other members, another threshold."""
    members = sorted(hand.some(list(hand.model.participants), 5))
    return _governance(hand, "changePanel", members=members, threshold=hand.up_to(min(3, len(members))))


def stop(hand: Hand, table: Table) -> Step | None:
    """Some stages, for a week at most."""
    return _governance(hand, "stop", stages=hand.up_to(31), until=hand.now + hand.up_to(7 * DAY))


def close(hand: Hand, table: Table) -> Step | None:
    """For good."""
    return _governance(hand, "close")


def setPolicy(hand: Hand, table: Table) -> Step | None:
    """Another longest tenor, from some day on."""
    begins = hand.now + hand.up_to(40 * DAY, 0)
    return _governance(hand, "setPolicy", months=hand.one((6, 6, 6, 7, 12, 36, 1)), **{"from": begins})


def setLimit(hand: Hand, table: Table) -> Step | None:
    """Of a core; mostly plenty, sometimes just what is used."""
    core = hand.one(hand.with_role(CORE))
    used = hand.model.openings[core].used
    amount = hand.one((10**12, 10**12, 10**12, 10**10, used, used + 1_000_000, 0))
    return hand.step(
        "setLimit",
        [hand.seal(hand.model.participants[core].clearing_bank)],
        core=core,
        amount=amount,
        expiry=hand.now + hand.up_to(400 * DAY),
        sequence=hand.sequence("opening", core),
    )


def halt(hand: Hand, table: Table) -> Step | None:
    """For outside reasons, or no longer."""
    halted = [core for core, o in hand.model.openings.items() if o.external]
    lifts = bool(halted) and hand.chance(0.8)
    core = hand.one(halted) if lifts else hand.one(hand.with_role(CORE))
    sequence = hand.sequence("opening", core)
    return hand.step("halt", hand.panel(), core=core, halted=not lifts, sequence=sequence)
