"""A book of dictionaries for tests of rules: same ports as the real one, nothing durable.

One write at a time; a write that raises leaves nothing behind; a read sees what was there when it began.
"""

from __future__ import annotations

import json
import threading
from dataclasses import fields, replace
from typing import Any

from ledger.book.tables import dump_json
from ledger.errors import Conflict, NotFound
from ledger.records import JOURNAL, PROJECTION

KINDS = {*PROJECTION, *JOURNAL}


class MemoryStore:
    def __init__(self, tables: dict[type, dict[tuple, Any]] | None = None, *, writable: bool = True) -> None:
        self._tables = {} if tables is None else tables
        self._writable = writable
        self._own: set[type] = set()

    def get(self, kind, *key):
        assert len(key) == len(_keys(kind)), f"{kind.__name__} has the key {_keys(kind)}"
        found = self._rows(kind).get(key)
        return None if found is None else _copy(found)

    def need(self, kind, *key):
        found = self.get(kind, *key)
        if found is None:
            raise NotFound(f"there is no {kind.__name__} {key}", kind=kind.__name__)
        return found

    def put(self, record):
        assert self._writable, "a read can't write"
        kind = type(record)
        rows = self._rows(kind)
        if kind not in self._own:  # copied before the first change: snapshots keep the old one
            self._own.add(kind)
            rows = self._tables[kind] = dict(rows)
        rows[_key(record)] = _copy(record)

    def add(self, record):
        rows = self._rows(type(record))
        if _key(record) in rows:
            raise Conflict(f"there is a {type(record).__name__} {_key(record)} already")
        self.put(record)

    def delete(self, kind, *key):
        assert self._writable, "a read can't write"
        self._own.add(kind)
        self._tables[kind] = {k: v for k, v in self._rows(kind).items() if k != key}

    def find(self, kind, /, *, order="", after=None, limit=0, **where):
        by = [order.removeprefix("-")] if order.strip("-") else []
        by += [name for name in _keys(kind) if name not in by]
        _check(kind, by)
        if any(type(row.__dict__[by[0]]) in (dict, list, type(None)) for row in self._rows(kind).values()):
            raise TypeError(f"{kind.__name__}.{by[0]} has no order")
        down = order.startswith("-")

        def place(row):
            return tuple(getattr(row, name) for name in by)

        rows = sorted(self._matching(kind, where), key=place, reverse=down)
        if after is not None:
            cursor = after if isinstance(after, tuple) else (after,)
            n = len(cursor)
            rows = [r for r in rows if (place(r)[:n] < cursor if down else place(r)[:n] > cursor)]
        return [_copy(row) for row in (rows[:limit] if limit else rows)]

    def count(self, kind, /, **where):
        return len(self._matching(kind, where))

    def snapshot(self) -> dict[type, dict[tuple, Any]]:
        self._own.clear()
        return dict(self._tables)

    def _rows(self, kind):
        if kind not in KINDS:
            raise TypeError(f"{kind.__name__} is not a record of the book")
        return self._tables.get(kind, {})

    def _matching(self, kind, where):
        _check(kind, where)
        wanted = {
            name: value if isinstance(value, list | tuple) else [value] for name, value in where.items()
        }
        return [
            row
            for row in self._rows(kind).values()
            if all(getattr(row, name) in values for name, values in wanted.items())
        ]


class MemoryBook:
    def __init__(self) -> None:
        self._store = MemoryStore()
        self._lock = threading.Lock()
        self._owner: int | None = None

    def write(self, work):
        if self._owner == threading.get_ident():
            raise RuntimeError("a write inside a write would wait for itself: use the store you were given")
        with self._lock:
            self._owner = threading.get_ident()
            try:
                draft = MemoryStore(self._store.snapshot())
                result = work(draft)
                self._store = draft
                return result
            finally:
                self._owner = None

    def read(self, work):
        return work(MemoryStore(self._store.snapshot(), writable=False))

    def close(self) -> None:
        pass


def _keys(kind: type) -> list[str]:
    return [field.name for field in fields(kind) if field.metadata.get("key")]


def _key(record: Any) -> tuple:
    return tuple(getattr(record, name) for name in _keys(type(record)))


def _check(kind: type, names: Any) -> None:
    known = [field.name for field in fields(kind)]
    for name in names:
        if name not in known:
            raise TypeError(f"{kind.__name__} has no field {name!r}; its fields are {', '.join(known)}")


def _copy(record: Any) -> Any:
    """As it would come back from a database: JSON is a copy."""
    jsons = {name: value for name, value in record.__dict__.items() if isinstance(value, dict | list)}
    return replace(record, **{name: json.loads(dump_json(value)) for name, value in jsons.items()})
