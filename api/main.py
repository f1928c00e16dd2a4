"""The HTTP API: routers over the service, one error handler, one OpenAPI document."""

from __future__ import annotations

import contextlib
from typing import Any

from fastapi import Depends, FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import (
    acts,
    bulk,
    documents,
    finance,
    finance_locks,
    freeze,
    health,
    issue,
    limits,
    metrics,
    openapi,
    participants,
    participants_panel,
    payables,
    problems,
    settle,
    settle_clearing,
    settle_overdue,
    stream,
    transfer,
)
from api.deps import App
from api.observing import Observing
from api.problems import MOST_BYTES
from api.storable import storable

PREFIX = "/v1"

_ROUTERS = (
    participants.router,
    participants_panel.router,
    limits.router,
    payables.router,
    issue.router,
    transfer.router,
    finance.router,
    finance_locks.router,
    settle.router,
    settle_clearing.router,
    settle_overdue.router,
    freeze.router,
    documents.router,
    stream.router,
    bulk.router,
    acts.router,
    health.router,
)

_TAGS = {
    "participants": "Who takes part: admission, keys, files, recovery, suspension, the panel (参与方)",
    "limits": "How much a core may have outstanding, tenor policy, halts (开立额度)",
    "payables": "What cores owe their suppliers, from files (应付账款)",
    "issue": "A core's debt becomes a ticket (开立)",
    "transfer": "Offers, their children, withdrawals, lineage (转让)",
    "finance": "Quotes, locks, receipts (保理融资)",
    "settle": "Maturities, clearing lists, funding, pay-out, overdue (清分兑付)",
    "freeze": "Orders of courts (协助冻结)",
    "acts": "What waits for signatures, signing, rejecting (业务指令)",
    "documents": "What was signed, as people read it",
    "system": "Is everything there",
}

_DESCRIPTION = """\
A ledger of gold tickets (金票): receivables that can be split, passed on, financed and paid out.

Every change is an **act** that collects signatures: a stage's endpoint drafts it, its parties sign it under
`/v1/acts/{id}`, and it is final when the chain has taken it. Amounts are fen as decimal strings, ids 0x hex, times
UTC. Every POST wants an `Idempotency-Key`. Errors are problem+json (RFC 9457).
"""


def create_app(app: App) -> FastAPI:
    """The API over a wired application (`ledger.wiring`). It starts nothing in the background."""
    api = FastAPI(
        title="Gold Ticket",
        version="1",
        description=_DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        openapi_tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        # both pages load scripts from elsewhere, into the origin that holds API keys
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.app = app
    for router in _ROUTERS:
        api.include_router(router, prefix=PREFIX, dependencies=[Depends(storable)])
    api.include_router(metrics.router)
    problems.install(api)
    api.add_middleware(RequestBodyLimitMiddleware, max_body_size=MOST_BYTES)
    if app is not None and getattr(app.settings, "observe", False):
        api.add_middleware(Observing)
    api.add_middleware(_Headers)

    def document() -> dict[str, Any]:
        return openapi.document(api)

    api.openapi = document  # type: ignore[method-assign]
    return api


class _Headers:
    """Answers are one company's business: no cache keeps them, no browser guesses their type. What the server refuses
    by itself, a body that is too large, becomes a problem as well."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if message["status"] == 413 and headers.get("content-type", "").startswith("text/plain"):
                    await problems.too_large(scope)(scope, receive, sending)
                    raise _Answered
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        with contextlib.suppress(_Answered):
            await self._app(scope, receive, sending if scope["type"] == "http" else send)


class _Answered(Exception):
    """Another answer was given already."""
