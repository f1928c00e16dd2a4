"""A book in a database that tests can put back as it was, quickly: its records are kept in memory too, brought up to
date by what the book tells of its writes, so that putting back writes only what differs."""

from __future__ import annotations

from functools import partial
from typing import Any

from ledger.book.db import SqlBook
from ledger.records import JOURNAL, PROJECTION

Tables = dict[type, dict[tuple[Any, ...], Any]]


class RewindingBook:
    """A `SqlBook` that only this process writes, with `kept` and `restore` as the book in memory has them."""

    def __init__(self, book: SqlBook) -> None:
        self._book = book
        self._mirror: Tables = {}
        self._changed: dict[type, set[tuple[Any, ...]]] = {}
        for kind in (*JOURNAL, *PROJECTION):
            rows = book.read(lambda store, kind=kind: store.find(kind))
            keys = [(self._key(kind, row), row) for row in rows]
            self._mirror[kind] = dict(keys)
            book.listen(kind, partial(self._heard, kind))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    def kept(self) -> Tables:
        """All that is there, to be restored. Tables that are the same objects hold the same."""
        changed, self._changed = self._changed, {}
        if changed:
            self._book.read(lambda store: self._refresh(store, changed))
        return dict(self._mirror)

    def restore(self, kept: Tables) -> None:
        """As it was when it was kept."""
        now = self.kept()
        if different := [kind for kind in now if now[kind] is not kept[kind]]:
            self._book.write(lambda store: self._put_back(store, now, kept, different))
        self._mirror = dict(kept)
        self._changed = {}

    def _heard(self, kind: type, keys: list[tuple[Any, ...]]) -> None:
        self._changed.setdefault(kind, set()).update(keys)

    def _refresh(self, store: Any, changed: dict[type, set[tuple[Any, ...]]]) -> None:
        for kind, keys in changed.items():
            rows = dict(self._mirror[kind])  # copied: what was kept stays
            for key in keys:
                found = store.get(kind, *key)
                if found is None:
                    rows.pop(key, None)
                else:
                    rows[key] = found
            self._mirror[kind] = rows

    def _put_back(self, store: Any, now: Tables, kept: Tables, kinds: list[type]) -> None:
        for kind in kinds:
            for key in now[kind].keys() - kept[kind].keys():
                store.delete(kind, *key)
            for key, row in kept[kind].items():
                if now[kind].get(key) is not row:
                    store.put(row)

    def _key(self, kind: type, row: Any) -> tuple[Any, ...]:
        shape = self._book.read(lambda store: store.shape(kind))
        return tuple(getattr(row, name) for name in shape.keys)
