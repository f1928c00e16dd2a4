"""The latest due date against Python's calendar.

given issue acts on the last days of every month of a common and a leap year, and around 2100 and 2400
    it should allow what lies so many months later, or on the last day of a month that is shorter, to its last second
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

import pytest

from tests.support.actors import LANGONG, WANYUE
from tests.support.terms import DAY, SHANGHAI
from tests.support.world import World

YEARS = (2027, 2028, 2099, 2100, 2399, 2400)


def at(day: date, hour: int) -> int:
    """UTC seconds of an hour of a Shanghai day."""
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI).timestamp())


def latest(day: date, months: int) -> int:
    """The last second of the Shanghai day so many months later."""
    ahead = day.year * 12 + day.month - 1 + months
    year, month = ahead // 12, ahead % 12 + 1
    then = date(year, month, min(day.day, monthrange(year, month)[1]))
    return at(then + timedelta(1), 0) - 1


@pytest.mark.parametrize("months", [1, 2, 3, 12, 25])
def test_months_later(world: World, months: int) -> None:
    world.panel("SetPolicy", **{"months": months, "from": world.now})
    found, expected = {}, {}
    for year in YEARS:
        for month in range(1, 13):
            for day in (1, *range(28, monthrange(year, month)[1] + 1)):
                opened = date(year, month, day)
                world.until(at(opened, 23 if day == 1 else 0))
                far = world.now + 2000 * DAY
                dates = {"contractualDue": far, "due": far, "transferableUntil": far}
                refusal = world.send(world.issue_draft(LANGONG, WANYUE, **dates).data).refusal
                assert refusal is not None
                found[opened], expected[opened] = refusal.evidence.get("latest"), latest(opened, months)
    assert found == expected
