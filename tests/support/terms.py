"""Dates and terms of the tests' issuances, in UTC seconds and fen."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ledger.ids import keccak256 as keccak

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = 86_400


def at(year: int, month: int, day: int, hour: int = 0) -> int:
    """Shanghai time in UTC seconds."""
    return int(datetime(year, month, day, hour, tzinfo=SHANGHAI).timestamp())


OPENED = at(2026, 11, 23, 10)
CONTRACTUAL_DUE = at(2027, 5, 23)
DUE = at(2027, 5, 24)
TRANSFERABLE_UNTIL = DUE - 3 * DAY
GRACE = 3 * DAY
FACE = 80_000_000
"""800,000.00 yuan in fen."""
MINIMUM = 4
"""As a power of ten: 100.00 yuan."""
LIMIT = 100_000_000_000
EVIDENCE = keccak(b"evidence")
