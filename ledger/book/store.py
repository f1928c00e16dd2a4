"""The records inside one transaction, over SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from ledger.book.statements import MAX_LIST, Filter, Statement, Statements
from ledger.book.tables import JsonColumn
from ledger.errors import Conflict, NotFound
from ledger.ports import Store

R = TypeVar("R")
T = TypeVar("T")
Key = tuple[Any, ...]
Changes = Mapping[Key, tuple[str, ...]]
"""Key of a record that is there → the fields that are to be set."""


@cache
def statements(kind: type, dialect: str) -> Statements:
    return Statements(kind, dialect)


class SqlStore:
    """`ledger.ports.Store` over a connection on which a transaction has begun.

    A record class or field that the book does not have is a TypeError, a value out of its column's range a
    ValueError; both are mistakes of the program, not of a user.
    """

    def __init__(
        self, connection: Connection, *, writable: bool = True, watched: Collection[type] = ()
    ) -> None:
        """`watched`: kinds of which `touched` tells the keys of what was put or deleted, undone or not."""
        self._writable = writable
        self.touched: dict[type, dict[tuple[Any, ...], None]] = {kind: {} for kind in watched}
        self._dialect = connection.dialect.name
        self._cursor: Any = connection.connection.cursor()

    def close(self) -> None:
        self._cursor.close()

    def attempt(self, work: Callable[[Store], T]) -> tuple[T | None, Exception | None]:
        """What `work` returns, or the exception it raises after all that it wrote is undone."""
        self._cursor.execute("SAVEPOINT work")
        try:
            value, failure = work(self), None
        except Exception as error:
            value, failure = None, error
            self._cursor.execute("ROLLBACK TO SAVEPOINT work")
        self._cursor.execute("RELEASE SAVEPOINT work")
        return value, failure

    def get(self, kind: type[R], *key: object) -> R | None:
        shape = self.shape(kind)
        self._run(shape.get, check_key(shape, key))
        row = self._cursor.fetchone()
        return None if row is None else shape.record(row)

    def need(self, kind: type[R], *key: object) -> R:
        record = self.get(kind, *key)
        if record is None:
            shown = ", ".join(map(_shown, key))
            raise NotFound(f"there is no {kind.__name__} {shown}", kind=kind.__name__, key=shown)
        return record

    def put(self, record: object) -> None:
        shape = self._changing(type(record))
        self._touch(shape, record)
        self._run(shape.put, shape.row(record))

    def add(self, record: object) -> None:
        shape = self._changing(type(record))
        self._touch(shape, record)
        self._run(shape.add, shape.row(record))
        if self._cursor.rowcount == 0:
            key = ", ".join(_shown(getattr(record, name)) for name in shape.keys)
            name = type(record).__name__
            raise Conflict(f"there is a {name} {key} already", kind=name, key=key)

    def delete(self, kind: type, *key: object) -> None:
        shape = self._changing(kind)
        self._run(shape.delete, check_key(shape, key))

    def find(
        self,
        kind: type[R],
        /,
        *,
        order: str = "",
        after: object = None,
        limit: int = 0,
        **where: object,
    ) -> list[R]:
        """See `ledger.ports.Store`. Ties are ordered by the key, in the same direction; order "-" is the key downwards.

        `after`: the last value seen, or a tuple of it and the key's fields (those that are not the ordered field
        itself), as in ``find(Act, order="-created_at", after=(act.created_at, act.id), limit=50)``. With the
        value alone, records that tie with it are passed over.
        """
        shape = self.shape(kind)
        fields, descending = shape.order(order)
        cursor = () if after is None else after if isinstance(after, tuple) else (after,)
        if len(cursor) > len(fields):
            raise TypeError(
                f"after has {len(cursor)} values; {kind.__name__} is ordered by {', '.join(fields)}"
            )
        if limit < 0:
            raise ValueError(f"limit {limit}: 0 for all, or the most records wanted")
        conditions, values = filters(shape, where)
        values |= {f"after_{i}": shape.bind(fields[i], value) for i, value in enumerate(cursor)}
        values["limit_"] = limit
        self._run(shape.find(conditions, fields, descending, len(cursor), limit > 0), values)
        return [shape.record(row) for row in self._cursor.fetchall()]

    def count(self, kind: type, /, **where: object) -> int:
        shape = self.shape(kind)
        conditions, values = filters(shape, where)
        self._run(shape.count(conditions), values)
        return int(self._cursor.fetchone()[0])

    def leads(
        self, kind: type, where: Mapping[str, object], field: str, to: type, wanted: Mapping[str, object]
    ) -> bool:
        """See `ledger.ports.Store`."""
        shape, other = self.shape(kind), self.shape(to)
        conditions, values = filters(shape, where)
        at_end, found = filters(other, wanted)
        values |= {f"to_{name}": value for name, value in found.items()}
        self._run(shape.leads(conditions, field, to, at_end), values)
        return bool(self._cursor.fetchone()[0])

    def shape(self, kind: type) -> Statements:
        """What this store says about a record class."""
        return statements(kind, self._dialect)

    def write_rows(
        self,
        shape: Statements,
        rows: Mapping[Key, Sequence[Any] | None],
        changes: Changes = MappingProxyType({}),
    ) -> None:
        """Puts many records of one kind, given by key as `Statements.values`; None deletes. `changes`: for those that
        are known to be there, the fields to be set; to set others as well would write each index anew that has them."""
        self._changing(shape.kind)
        whole: list[Sequence[Any]] = []
        parts: dict[tuple[str, ...], list[Sequence[Any]]] = {}
        for key, row in rows.items():
            if row is None:
                self._run(shape.delete, check_key(shape, key))
            elif (names := changes.get(key)) is None:
                whole.append(row)
            elif names:
                parts.setdefault(names, []).append(row)
        if whole:
            self._cursor.executemany(shape.put.sql, whole)
        for names, some in parts.items():
            sql, pick = shape.update(names)
            self._cursor.executemany(sql, [pick(row) for row in some])
        if shape.kind in self.touched:
            self.touched[shape.kind] |= dict.fromkeys(rows)

    def _touch(self, shape: Statements, record: object) -> None:
        if shape.kind in self.touched:
            self.touched[shape.kind][tuple(getattr(record, name) for name in shape.keys)] = None

    def _changing(self, kind: type) -> Statements:
        if not self._writable:
            raise RuntimeError("a read can't write: give the work to Book.write")
        return self.shape(kind)

    def _run(self, statement: Statement, values: dict[str, Any]) -> None:
        self._cursor.execute(statement.sql, [values[name] for name in statement.names])


def check_key(shape: Statements, key: tuple[object, ...]) -> dict[str, Any]:
    """A key's values by field. Raises TypeError when it is not the record's key."""
    if len(key) != len(shape.keys):
        raise TypeError(
            f"{shape.kind.__name__} has the key ({', '.join(shape.keys)}), {len(key)} values given"
        )
    return {name: shape.bind(name, value) for name, value in zip(shape.keys, key, strict=True)}


def filters(shape: Statements, where: Mapping[str, object]) -> tuple[tuple[Filter, ...], dict[str, Any]]:
    """What `where` asks for, as a shape and its values. Raises TypeError for an unknown field or a wrong type."""
    conditions: list[Filter] = []
    values: dict[str, Any] = {}
    for field, wanted in where.items():
        if isinstance(shape.column(field).type, JsonColumn):
            raise TypeError(f"{shape.kind.__name__}.{field} is JSON: it can't be searched by")
        several = isinstance(wanted, list | tuple)
        items = list(wanted) if several else [wanted]  # type: ignore[call-overload]
        if isinstance(wanted, bool) and isinstance(shape.column(field).type, sa.Boolean):
            conditions.append(Filter(field, 1, flag=wanted))
            continue
        present = [item for item in items if item is not None]
        if len(present) > MAX_LIST:
            raise ValueError(f"{field}: {len(present)} values; ask for {MAX_LIST} at a time at most")
        # a list of any length is asked for in one of few, with its last value again and again: a statement of each
        # length would have to be compiled, which costs more than the query
        padded = _padded(len(present))
        conditions.append(Filter(field, padded, null=len(present) < len(items)))
        bound = [shape.bind(field, item) for item in present]
        bound += bound[-1:] * (padded - len(bound))
        values |= {f"{field}_{i}": item for i, item in enumerate(bound)}
    return tuple(conditions), values


def _padded(count: int) -> int:
    """0, 1, 2, 4, 8, 16 … up to what a list may hold."""
    return min(MAX_LIST, 1 << (count - 1).bit_length()) if count else 0


def _shown(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
