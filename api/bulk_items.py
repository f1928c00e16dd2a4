"""The items of a request that brings many acts: each is read by itself, and is an act or its own problem."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api.acts import plain_message
from api.models.acts import MOST_PLACES
from api.models.bulk import MOST_SIGNATURES, ActBrought, SignaturesBrought
from api.models.problem import Problem
from api.problems import invalid, problem_of
from ledger import kinds, typed
from ledger.bulk import Brought, Given, Item, Signed, brought
from ledger.errors import GoldTicketError
from ledger.signatures import InvalidSignature, split_signature
from ledger.typed import Domain


class ItemReader:
    """`path`: of the request, for problems; `escapes`: whether its text has any, without which no NUL and no half a
    character can be in it."""

    def __init__(self, domain: Domain, path: str, *, escapes: bool) -> None:
        self._domain = domain
        self._path = path
        self._escapes = escapes

    def plain(self, given: Any) -> Brought | None:
        """An item of the plainest form; None for whatever is otherwise, wrong or not."""
        found = None if self._escapes else _plainly(given)
        return None if found is None else brought(self._domain, *found)

    def item(self, given: Any) -> Item | Problem:
        """What one item of the request means."""
        try:
            if (plain := self.plain(given)) is not None:
                return plain
            if isinstance(given, json.JSONDecodeError):
                raise RequestValidationError([_no_json(given)])
            if isinstance(given, dict) and "act" in given:
                body = SignaturesBrought.model_validate(given)
                return Signed(body.act, [Given(one.signature, one.place) for one in body.signatures])
            return brought_of(self._domain, ActBrought.model_validate(given))
        except ValidationError as error:
            return invalid([{**one, "loc": ("body", *one["loc"])} for one in error.errors()], self._path)
        except RequestValidationError as error:
            return invalid(error.errors(), self._path)
        except GoldTicketError as error:
            return problem_of(error, self._path)


def brought_of(domain: Domain, body: ActBrought) -> Brought:
    """The act of a body. Raises UnknownKind, Invalid."""
    kinds.kind(body.kind)
    given = [Given(one.signature, one.place) for one in body.signatures]
    return brought(domain, body.kind, plain_message(body.kind, body.message), given)


def _plainly(given: Any) -> tuple[str, dict[str, Any], list[Given]] | None:
    """What most items are, an act with signatures of 64 bytes and their places, read without ado. None for whatever is
    otherwise: then the model says what it is, or what is wrong with it."""
    if type(given) is not dict or given.keys() != _ACT:
        return None
    kind, message, signatures = given["kind"], given["message"], given["signatures"]
    if type(kind) is not str or type(message) is not dict or type(signatures) is not list:
        return None
    found = []
    for one in signatures:
        if type(one) is not dict or one.keys() != _SIGNATURE:
            return None
        place, text = one["place"], one["signature"]
        if type(place) is not int or not 0 <= place < MOST_PLACES:
            return None
        if type(text) is not str or not _SIXTY_FOUR.fullmatch(text):
            return None
        found.append(Given(bytes.fromhex(text[2:]), place))
    if not all(_possible(one.signature) for one in found):
        return None
    if kind not in typed.TYPES or not 1 <= len(found) <= MOST_SIGNATURES:
        return None
    if message.keys() != _fields(kind):
        return None
    try:
        return kind, typed.message_from_json(kind, message), found
    except (ValueError, TypeError, AttributeError, KeyError):
        return None


@cache
def _fields(kind: str) -> frozenset[str]:
    return frozenset(name for name, _ in typed.TYPES[kind])


_ACT, _SIGNATURE = {"kind", "message", "signatures"}, {"place", "signature"}
_SIXTY_FOUR = re.compile("0x[0-9a-fA-F]{128}")


def _possible(signature: bytes) -> bool:
    try:
        return bool(split_signature(signature))
    except InvalidSignature:
        return False


def _no_json(error: json.JSONDecodeError) -> dict[str, Any]:
    return {"type": "json_invalid", "loc": ("body", error.pos), "input": {}, "ctx": {"error": error.msg}}
