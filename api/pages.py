"""Pages by keyset: a cursor says where to go on, whatever came or went in between."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, Generic, TypeVar, get_type_hints

from fastapi import Depends, Query
from pydantic import Field

from api.models.fields import Out
from api.storable import unstorable
from ledger.errors import Invalid
from ledger.ports import Store

R = TypeVar("R")
V = TypeVar("V")

MOST_NUMBER = 2**63
"""Below this are the numbers that a list is ordered by."""
MOST_SCANNED = 2_000
"""Records that one page looks at. A page may hold fewer items than the limit, or none; `next` says whether to go on."""


class InvalidCursor(Invalid):
    """A cursor that no page gave."""

    code = "invalid-cursor"
    title = "A cursor is not valid"


class Page(Out, Generic[V]):
    """Some of a list."""

    items: list[V]
    next: Annotated[
        str | None,
        Field(
            description="Give it as `cursor` for the next page; null at the end. A page may hold fewer items "
            "than its limit.",
            examples=["WzE3OTU0MDI4MDBd"],
        ),
    ]


@dataclass(frozen=True)
class Paging:
    """How many are wanted, and from where on."""

    limit: int
    cursor: str


async def paging(
    limit: Annotated[int, Query(ge=1, le=200, description="Most items of this page", examples=[50])] = 50,
    cursor: Annotated[
        str, Query(max_length=2_000, description="`next` of the page before", examples=["WzE3OTU0MDI4MDBd"])
    ] = "",
) -> Paging:
    """The `Paging` of this request."""
    return Paging(limit, cursor)


Paged = Annotated[Paging, Depends(paging)]


def page(
    store: Store,
    kind: type[R],
    paging: Paging,
    view: Callable[[R], V],
    /,
    *,
    order: str = "",
    keep: Callable[[R], bool] = lambda _: True,
    either: Sequence[Mapping[str, object]] = ({},),
    **where: object,
) -> Page[V]:
    """One page of the records of a kind, those that `keep` lets through, by `order` (as `Store.find`). `either`: they
    are as one of these says, each of which an index may find."""
    names = _keyset(kind, order)
    after = _start(kind, names, paging.cursor) if paging.cursor else None
    kept: list[R] = []
    scanned, chunk = 0, paging.limit + 1
    while len(kept) <= paging.limit and scanned < MOST_SCANNED:
        asked: dict[str, Any] = {"order": order, "after": after, "limit": chunk, **where}
        found = _merged([store.find(kind, **{**asked, **one}) for one in either], names, order, chunk)
        kept += [record for record in found if keep(record)]
        if len(found) < chunk:
            return _cut(kept, paging.limit, names, view, None)
        after = _at(found[-1], names)
        scanned += len(found)
    return _cut(kept, paging.limit, names, view, encode(after or ()))


def _merged(parts: list[list[R]], names: list[str], order: str, most: int) -> list[R]:
    """The first of several lists in the same order, what stands in two of them once."""
    if len(parts) == 1:
        return parts[0]
    found = {_at(record, names): record for part in parts for record in part}
    return [found[at] for at in sorted(found, reverse=order.startswith("-"))][:most]


def page_of(
    items: list[R], paging: Paging, key: Callable[[R], tuple[Any, ...]], view: Callable[[R], V]
) -> Page[V]:
    """One page of a short list that is in memory, ascending by `key`."""
    ordered = sorted(items, key=key)
    if paging.cursor:
        after = decode(paging.cursor)
        try:
            ordered = [item for item in ordered if key(item) > after]
        except TypeError:
            raise _not_ours(paging.cursor) from None
    shown = ordered[: paging.limit]
    more = len(ordered) > paging.limit
    return Page(items=[view(item) for item in shown], next=encode(key(shown[-1])) if more else None)


def encode(keyset: tuple[object, ...]) -> str:
    """An opaque cursor."""
    plain = [{"0x": value.hex()} if isinstance(value, bytes) else value for value in keyset]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str, size: int = 0) -> tuple[Any, ...]:
    """The keyset of a cursor; `size` values (0: any number). Raises InvalidCursor."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        keyset = tuple(bytes.fromhex(value["0x"]) if isinstance(value, dict) else value for value in plain)
    except (binascii.Error, ValueError, KeyError, TypeError):
        keyset = ()
    if not keyset or (size and len(keyset) != size) or any(unstorable([*keyset])):
        raise InvalidCursor(
            "This cursor is of no page of this list; take `next` as it was given.", cursor=cursor
        )
    return keyset


def _start(kind: type[Any], names: list[str], cursor: str) -> tuple[Any, ...]:
    keyset, hints = decode(cursor, len(names)), get_type_hints(kind)
    if any(type(value) is not hints[name] for name, value in zip(names, keyset, strict=True)):
        raise _not_ours(cursor)
    # a book in memory compares any numbers, a database refuses those that no column holds
    if any(type(value) is int and not -MOST_NUMBER <= value < MOST_NUMBER for value in keyset):
        raise _not_ours(cursor)
    return keyset


def _not_ours(cursor: str) -> InvalidCursor:
    return InvalidCursor(
        "This cursor is of no page of this list; take `next` as it was given.", cursor=cursor
    )


def _cut(kept: list[R], limit: int, names: list[str], view: Callable[[R], V], more: str | None) -> Page[V]:
    shown = kept[:limit]
    if len(kept) > limit:
        more = encode(_at(shown[-1], names))
    return Page(items=[view(record) for record in shown], next=more)


def _at(record: object, names: list[str]) -> tuple[object, ...]:
    return tuple(getattr(record, name) for name in names)


def _keyset(kind: type[Any], order: str) -> list[str]:
    keys = [one.name for one in fields(kind) if one.metadata.get("key")]
    first = order.removeprefix("-")
    return keys if not first else [first, *(name for name in keys if name != first)]
