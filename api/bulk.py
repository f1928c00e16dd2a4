"""Acts that come complete, with their signatures: one in a request, up to a thousand, or a stream of lines."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from api.auth import read_key
from api.bulk_items import ItemReader, brought_of
from api.deps import IDEMPOTENCY_KEY, KEY_FORM, REPLAY, App, Caller, IdempotencyKey, Wired, scope_of
from api.json_body import quick, read_json, routed
from api.models.bulk import ActBrought, ActTaken, BulkIn, BulkOut, ItemOut, LegTaken
from api.models.problem import Problem
from api.problems import problem_of
from ledger.access import require_scope
from ledger.acts import derive
from ledger.bulk import MOST_ITEMS, BulkBook, Intake, Item, Loading
from ledger.errors import GoldTicketError, Invalid
from ledger.ports import Store
from ledger.records import Act, Leg, User
from ledger.service import Reply
from ledger.users import authenticate, require_access

T = TypeVar("T")

router = routed("/acts", "acts")

JSON = "application/json"
LINES = "application/jsonl"
_EXAMPLE = '{"index":0,"taken":{"act":"0x…","state":"complete","legs":[]},"problem":null}'
MOST_LINE = 256 * 1024
"""Bytes of one line of a stream."""
MOST_STREAM = 2**30
"""Bytes of a whole stream: some hundred thousand acts."""
_MOST_KEYS = 10_000


class LineTooLong(Invalid):
    """A line of a stream that holds more than one act."""

    code = "line-too-long"
    title = "A line of the stream is too long"


class StreamTooLong(Invalid):
    """More bytes than one stream may have."""

    code = "stream-too-long"
    title = "The stream is too long"


@dataclass
class Desk:
    """Of one application: whose the keys are, and which API keys have opened before."""

    app: App
    intake: Intake
    opened: set[bytes] = field(default_factory=set)


async def desk_of(request: Request, app: Wired) -> Desk:
    """The one of this application."""
    found: Desk | None = getattr(request.app.state, "desk", None)
    if found is None or found.app is not app:
        found = request.app.state.desk = Desk(app, Intake(app.book, app.service))
    return found


Taking = Annotated[Desk, Depends(desk_of)]


def mark_of(key: str) -> bytes:
    """By which an API key is remembered."""
    return hashlib.sha256(key.encode()).digest()


async def known_key(desk: Taking, key: Annotated[str, Depends(read_key)]) -> str:
    """An API key that has opened before, or does now. Whether it still does is asked once more where something is
    saved: this is only so that strangers are sent away first. Raises InvalidApiKey."""
    mark = mark_of(key)
    if mark not in desk.opened:
        await run_in_threadpool(desk.app.book.read, lambda store: authenticate(store, key))
        if len(desk.opened) >= _MOST_KEYS:
            desk.opened.clear()
        desk.opened.add(mark)
    return key


async def bring(
    body: ActBrought,
    request: Request,
    desk: Taking,
    api_key: Annotated[str, Depends(known_key)],
    key: IdempotencyKey,
) -> Response:
    """Complete, anybody may bring it, as to the chain itself; else one of its parties may. Nobody is asked twice."""
    item = brought_of(desk.app.service.domain, body)
    return await _bring(desk, request, item, api_key, key)


async def _bring_plain(request: Request) -> Response | None:
    """What `bring` does, for a key that has opened before and a body as it nearly always is: half of the cost."""
    desk: Desk | None = getattr(request.app.state, "desk", None)
    headers, query = request.headers, request.scope.get("query_string")
    key, (scheme, _, api_key) = (
        headers.get(IDEMPOTENCY_KEY, ""),
        headers.get("authorization", "").partition(" "),
    )
    if desk is None or desk.app is not request.app.state.app or query or headers.get("content-type") != JSON:
        return None
    if scheme != "Bearer" or mark_of(api_key) not in desk.opened or not KEY_FORM.fullmatch(key):
        return None
    raw = await request.body()
    reading = ItemReader(desk.app.service.domain, request.url.path, escapes=b"\\u" in raw)
    try:
        item = reading.plain(read_json(raw))
    except (ValueError, GoldTicketError):
        return None
    return None if item is None else await _bring(desk, request, item, api_key, key)


async def _bring(desk: Desk, request: Request, item: Item, api_key: str, key: str) -> Response:
    app, raw = desk.app, await request.body()

    def work(store: Store) -> Reply:
        caller = authenticate(store, api_key)
        require_scope(caller, "maker", "checker")

        def taken() -> tuple[int, str]:
            return 201, _view(store, desk.intake.take(store, caller, item)).model_dump_json()

        return app.service.once(store, scope_of(request, caller), key, raw, taken)

    return _answer(app, await _written(app, work, desk.intake.ready([item]), 1))


router.add_api_route(
    "/complete",
    bring,
    methods=["POST"],
    operation_id="bringAct",
    summary="An act with its signatures",
    status_code=201,
    response_model=ActTaken,
    route_class_override=quick(_bring_plain),
)


@router.post(
    "/bulk",
    operation_id="bringActs",
    summary="Up to 1,000 acts with their signatures, or signatures alone",
    status_code=201,
    response_model=BulkOut,
)
async def bring_many(
    body: BulkIn, request: Request, desk: Taking, caller: Caller, key: IdempotencyKey
) -> Response:
    """Each item is taken or has its own problem; all that are taken are saved together before the answer.
    More than 1,000: `bringStream`."""
    require_scope(caller, "maker", "checker")
    raw = await request.body()
    lot = _Lot(desk, caller, request.url.path)
    reply = await lot.take(body.items, scope_of(request, caller), key, raw)
    return _answer(desk.app, reply)


@router.post(
    "/lines",
    operation_id="bringStream",
    summary="Any number of acts with their signatures, one a line",
    status_code=201,
    response_class=StreamingResponse,
    max_body_size=MOST_STREAM,
    responses={
        201: {
            "description": "A result for each line, one a line",
            "content": {LINES: {"schema": {"type": "string"}, "example": _EXAMPLE}},
        }
    },
)
async def bring_lines(
    request: Request, desk: Taking, caller: Caller, key: IdempotencyKey
) -> StreamingResponse:
    """Newline-delimited JSON (`application/jsonl`): each line as an item of `bringActs`. Results come back while lines
    go in, in their order. Saved a thousand at a time: sent again under the same key, what was taken is not taken
    twice. Where it can't go on (a line or stream too long, a key used for others, an API key revoked meanwhile), the
    last result says so, with the `index` of the first line that was not taken, and no more is read."""
    require_scope(caller, "maker", "checker")
    lot = _Lot(desk, caller, request.url.path)
    scope = scope_of(request, caller)
    return _Lines(_results(lot, request, scope, key), 201, media_type=LINES)


async def _results(lot: _Lot, request: Request, scope: str, key: str) -> AsyncIterator[bytes]:
    count = 0
    try:
        async for number, lines in _numbered(_thousands(request)):
            items = [_line(line) for line in lines]
            reply = await lot.take(items, scope, f"{key} {number}", b"\n".join(lines))
            lot.app.wake()
            for result in json.loads(reply.body)["results"]:
                yield json.dumps({**result, "index": count}, ensure_ascii=False).encode() + b"\n"
                count += 1
    except GoldTicketError as error:
        # the status went out with the first result
        last = ItemOut(index=count, taken=None, problem=problem_of(error, request.url.path))
        yield last.model_dump_json().encode() + b"\n"


async def _numbered(parts: AsyncIterator[T]) -> AsyncIterator[tuple[int, T]]:
    number = 0
    async for part in parts:
        yield number, part
        number += 1


async def _thousands(request: Request) -> AsyncIterator[list[bytes]]:
    """The lines of the body, a thousand at a time. Raises LineTooLong behind those that stand before it."""
    lines: list[bytes] = []
    rest = b""
    too_long = False
    async for chunk in _chunks(request):
        *whole, rest = (rest + chunk).split(b"\n")
        fitting = list(itertools.takewhile(_fits, whole))
        too_long = len(fitting) < len(whole) or not _fits(rest)
        lines += [line for line in fitting if line.strip()]
        while len(lines) >= MOST_ITEMS:
            yield lines[:MOST_ITEMS]
            del lines[:MOST_ITEMS]
        if too_long:
            break
    lines += [rest] if rest.strip() and not too_long else []
    if lines:
        yield lines
    if too_long:
        raise LineTooLong(f"A line has more than {MOST_LINE:,} bytes; put each act on a line of its own.")


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except HTTPException as error:
        if error.status_code != 413:
            raise
        raise StreamTooLong(
            f"A stream has at most {MOST_STREAM:,} bytes; send the rest as another, under another key."
        ) from None


def _fits(line: bytes) -> bool:
    return len(line) <= MOST_LINE


def _line(line: bytes) -> Any:
    try:
        return read_json(line)
    except json.JSONDecodeError as error:
        return error


class _Lines(StreamingResponse):
    """An answer that begins while the request still comes in. The usual one looks for the client's leaving by reading
    the request, of which it would take away a part."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


class _Lot:
    """The items of one caller's request."""

    def __init__(self, desk: Desk, caller: User, path: str) -> None:
        self.app = desk.app
        self._intake = desk.intake
        self._caller = caller
        self._path = path

    async def take(self, given: list[Any], scope: str, key: str, raw: bytes) -> Reply:
        """Saves what can be taken. Raises KeyReused, InvalidApiKey when the caller's was revoked meanwhile."""
        reading = ItemReader(self.app.service.domain, self._path, escapes=b"\\u" in raw)
        items = await run_in_threadpool(lambda: [reading.item(one) for one in given])
        good = [item for item in items if not isinstance(item, Problem)]
        loads = await run_in_threadpool(self._intake.ready, good)

        def work(store: Store) -> Reply:
            require_access(store, self._caller)
            return self.app.service.once(store, scope, key, raw, lambda: (201, self._taken(store, items)))

        return await _written(self.app, work, loads, len(items))

    def _taken(self, store: Store, items: list[Item | Problem]) -> str:
        results = [self._result(cast(Loading, store), place, item) for place, item in enumerate(items)]
        count = sum(result.taken is not None for result in results)
        return BulkOut(taken=count, results=results).model_dump_json()

    def _result(self, store: Loading, place: int, item: Item | Problem) -> ItemOut:
        if isinstance(item, Problem):
            return ItemOut(index=place, taken=None, problem=item)
        taken, failure = store.attempt(lambda s: _view(s, self._intake.take(s, self._caller, item)))
        if failure is None:
            return ItemOut(index=place, taken=taken, problem=None)
        if not isinstance(failure, GoldTicketError):
            raise failure
        return ItemOut(index=place, taken=None, problem=problem_of(failure, self._path))


def _view(store: Store, act: Act) -> ActTaken:
    legs = store.find(Leg, act=act.id, order="place")
    return ActTaken(
        act=act.id,
        state=str(derive(leg.state for leg in legs)),
        legs=[LegTaken(id=leg.id, state=str(leg.state)) for leg in legs],
    )


async def _written(app: App, work: Callable[[Store], T], loads: Callable[[Loading], None], weight: int) -> T:
    book = cast(BulkBook, app.book)
    return await asyncio.wrap_future(book.submit(work, loads, weight))


def _answer(app: App, reply: Reply) -> Response:
    if not reply.again:
        app.wake()
    return Response(reply.body, reply.status, {REPLAY: "true"} if reply.again else {}, JSON)
