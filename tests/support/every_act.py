"""One complete act of every kind that a ledger would take right now, each ready to be signed by others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.actors import (
    CHANGLI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    PANEL,
    QIANCHAO,
    REGISTRAR,
    SOLE,
    SUHENG,
    WANYUE,
    Key,
    Role,
    party,
)
from tests.support.drafts import Draft, Signer, draft
from tests.support.world import DAY, DUE, FACE, World

PART = FACE // 8
NEWCOMER = party("newcomer", 16, "91340100MA9DEM333A", Role.SUPPLIER)
SEATS: list[Signer] = list(PANEL[:3])


@dataclass(frozen=True)
class Act:
    """An act with who signs it, in order; `panel`: the place where the panel's signatures begin."""

    primary: str
    message: dict[str, Any]
    signers: list[Signer]
    panel: int | None = None
    issue: dict[str, Any] | None = field(default=None, repr=False)

    def draft(self, world: World, signers: Sequence[Signer] | None = None) -> Draft:
        """Signed as it should be, or by others."""
        by = self.signers if signers is None else signers
        return draft(world.domain, self.primary, self.message, list(by), self.issue)

    def __str__(self) -> str:
        return self.primary


def prepare(world: World) -> list[Act]:
    """Issuances, a lock, an order, a recovery and a replacement, all ready; then an act of each kind on them."""
    world.admit(QIANCHAO, LANWAN)
    ticket, other = world.issue(LANGONG, WANYUE), world.issue(LANGONG, WANYUE)
    lock = world.lock(WANYUE, ticket, LANWAN, PART, expiry=world.now + 60 * DAY)
    world.freeze(other, b"\1" * 32, 1)
    rescue = Key("rescue")
    recover = world.panel_draft("Recover", HUAIYUE, rescue, party=CHANGLI.id, keys=[_sole(rescue)])
    replace = world.panel_draft("ReplaceBank", LANGONG, QIANCHAO, issuance=other[:16], bank=QIANCHAO.id)
    for made in (recover, replace):
        world.send(made.data).expect()
    world.advance(14 * DAY)
    world.fund((ticket, FACE // 2))
    funded = world.issue(LANGONG, WANYUE)
    world.fund((funded, FACE))
    return [
        *_people(world, rescue, recover.digest),
        *_governance(world),
        *_issuing(world),
        *_tickets(world, ticket, other, lock),
        *_money(world, ticket, other, funded, replace.digest),
    ]


def _sole(key: Key) -> dict[str, Any]:
    return {"key": key.address, "right": SOLE}


def _maker(world: World) -> Callable[..., Act]:
    def make(
        primary: str,
        signers: Sequence[Signer],
        panel: int | None = None,
        issue: dict[str, Any] | None = None,
        **fields: Any,
    ) -> Act:
        return Act(primary, world.message(primary, **fields), list(signers), panel, issue)

    return make


def _people(world: World, rescue: Key, recovery: bytes) -> list[Act]:
    make, new = _maker(world), Key("new")
    wanyue: dict[str, Any] = {"party": WANYUE.id, "sequence": 0}
    admitted: dict[str, Any] = {"clearingBank": HUAIYUE.id, "profile": b"\1" * 32, "registrar": REGISTRAR.id}
    recovered: dict[str, Any] = {"party": CHANGLI.id, "recovery": recovery}
    suspended: dict[str, Any] = {"until": world.now + DAY, "party": WANYUE.id, "sequence": 0}
    named = {"uscc": NEWCOMER.uscc, "roles": int(NEWCOMER.roles), "keys": NEWCOMER.keys, "bank": LANWAN.id}
    keys = [NEWCOMER.maker, NEWCOMER.checker, NEWCOMER.sole]
    return [
        make("Admit", [REGISTRAR, LANWAN, *keys], **admitted, **named),
        make("ChangeSigners", [WANYUE, new], add=[_sole(new)], remove=[], **wanyue),
        make("ChangeProfile", [WANYUE], profile=b"\1" * 32, **wanyue),
        make("Recover", [HUAIYUE, new, *SEATS], 2, party=SUHENG.id, keys=[_sole(new)], sequence=0),
        make("VetoRecovery", [CHANGLI.maker], **recovered),
        make("CompleteRecovery", [rescue], **recovered),
        make("Suspend", [REGISTRAR], byPanel=False, **suspended),
        make("Suspend", SEATS, 0, byPanel=True, **suspended),
    ]


def _governance(world: World) -> list[Act]:
    make, end = _maker(world), world.now + DAY
    policy: dict[str, Any] = {"months": 9, "from": end}
    return [
        make("ChangePanel", SEATS, 0, members=[1, 2, 3], threshold=2, sequence=0),
        make("Stop", SEATS, 0, stages=31, until=end, sequence=0),
        make("Close", SEATS, 0, sequence=0),
        make("SetPolicy", SEATS, 0, sequence=0, **policy),
        make("SetLimit", [HUAIYUE], core=LANGONG.id, amount=FACE, expiry=DUE, sequence=1),
        make("Halt", SEATS, 0, core=LANGONG.id, halted=True, sequence=1),
    ]


def _issuing(world: World) -> list[Act]:
    make = _maker(world)
    first, second = world.issue_draft(LANGONG, WANYUE), world.issue_draft(LANGONG, WANYUE)
    # made void: an issuance of which nothing is held
    free = world.issue(LANGONG, WANYUE)
    void: dict[str, Any] = {"issuance": free[:16], "tickets": [free], "issue": world.issues[free[:16]]}
    withdrawal = world.message("WithdrawIssue", issue=second.digest)
    return [
        Act("Issue", first.message, [LANGONG, WANYUE]),
        Act("WithdrawIssue", withdrawal, [LANGONG], issue=second.message),
        make("Void", [LANGONG, WANYUE], **void),
    ]


def _tickets(world: World, ticket: bytes, other: bytes, lock: bytes) -> list[Act]:
    make = _maker(world)
    receipt: dict[str, Any] = {"lock": lock, "bank": LANWAN.id, "value": PART}
    order: dict[str, Any] = {"ticket": other, "sequence": 1}
    return [
        make("Withdraw", [WANYUE], ticket=ticket, offer=b"\1" * 32, indexes=[0]),
        make("WithdrawAll", [WANYUE], ticket=ticket, version=0),
        Act("Lock", world.lock_draft(WANYUE, ticket, LANWAN, PART).message, [WANYUE, LANWAN]),
        make("Receipt", [HUAIYUE], ref=b"\1" * 32, registration=b"\2" * 32, **receipt),
        make("CancelLock", [WANYUE, LANWAN], lock=lock),
        make("Freeze", SEATS, 0, order=b"\2" * 32, amount=1, end=DUE, **order),
        make("Unfreeze", SEATS, 0, order=b"\1" * 32, **order),
    ]


def _money(world: World, ticket: bytes, other: bytes, funded: bytes, replacement: bytes) -> list[Act]:
    make = _maker(world)
    leg, line = {"issuance": other[:16], "amount": 1}, {"ticket": funded, "amount": 1, "paidAt": world.now}
    paid: dict[str, Any] = {"bank": HUAIYUE.id, "ref": b"\3" * 32}
    running: dict[str, Any] = {"issuance": other[:16], "replacement": replacement}
    again: dict[str, Any] = {"issuance": ticket[:16], "sequence": 0}
    return [
        make("Fund", [HUAIYUE], total=1, legs=[leg], **paid),
        make("PayOut", [HUAIYUE], lines=[line], **paid),
        make("Waive", SEATS, 0, issuance=ticket[:16], sequence=0),
        make("ReplaceBank", [LANGONG, QIANCHAO, *SEATS], 2, bank=QIANCHAO.id, **again),
        make("VetoReplacement", [HUAIYUE], **running),
        make("CompleteReplacement", [QIANCHAO], **running),
    ]
