"""One error handler: every error becomes problem+json (RFC 9457) that a treasury clerk can act on."""

from __future__ import annotations

import json
import secrets
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.responses import Response
from starlette.types import Scope

from api.models.problem import CellProblem, FieldProblem, Problem
from api.wrong_fields import split, wrong_field
from ledger.errors import CatchingUp, GoldTicketError, NotFound, Unauthorized, Unavailable
from ledger.ids import to_hex

MEDIA_TYPE = "application/problem+json"
MOST_BYTES = 6 * 1024 * 1024
"""Of a request, a file of 5 MiB and its form included."""
_MOST_ERRORS = 200

_log = structlog.get_logger(__name__)

_HTTP: Mapping[int, tuple[str, str, str]] = {
    400: ("unreadable-form", "The form can't be read", "send it as /v1/openapi.json describes it"),
    404: ("no-such-path", "There is nothing at this path", "look it up in /v1/openapi.json"),
    405: ("wrong-method", "This path does not take this method", "look it up in /v1/openapi.json"),
    413: ("too-large", "The request is too large", "send a smaller file, or several"),
}


def install(api: FastAPI) -> None:
    """Registers the handlers."""
    api.add_exception_handler(GoldTicketError, _domain)
    api.add_exception_handler(RequestValidationError, _validation)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Exception, _unexpected)


def problem_of(error: GoldTicketError, instance: str) -> Problem:
    """The answer for an error of the tree. Integers of its evidence are decimal strings (fen among them)."""
    error = error.for_clients()
    evidence = dict(error.evidence)
    errors = evidence.pop("errors", [])
    listed = errors if isinstance(errors, Sequence) and not isinstance(errors, str) else []
    return Problem(
        type=type_of(error.code),
        title=error.title,
        status=error.status,
        detail=error.message,
        code=error.code,
        instance=instance,
        evidence={name: plain(value) for name, value in evidence.items()},
        errors=[_listed(item) for item in listed[:_MOST_ERRORS]],
    )


def _listed(item: Mapping[str, Any]) -> CellProblem | FieldProblem:
    if "row" in item:
        return CellProblem(**item)
    problem, way_out = split(str(item["problem"]))
    return FieldProblem(field=item["field"], value=item["value"], problem=problem, way_out=way_out)


def type_of(code: str) -> str:
    """The problem type's URI; the code is what programs should look at."""
    return f"urn:goldticket:problem:{code}"


def plain(value: object) -> Any:
    """JSON for a value of evidence: integers as decimal strings, bytes as 0x hex."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(int(value)) if isinstance(value, int) else str(value)


async def _domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, GoldTicketError)
    if error.status >= 500 and not isinstance(error, Unavailable):
        return await _unexpected(request, error)
    if isinstance(error, NotFound) and (behind := request.app.state.app.behind()):
        error = _catching_up(error, *behind)
    headers = {}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Unavailable):
        headers["Retry-After"] = "5"
        _log.warning("unavailable", path=request.url.path, error=error.code, message=error.message)
    return _answer(problem_of(error, request.url.path), headers)


def _catching_up(error: NotFound, block: int, target: int) -> CatchingUp:
    """What is not there may stand in a block that the book has not taken in."""
    return CatchingUp(
        f"Not ready yet, catching up: block {block} of {target}. As of block {block}: {error.message} Ask again in a "
        "few seconds.",
        block=block,
        target=target,
    )


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _answer(invalid(error.errors(), request.url.path))


def invalid(errors: Sequence[Any], instance: str) -> Problem:
    """The answer where fields of a request are wrong; `errors`: as the validation gives them."""
    fields = [wrong_field(item) for item in errors[:_MOST_ERRORS]]
    first = fields[0]
    more = f", and {len(fields) - 1} more" if len(fields) > 1 else ""
    return Problem(
        type=type_of("invalid-request"),
        title="The request has wrong fields",
        status=422,
        detail=f"{first.field}: {first.problem}; {first.way_out}{more}.",
        code="invalid-request",
        instance=instance,
        evidence={},
        errors=[*fields],
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    fallback = ("bad-request", "The request can't be read", str(error.detail))
    code, title, way_out = _HTTP.get(error.status_code, fallback)
    if error.status_code == 413:
        return too_large(request.scope)
    return _answer(
        Problem(
            type=type_of(code),
            title=title,
            status=error.status_code,
            detail=f"{request.method} {request.url.path}: {title.lower()}; {way_out}.",
            code=code,
            instance=request.url.path,
            evidence={},
            errors=[],
        ),
        dict(error.headers or {}),
    )


def too_large(scope: Scope) -> Response:
    """The answer to a body above the limit, which it states."""
    code, title, way_out = _HTTP[413]
    most = int(scope.get(MAX_BODY_SIZE_SCOPE_KEY, MOST_BYTES))
    shown = f"{most // 2**30} GiB" if most >= 2**30 else f"{most // 2**20} MiB"
    return _answer(
        Problem(
            type=type_of(code),
            title=title,
            status=413,
            detail=f"{title}: at most {shown} ({most:,} bytes) are read here, the form included; {way_out}.",
            code=code,
            instance=scope["path"],
            evidence={"most": str(most)},
            errors=[],
        )
    )


async def _unexpected(request: Request, error: Exception) -> Response:
    number = secrets.token_hex(8)
    # as text: a logger that shows the frames' variables would write API keys into the log
    trace = "".join(traceback.format_exception(error))
    _log.error("unexpected", number=number, path=request.url.path, trace=trace)
    return _answer(
        Problem(
            type=type_of("internal-error"),
            title="Something went wrong inside Gold Ticket",
            status=500,
            detail=f"This is our fault, not yours. Tell the operator the number {number}; the log explains it.",
            code="internal-error",
            instance=request.url.path,
            evidence={"number": number},
            errors=[],
        )
    )


def _answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    # a half character (a lone surrogate) that came in has no UTF-8 of its own: it goes back as a question mark
    body = json.dumps(problem.model_dump(), ensure_ascii=False, separators=(",", ":"))
    return Response(body.encode("utf-8", "replace"), problem.status, headers, MEDIA_TYPE)
