"""The one writer: a thread that takes what waits, runs it in one transaction and commits once for all."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ledger.book.buffer import BufferedStore
from ledger.book.engines import explain
from ledger.book.errors import TOLD, BookUnavailable
from ledger.book.neighbours import ANNOUNCED, Neighbours, Touched
from ledger.book.store import SqlStore
from ledger.ports import Store

T = TypeVar("T")

GROUP = 50
"""The most that share one commit: the disk's delay is paid once, and nobody waits for long."""


Loads = Callable[[BufferedStore], None]
"""Reads ahead what a work will ask for."""
Listener = Callable[[list[tuple[Any, ...]]], None]
_Answer = tuple[Any, Exception | None]
HEAVY = 200
"""A work that weighs so much has a commit of its own, and others overtake it: they wait for one of its kind at most."""


@dataclass(frozen=True)
class _Job:
    work: Callable[[Store], Any]
    future: Future[Any]
    loads: Loads | None = None
    weight: int = 1


class Writer:
    """Each work runs behind a savepoint: one that raises leaves nothing and spoils no other. Nobody is
    answered before the commit; if that fails, nothing happened and all of the group are told. `shared`: whether other
    processes may write to the same database, and tell of it; `turn`: to be had before writing, where the database
    itself makes writers queue badly."""

    def __init__(
        self, engine: sa.Engine, *, shared: bool = False, turn: AbstractContextManager[None] | None = None
    ) -> None:
        self._alone = threading.Lock()
        self._turn = turn or nullcontext()
        self._engine = engine
        self._light: deque[_Job] = deque()
        self._heavy: deque[_Job] = deque()
        self._gate = threading.Condition()
        self._closed = False
        self._listeners: dict[type, list[Listener]] = {}
        self._neighbours = Neighbours(engine.url, self.tell) if shared else None
        self._thread = threading.Thread(target=self._loop, name="book-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Store], T], loads: Loads | None = None, weight: int = 1) -> Future[T]:
        """`loads`: the work runs on a `BufferedStore`, and reads ahead together with the others of its group;
        `weight`: the acts in it."""
        self._not_inside()
        future: Future[T] = Future()
        with self._gate:
            if self._closed:
                raise BookUnavailable("the book is closed")
            line = self._heavy if weight >= HEAVY else self._light
            line.append(_Job(work, future, loads, weight))
            self._gate.notify()
        return future

    def listen(self, kind: type, listener: Listener) -> Callable[[], None]:
        """Tells the keys of records of a kind that may have changed, after each commit and in this thread: so the
        listener must not wait. No keys: other processes may have changed some. Returns what ends it."""
        self._listeners.setdefault(kind, []).append(listener)
        return lambda: self._listeners[kind].remove(listener)

    def tell(self, kind: type, keys: list[tuple[Any, ...]]) -> None:
        """Tells the listeners, in the caller's thread, what has changed, be it by another process."""
        for listener in list(self._listeners.get(kind, ())):
            listener(keys)

    def attend(self) -> bool:
        """From now on listeners are told as well what other processes change; waits a little for it to be so. False
        where no others are heard of."""
        if self._neighbours is not None:
            self._neighbours.attend()
        return self._neighbours is not None

    def _tell(self, touched: Touched) -> None:
        for kind, keys in touched.items():
            if keys:
                self.tell(kind, list(keys))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Between two groups; who asked may write on a connection of its own."""
        self._not_inside()
        with self._alone, self._turn:
            yield

    def close(self) -> None:
        """Writes what is waiting and ends the thread."""
        with self._gate:
            self._closed = True
            self._gate.notify()
        self._thread.join()
        if self._neighbours is not None:
            self._neighbours.close()

    def _not_inside(self) -> None:
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write inside a write would wait for itself: use the store you were given")

    def _loop(self) -> None:
        while groups := self._next():
            for group in groups:
                # From here on a future can't be cancelled; one that was is not even begun.
                if begun := [job for job in group if job.future.set_running_or_notify_cancel()]:
                    self._commit(begun)

    def _next(self) -> list[list[_Job]]:
        """What waits: a group of light works, then one heavy one. Nothing once the writer is closed and all is done."""
        with self._gate:
            while not (self._light or self._heavy or self._closed):
                self._gate.wait()
            light = [self._light.popleft() for _ in range(min(len(self._light), GROUP))]
            heavy = [self._heavy.popleft()] if self._heavy else []
        return [group for group in (light, heavy) if group]

    def _commit(self, group: list[_Job]) -> None:
        done = False
        try:
            with self._alone, self._turn, self._engine.begin() as connection:
                answers, touched = self._run(connection, group)
                if self._neighbours is not None:
                    self._neighbours.announce(connection, touched)
                done = True
        except BaseException as error:
            told = explain(error, self._engine.url)
            # Lost while the server committed: it may have, and the answer alone is missing.
            unknown = done and isinstance(error, DBAPIError) and error.connection_invalidated
            for job in group:
                job.future.set_exception(_uncertain(told) if unknown else _undone(told))
            return
        self._tell(touched)
        for job, (value, failure) in zip(group, answers, strict=True):
            if failure is None:
                job.future.set_result(value)
            else:
                job.future.set_exception(explain(failure, self._engine.url))

    def _run(self, connection: sa.Connection, group: list[_Job]) -> tuple[list[_Answer], Touched]:
        watched = {*self._listeners, *(ANNOUNCED if self._neighbours else ())}
        with closing(SqlStore(connection, watched=watched)) as store:
            loads = [job.loads for job in group if job.loads is not None]
            if not loads:
                return [store.attempt(job.work) for job in group], store.touched
            buffered = BufferedStore(store)
            for load in loads:
                load(buffered)
            answers = [buffered.attempt(job.work) for job in group]
            buffered.flush()
            return answers, store.touched


def _undone(error: BaseException) -> BookUnavailable:
    told = BookUnavailable(
        f"nothing was written: {error}", told=f"Nothing was written. {TOLD}", **getattr(error, "evidence", {})
    )
    told.__cause__ = error
    return told


def _uncertain(error: BaseException) -> BookUnavailable:
    doubt = (
        "the connection was lost while this was being written, so it may be there or not: look, or send the same "
        "again with the same Idempotency-Key, which does nothing twice"
    )
    told = BookUnavailable(
        f"{doubt} ({error})", told=f"{doubt[0].upper()}{doubt[1:]}.", **getattr(error, "evidence", {})
    )
    told.__cause__ = error
    return told
