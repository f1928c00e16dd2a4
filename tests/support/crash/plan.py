"""What the people of a run want: acts of every kind on a prepared ledger, and who signs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from ledger.acts import act_id
from ledger.ids import child_id
from tests.support import every_act
from tests.support.actors import (
    CHANGLI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    SUHENG,
    WANYUE,
    WUZE,
    XICHUAN,
    Key,
    Party,
)
from tests.support.every_act import PART
from tests.support.world import DAY, DUE, FACE, GRACE, World

SHARE = 10_000_000
NEWCOMER = "91340100MA9DEM333B"
Signer = Party | Key


@dataclass
class Wish:
    """An act that somebody drafts and others sign. `signers`: in any order, each once. `may_fail`: whether another wish
    may make it impossible."""

    kind: str
    message: dict[str, Any]
    drafter: Party
    signers: list[Signer]
    id: bytes = b""
    may_fail: bool = False


def _offer(world: World, holder: Party, ticket: bytes, *children: tuple[Party, int]) -> Wish:
    listed = [
        {"to": to.id, "value": value, "trade": world.salt(), "salt": world.salt()} for to, value in children
    ]
    message = world.message("Offer", ticket=ticket, version=0, children=listed)
    return Wish("Offer", message, holder, [holder, *dict.fromkeys(to for to, _ in children)])


def offers(world: World, rng: Random) -> list[Wish]:
    """Several offers out of the same tickets."""
    first, second = world.issue(LANGONG, WANYUE), world.issue(LANGONG, SUHENG)
    found = [_offer(world, WANYUE, first, (WUZE, SHARE), (XICHUAN, 2 * SHARE))]
    for _ in range(rng.randrange(4)):
        found.append(_offer(world, WANYUE, first, (rng.choice([WUZE, XICHUAN]), SHARE)))
    found.append(_offer(world, SUHENG, second, (WUZE, FACE)))
    return found


def generations(world: World, rng: Random) -> list[Wish]:
    """A ticket that passes on and on before it is on the ledger, and others beside it."""
    ticket = world.issue(LANGONG, WANYUE)
    people = [WANYUE, WUZE, SUHENG, XICHUAN, CHANGLI]
    found = [_offer(world, WANYUE, ticket, (XICHUAN, SHARE))]
    for generation in range(2 + rng.randrange(3)):
        holder, to = people[generation], people[generation + 1]
        passed = _offer(world, holder, ticket, (to, (6 - generation) * SHARE))
        found.append(passed)
        ticket = child_id(ticket, act_id(world.domain, "Offer", passed.message), 0)
    return found


def torn(world: World, rng: Random) -> list[Wish]:
    """As generations, while the first holder withdraws all offers: what comes first is left to chance."""
    ticket = world.issue(LANGONG, WANYUE)
    message = world.message("WithdrawAll", ticket=ticket, version=0)
    found = [Wish("WithdrawAll", message, WANYUE, [WANYUE])]
    people = [WANYUE, WUZE, SUHENG, XICHUAN]
    for generation in range(3):
        passed = _offer(world, people[generation], ticket, (people[generation + 1], (6 - generation) * SHARE))
        passed.may_fail = True
        found.append(passed)
        ticket = child_id(ticket, act_id(world.domain, "Offer", passed.message), 0)
    return found


def late(world: World, rng: Random) -> list[Wish]:
    """What comes when an issuance is due: a lock that nobody signs back, a pay-out, a report, a waiver's ground."""
    paid, owed = world.issue(LANGONG, WANYUE), world.issue(LANGONG, SUHENG)
    lock = world.lock(WANYUE, world.issue(LANGONG, WANYUE), LANWAN, PART)
    world.fund((paid, FACE))
    world.until(DUE + GRACE + DAY)
    lines = [{"ticket": paid, "amount": FACE, "paidAt": world.now}]
    pay = world.message("PayOut", bank=HUAIYUE.id, ref=world.salt(), lines=lines)
    return [
        Wish("PayOut", pay, HUAIYUE, [HUAIYUE]),
        Wish("ReturnLock", {"lock": lock}, WANYUE, []),
        Wish("ReportOverdue", {"issuance": owed[:16]}, SUHENG, []),
    ]


def one_of(kind: str) -> Callable[[World, Random], list[Wish]]:
    """One act of a kind, with some offers beside it."""

    def plan(world: World, rng: Random) -> list[Wish]:
        acts = [act for act in every_act.prepare(world) if act.primary == kind]
        act = rng.choice(acts)
        drafter = next((who for who in act.signers if isinstance(who, Party)), _DRAFTERS.get(kind))
        assert drafter is not None, kind
        message = {**act.message, "uscc": NEWCOMER} if kind == "Admit" else act.message
        wish = Wish(kind, message, drafter, [who for who in act.signers if not isinstance(who, bytes)])
        return [wish, *([] if kind in ALONE else offers(world, rng)[:2])]

    return plan


def unmade(world: World, rng: Random) -> list[Wish]:
    """An issue act that is withdrawn before anybody has signed it."""
    issue = world.issue_draft(LANGONG, WANYUE)
    withdrawal = world.message("WithdrawIssue", issue=issue.digest)
    return [
        Wish("Issue", issue.message, LANGONG, []),
        Wish("WithdrawIssue", withdrawal, LANGONG, [LANGONG]),
        *offers(world, rng)[:1],
    ]


_DRAFTERS = {"VetoRecovery": CHANGLI, "CompleteRecovery": CHANGLI}
ALONE = ("Stop", "Close", "Suspend", "ChangePanel")
"""They may stop what would go beside them."""
KINDS = (
    "Admit",
    "ChangeSigners",
    "ChangeProfile",
    "Recover",
    "VetoRecovery",
    "CompleteRecovery",
    "Suspend",
    "ChangePanel",
    "Stop",
    "Close",
    "SetPolicy",
    "SetLimit",
    "Halt",
    "Issue",
    "Void",
    "Withdraw",
    "WithdrawAll",
    "Lock",
    "Receipt",
    "CancelLock",
    "Freeze",
    "Unfreeze",
    "Fund",
    "PayOut",
    "Waive",
    "ReplaceBank",
    "VetoReplacement",
    "CompleteReplacement",
)
TORN = "torn"
"""The plan that comes to different ends."""
PLANS: dict[str, Callable[[World, Random], list[Wish]]] = {
    "Offer": offers,
    "generations": generations,
    "late": late,
    TORN: torn,
    "WithdrawIssue": unmade,
    **{kind: one_of(kind) for kind in KINDS},
}
