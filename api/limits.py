"""LIMITS over HTTP: opening limits, the tenor policy, halts."""

from __future__ import annotations

from fastapi import Response

from api.deps import Once, Read
from api.drafting import POSTED, draft
from api.json_body import routed
from api.models.fields import PartyId
from api.models.limits import HaltIn, LimitIn, LimitOut, PolicyIn
from api.models.parties import party_out
from ledger import limits
from ledger.ports import Store
from ledger.records import Governance, Participant
from ledger.rules import Role, UnknownParty

router = routed("/limits", "limits")


@router.get("/{core}", operation_id="getLimit", summary="A core's opening limit and its use")
def get_limit(core: PartyId, read: Read) -> LimitOut:
    """For the core, the clearing bank that it named, and the panel."""
    return read(lambda store: _limit(store, read.caller.party, core, read.app.service.now(store)))


@router.post("", operation_id="setLimit", summary="Set a core's opening limit", **POSTED)
def set_limit(body: LimitIn, once: Once) -> Response:
    """Signed by the core's named clearing bank. Below its use it only blocks new issuances."""
    return draft(
        once,
        "SetLimit",
        lambda store: limits.set_limit(
            store, body.core, body.amount, body.expiry, once.deadline(store, body.deadline)
        ),
    )


@router.post("/policy", operation_id="setPolicy", summary="The longest tenor from a date on", **POSTED)
def set_policy(body: PolicyIn, once: Once) -> Response:
    """Signed by the panel."""
    return draft(
        once,
        "SetPolicy",
        lambda store: limits.set_policy(
            store, body.months, body.start, body.evidence, once.deadline(store, body.deadline)
        ),
    )


@router.post("/halts", operation_id="halt", summary="Halt a core, or let it go on", **POSTED)
def halt(body: HaltIn, once: Once) -> Response:
    """Signed by the panel, with evidence. Being overdue halts a core by itself."""
    return draft(
        once,
        "Halt",
        lambda store: limits.halt(
            store, body.core, body.halted, body.evidence, once.deadline(store, body.deadline)
        ),
    )


def _limit(store: Store, caller: int, core: int, now: int) -> LimitOut:
    found = store.get(Participant, core)
    panel = store.need(Governance, 1).members
    if found is None or not found.roles & Role.CORE or caller not in (core, found.clearing_bank, *panel):
        raise UnknownParty(f"There is no core {core} whose limit your company may see.", party=core)
    opening, room = limits.opening(store, core), limits.room(store, core, now)
    return LimitOut(
        core=party_out(store, core),
        limit=room.limit,
        used=room.used,
        free=room.free,
        expiry=room.expiry or None,
        overdue=opening.overdue,
        halted=opening.halted,
        reason=room.reason or None,
    )
