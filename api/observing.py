"""An observer's API: everything is read, nothing is written."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import MEDIA_TYPE, problem_of
from ledger.observing import OnlyObserves

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Observing:
    """Refuses whatever would change something, before it is even looked at."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READING:
            await self._app(scope, receive, send)
            return
        error = OnlyObserves(
            "Nothing can be written here. Send an act that has all its signatures to the chain yourself: "
            "goldticket send ACT.json; or use the gateway that you have an account with."
        )
        problem = problem_of(error, str(scope["path"])).model_dump_json()
        await Response(problem, error.status, media_type=MEDIA_TYPE)(scope, receive, send)
