"""SETTLE over HTTP, when the money does not come: overdue, waivers, another clearing bank."""

from __future__ import annotations

from fastapi import Response

from api.deps import Doing, Once, Read
from api.drafting import POSTED, drafted
from api.json_body import routed
from api.models.acts import ActOut
from api.models.fields import IssuanceIn
from api.models.parties import party_out
from api.models.settle import IssuanceOnlyIn, OverdueIn, ReplacementIn, ReplacementOut, WaiverIn
from ledger import settle
from ledger.errors import NotFound
from ledger.ids import new_salt, to_hex
from ledger.ports import Store
from ledger.privacy import is_panel, sees_issuance
from ledger.records import Issuance, Replacement
from ledger.tickets import UnknownIssuance

router = routed("/settle", "settle")


@router.post("/overdue", operation_id="reportOverdue", summary="Report an overdue issuance (逾期)", **POSTED)
def overdue(body: OverdueIn, once: Once) -> Response:
    """By anybody; nobody signs. The debtor may issue no more until it is cured by full funding, void, or a waiver."""

    def work(store: Store) -> ActOut:
        found = store.get(Issuance, body.issuance)
        if found is None:
            raise _unknown(body.issuance)
        message = {"issuance": found.id, "salt": new_salt()}
        return drafted(store, once, "ReportOverdue", message, _told(found))

    return once(work)


@router.post(
    "/waivers", operation_id="waive", summary="An overdue issuance does not halt its debtor", **POSTED
)
def waive(body: WaiverIn, once: Once) -> Response:
    """Signed by the panel; for 30 days."""

    def work(store: Store) -> ActOut:
        found, deadline = _seen(store, once.caller.party, body.issuance), once.deadline(store, body.deadline)
        message = settle.waive(store, found.id, body.evidence, deadline)
        return drafted(store, once, "Waive", message, _told(found))

    return once(work)


@router.get(
    "/replacements/{issuance}", operation_id="getReplacement", summary="A running change of clearing bank"
)
def get_replacement(issuance: IssuanceIn, read: Read) -> ReplacementOut:
    """For the issuance's parties, the panel, and the bank that is to follow."""

    def work(store: Store) -> ReplacementOut:
        found = _seen(store, read.caller.party, issuance)
        running = store.get(Replacement, found.id)
        if running is None:
            raise NotFound(
                f"No change of the clearing bank of issuance {to_hex(issuance)} is running; nothing waits for you.",
                issuance=issuance,
            )
        return ReplacementOut(
            issuance=found.id,
            present=party_out(store, found.clearing_bank),
            next=party_out(store, running.bank),
            digest=running.digest,
            ready_at=running.ready_at,
        )

    return read(work)


@router.post(
    "/replacements", operation_id="replaceBank", summary="Another clearing bank for an issuance", **POSTED
)
def replace_bank(body: ReplacementIn, once: Once) -> Response:
    """Signed by the debtor, the new bank and the panel; 14 days, unless the present one vetoes."""

    def work(store: Store) -> ActOut:
        found, deadline = _seen(store, once.caller.party, body.issuance), once.deadline(store, body.deadline)
        message = settle.replace_bank(store, found.id, body.bank, body.evidence, deadline)
        return drafted(store, once, "ReplaceBank", message, _told(found))

    return once(work)


@router.post("/replacements/veto", operation_id="vetoReplacement", summary="Veto a replacement", **POSTED)
def veto_replacement(body: IssuanceOnlyIn, once: Once) -> Response:
    """By the present clearing bank."""
    return _end_replacement(once, body, "VetoReplacement")


@router.post(
    "/replacements/complete", operation_id="completeReplacement", summary="The new bank takes over", **POSTED
)
def complete_replacement(body: IssuanceOnlyIn, once: Once) -> Response:
    """By the new clearing bank, after the delay."""
    return _end_replacement(once, body, "CompleteReplacement")


def _end_replacement(once: Doing, body: IssuanceOnlyIn, kind: str) -> Response:
    def work(store: Store) -> ActOut:
        found, deadline = _seen(store, once.caller.party, body.issuance), once.deadline(store, body.deadline)
        message = settle.end_replacement(store, found.id, deadline)
        return drafted(store, once, kind, message, _told(found))

    return once(work)


def _told(found: Issuance) -> dict[str, list[int]]:
    """Debtor and clearing bank see every act about their issuance, not only those that they sign."""
    return {"parties": [found.debtor, found.clearing_bank]}


def _seen(store: Store, party: int, id: bytes) -> Issuance:
    """For parties of the issuance, the panel, and the bank that is to take over. Raises UnknownIssuance."""
    found, running = store.get(Issuance, id), store.get(Replacement, id)
    if found is None or not (
        sees_issuance(party, found)
        or is_panel(store, party)
        or (running is not None and running.bank == party)
    ):
        raise _unknown(id)
    return found


def _unknown(id: bytes) -> UnknownIssuance:
    return UnknownIssuance(
        f"There is no issuance {to_hex(id)}, or your company is no party to it; look it up again.",
        issuance=to_hex(id),
    )
