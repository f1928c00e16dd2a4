"""JSON bodies, read so that no text of a stranger can bring the gateway down.

Python's own reader goes one C frame deeper for each `[`, as far as `sys.getrecursionlimit()` allows. A library that
comes with eth-account raises that limit to 100,000, which 8 MiB of stack don't bear on Python 3.11: 100 KB of `[` ended
the process, before any API key was asked for. So bodies are read by pydantic's reader, which stops at 200, and the
limit goes back to what it was made for.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.types import Message

_MOST_FRAMES = 1_000
_BOM = b"\xef\xbb\xbf"
_PLACE = re.compile(r" at line (\d+) column (\d+)$")


class _JsonRequest(Request):
    async def json(self) -> Any:
        return read_json(await self.body())


class JsonRoute(APIRoute):
    """A route whose body is read by `read_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(_JsonRequest(request.scope, request.receive))

        return handle


Quickly = Callable[[Request], Coroutine[Any, Any, Response | None]]
"""Answers a request of the plainest form, or None: then it goes the usual way."""


def quick(quickly: Quickly) -> type[JsonRoute]:
    """A route that tries `quickly` first: what finds and checks an endpoint's parameters one by one costs more than
    many an endpoint itself."""

    class QuickRoute(JsonRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            usual = super().get_route_handler()

            async def handle(request: Request) -> Response:
                answer = await quickly(request)
                return await usual(await _unread(request)) if answer is None else answer

            return handle

    return QuickRoute


async def _unread(request: Request) -> Request:
    """The same request, its body to be read once more."""
    body = await request.body()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


def routed(prefix: str, tag: str) -> APIRouter:
    """A router of the API; all of them are made here."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=JsonRoute)


def read_json(body: bytes) -> Any:
    """The value of a body: UTF-8, at most 200 deep, no number of more than 4,300 digits, no NaN. Raises
    JSONDecodeError, which carries the position in the body."""
    text = body.removeprefix(_BOM)
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as wrong:
        found = _PLACE.search(str(wrong))
        line, column = map(int, found.groups()) if found else (1, 1)
        before = sum(len(one) + 1 for one in text.split(b"\n", line - 1)[: line - 1])
        raise json.JSONDecodeError(_PLACE.sub("", str(wrong)), "", before + max(column - 1, 0)) from wrong


def usual_stack() -> None:
    """Puts the limit of nested calls back, which imports have raised beyond what the stack bears."""
    sys.setrecursionlimit(min(sys.getrecursionlimit(), _MOST_FRAMES))
