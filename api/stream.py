"""What becomes of acts, pushed: server-sent events, so that nobody has to ask for each act again and again."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from time import monotonic
from typing import Annotated, Any, Protocol, cast

from fastapi import Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.act_view import sees_whole
from api.deps import App, Caller, Wired
from api.json_body import routed
from ledger.access import visible
from ledger.errors import Invalid
from ledger.ids import to_hex
from ledger.ports import Book, Store
from ledger.records import Act, Cursor, Leg, Seat, User

router = routed("/acts", "acts")

QUIET = 15.0
"""Seconds after which a line is sent though nothing has happened, so that nobody between takes the line for dead."""
GATHERED = 0.1
"""Seconds for which changes are gathered, so that thousands at a time are told in one event."""
MOST_LEGS = 1_000
"""In one event."""
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
    does not ask for `text/event-stream` by name is told what has happened since the last event, and the answer ends."""
    if last is not None and not (last.isascii() and last.isdigit()):
        raise InvalidEventId(f"{last!r} was the id of no event; leave the header out.", given=last)
    lasting = "text/event-stream" in request.headers.get("accept", "")
    events = _events(app, caller, None if last is None else int(last), lasting)
    return StreamingResponse(events, media_type="text/event-stream")


async def _events(app: App, caller: User, since: int | None, lasting: bool) -> AsyncIterator[str]:
    changed: dict[bytes, None] = {}
    missed, woken, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()

    def heard(keys: list[tuple[bytes]]) -> None:
        loop.call_soon_threadsafe(told, keys)

    def told(keys: list[tuple[bytes]]) -> None:
        changed.update((key[0], None) for key in keys)
        if not keys:
            missed.set()
        woken.set()

    book = cast(TellingBook, app.book)
    doubt = IN_DOUBT if lasting and await run_in_threadpool(book.attend) else 0.0
    end = book.listen(Leg, heard)
    try:
        level = _Level(await run_in_threadpool(book.read, lambda store: _moment(store, app)), doubt)
        yield ": the stream begins\n\n"
        if since is not None:
            changed |= await run_in_threadpool(book.read, lambda s: _changed_since(s, since))
            woken.set()
        while lasting or woken.is_set():
            try:
                await asyncio.wait_for(woken.wait(), QUIET)
            except TimeoutError:
                yield ": nothing new\n\n"
                continue
            if lasting:
                await asyncio.sleep(GATHERED)
            woken.clear()
            if missed.is_set():
                missed.clear()
                changed |= await run_in_threadpool(book.read, lambda s: _changed_since(s, level.sure))
            legs, moments = list(changed), []
            changed.clear()
            for start in range(0, len(legs), MOST_LEGS):
                moment, shown = await _told(app, caller, legs[start : start + MOST_LEGS])
                moments.append(moment)
                if start + MOST_LEGS >= len(legs):
                    level.at(min(moments))
                if shown:
                    yield f"id: {level.sure}\nevent: legs\ndata: {shown}\n\n"
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


async def _told(app: App, caller: User, ids: list[bytes]) -> tuple[int, str]:
    return await run_in_threadpool(app.book.read, lambda store: _event(store, app, caller, ids))


def _moment(store: Store, app: App) -> int:
    """Whatever changes from now on gets no earlier time than this."""
    cursor = store.get(Cursor, 1)
    return min(cursor.time, app.service.now(store)) if cursor else 0


def _event(store: Store, app: App, caller: User, ids: Iterable[bytes]) -> tuple[int, str]:
    """Its moment, and the data of one event, "" when the caller may see nothing of it."""
    moment = _moment(store, app)
    legs = _seen(store, caller, store.find(Leg, id=list(ids)))
    if not legs:
        return moment, ""
    shown = [{"act": to_hex(leg.act), "leg": to_hex(leg.id), "state": leg.state} for leg in legs]
    return moment, json.dumps({"legs": shown}, separators=(",", ":"))


def _seen(store: Store, caller: User, legs: list[Leg]) -> list[Leg]:
    """Those of acts that the caller brought or may see, as far as it sees into them."""
    ids = list({leg.act for leg in legs})
    acts = {act.id: act for act in store.find(Act, id=ids)}
    others = [id_ for id_, act in acts.items() if caller.id != act.user and caller.party != act.party]
    # not asked for by party: a company may have signed millions
    signing = {seat.act for seat in store.find(Seat, act=others) if seat.party == caller.party}
    sees: dict[bytes, tuple[bool, bool]] = {}
    found = []
    for leg in legs:
        act = acts[leg.act]
        if act.user == caller.id:
            found.append(leg)
            continue
        near = caller.party in (act.party, leg.party) or act.id in signing or "parties" in act.extra
        if not near:
            continue
        if act.id not in sees:
            sees[act.id] = visible(store, caller, act), sees_whole(store, caller, act)
        may, whole = sees[act.id]
        if may and (whole or leg.party == caller.party):
            found.append(leg)
    return found


def _changed_since(store: Store, since: int) -> dict[bytes, None]:
    return dict.fromkeys(leg.id for leg in store.find(Leg, order="changed_at", after=since - 1))
