"""What endpoints are given: the wired application, the caller, and one run of a request's work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar, cast

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from starlette.routing import BaseRoute

from api.auth import read_key
from ledger.access import require_scope
from ledger.ports import Book, Chain, Signer, Store
from ledger.records import User
from ledger.service import DEFAULT_LIFE, Service
from ledger.users import authenticate

T = TypeVar("T")

REPLAY = "Idempotent-Replay"
IDEMPOTENCY_KEY = "Idempotency-Key"
KEY_FORM = re.compile(r"^[\x21-\x7e]{1,200}$")
"""What an Idempotency-Key looks like."""


class App(Protocol):
    """What `ledger.wiring` gives to the API."""

    @property
    def book(self) -> Book: ...

    @property
    def chain(self) -> Chain: ...

    @property
    def service(self) -> Service: ...

    @property
    def keystore(self) -> Signer: ...

    def notes(self) -> list[str]: ...

    @property
    def settings(self) -> Any: ...

    @property
    def consortium_key(self) -> bytes:
        """Of the invoice fingerprints, 32 bytes."""
        ...

    @property
    def failure(self) -> str:
        """Why the work in the background stands still, "" while it goes on."""
        ...

    def behind(self) -> tuple[int, int] | None:
        """(block taken in, block to reach) until the book is level for the first time."""
        ...

    def wake(self) -> None:
        """Something was written: the relay may look at once."""
        ...


# async, as everything that does not wait: what is not goes through a thread
async def app_of(request: Request) -> App:
    """The wired application that `create_app` was given."""
    return cast(App, request.app.state.app)


Wired = Annotated[App, Depends(app_of)]


def caller_of(app: Wired, key: Annotated[str, Depends(read_key)]) -> User:
    """The person whose API key came. Raises InvalidApiKey."""
    return app.book.read(lambda store: authenticate(store, key))


Caller = Annotated[User, Depends(caller_of)]


@dataclass(frozen=True)
class Reading:
    """A snapshot of the book on behalf of the caller."""

    app: App
    caller: User

    def __call__(self, work: Callable[[Store], T]) -> T:
        return self.app.book.read(work)


async def reading(app: Wired, caller: Caller) -> Reading:
    """The `Reading` of this request."""
    return Reading(app, caller)


Read = Annotated[Reading, Depends(reading)]

IdempotencyKey = Annotated[
    str,
    Header(
        alias=IDEMPOTENCY_KEY,
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A name for this request, new for each one you mean. Sent again with the same body it gets "
        "the first answer, and nothing happens twice.",
        examples=["7f9c24e5-3b1d-4a53-a4f1-6d1c2f0f6a2b"],
    ),
]


@dataclass(frozen=True)
class Doing:
    """A request that changes something: its work runs once for each Idempotency-Key, together with the record of
    the answer. `body`: what makes the request the same."""

    app: App
    caller: User
    scope: str
    key: str
    body: bytes

    def deadline(self, store: Store, given: int | None) -> int:
        """The last second of a new act: as given, else in 7 days."""
        return self.app.service.now(store) + DEFAULT_LIFE if given is None else given

    def __call__(
        self,
        work: Callable[[Store], BaseModel],
        *,
        status: int = 201,
        content: bytes | None = None,
    ) -> Response:
        """The first answer to this key. `content` stands for the body where its bytes differ from try to try
        (a form's boundary). Work that raises is not remembered. Raises KeyReused."""

        def run(store: Store) -> tuple[int, str]:
            return status, work(store).model_dump_json()

        reply = self.app.book.write(
            lambda store: self.app.service.once(
                store,
                self.scope,
                self.key,
                self.body if content is None else content,
                lambda: run(store),
            )
        )
        if not reply.again:
            self.app.wake()
        headers = {REPLAY: "true"} if reply.again else {}
        return Response(reply.body, reply.status, headers, "application/json")


async def doing(request: Request, app: Wired, caller: Caller, key: IdempotencyKey) -> Doing:
    """The `Doing` of this request. A form is read by the endpoint, which passes on what it found there. Raises
    MissingScope: who only looks changes nothing, whatever the endpoint asks for besides."""
    require_scope(caller, "maker", "checker")
    form = request.headers.get("content-type", "").startswith("multipart/")
    body = b"" if form else await request.body()
    return Doing(app, caller, scope_of(request, caller), key, body)


Once = Annotated[Doing, Depends(doing)]


def scope_of(request: Request, caller: User) -> str:
    """API key, route and what it is about: one key may serve on two tickets."""
    route = cast(BaseRoute, request.scope["route"])
    template = getattr(route, "path_format", request.url.path)
    params = json.dumps(request.path_params, sort_keys=True)
    return f"{caller.id} {request.method} {template} {params}"
