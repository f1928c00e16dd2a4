"""What only one process may do at a time: send with a relayer's key, take in blocks.

A lease is a row of the journal. Any number of gateways may run against one book; each name belongs to one of them
until its lease runs out. Whoever holds it renews it in time. A process that was paused for long may wake up believing
that it still holds it: so every write of a step checks the lease's count of owners in the same transaction.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ledger.errors import Conflict
from ledger.ports import Book, Clock, Store
from ledger.records import Lease

SECONDS = 15
"""How long a lease lasts without being renewed."""


class LeaseLost(Conflict):
    """Another process has taken over meanwhile; nothing of this step was written."""

    code = "lease-lost"
    title = "Another gateway has taken this over"


@dataclass(frozen=True)
class Hold:
    """A lease that this process holds."""

    name: str
    fence: int

    def check(self, store: Store) -> Lease:
        """The lease's record, inside the transaction that lives on it. Raises LeaseLost."""
        found = store.get(Lease, self.name)
        if found is None or found.fence != self.fence:
            raise LeaseLost(
                f"Another gateway holds {self.name} now; this one goes on without it.", name=self.name
            )
        return found


def this_process() -> str:
    """A name for this process that no other one has, here or elsewhere, now or later."""
    return f"{here()}:{os.getpid()}:{secrets.token_hex(6)}"


@cache
def here() -> str:
    """Where process ids mean what they mean to this process: its host since the last start of the kernel, and its pid
    namespace, since several containers may share a host's name and not see each other's processes."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:  # not Linux: no such namespaces
        boot, namespace = "", 0
    return f"{socket.gethostname()}/{boot}/{namespace}"


def is_gone(owner: str) -> bool:
    """Whether an owner was a process that this one could see, and runs no more: nobody need wait for its lease."""
    where, pid, *_ = [*owner.rsplit(":", 2), "", ""]
    if where != here() or not pid.isdigit() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class Leases:
    """The leases of one process, `owner`. `gone`: whether another owner is known to have ended."""

    def __init__(
        self, book: Book, clock: Clock, owner: str = "", gone: Callable[[str], bool] = is_gone
    ) -> None:
        self._book = book
        self._clock = clock
        self.owner = owner or this_process()
        self._gone = gone
        self._held: dict[str, tuple[Hold, int]] = {}

    def hold(self, name: str) -> Hold | None:
        """This process's hold of `name`, renewed or taken over; None while another one has it."""
        now = self._clock.now()
        known = self._held.get(name)
        if known is not None and now < known[1] - SECONDS // 2:
            return known[0]
        found = self._book.read(lambda store: store.get(Lease, name))
        if found is not None and not self._free(found, now):
            self._held.pop(name, None)
            return None
        taken = self._book.write(lambda store: self._take(store, name, now))
        if taken is None:
            self._held.pop(name, None)
            return None
        hold = Hold(name, taken.fence)
        self._held[name] = (hold, taken.until)
        return hold

    def release(self) -> None:
        """Gives everything back, so that nobody has to wait for it."""
        held, self._held = self._held, {}
        if held:
            self._book.write(lambda store: self._end(store, [hold for hold, _ in held.values()]))

    def _free(self, lease: Lease, now: int) -> bool:
        return lease.owner == self.owner or now > lease.until or self._gone(lease.owner)

    def _take(self, store: Store, name: str, now: int) -> Lease | None:
        found = store.get(Lease, name)
        if found is None:
            taken = Lease(name, self.owner, now + SECONDS, 1)
        elif not self._free(found, now):
            return None
        elif found.owner == self.owner:
            taken = replace(found, until=now + SECONDS)
        else:
            taken = replace(found, owner=self.owner, until=now + SECONDS, fence=found.fence + 1)
        store.put(taken)
        return taken

    def _end(self, store: Store, holds: Sequence[Hold]) -> None:
        for hold in holds:
            found = store.get(Lease, hold.name)
            if found is not None and found.fence == hold.fence:
                store.put(replace(found, until=0))
