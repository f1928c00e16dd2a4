"""Instants and dates.

given a manual clock
  it should stand still, move on, and never go back
given an instant around midnight in Shanghai
  it should give Shanghai's date, whatever UTC's is
parse_date, parse_instant, given text that is no date, or a day that does not exist
  it should refuse and name it
add_months, given a day that the later month does not have
  it should give that month's last day
"""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.clock import (
    DAY,
    InvalidDate,
    ManualClock,
    SystemClock,
    add_months,
    end_of_day,
    parse_date,
    parse_instant,
    shanghai_date,
    shanghai_text,
    start_of_day,
    utc_text,
)

days = st.dates(min_value=date(1992, 1, 1), max_value=date(2100, 1, 1))
OPENED = int(datetime(2026, 11, 23, 1, 0, tzinfo=UTC).timestamp())


def test_a_manual_clock_never_goes_back():
    clock = ManualClock(OPENED)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    with pytest.raises(ValueError, match="backwards"):
        clock.move_to(OPENED - 1)
    assert clock.now() == OPENED
    assert clock.advance(60) == clock.now() == OPENED + 60
    assert clock.move_to(OPENED + 90) == clock.now() == OPENED + 90


def test_the_system_clock_tells_utc_seconds():
    before = int(datetime.now(UTC).timestamp())
    assert before <= SystemClock().now() <= before + 5


def test_a_shanghai_day_begins_eight_hours_before_utcs():
    start = start_of_day(date(2027, 5, 24))
    assert utc_text(start) == "2027-05-23T16:00:00Z"
    assert shanghai_text(start) == "2027-05-24 00:00:00"
    assert shanghai_date(start) == date(2027, 5, 24)
    assert shanghai_date(start - 1) == date(2027, 5, 23)


@given(days)
def test_a_day_lasts_from_its_start_to_its_end(day):
    assert end_of_day(day) - start_of_day(day) == DAY
    assert shanghai_date(start_of_day(day)) == day == shanghai_date(end_of_day(day) - 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "23.05.2027",
        "05/23/2027",
        "2027-05",
        "2027-5/23",
        "２０２７-05-23",
        "46165",
        "2027-05-23 10:00",
    ],
)
def test_text_that_is_no_date_is_refused(text):
    with pytest.raises(InvalidDate, match="not a date"):
        parse_date(text)


@pytest.mark.parametrize("text", ["2027-02-29", "2027-13-01", "20270431", "2027-00-10"])
def test_a_day_that_does_not_exist_is_refused(text):
    with pytest.raises(InvalidDate, match="no day"):
        parse_date(text)


@pytest.mark.parametrize("text", ["0000-01-01", "1999-12-31", "2200-01-01", "9999-12-31"])
def test_a_year_that_no_trade_has_is_refused(text):
    with pytest.raises(InvalidDate, match="slipped digit"):
        parse_date(text)
    for zone in ("", "Z", "-12:00"):
        with pytest.raises(InvalidDate, match="slipped digit"):
            parse_instant(f"{text} 23:59:59{zone}")


@pytest.mark.parametrize(
    "text", ["2027-05-23", "2027/5/23", "20270523", "2027年5月23日", " 2027-5-23 ", "2027/05/23"]
)
def test_a_date_may_be_written_in_the_usual_ways(text):
    assert parse_date(text) == date(2027, 5, 23)


@pytest.mark.parametrize(
    "text", ["", "2027-05-24", "2027-05-24 10", "2027-05-24 25:00", "10:00", "2027-05-24 10:00 PM"]
)
def test_a_time_that_does_not_exist_is_refused(text):
    with pytest.raises(InvalidDate):
        parse_instant(text)


@pytest.mark.parametrize(
    "text",
    [
        "2027-05-24 10:30",
        "2027/5/24 10:30:00",
        "2027-05-24T10:30:00+08:00",
        "2027-05-24T02:30:00Z",
        "2027-05-24 10:30+0800",
    ],
)
def test_a_time_is_shanghais_unless_it_says_otherwise(text):
    assert utc_text(parse_instant(text)) == "2027-05-24T02:30:00Z"


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 23), 6, date(2027, 5, 23)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2027, 5, 31), -3, date(2027, 2, 28)),
    ],
)
def test_months_are_calendar_months(day, months, later):
    assert add_months(day, months) == later


@given(days, st.integers(min_value=-600, max_value=600))
def test_months_count_on_and_keep_the_day_where_it_exists(day, months):
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (
        later.day < day.day and (add_months(later, 1).month - later.month) % 12 == 1
    )
    assert add_months(day, months) >= add_months(day, months - 1)


def test_months_beyond_the_calendar_are_refused():
    with pytest.raises(InvalidDate, match="outside the calendar"):
        add_months(date(2026, 1, 1), 100_000)


def test_months_stay_within_the_calendar():
    assert add_months(date(2, 1, 31), -12) == date(1, 1, 31)
    assert add_months(date(9998, 12, 31), 12) == date(9999, 12, 31)
    for day, months in ((date(1, 1, 31), -1), (date(9999, 12, 1), 1)):
        with pytest.raises(InvalidDate, match="outside the calendar"):
            add_months(day, months)
