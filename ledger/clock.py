"""Instants and dates.

An instant is an int of UTC seconds, as a block has it. The dates of the trade are those of Asia/Shanghai,
which is eight hours ahead all year round. The time of the chain's latest block decides deadlines and due
dates; the clocks here serve sessions, logs and tests.
"""

import calendar
import re
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ledger.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = 86_400
YEARS = range(2000, 2200)
"""Years that a date of the trade may have. What lies beyond is a slipped digit, and no calendar reaches it."""

_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))", re.A
)
_CLOCK_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)


class InvalidDate(Invalid):
    """A date or time that cannot be read, or does not exist."""

    code = "invalid-date"
    title = "A date is not valid"


class SystemClock:
    """The wall clock of this machine."""

    def now(self) -> int:
        """UTC seconds."""
        return int(time.time())


class ManualClock:
    """A clock that stands until it is moved, forwards only."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        """UTC seconds."""
        return self._now

    def advance(self, seconds: int) -> int:
        """Move on by ``seconds`` and give the new time."""
        return self.move_to(self._now + seconds)

    def move_to(self, instant: int) -> int:
        """Move on to ``instant`` and give it; ValueError when it lies in the past."""
        if instant < self._now:
            raise ValueError(f"{instant} is before {self._now}: a clock does not go backwards")
        self._now = instant
        return instant


def shanghai_date(instant: int) -> date:
    """The date in Shanghai at this instant."""
    return datetime.fromtimestamp(instant, SHANGHAI).date()


def start_of_day(day: date) -> int:
    """The instant at which this day begins in Shanghai."""
    return int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp())


def end_of_day(day: date) -> int:
    """The instant at which this day is over in Shanghai, the start of the next one."""
    return start_of_day(day + timedelta(days=1))


def utc_text(instant: int) -> str:
    """``2026-11-23T01:00:00Z``, for JSON and logs."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shanghai_text(instant: int) -> str:
    """``2026-11-23 09:00:00``, for people in China."""
    return datetime.fromtimestamp(instant, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later (or earlier), or that month's last day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if not 1 <= year <= 9999:
        raise InvalidDate(f"{months} months from {day} lie outside the calendar; check the number of months")
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def parse_date(text: str) -> date:
    """A date written ``2027-05-23``, ``2027/5/23``, ``20270523`` or ``2027年5月23日``. Raises InvalidDate."""
    match = _DATE.fullmatch(text.strip()) if len(text) < 40 else None
    if match is None:
        raise InvalidDate(
            f"{text[:40]!r} is not a date; write year-month-day, for instance 2027-05-23", value=text[:40]
        )
    year, month, day = (int(part) for part in match.groups() if part is not None)
    if year not in YEARS:
        raise InvalidDate(
            f"the year of {text[:40]!r} is not within {YEARS[0]} and {YEARS[-1]}; look for a slipped digit",
            value=text[:40],
        )
    try:
        return date(year, month, day)
    except ValueError:
        raise InvalidDate(
            f"there is no day {text[:40]!r} in the calendar; correct it", value=text[:40]
        ) from None


def parse_instant(text: str) -> int:
    """A date and time such as ``2027-05-24 10:30`` in Shanghai, or with ``Z`` or ``+08:00``, as UTC seconds.

    Raises InvalidDate; a date alone is refused.
    """
    day, _, rest = text.strip().replace("T", " ", 1).partition(" ")
    match = _CLOCK_TIME.fullmatch(rest.strip())
    if match is None:
        raise InvalidDate(
            f"{text[:40]!r} is not a date and time; write for instance 2027-05-24 10:30:00 (Shanghai)",
            value=text[:40],
        )
    hour, minute, second, zone = match.groups()
    written = f"{parse_date(day).isoformat()}T{int(hour):02d}:{minute}:{second or '00'}{zone or ''}"
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise InvalidDate(f"there is no time {text[:40]!r}; correct it", value=text[:40]) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).timestamp())
