"""Is the process up, and is everything behind it there."""

from __future__ import annotations

import threading
from time import monotonic
from typing import Annotated

from fastapi import Request, Response
from pydantic import Field

from api.deps import App, Wired
from api.json_body import routed
from api.models.fields import Out
from ledger.errors import GoldTicketError
from ledger.records import Cursor

router = routed("", "system")

FRESH = 1.0
"""Seconds for which a look at chain and book is shown: nobody needs a key to ask."""


class Health(Out):
    """The process answers."""

    status: Annotated[str, Field(examples=["up"])] = "up"


class Ready(Out):
    """Whether requests can be served. `problems` names what is missing and is empty when ready."""

    ready: Annotated[bool, Field(examples=[True])]
    head: Annotated[int | None, Field(description="The chain's last block", examples=[1204])]
    block: Annotated[int | None, Field(description="The last block taken into the book", examples=[1204])]
    lag: Annotated[int | None, Field(description="Blocks between the two", examples=[0])]
    problems: Annotated[list[str], Field(examples=[[]])]
    notes: Annotated[
        list[str],
        Field(
            description="What does not keep requests from being served: nodes that are left, and a network that makes "
            "no blocks, for which everything accepted waits",
            examples=[["node 2 of 4 is left: it is 14 blocks behind the others"]],
        ),
    ]


@router.get("/health", operation_id="health", summary="The process is up")
async def health() -> Health:
    """Says nothing of chain and book: see `ready`."""
    return Health()


@router.get(
    "/ready",
    operation_id="ready",
    summary="Chain, book and cursor are there",
    responses={503: {"model": Ready, "description": "Something is missing; `problems` says what"}},
)
def ready(request: Request, app: Wired, response: Response) -> Ready:
    """Asks the chain for its head, the book for a read and an empty write, relay and watcher whether they go on: once a
    second at most, whoever asks."""
    look: Look | None = getattr(request.app.state, "look", None)
    if look is None or look.app is not app:
        look = request.app.state.look = Look(app)
    found = look()
    if not found.ready:
        response.status_code = 503
    return found


class Look:
    """One look at the parts of an application, shown to all who ask while it is fresh."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._found: Ready | None = None
        self._until = 0.0
        self._looking = threading.Lock()

    def __call__(self) -> Ready:
        """While somebody looks already, what was seen before is shown: a chain that does not answer keeps one of the
        threads waiting, not all."""
        found = self._found
        if found is not None and monotonic() < self._until:
            return found
        if not self._looking.acquire(blocking=found is None):
            assert found is not None
            return found
        try:
            if self._found is None or monotonic() >= self._until:
                self._found = _looked(self.app)
                self._until = monotonic() + FRESH
            return self._found
        finally:
            self._looking.release()


def _looked(app: App) -> Ready:
    head, chain_problem = _head(app)
    block, book_problem = _block(app)
    work_problem = f"relay and watcher: {app.failure}" if app.failure else ""
    behind = app.behind()
    fill_problem = f"catching up: block {behind[0]} of {behind[1]}" if behind else ""
    problems = [p for p in (chain_problem, book_problem, work_problem, fill_problem) if p]
    lag = None if head is None or block is None else max(0, head - block)
    return Ready(ready=not problems, head=head, block=block, lag=lag, problems=problems, notes=app.notes())


def _head(app: App) -> tuple[int | None, str]:
    try:
        return app.chain.head().number, ""
    except GoldTicketError as error:
        return None, f"chain: {error.for_clients().message}"


def _block(app: App) -> tuple[int | None, str]:
    try:
        app.book.write(lambda store: None)
        cursor = app.book.read(lambda store: store.get(Cursor, 1))
    except GoldTicketError as error:
        return None, f"book: {error.for_clients().message}"
    return (cursor.block if cursor else 0), ""
