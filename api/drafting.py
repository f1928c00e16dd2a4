"""Drafting on behalf of a caller: a stage's message becomes an act, and the act an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Response

from api.act_view import act_out
from api.deps import Doing
from api.models.acts import ActOut
from ledger.ports import Store

POSTED: dict[str, Any] = {"status_code": 201, "response_model": ActOut}
"""Of an endpoint that drafts one act."""


def draft(
    once: Doing,
    kind: str,
    message: Callable[[Store], Mapping[str, Any]],
    extra: dict[str, Any] | None = None,
) -> Response:
    """Drafts one act, once. `message` builds its fields from the book as it stands."""
    return once(lambda store: drafted(store, once, kind, message(store), extra))


def drafted(
    store: Store, once: Doing, kind: str, message: Mapping[str, Any], extra: dict[str, Any] | None = None
) -> ActOut:
    """The drafted act as its author sees it, inside a work that does more."""
    return act_out(store, once.caller, once.app.service.draft(store, once.caller, kind, message, extra))
