"""ISSUE over HTTP: payables become issuances, one or a batch; looking at them; void."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from api.act_view import act_out
from api.deps import Doing, Once, Read
from api.drafting import POSTED, draft
from api.json_body import routed
from api.models.acts import ActOut, ActsOut
from api.models.fields import IssuanceIn
from api.models.tickets import IssuanceView, IssueIn, VoidIn
from api.pages import Page, Paged, page
from api.ticket_view import issuance_view
from ledger import issue, payable_store, undertakings
from ledger.access import require_scope
from ledger.discount import Bearer
from ledger.errors import Invalid
from ledger.issue_terms import Options, batches, terms_for
from ledger.payables import Payable
from ledger.ports import Store
from ledger.privacy import seen_issuance, sees_issuance
from ledger.records import Issuance, Participant
from ledger.rules import Role, at_most, in_role

router = routed("/issuances", "issue")

MOST_ACTS = 200


class NoFreePayables(Invalid):
    """Nothing to open tickets from."""

    code = "no-free-payables"
    title = "There are no free payables"


@router.post(
    "",
    operation_id="issue",
    summary="Open tickets from payables",
    status_code=201,
    response_model=ActsOut,
)
def open_tickets(body: IssueIn, once: Once) -> Response:
    """Drafts an issue act for each debt, with its undertaking. The core signs; only then the supplier and the
    clearing bank see it, and the supplier signs. All or none are drafted; each takes effect by itself."""

    def work(store: Store) -> ActsOut:
        require_scope(once.caller, "maker")
        core = in_role(store, once.caller.party, Role.CORE)
        chosen = _chosen(store, core, body)
        groups = batches(chosen, body.together)
        at_most(len(groups), MOST_ACTS, "issuances")
        return ActsOut(acts=[_issue(store, once, group, body) for group in groups])

    return once(work)


@router.get("", operation_id="listIssuances", summary="Issuances of the caller's company")
def list_issuances(
    read: Read,
    paging: Paged,
    role: Annotated[
        Literal["debtor", "supplier", "clearing_bank"] | None,
        Query(description="Only those in which my company is this", examples=["debtor"]),
    ] = None,
) -> Page[IssuanceView]:
    """As debtor, first supplier or clearing bank; the newest first."""
    party = read.caller.party
    where: dict[str, Any] = {} if role is None else {role: party}
    return read(
        lambda store: page(
            store,
            Issuance,
            paging,
            lambda found: issuance_view(store, found),
            order="-number",
            keep=lambda found: sees_issuance(party, found),
            **where,
        )
    )


@router.get("/{id}", operation_id="getIssuance", summary="One issuance")
def get_issuance(id: IssuanceIn, read: Read) -> IssuanceView:
    """For its debtor, its clearing bank and its first supplier."""
    return read(lambda store: issuance_view(store, seen_issuance(store, read.caller.party, id)))


@router.post("/{id}/void", operation_id="voidIssuance", summary="Unmake an issuance (作废)", **POSTED)
def void(id: IssuanceIn, body: VoidIn, once: Once) -> Response:
    """Signed by the core and the sole holder of all its tickets; nothing funded, held or locked.
    Whoever drafts it signs first: the other sees it only then."""

    def message(store: Store) -> dict[str, Any]:
        seen_issuance(store, once.caller.party, id)
        return issue.void(store, id, body.evidence, once.deadline(store, body.deadline))

    return draft(once, "Void", message)


def _chosen(store: Store, core: Participant, body: IssueIn) -> Sequence[Payable]:
    if body.payables is None:
        found = payable_store.free_ones(store, core.uscc)
    else:
        keys = dict.fromkeys((key.supplier, key.invoice) for key in body.payables)
        found = [payable_store.free_one(store, core.uscc, *key) for key in keys]
    if not found:
        raise NoFreePayables("There is no payable from which nothing was opened yet; import some first.")
    return found


def _issue(store: Store, once: Doing, payables: Sequence[Payable], body: IssueIn) -> ActOut:
    service = once.app.service
    now = service.now(store)
    terms = terms_for(
        store,
        payables,
        once.app.consortium_key,
        now,
        once.deadline(store, body.deadline),
        _options(body),
    )
    message = terms.message
    store.put(undertakings.drafted(terms.document, core=message["debtor"], now=now))
    extra = {
        "payables": [payable_store.to_json(payable) for payable in payables],
        "undertaking": terms.document.hash,
        "parties": [message["clearingBank"]],
    }
    act = service.draft(store, once.caller, "Issue", message, extra)
    payable_store.use(store, payables, act.id)
    return act_out(store, once.caller, act)


def _options(body: IssueIn) -> Options:
    return Options(
        depth=body.depth,
        minimum=body.minimum,
        bearer=Bearer(body.interest_bearer),
        grace_days=body.grace_days,
        overdue_bp_per_day=body.overdue_bp_per_day,
        clearing_bank=body.clearing_bank or 0,
    )
