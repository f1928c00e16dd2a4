"""LIMITS, judged alike by the rules and by the contract.

given a limit that is too large, of a company that is no core, or drafted before another change
  it should be refused
given a policy of no months, or that begins in the past
  it should be refused
given a dated policy
  it should hold from its day on
given a core that is halted, without a limit in force, or at its limit
  it should not issue, and hear what is left
given issuing and void
  it should use the limit and free it
"""

from dataclasses import replace
from typing import Any

import pytest

from ledger import kinds, limits
from ledger.errors import GoldTicketError
from ledger.ids import keccak256
from ledger.limits import CoreHalted, LimitExceeded, LimitExpired, Room, months_now, require_issuable, room
from ledger.money import Fen
from ledger.records import Opening
from ledger.rules import Stage
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, PANEL, WANYUE
from tests.support.both import Both
from tests.support.world import DAY, FACE, LIMIT

EVIDENCE = keccak256(b"evidence")


def set_limit(both: Both, amount: int = LIMIT, core: int = LANGONG.id, days: int = 9) -> dict[str, Any]:
    return limits.set_limit(both.store, core, Fen(amount), both.now + days * DAY, both.later())


def set_policy(both: Both, months: int, days: int) -> dict[str, Any]:
    return limits.set_policy(both.store, months, both.now + days * DAY, EVIDENCE, both.later())


def halt(both: Both, halted: bool, core: int = LANGONG.id) -> dict[str, Any]:
    return limits.halt(both.store, core, halted, EVIDENCE, both.later())


def test_limits_that_are_refused(both: Both) -> None:
    both.refused("limit-too-large", "SetLimit", set_limit(both, 1 << 88))
    both.refused("expired", "SetLimit", {**set_limit(both), "deadline": both.now - 1})
    stale = set_limit(both)
    both.act("SetLimit", stale)
    both.refused("stale-sequence", "SetLimit", stale)
    both.act("SetLimit", set_limit(both, (1 << 88) - 1))
    both.agree()


@pytest.mark.parametrize(("core", "code"), [(WANYUE.id, "missing-role"), (99, "unknown-party")])
def test_only_a_core_has_a_limit(both: Both, core: int, code: str) -> None:
    for kind, message in (("SetLimit", set_limit(both, core=core)), ("Halt", halt(both, True, core))):
        with pytest.raises(GoldTicketError) as caught:
            kinds.kind(kind).check(message, both.store, both.now)
        assert caught.value.code == code


def test_who_signs(both: Both) -> None:
    def parties(kind: str, message: dict[str, Any]) -> list[int]:
        return [due.party for due in kinds.kind(kind).dues(message, both.store)]

    assert parties("SetLimit", set_limit(both)) == [HUAIYUE.id]
    assert parties("Halt", halt(both, True)) == [party.id for party in PANEL]
    assert parties("SetPolicy", set_policy(both, 6, 1)) == [party.id for party in PANEL]


def test_policies_that_are_refused(both: Both) -> None:
    both.refused("bad-months", "SetPolicy", set_policy(both, 0, 1))
    both.refused("bad-months", "SetPolicy", set_policy(both, 37, 1))
    both.refused("starts-in-the-past", "SetPolicy", set_policy(both, 12, -1))


def test_policies_just_within_the_rules(both: Both) -> None:
    both.act("SetPolicy", set_policy(both, 1, 0))
    assert months_now(both.store, both.now) == 1
    both.act("SetPolicy", set_policy(both, 36, 0))
    assert months_now(both.store, both.now) == 36
    both.agree()


def test_a_limit_stands_to_its_last_second_and_last_fen(both: Both) -> None:
    both.act("SetLimit", set_limit(both, FACE, days=1))
    end = both.store.need(Opening, LANGONG.id).expiry
    require_issuable(both.store, LANGONG.id, FACE, end - 1)
    assert room(both.store, LANGONG.id, end - 1) == Room(FACE, Fen(0), FACE, end, "")
    with pytest.raises(LimitExceeded):
        require_issuable(both.store, LANGONG.id, Fen(FACE + 1), end - 1)
    with pytest.raises(LimitExpired):
        require_issuable(both.store, LANGONG.id, Fen(1), end)
    for late in (end, end + 1):
        assert room(both.store, LANGONG.id, late) == Room(FACE, Fen(0), Fen(0), end, "limit-expired")


def test_an_overdue_core_issues_nothing(both: Both) -> None:
    both.store.put(replace(both.store.need(Opening, LANGONG.id), overdue=2))
    with pytest.raises(CoreHalted, match="2 of its issuances are overdue: fund them in full"):
        require_issuable(both.store, LANGONG.id, Fen(1), both.now)
    assert room(both.store, LANGONG.id, both.now).reason == "core-halted"
    assert room(both.store, LANGONG.id, both.now).free == 0


def test_above_a_limit_that_was_lowered_nothing_is_free(both: Both) -> None:
    both.world.issue(LANGONG, WANYUE)
    both.act("SetLimit", set_limit(both, FACE - 1))
    assert room(both.store, LANGONG.id, both.now).free == 0
    with pytest.raises(LimitExceeded, match=r"Issue 0\.00 at most"):
        require_issuable(both.store, LANGONG.id, Fen(1), both.now)


def test_a_policy_holds_from_its_day_on(both: Both) -> None:
    both.act("SetPolicy", set_policy(both, 12, 3))
    assert months_now(both.store, both.now) == 6
    assert months_now(both.store, both.now + 3 * DAY) == 12
    assert months_now(both.store, both.now + 3 * DAY - 1) == 6
    assert months_now(both.store, both.now + 9 * DAY) == 12
    both.world.advance(4 * DAY)
    both.act("SetPolicy", set_policy(both, 3, 1))
    assert months_now(both.store, both.now) == 12
    both.agree()


def test_a_stopped_stage(both: Both) -> None:
    both.world.panel("Stop", stages=int(Stage.LIMITS), until=both.now + DAY)
    both.refused("stage-stopped", "SetLimit", set_limit(both))
    both.refused("stage-stopped", "SetPolicy", set_policy(both, 6, 1))
    both.act("Halt", halt(both, True))


def test_a_halted_core(both: Both) -> None:
    both.act("Halt", halt(both, True))
    with pytest.raises(CoreHalted, match="the panel has halted it"):
        require_issuable(both.store, LANGONG.id, Fen(1), both.now)
    assert room(both.store, LANGONG.id, both.now).reason == "core-halted"
    both.agree()
    both.act("Halt", halt(both, False))
    require_issuable(both.store, LANGONG.id, Fen(LIMIT), both.now)
    both.agree()


def test_without_a_limit_in_force(both: Both) -> None:
    with pytest.raises(LimitExpired, match="has no opening limit"):
        require_issuable(both.store, WANYUE.id, Fen(1), both.now)
    both.act("SetLimit", set_limit(both, days=1))
    with pytest.raises(LimitExpired, match="has to set a new one"):
        require_issuable(both.store, LANGONG.id, Fen(1), both.now + DAY)
    assert room(both.store, LANGONG.id, both.now + DAY).free == 0


def test_used_and_freed(both: Both) -> None:
    both.act("SetLimit", set_limit(both, 3 * FACE))
    ticket = both.world.issue(LANGONG, WANYUE)
    assert room(both.store, LANGONG.id, both.now).free == 2 * FACE
    with pytest.raises(LimitExceeded, match=r"1,600,000\.00 at most"):
        require_issuable(both.store, LANGONG.id, Fen(2 * FACE + 1), both.now)
    both.agree()
    both.world.void(LANGONG, WANYUE, ticket)
    assert room(both.store, LANGONG.id, both.now).used == 0
    assert room(both.store, CHENGHAI.id, both.now).free == LIMIT
    both.agree()
