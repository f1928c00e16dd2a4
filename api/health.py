"""Is the process up, and is everything behind it there."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import Field

from api.deps import App, Wired
from api.json_body import routed
from api.models.fields import Out
from ledger.errors import GoldTicketError
from ledger.records import Cursor

router = routed("", "system")


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
            examples=[["node http://10.0.0.2:8545 is left: it is 14 blocks behind the others"]],
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
def ready(app: Wired, response: Response) -> Ready:
    """Asks the chain for its head, the book for a read and an empty write, relay and watcher whether they go on."""
    head, chain_problem = _head(app)
    block, book_problem = _block(app)
    work_problem = f"relay and watcher: {app.failure}" if app.failure else ""
    behind = app.behind()
    fill_problem = f"catching up: block {behind[0]} of {behind[1]}" if behind else ""
    problems = [p for p in (chain_problem, book_problem, work_problem, fill_problem) if p]
    if problems:
        response.status_code = 503
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
