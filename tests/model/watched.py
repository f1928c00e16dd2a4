"""Dictionaries and sets that remember what a step looked at, so that just that is compared after it."""

from __future__ import annotations

from types import SimpleNamespace as Row
from typing import Any


class Watched(dict[Any, Any]):
    """A dictionary that remembers what was asked for since `looked` was emptied, and what tickets were like then."""

    def __init__(self, given: dict[Any, Any]) -> None:
        super().__init__(given)
        self.looked: dict[Any, Any] = {}

    def _look(self, key: Any) -> None:
        if key in self.looked:
            return
        found = super().get(key)
        if isinstance(found, Row):
            found = Row(**vars(found))
            if hasattr(found, "orders"):
                found.orders = list(found.orders)
        self.looked[key] = found

    def __getitem__(self, key: Any) -> Any:
        self._look(key)
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._look(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        self._look(key)
        super().__delitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """As of any dictionary."""
        self._look(key)
        return super().get(key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        """As of any dictionary."""
        self._look(key)
        return super().pop(key, *default)

    def update(self, given: Any) -> None:  # type: ignore[override]
        """As of any dictionary."""
        for key, value in given.items():
            self[key] = value


class Noted(set[Any]):
    """A set that remembers what came in since `looked` was emptied."""

    def __init__(self, given: set[Any]) -> None:
        super().__init__(given)
        self.looked: list[Any] = []

    def add(self, item: Any) -> None:
        """As of any set."""
        self.looked.append(item)
        super().add(item)
