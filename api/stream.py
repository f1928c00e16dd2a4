"""What becomes of acts, pushed: server-sent events, so that nobody has to ask for each act again and again."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from time import monotonic
from typing import Annotated, Any, Protocol, cast

from fastapi import Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.deps import App, Caller, Wired
from api.json_body import routed
from api.problems import problem_of
from api.stream_legs import lots, moment_of, told
from ledger.errors import GoldTicketError, Invalid
from ledger.ports import Book
from ledger.records import Leg, User
from ledger.users import require_access

router = routed("/acts", "acts")

QUIET = 15.0
"""Seconds after which a line is sent though nothing has happened, so that nobody between takes the line for dead."""
GATHERED = 0.1
"""Seconds for which changes are gathered, so that thousands at a time are told in one event."""
MOST_CHANGED = 50_000
"""Ids that wait for a client that reads slowly; beyond them the book is asked what has changed since."""
MOST_STREAMS = 4
"""Of one person at a time, in each of the gateway's processes: it keeps one process from being filled with streams. A
person can have as many times four as there are processes, depending on which of them the connections come to."""
OLDEST = 86_400
"""Seconds that a stream goes back to, at most."""
IN_DOUBT = 60.0
"""Seconds for which what was told last is no proof that nothing is missing: so late the line to the other gateways may
turn out to be broken."""
_EVENT = 'id: 1795402800\nevent: legs\ndata: {"legs":[{"act":"0x…","leg":"0x…","state":"final"}]}\n\n'


class TellingBook(Book, Protocol):
    """A book that tells what changes."""

    def listen(self, kind: type, listener: Callable[[list[Any]], None]) -> Callable[[], None]: ...

    def attend(self) -> bool: ...


class InvalidEventId(Invalid):
    """A Last-Event-ID that no stream gave."""

    code = "invalid-event-id"
    title = "The last event's id is not valid"


class EventTooOld(Invalid):
    """A Last-Event-ID of long ago."""

    code = "event-too-old"
    title = "The last event was too long ago"


class TooManyStreams(GoldTicketError):
    """One person listens in too many places."""

    code = "too-many-streams"
    status = 429
    title = "Too many streams"


@router.get(
    "/stream",
    operation_id="streamActs",
    summary="What becomes of acts, as it happens",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `legs`, each with legs and their new states",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EVENT}},
        }
    },
)
async def stream(
    request: Request,
    app: Wired,
    caller: Caller,
    last: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            max_length=20,
            description="Of the last event that came: goes on from there. Some legs may be told twice",
            examples=["1795402800"],
        ),
    ] = None,
) -> StreamingResponse:
    """Server-sent events (`EventSource`) for the legs that the caller may see, and those of acts that it brought. Who
    does not ask for `text/event-stream` by name is told what has happened since the last event, and the answer ends.
    A stream that can't go on (the API key was revoked, the book does not answer) ends with an event `problem`."""
    if last is not None and not (last.isascii() and last.isdigit()):
        raise InvalidEventId(f"{last!r} was the id of no event; leave the header out.", given=last)
    since = None if last is None else int(last)
    if since is not None:
        _require_recent(since, await run_in_threadpool(app.book.read, lambda store: moment_of(store, app)))
    lasting = "text/event-stream" in request.headers.get("accept", "")
    open_ = _open_streams(request)
    _require_place(open_, caller)
    events = _with_problem(_events(app, caller, since, lasting), request.url.path)
    return _Counted(open_, caller.id, events)


def _require_recent(since: int, moment: int) -> None:
    if since < moment - OLDEST:
        raise EventTooOld(
            f"The event {since} was more than {OLDEST // 3600} hours before {moment}, as far as the ledger's time "
            "goes: ask for the list (GET /v1/acts), and for the stream without Last-Event-ID."
        )


def _require_place(open_: Counter[str], caller: User) -> None:
    if open_[caller.id] >= MOST_STREAMS:
        raise TooManyStreams(
            f"{caller.name} has {open_[caller.id]} streams open at this process of the gateway; close one of them "
            "first, or give each program an API key of its own."
        )


def _open_streams(request: Request) -> Counter[str]:
    """How many each person has open in this process."""
    state = request.app.state
    if not hasattr(state, "streams"):
        state.streams = Counter()
    return cast("Counter[str]", state.streams)


class _Counted(StreamingResponse):
    """A stream that counts as open while it is sent."""

    def __init__(self, open_: Counter[str], user: str, events: AsyncIterator[str]) -> None:
        super().__init__(events, media_type="text/event-stream")
        self._open, self._user = open_, user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._open[self._user] += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._open[self._user] -= 1
            self._open += Counter()  # forgets who has none


async def _with_problem(events: AsyncIterator[str], path: str) -> AsyncIterator[str]:
    try:
        async for event in events:
            yield event
    except GoldTicketError as error:
        yield f"event: problem\ndata: {problem_of(error, path).model_dump_json()}\n\n"


async def _events(app: App, caller: User, since: int | None, lasting: bool) -> AsyncIterator[str]:
    changed: dict[bytes, None] = {}
    missed, woken, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()

    def heard(keys: list[tuple[bytes]]) -> None:
        loop.call_soon_threadsafe(take, keys)

    def take(keys: list[tuple[bytes]]) -> None:
        changed.update((key[0], None) for key in keys)
        if not keys or len(changed) > MOST_CHANGED:
            changed.clear()
            missed.set()
        woken.set()

    book = cast(TellingBook, app.book)
    doubt = IN_DOUBT if lasting and await run_in_threadpool(book.attend) else 0.0
    end = book.listen(Leg, heard)
    try:
        level = _Level(await run_in_threadpool(book.read, lambda store: moment_of(store, app)), doubt)
        yield ": the stream begins\n\n"
        if since is not None:
            missed.set()
            woken.set()
        while lasting or woken.is_set():
            try:
                await asyncio.wait_for(woken.wait(), QUIET)
            except TimeoutError:
                await run_in_threadpool(book.read, lambda store: require_access(store, caller))
                yield ": nothing new\n\n"
                continue
            if lasting:
                await asyncio.sleep(GATHERED)
            woken.clear()
            back_to = None if not missed.is_set() else level.sure if since is None else since
            missed.clear()
            since = None
            moments, held = [], ""
            async for ids in lots(book, changed, back_to):
                moment, shown = await told(app, caller, ids)
                moments.append(moment)
                if shown and held:
                    yield _event(level.sure, held)
                held = shown or held
            if moments:
                level.at(min(moments))
            if held:
                yield _event(level.sure, held)
    finally:
        end()


class _Level:
    """From when on, in the ledger's time, changes may be missing. `doubt`: seconds after which what was told is proof
    that nothing is."""

    def __init__(self, moment: int, doubt: float) -> None:
        self._doubt = doubt
        self._found = deque([(monotonic(), moment)])

    def at(self, moment: int) -> None:
        """Changes up to here were told, as far as anybody knows now."""
        self._found.append((monotonic(), moment))
        while len(self._found) > 1 and monotonic() - self._found[1][0] >= self._doubt:
            self._found.popleft()

    @property
    def sure(self) -> int:
        """Before this none is missing."""
        return self._found[0][1]


def _event(id_: int, shown: str) -> str:
    return f"id: {id_}\nevent: legs\ndata: {shown}\n\n"
