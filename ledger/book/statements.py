"""SQL for a record class, written once by SQLAlchemy Core and then sent to the driver as it is.

Compiling costs ten times what SQLite needs to run the statement, so each shape is compiled once and cached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Dialect

from ledger.book.tables import INT64, PLAIN, TABLES, FenColumn, JsonColumn, dump_json, fen_writer, load_json

Convert = Callable[[Any], Any]

_DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": PGDialect_psycopg(paramstyle="format"),  # type: ignore[no-untyped-call]
}

_INT = PLAIN[sa.BigInteger]
MAX_LIST = 30_000
"""Values in one list of `where`; SQLite takes 32,766 parameters in a statement."""


@dataclass(frozen=True)
class Statement:
    """`sql` with positional parameters; `names` in their order."""

    sql: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Filter:
    """A field of `where`: compared with NULL, one value or a list of `size` values. `flag`: the value of a field that
    is true or false. It stands in the SQL itself: only so is an index found that holds those of one value alone."""

    field: str
    size: int
    null: bool = False
    flag: bool | None = None


class Statements:
    """Everything the store says about one record class in one dialect. Shared by threads."""

    def __init__(self, kind: type, dialect: str) -> None:
        if kind not in TABLES:
            raise TypeError(
                f"{kind.__name__} is not a record of the book; records are listed in ledger.records"
            )
        self.kind = kind
        self.table = TABLES[kind]
        self.dialect = _DIALECTS[dialect]
        self.fields = tuple(column.name for column in self.table.columns)
        self.keys = tuple(column.name for column in self.table.primary_key.columns)
        self.to_row: dict[str, Convert] = {}
        self.from_row: list[tuple[str, Convert]] = []
        for column in self.table.columns:
            there = _writer(column.type, self.dialect)
            self.to_row[column.name] = _or_none(there) if column.nullable else there
            if (back := _reader(column.type)) is not None:
                self.from_row.append((column.name, _or_none(back) if column.nullable else back))
        self.plain = frozenset(c.name for c in self.table.columns if not isinstance(c.type, JsonColumn))
        self._others = [(name, name in self.plain) for name in self.fields if name not in self.keys]
        self.put = self._insert(replace=True)
        self.add = self._insert(replace=False)
        names = self.put.names
        self._in_order = [(name, self.to_row[name]) for name in names]
        self._pick = itemgetter(*names)
        self._whole = [place for place, name in enumerate(names) if self.to_row[name] is _INT]
        plain = PLAIN.values()
        self._converted = [(place, to) for place, (_, to) in enumerate(self._in_order) if to not in plain]
        self._exact: set[tuple[type, ...]] = set()
        by_key = [self.table.c[name] == sa.bindparam(name) for name in self.keys]
        self.get = self._compile(sa.select(self.table).where(*by_key))
        self.delete = self._compile(sa.delete(self.table).where(*by_key))

    def _insert(self, *, replace: bool) -> Statement:
        dialect_insert = postgresql.insert if self.dialect.name == "postgresql" else sqlite.insert
        insert = dialect_insert(self.table).values({name: sa.bindparam(name) for name in self.fields})
        rest = {name: insert.excluded[name] for name in self.fields if name not in self.keys}
        if replace and rest:
            return self._compile(insert.on_conflict_do_update(index_elements=self.keys, set_=rest))
        return self._compile(insert.on_conflict_do_nothing(index_elements=self.keys))

    def changed(self, old: object, new: object) -> tuple[str, ...]:
        """The fields, but for the key's, in which a record differs from the one that the database has. JSON is always
        among them: one that was changed in place is the same object in both."""
        there, here = old.__dict__, new.__dict__
        return tuple(
            [n for n, plain in self._others if not plain or (there[n] is not here[n] and there[n] != here[n])]
        )

    @lru_cache(maxsize=256)  # noqa: B019
    def update(self, names: tuple[str, ...]) -> tuple[str, Callable[[Sequence[Any]], Any]]:
        """SQL that sets some fields of a record that is there, and what makes its parameters of a row of `values`."""
        values: dict[str, Any] = {name: sa.bindparam(f"to_{name}") for name in names}
        by_key = [self.table.c[name] == sa.bindparam(f"at_{name}") for name in self.keys]
        found = self._compile(sa.update(self.table).where(*by_key).values(values))
        places = {name: place for place, name in enumerate(self.put.names)}
        return found.sql, itemgetter(*(places[name[3:]] for name in found.names))

    @lru_cache(maxsize=256)  # noqa: B019  one object for each class and dialect, alive as long as the program
    def count(self, filters: tuple[Filter, ...]) -> Statement:
        return self._compile(sa.select(sa.func.count()).select_from(self.table).where(*self._where(filters)))

    @lru_cache(maxsize=64)  # noqa: B019
    def leads(
        self, filters: tuple[Filter, ...], field: str, to: type, wanted: tuple[Filter, ...]
    ) -> Statement:
        """Parameters of `wanted` are called ``to_…``."""
        other = TABLES[to]
        (key,) = other.primary_key.columns
        there = sa.exists().where(key == self.column(field), *(_filter(other, one, "to_") for one in wanted))
        here = sa.exists().where(*self._where(filters), there)
        return self._compile(sa.select(sa.cast(here, sa.Integer)))

    @lru_cache(maxsize=256)  # noqa: B019
    def find(
        self, filters: tuple[Filter, ...], order: tuple[str, ...], descending: bool, after: int, limited: bool
    ) -> Statement:
        """`order`: the fields sorted by; `after`: how many of them the cursor has values for (parameters
        ``after_0`` …)."""
        columns = [self.table.c[name] for name in order]
        select = sa.select(self.table).where(*self._where(filters))
        if after:
            left = sa.tuple_(*columns[:after])
            right = sa.tuple_(*(sa.bindparam(f"after_{i}", type_=columns[i].type) for i in range(after)))
            select = select.where(left < right if descending else left > right)
        select = select.order_by(*(column.desc() if descending else column for column in columns))
        if limited:
            select = select.limit(sa.bindparam("limit_", type_=sa.BigInteger)).offset(sa.literal_column("0"))
        return self._compile(select)

    def _where(self, filters: tuple[Filter, ...]) -> list[sa.ColumnElement[bool]]:
        return [_filter(self.table, item) for item in filters]

    def _compile(self, statement: sa.ClauseElement) -> Statement:
        compiled: Any = statement.compile(dialect=self.dialect)
        return Statement(str(compiled), tuple(compiled.positiontup or ()))

    def order(self, order: str) -> tuple[tuple[str, ...], bool]:
        """``"-at"`` → the fields to sort by, down: that field and, for ties, the key."""
        descending = order.startswith("-")
        field = order[1:] if descending else order
        if not field:
            return self.keys, descending
        column = self.column(field)
        if column.nullable or isinstance(column.type, JsonColumn):
            raise TypeError(f"{self.kind.__name__}.{field} may be empty or is JSON: it has no order")
        return (field, *(name for name in self.keys if name != field)), descending

    def column(self, field: str) -> sa.Column[Any]:
        if field not in self.table.c:
            raise TypeError(
                f"{self.kind.__name__} has no field {field!r}; its fields are {', '.join(self.fields)}"
            )
        return self.table.c[field]

    def bind(self, field: str, value: Any) -> Any:
        """A value as the driver takes it. Raises TypeError or ValueError that names the field."""
        try:
            return self.to_row[field](value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{self.kind.__name__}.{field}: {error}") from error

    def values(self, record: object) -> list[Any]:
        """A record as the parameters of `put` and `add`. Raises TypeError or ValueError that names the field."""
        given: tuple[Any, ...] = self._pick(record.__dict__)
        types = tuple(map(type, given))
        if types not in self._exact:
            return self._checked(record, given, types)
        row = list(given)
        try:
            for place in self._whole:
                if row[place] not in INT64:
                    raise ValueError
            for place, convert in self._converted:
                row[place] = convert(row[place])
        except (TypeError, ValueError):
            self.row(record)  # names the field
            raise
        return row

    def _checked(self, record: object, given: tuple[Any, ...], types: tuple[type, ...]) -> list[Any]:
        """Value by value. Types that a driver takes just as they are need not be looked at so closely again."""
        try:
            row = [convert(value) for (_, convert), value in zip(self._in_order, given, strict=True)]
        except (TypeError, ValueError):
            self.row(record)  # names the field
            raise
        converted = {place for place, _ in self._converted}
        if all(type(value) is types[place] for place, value in enumerate(row) if place not in converted):
            self._exact.add(types)
        return row

    def row(self, record: object) -> dict[str, Any]:
        values = dict(record.__dict__)
        name = ""
        try:
            for name, convert in self.to_row.items():
                values[name] = convert(values[name])
        except (TypeError, ValueError) as error:
            raise type(error)(f"{self.kind.__name__}.{name}: {error}") from error
        return values

    def record(self, row: Sequence[Any]) -> Any:
        values = dict(zip(self.fields, row, strict=True))
        for name, convert in self.from_row:
            values[name] = convert(values[name])
        record: object = object.__new__(self.kind)
        # A frozen dataclass sets its fields one by one through object.__setattr__, at three times the cost.
        record.__dict__.update(values)
        return record


def _filter(table: sa.Table, item: Filter, prefix: str = "") -> sa.ColumnElement[bool]:
    column = table.c[item.field]
    if item.flag is not None:
        return column == (sa.true() if item.flag else sa.false())
    if item.size == 1 and not item.null:
        return column == sa.bindparam(f"{prefix}{item.field}_0")
    parts: list[sa.ColumnElement[bool]] = [column.is_(None)] if item.null else []
    if item.size:
        names = (f"{prefix}{item.field}_{i}" for i in range(item.size))
        parts.append(column.in_([sa.bindparam(name, type_=column.type) for name in names]))
    return sa.or_(*parts) if parts else sa.false()


def _writer(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> Convert:
    """From a record's value to what the driver takes. It raises TypeError or ValueError."""
    if isinstance(kind, FenColumn):
        return fen_writer(dialect)
    return dump_json if isinstance(kind, JsonColumn) else PLAIN[type(kind)]


def _reader(kind: sa.types.TypeEngine[Any]) -> Convert | None:
    """From what the driver gives to the record's value; None where that is the same."""
    if isinstance(kind, FenColumn):
        return int
    if isinstance(kind, JsonColumn):
        return load_json
    return bool if isinstance(kind, sa.Boolean) else None


def _or_none(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)
