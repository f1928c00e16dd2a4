"""A book of dictionaries for tests of rules: same ports as the real one, nothing durable.

One write at a time; a write that raises leaves nothing behind; a read sees what was there when it began.
What a value must look like is asked of the real book's `Statements`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from enum import Enum
from typing import Any

from ledger.book.statements import Statements
from ledger.book.store import check_key, filters, statements
from ledger.book.tables import dump_json
from ledger.errors import Conflict, NotFound
from ledger.records import PROJECTION

Tables = dict[type, dict[tuple[Any, ...], Any]]


class MemoryStore:
    def __init__(self, tables: Tables | None = None, *, writable: bool = True) -> None:
        self._tables = {} if tables is None else tables
        self._writable = writable
        self._own: set[type] = set()

    def get(self, kind: type, *key: object) -> Any:
        check_key(_shape(kind), key)
        found = self._rows(kind).get(key)
        return None if found is None else _copy(found)

    def need(self, kind: type, *key: object) -> Any:
        found = self.get(kind, *key)
        if found is None:
            raise NotFound(f"there is no {kind.__name__} {key}", kind=kind.__name__)
        return found

    def put(self, record: object) -> None:
        shape = _shape(type(record))
        shape.row(record)  # refuses what a database would refuse
        self._changing(shape.kind)[_key(shape, record)] = _copy(record)

    def add(self, record: object) -> None:
        shape = _shape(type(record))
        if (key := _key(shape, record)) in self._rows(shape.kind):
            raise Conflict(f"there is a {shape.kind.__name__} {key} already")
        self.put(record)

    def delete(self, kind: type, *key: object) -> None:
        check_key(_shape(kind), key)
        self._changing(kind).pop(key, None)

    def find(
        self,
        kind: type,
        /,
        *,
        order: str = "",
        after: object = None,
        limit: int = 0,
        **where: object,
    ) -> list[Any]:
        fields, down = _shape(kind).order(order)
        rows = sorted(self._matching(kind, where), key=lambda row: _place(row, fields), reverse=down)
        if after is not None:
            cursor = after if isinstance(after, tuple) else (after,)
            seen = fields[: len(cursor)]
            rows = [r for r in rows if (_place(r, seen) < cursor if down else _place(r, seen) > cursor)]
        return [_copy(row) for row in (rows[:limit] if limit else rows)]

    def count(self, kind: type, /, **where: object) -> int:
        return len(self._matching(kind, where))

    def leads(self, kind: type, where: Any, field: str, to: type, wanted: Any) -> bool:
        there = {_key(_shape(to), record) for record in self._matching(to, wanted)}
        return any((getattr(record, field),) in there for record in self._matching(kind, where))

    def attempt(self, work: Callable[[Any], Any]) -> tuple[Any, Exception | None]:
        """What `work` returns, or the exception it raises after all that it wrote is undone."""
        kept = self.snapshot()
        try:
            return work(self), None
        except Exception as error:
            self._tables = kept
            self._own.clear()
            return None, error

    def snapshot(self) -> Tables:
        self._own.clear()
        return dict(self._tables)

    def _rows(self, kind: type) -> dict[tuple[Any, ...], Any]:
        return self._tables.get(kind, {})

    def _changing(self, kind: type) -> dict[tuple[Any, ...], Any]:
        if not self._writable:
            raise RuntimeError("a read can't write: give the work to Book.write")
        if kind not in self._own:  # copied before the first change: snapshots keep the old one
            self._own.add(kind)
            self._tables[kind] = dict(self._rows(kind))
        return self._tables[kind]

    def _matching(self, kind: type, where: dict[str, object]) -> list[Any]:
        filters(_shape(kind), where)
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

    def write(self, work: Callable[[Any], Any], loads: Callable[[Any], None] | None = None) -> Any:
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

    def kept(self) -> Tables:
        """All that is there, to be restored."""
        return self._store.snapshot()

    def restore(self, kept: Tables) -> None:
        """As it was when it was kept."""
        self._store = MemoryStore(dict(kept))

    def submit(self, work: Callable[[Any], Any], loads: Any = None, weight: int = 1) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(self.write(work))
        except Exception as error:
            future.set_exception(error)
        return future

    def read(self, work: Callable[[Any], Any]) -> Any:
        return work(MemoryStore(dict(self._store._tables), writable=False))

    def replace_projection(self, rebuilt: MemoryBook, *, even_if_behind: bool = False) -> None:
        """All records of the other one's projection in the place of these."""
        self.restore(self.kept() | {kind: rebuilt.kept().get(kind, {}) for kind in PROJECTION})

    def listen(self, kind: type, listener: Any) -> Callable[[], None]:
        """Tells nothing."""
        return lambda: None

    def attend(self) -> bool:
        """There is nobody else."""
        return False

    def close(self) -> None:
        pass


def _shape(kind: type) -> Statements:
    return statements(kind, "sqlite")


def _key(shape: Statements, record: object) -> tuple[Any, ...]:
    return _place(record, shape.keys)


def _place(record: object, fields: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(_plain(getattr(record, name)) for name in fields)


def _copy(record: Any) -> Any:
    """As it would come back from a database: JSON is a copy, an enum its plain value."""
    return replace(record, **{name: _plain(value) for name, value in record.__dict__.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list | tuple):
        return json.loads(dump_json(value))
    return value.value if isinstance(value, Enum) else value
