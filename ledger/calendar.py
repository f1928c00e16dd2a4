"""Working days of mainland China, make-up working days (调休) included.

Two sources: the ``holidays`` package, which carries each year's notice of the State Council once it is out,
and ``holidays.toml`` beside this file, which has the last word. For a year whose notice is not out yet there
is a forecast from weekends and statutory holidays, marked provisional: tickets mature next year, and a
missing table must never stop them.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import NamedTuple

from holidays import country_holidays

WEEKEND = (5, 6)
LONGEST_SEARCH = 60


class PaymentDate(NamedTuple):
    """When a debt is paid, and whether that may still change with next year's calendar."""

    date: date
    provisional: bool


@dataclass(frozen=True)
class Year:
    """One year of the ``holidays`` package: its days off, its make-up days, and whether its notice is out."""

    off: frozenset[date]
    work: frozenset[date]
    published: bool


@cache
def packaged_year(year: int) -> Year:
    """What the ``holidays`` package says about a year."""
    china = country_holidays("CN", years=year, expand=False)
    return Year(
        off=frozenset(china),
        work=frozenset(day for day in getattr(china, "weekend_workdays", ()) if day.year == year),
        published=year in getattr(china, "special_public_holidays", ()),
    )


@dataclass(frozen=True)
class WorkingDays:
    """A calendar: packaged years, overridden by a versioned table."""

    version: str = ""
    published: frozenset[int] = frozenset()
    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()
    year: Callable[[int], Year] = field(default=packaged_year, compare=False)

    def provisional(self, year: int) -> bool:
        """Whether the days off of this year are a forecast."""
        return year not in self.published and not self.year(year).published

    def is_working_day(self, day: date) -> bool:
        """Whether banks settle on this day, as far as known."""
        if day in self.off or day in self.work:
            return day in self.work
        known = self.year(day.year)
        return day in known.work or (day.weekday() not in WEEKEND and day not in known.off)

    def payment_date(self, contractual_due: date) -> PaymentDate:
        """The due date itself if it is a working day, else the next working day."""
        day, provisional = contractual_due, False
        for _ in range(LONGEST_SEARCH):
            provisional = provisional or self.provisional(day.year)
            if self.is_working_day(day):
                return PaymentDate(day, provisional)
            day += timedelta(days=1)
        raise ValueError(
            f"no working day within {LONGEST_SEARCH} days of {contractual_due}; look at holidays.toml"
        )

    def working_days_before(self, day: date, count: int) -> date:
        """The working day that lies ``count`` working days before ``day``."""
        return self._step(day, count, -1)

    def working_days_after(self, day: date, count: int) -> date:
        """The working day that lies ``count`` working days after ``day``."""
        return self._step(day, count, 1)

    def _step(self, day: date, count: int, direction: int) -> date:
        if count < 0:
            raise ValueError(f"{count} working days: count from 0 up")
        while count:
            day += timedelta(days=direction)
            count -= self.is_working_day(day)
        return day


def load(text: str) -> WorkingDays:
    """The calendar with the overrides of a TOML table (``version``, ``published``, ``off``, ``work``)."""
    table = tomllib.loads(text)
    off, work = frozenset(table["off"]), frozenset(table["work"])
    if off & work:
        raise ValueError(f"holidays.toml has {sorted(off & work)} both as off and as work")
    return WorkingDays(table["version"], frozenset(table["published"]), off, work)


@cache
def china() -> WorkingDays:
    """The calendar in force: the package's years with the table beside this file."""
    return load(resources.files("ledger").joinpath("holidays.toml").read_text("utf-8"))


def payment_date(contractual_due: date) -> PaymentDate:
    """When a debt due on this day is paid: then, or on the next working day."""
    return china().payment_date(contractual_due)


def working_days_before(day: date, count: int) -> date:
    """The working day ``count`` working days before ``day`` in the calendar in force."""
    return china().working_days_before(day, count)


def working_days_after(day: date, count: int) -> date:
    """The working day ``count`` working days after ``day`` in the calendar in force."""
    return china().working_days_after(day, count)
