"""Several processes on one book: each name belongs to one of them.

given a lease that another process holds
    it should not be had while it runs, nor while that process lives
    when it has run out, was given back, or its process has ended: it should be had, and the earlier owner's writes fail
given its own lease
    it should be renewed in time, under the same count
given the name of a process
    it should be known to be gone only if this process could see it and it runs no more
"""

from __future__ import annotations

import os
import socket

import pytest

from ledger.clock import ManualClock
from ledger.records import Lease
from ledger.work.lease import SECONDS, Hold, LeaseLost, Leases, here, is_gone, this_process
from tests.support.memory import MemoryBook

NAME = "0xrelayer"


class Two:
    """Two processes, one of which may be dead."""

    def __init__(self) -> None:
        self.book, self.clock = MemoryBook(), ManualClock(1_000)
        self.dead: set[str] = set()
        self.first, self.second = (
            Leases(self.book, self.clock, owner, self.dead.__contains__) for owner in ("one", "two")
        )

    def check(self, hold: Hold | None) -> None:
        assert hold is not None
        self.book.write(hold.check)


@pytest.fixture
def two() -> Two:
    return Two()


def test_while_it_runs_nobody_else_has_it(two: Two) -> None:
    two.check(two.first.hold(NAME))
    assert two.second.hold(NAME) is None
    two.clock.advance(SECONDS)
    assert two.second.hold(NAME) is None
    two.check(two.first.hold(NAME))


@pytest.mark.parametrize("how", ["runs out", "ends", "given back"])
def test_it_is_taken_over_and_the_earlier_owner_writes_no_more(two: Two, how: str) -> None:
    mine = two.first.hold(NAME)
    if how == "runs out":
        two.clock.advance(SECONDS + 1)
    elif how == "ends":
        two.dead.add("one")
    else:
        two.first.release()
    two.check(two.second.hold(NAME))
    with pytest.raises(LeaseLost, match="Another gateway holds 0xrelayer"):
        two.check(mine)
    two.clock.advance(SECONDS // 2 + 1)
    assert two.first.hold(NAME) is None


def test_it_is_renewed_in_time(two: Two) -> None:
    counts = set()
    for _ in range(10):
        counts.add(two.first.hold(NAME))
        two.clock.advance(SECONDS // 2)
        assert two.second.hold(NAME) is None
    assert len(counts) == 1
    assert two.book.read(lambda store: store.need(Lease, NAME)).owner == "one"


def test_giving_back_what_was_taken_over_changes_nothing(two: Two) -> None:
    two.first.hold(NAME)
    two.clock.advance(SECONDS + 1)
    mine = two.second.hold(NAME)
    two.first.release()
    two.check(mine)
    assert two.first.hold(NAME) is None


def test_who_is_known_to_be_gone() -> None:
    assert not is_gone(this_process())
    assert not is_gone(f"{here()}:{os.getppid()}:x")
    assert not is_gone("elsewhere:1:x")
    assert not is_gone("nonsense")
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    assert is_gone(f"{here()}:{child}:x")
    host, boot, namespace = here().split("/")
    assert host == socket.gethostname()
    assert not is_gone(f"{host}:{child}:x"), "a name as an earlier version gave it"
    assert not is_gone(f"{host}/{boot}/{int(namespace) + 1}:{child}:x"), "another container's"
    assert not is_gone(f"{host}/before/{namespace}:{child}:x"), "from before the machine was started again"
