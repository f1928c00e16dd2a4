"""A store that reads ahead and writes behind, for many acts in one transaction: the same rules run on it unchanged.

What is read stays in memory, `load` reads what many will ask for in one query, and what is written goes out in
one `executemany` for each kind of record, at `flush` or before a query that memory can't answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from ledger.book.statements import Statements
from ledger.book.store import Changes, SqlStore, check_key, filters
from ledger.errors import Conflict, NotFound
from ledger.ports import Store
from ledger.records import Audit

R = TypeVar("R")
T = TypeVar("T")
Key = tuple[Any, ...]

NAMED_BY_CHANCE = frozenset({Audit})
"""Kinds whose keys are random: that one is taken need not be asked for, and is an error when it is written."""
AT_ONCE = 10_000
"""Values in one query of `load`."""

Within = tuple[type, Any]
"""Kind and key of the record without which there is none of another kind."""
_UNKNOWN: Any = object()


class _Index:
    """All records of a kind with certain values in some fields, for those values that were loaded."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        self.buckets: dict[Any, dict[Key, None]] = {}
        if len(fields) == 1:
            self.of: Callable[[Any], Any] = attrgetter(fields[0])
        else:
            self.of = attrgetter(*fields)


class _Shelf:
    """The records of one kind that are in memory. `rows`: what is to be written, None for a deletion; `before`: what of
    it the database is known to have, as it stands there."""

    def __init__(self, shape: Statements) -> None:
        self.shape = shape
        self.records: dict[Key, Any] = {}
        self.rows: dict[Key, Sequence[Any] | None] = {}
        self.before: dict[Key, Any] = {}
        self.indexes: dict[tuple[str, ...], _Index] = {}
        self.last: dict[str, Any] = {}
        self.wanted: dict[tuple[tuple[str, ...], Key], dict[Any, Within | None]] = {}
        keys = shape.keys
        if len(keys) == 1:
            (only,) = keys
            self.key_of: Callable[[Any], Key] = lambda record: (getattr(record, only),)
        else:
            self.key_of = attrgetter(*keys)

    def keep(self, key: Key, record: Any) -> None:
        """Takes a record, or None for "there is none", into memory and its indexes."""
        old = self.records.get(key)
        self.records[key] = record
        for index in self.indexes.values():
            if old is not None and (bucket := index.buckets.get(index.of(old))) is not None:
                bucket.pop(key, None)
            if record is not None and (bucket := index.buckets.get(index.of(record))) is not None:
                bucket[key] = None

    def write(self, key: Key, record: Any, row: Sequence[Any] | None) -> None:
        """Takes what is to be written."""
        if key not in self.rows and (there := self.records.get(key)) is not None:
            self.before[key] = there
        self.keep(key, record)
        self.rows[key] = row

    def forget(self, key: Key) -> None:
        """Memory knows nothing of this key any more; only for one that no index holds."""
        self.keep(key, None)
        del self.records[key]

    def absent(self, key: Key) -> bool:
        """Whether an index says that there is no record with this key."""
        for fields, index in self.indexes.items():
            if len(fields) == 1 and fields[0] in self.shape.keys:
                value = key[self.shape.keys.index(fields[0])]
                if value in index.buckets:
                    return True
        return False


class BufferedStore:
    """`ledger.ports.Store` over another one, for the length of one transaction. Call `flush` before it is committed."""

    def __init__(self, under: SqlStore) -> None:
        self._under = under
        self._shelves: dict[type, _Shelf] = {}
        self._undo: list[tuple[_Shelf, Key, Any]] = []
        self._depth = 0

    # ---- reading ahead, writing behind

    def load(
        self,
        kind: type,
        field: str,
        values: Iterable[object] | Mapping[Any, Within],
        **fixed: object,
    ) -> None:
        """Reads all records with one of these values in `field` (and the fixed ones) in a few queries; from then on
        memory answers whatever asks for them. It waits until something of this kind is asked for, so that what many
        works want is read together. Values that come with the record without which there is none are not asked for
        where that is not there."""
        shelf = self._shelf(kind)
        fields = (field, *sorted(fixed))
        tail = tuple(fixed[name] for name in fields[1:])
        wanted = shelf.wanted.setdefault((fields, tail), {})
        wanted |= values if isinstance(values, Mapping) else dict.fromkeys(values)

    def _load(
        self, shelf: _Shelf, fields: tuple[str, ...], tail: Key, values: dict[Any, Within | None]
    ) -> None:
        index = shelf.indexes.get(fields) or self._indexed(shelf, fields)
        fresh = [v for v in values if ((v, *tail) if tail else v) not in index.buckets]
        if not fresh:
            return
        self._write(shelf)
        for value in fresh:
            index.buckets[(value, *tail) if tail else value] = {}
        fixed = dict(zip(fields[1:], tail, strict=True))
        asked = [
            v for v in fresh if (within := values[v]) is None or self.get(within[0], within[1]) is not None
        ]
        for start in range(0, len(asked), AT_ONCE):
            where: dict[str, Any] = {fields[0]: asked[start : start + AT_ONCE], **fixed}
            rows: list[Any] = self._under.find(shelf.shape.kind, **where)
            for record in rows:
                shelf.keep(shelf.key_of(record), record)
        # what memory held already belongs into the new buckets, too
        for key, record in shelf.records.items():
            if record is not None and (bucket := index.buckets.get(index.of(record))) is not None:
                bucket[key] = None

    def _loaded(self, kind: type) -> _Shelf:
        """The shelf, with what is wanted on it."""
        shelf = self._shelf(kind)
        if shelf.wanted:
            wanted, shelf.wanted = shelf.wanted, {}
            for (fields, tail), values in wanted.items():
                self._load(shelf, fields, tail, values)
        return shelf

    def flush(self) -> None:
        """Writes all that waits."""
        for shelf in self._shelves.values():
            self._write(shelf)

    def attempt(self, work: Callable[[Store], T]) -> tuple[T | None, Exception | None]:
        """What `work` returns, or the exception it raises after all that it wrote is undone."""
        start = len(self._undo)
        self._depth += 1
        try:
            return work(self), None
        except Exception as error:
            for shelf, key, old in reversed(self._undo[start:]):
                self._restore(shelf, key, old)
            return None, error
        finally:
            del self._undo[start:]
            self._depth -= 1

    # ---- the port

    def get(self, kind: type[R], *key: object) -> R | None:
        shelf = self._loaded(kind)
        found: R | None = shelf.records.get(key, _UNKNOWN)
        if found is not _UNKNOWN:
            return found
        if len(key) == len(shelf.shape.keys) and shelf.absent(key):
            return None
        found = self._under.get(kind, *key)
        shelf.keep(key, found)
        return found

    def need(self, kind: type[R], *key: object) -> R:
        found = self.get(kind, *key)
        if found is None:
            shown = ", ".join(f"0x{part.hex()}" if isinstance(part, bytes) else str(part) for part in key)
            raise NotFound(f"there is no {kind.__name__} {shown}", kind=kind.__name__, key=shown)
        return found

    def put(self, record: object) -> None:
        shelf = self._shelf(type(record))
        row = shelf.shape.values(record)
        self._keep(shelf, shelf.key_of(record), record, row)

    def add(self, record: object) -> None:
        kind = type(record)
        shelf = self._shelf(kind)
        key = shelf.key_of(record)
        row = shelf.shape.values(record)
        if kind not in NAMED_BY_CHANCE and self.get(kind, *key) is not None:
            name, shown = kind.__name__, ", ".join(str(part) for part in key)
            raise Conflict(f"there is a {name} {shown} already", kind=name, key=shown)
        self._keep(shelf, key, record, row)

    def delete(self, kind: type, *key: object) -> None:
        shelf = self._shelf(kind)
        check_key(shelf.shape, key)
        self._keep(shelf, key, None, None)

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
        shelf = self._loaded(kind)
        if limit == 1 and not where and after is None and order.startswith("-"):
            return self._last(shelf, order)
        found = None if after is not None else self._known(shelf, where)
        if found is None:
            self._write(shelf)
            asked: dict[str, Any] = {"order": order, "after": after, "limit": limit, **where}
            rows = self._under.find(kind, **asked)
            return [self._seen(shelf, row) for row in rows]
        if len(found) > 1:
            fields, descending = shelf.shape.order(order)
            found.sort(key=attrgetter(*fields), reverse=descending)
        return found[:limit] if limit else found

    def count(self, kind: type, /, **where: object) -> int:
        shelf = self._loaded(kind)
        found = self._known(shelf, where)
        if found is not None:
            return len(found)
        self._write(shelf)
        return self._under.count(kind, **where)

    def leads(
        self, kind: type, where: Mapping[str, object], field: str, to: type, wanted: Mapping[str, object]
    ) -> bool:
        for one in (kind, to):
            self._write(self._shelf(one))
        return self._under.leads(kind, where, field, to, wanted)

    # ---- inside

    def _shelf(self, kind: type) -> _Shelf:
        shelf = self._shelves.get(kind)
        if shelf is None:
            shelf = self._shelves[kind] = _Shelf(self._under.shape(kind))
        return shelf

    def _indexed(self, shelf: _Shelf, fields: tuple[str, ...]) -> _Index:
        for name in fields:
            shelf.shape.column(name)
        index = shelf.indexes[fields] = _Index(fields)
        return index

    def _known(self, shelf: _Shelf, where: dict[str, object]) -> list[Any] | None:
        """The records that `where` asks for, when an index holds them all."""
        for fields, index in shelf.indexes.items():
            bucket = _bucket(index, fields, where)
            if bucket is None:
                continue
            found = [shelf.records[key] for key in bucket]
            if len(where) == len(fields):
                return found
            if not where.keys() <= shelf.shape.plain:
                filters(shelf.shape, where)  # says what is wrong with it
            return [record for record in found if _matches(record, where)]
        return None

    def _last(self, shelf: _Shelf, order: str) -> list[Any]:
        """The record with the highest value of a field, as often asked for as acts become complete."""
        field = order[1:]
        known = shelf.last.get(field)
        if known is None:
            self._write(shelf)
            rows: list[Any] = self._under.find(shelf.shape.kind, order=order, limit=1)
            known = shelf.last[field] = [self._seen(shelf, row) for row in rows]
        return list(known)

    def _seen(self, shelf: _Shelf, record: Any) -> Any:
        """A record that a query has found, as memory has it."""
        key = shelf.key_of(record)
        known = shelf.records.get(key, _UNKNOWN)
        if known is not _UNKNOWN and known is not None:
            return known
        shelf.keep(key, record)
        return record

    def _keep(self, shelf: _Shelf, key: Key, record: Any, row: Sequence[Any] | None) -> None:
        if self._depth:
            self._undo.append((shelf, key, shelf.records.get(key, _UNKNOWN)))
        shelf.write(key, record, row)
        if shelf.last:
            _follow(shelf, key, record)

    def _restore(self, shelf: _Shelf, key: Key, old: Any) -> None:
        if old is _UNKNOWN:  # and still unwritten, see _remember
            shelf.forget(key)
            del shelf.rows[key]
        else:
            shelf.write(key, old, None if old is None else shelf.shape.values(old))
        shelf.last.clear()

    def _write(self, shelf: _Shelf) -> None:
        if not shelf.rows:
            return
        if self._depth:
            self._remember(shelf)
        rows, shelf.rows = shelf.rows, {}
        before, shelf.before = shelf.before, {}
        self._under.write_rows(shelf.shape, rows, _changes(shelf, rows, before))

    def _remember(self, shelf: _Shelf) -> None:
        """Before something is written that may be undone: what stands in the database where memory did not look."""
        for place, (there, key, old) in enumerate(self._undo):
            if there is shelf and old is _UNKNOWN and key in shelf.rows:
                self._undo[place] = (shelf, key, self._under.get(shelf.shape.kind, *key))


def _changes(shelf: _Shelf, rows: Mapping[Key, Sequence[Any] | None], before: Mapping[Key, Any]) -> Changes:
    """Of each record that stands in the database the fields in which it is another one now."""
    return {
        key: shelf.shape.changed(old, shelf.records[key])
        for key, old in before.items()
        if rows[key] is not None
    }


def _bucket(index: _Index, fields: tuple[str, ...], where: dict[str, object]) -> dict[Key, None] | None:
    """What an index holds for the values that are asked for, None if that is not all."""
    try:
        wanted = where[fields[0]] if len(fields) == 1 else tuple([where[name] for name in fields])
        return index.buckets.get(wanted)
    except (KeyError, TypeError):  # another field, or a list of values
        return None


def _matches(record: Any, where: dict[str, object]) -> bool:
    fields = record.__dict__
    for name, wanted in where.items():
        if isinstance(wanted, list | tuple):
            if fields[name] not in wanted:
                return False
        elif fields[name] != wanted:
            return False
    return True


def _follow(shelf: _Shelf, key: Key, record: Any) -> None:
    """Keeps the highest records right after a change, or forgets them where that is not sure."""
    for field, known in list(shelf.last.items()):
        top = known[0] if known else None
        if record is None or (top is not None and shelf.key_of(top) == key):
            if record is not None and getattr(record, field) >= getattr(top, field):
                shelf.last[field] = [record]
            else:
                del shelf.last[field]
        elif top is None or (getattr(record, field), *key) > (getattr(top, field), *shelf.key_of(top)):
            shelf.last[field] = [record]
