"""PARTICIPANTS over HTTP, the panel (治理委员会): its members, stops of a stage, the closing for new issuances."""

from __future__ import annotations

from typing import cast

from fastapi import Response

from api.deps import Once, Read
from api.drafting import POSTED, draft
from api.json_body import routed
from api.models.participants import ClosureIn, PanelIn, PanelOut, StageWord, StopIn
from api.models.parties import party_out
from ledger import participants_panel
from ledger.limits import months_now
from ledger.ports import Store
from ledger.records import Governance
from ledger.rules import Stage

router = routed("", "participants")


@router.get("/panel", operation_id="getPanel", summary="The panel, the policy, the stops")
def get_panel(read: Read) -> PanelOut:
    """What everybody is bound by."""
    return read(lambda store: _panel(store, read.app.service.now(store)))


@router.post("/panel", operation_id="changePanel", summary="Other members of the panel", **POSTED)
def change_panel(body: PanelIn, once: Once) -> Response:
    """Signed by the present panel."""
    return draft(
        once,
        "ChangePanel",
        lambda store: participants_panel.change_panel(
            store, body.members, body.threshold, body.evidence, once.deadline(store, body.deadline)
        ),
    )


@router.post("/stops", operation_id="stop", summary="Stop stages for some days", **POSTED)
def stop(body: StopIn, once: Once) -> Response:
    """Signed by the panel. Withdrawals, vetoes, receipts, funding and payout never stop."""
    stages = sum({Stage[word.upper()] for word in body.stages})
    return draft(
        once,
        "Stop",
        lambda store: participants_panel.stop(
            store, stages, body.until, body.evidence, once.deadline(store, body.deadline)
        ),
    )


@router.post("/closures", operation_id="close", summary="No new issuances, for good", **POSTED)
def close(body: ClosureIn, once: Once) -> Response:
    """Signed by the panel."""
    return draft(
        once,
        "Close",
        lambda store: participants_panel.close(store, body.evidence, once.deadline(store, body.deadline)),
    )


def _panel(store: Store, now: int) -> PanelOut:
    found = store.need(Governance, 1)
    coming = found.next_months and now < found.next_from
    stopped = found.stopped_stages if now < found.stopped_until else 0
    return PanelOut(
        members=[party_out(store, member) for member in sorted(found.members)],
        threshold=found.threshold,
        months=months_now(store, now),
        next_months=found.next_months if coming else None,
        next_from=found.next_from if coming else None,
        stopped_stages=[cast(StageWord, (stage.name or "").lower()) for stage in Stage(stopped)],
        stopped_until=found.stopped_until if stopped else None,
        closed=found.closed,
    )
