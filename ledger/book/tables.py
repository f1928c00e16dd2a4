"""The book's tables, made from the records: class → table, field → column.

Two sets that know nothing of each other: `projection` (from events, rebuilt at will) and `journal`
(irreplaceable, migrated).
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterable
from dataclasses import fields
from decimal import Decimal
from json import encoder
from typing import Any, Union, get_args, get_origin, get_type_hints

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from ledger.errors import kebab
from ledger.money import MAX_FEN, Fen
from ledger.records import JOURNAL, PROJECTION

_FEN_DIGITS = len(str(MAX_FEN))
_AMOUNTS = range(MAX_FEN + 1)


class FenColumn(TypeDecorator[int]):
    """An amount from 0 to 2^96 - 1 fen, always int in Python. SQLite has no integer of that size: there it is
    text, padded with zeros so that its order is the numbers' order."""

    impl = sa.Numeric(_FEN_DIGITS, 0)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sqlite.CHAR(_FEN_DIGITS))
        return dialect.type_descriptor(postgresql.NUMERIC(_FEN_DIGITS, 0))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        return None if value is None else fen_writer(dialect)(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


def fen_writer(dialect: Dialect) -> Callable[[int], Any]:
    """What a database is given for an amount. Raises ValueError."""
    return _fen_text if dialect.name == "sqlite" else _fen_decimal


def _fen_text(value: int) -> str:
    return f"{_fen(value):0{_FEN_DIGITS}d}"


def _fen_decimal(value: int) -> Decimal:
    return Decimal(_fen(value))


def _fen(value: int) -> int:
    if type(value) is not int or value not in _AMOUNTS:
        raise ValueError(f"{value!r} is no amount of fen; it must be a whole number from 0 to {MAX_FEN}")
    return value


class JsonColumn(TypeDecorator[Any]):
    """JSON as text, the same value always in the same text: sorted keys, no spaces."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else dump_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else load_json(value)


def load_json(text: str) -> Any:
    """What `dump_json` has written."""
    return {} if text == "{}" else json.loads(text)


def dump_json(value: Any) -> str:
    """Raises TypeError for what JSON does not know (bytes: write them as 0x hex)."""
    return "".join(_write_json(value, 0)) if value != {} else "{}"


def _writer() -> Callable[[Any, int], Iterable[str]]:
    """What `json.JSONEncoder` makes anew for every value, made once: half of its cost."""
    made = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    make: Any = getattr(encoder, "c_make_encoder", None)
    if make is None:  # pragma: no cover - a Python without its C parts
        return lambda value, _: [made.encode(value)]
    write: Callable[[Any, int], Iterable[str]] = make(
        None, made.default, encoder.encode_basestring, None, ":", ",", True, False, False
    )
    return write


_write_json = _writer()


INT64 = range(-(2**63), 2**63)
"""What both databases keep as an integer."""


def _is_int(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not an int")
    if not INT64.start <= value < INT64.stop:  # `in` would count through them for an enum
        raise ValueError(f"{value} does not fit 64 bits")
    return int(value)


def _is_bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"{value!r} is not bytes")
    return bytes(value)


def _is_str(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a str")
    return str.__str__(value)


def _is_bool(value: Any) -> bool:
    if value is not True and value is not False:
        raise TypeError(f"{value!r} is not a bool")
    return bool(value)


PLAIN: dict[type, Callable[[Any], Any]] = {
    sa.BigInteger: _is_int,
    sa.LargeBinary: _is_bytes,
    sa.Text: _is_str,
    sa.Boolean: _is_bool,
}
"""Column type → the value as its plain Python type (an enum becomes its int or str). Raises TypeError for any
other type, since SQLite would take a hex string for bytes and never find it again; ValueError out of range."""

_TYPES: dict[Any, TypeEngine[Any]] = {
    int: sa.BigInteger(),
    Fen: FenColumn(),
    bytes: sa.LargeBinary(),
    # Text is compared byte by byte everywhere; PostgreSQL would follow the server's language.
    str: sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql"),
    bool: sa.Boolean(),
    dict: JsonColumn(),
    list: JsonColumn(),
}

_NAMES = {"ix": "ix_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"}


def column_type(hint: Any) -> tuple[TypeEngine[Any], bool]:
    """The column type of a field's annotation, and whether it may be empty (`| None`)."""
    nullable = False
    if get_origin(hint) in (Union, types.UnionType):
        rest = [part for part in get_args(hint) if part is not types.NoneType]
        if len(rest) != 1:
            raise TypeError(f"{hint}: a column has one type")
        hint, nullable = rest[0], True
    kind = get_origin(hint) or hint
    if kind not in _TYPES:
        raise TypeError(f"{hint}: the book has no column type for it; see ledger.records")
    return _TYPES[kind], nullable


def table_name(record: type) -> str:
    """``StoredDocument`` → ``stored_document``."""
    return kebab(record.__name__).replace("-", "_")


def _table(record: type[Any], metadata: sa.MetaData) -> sa.Table:
    hints = get_type_hints(record)
    name = table_name(record)
    columns: list[Any] = []
    indexes: list[Any] = []
    for field in fields(record):
        kind, nullable = column_type(hints[field.name])
        is_key = bool(field.metadata.get("key"))
        columns.append(
            sa.Column(
                field.name,
                kind,
                primary_key=is_key,
                autoincrement=False,
                nullable=nullable,
                index=bool(field.metadata.get("index")) or None,
            )
        )
        for outer in field.metadata.get("within", ()):
            indexes.append(sa.Index(f"ix_{name}_{outer}_{field.name}", outer, field.name))
        for outer in field.metadata.get("until", ()):
            # most have been so for long: those that are not fit on a few pages, in a book of any size
            still = columns[-1] == sa.false()
            where = {"sqlite_where": still, "postgresql_where": still}
            indexes.append(sa.Index(f"ix_{name}_{outer}_until_{field.name}", outer, **where))
    return sa.Table(name, metadata, *columns, *indexes)


def _tables(records: tuple[type, ...]) -> tuple[sa.MetaData, dict[type, sa.Table]]:
    metadata = sa.MetaData(naming_convention=_NAMES)
    return metadata, {record: _table(record, metadata) for record in records}


projection, _projection_tables = _tables(PROJECTION)
journal, _journal_tables = _tables(JOURNAL)

TABLES: dict[type, sa.Table] = {**_projection_tables, **_journal_tables}
