"""Working days of mainland China.

given a year whose notice is out
  it should know its holidays and its make-up working days
given a year whose notice is not out
  it should forecast from weekends and statutory holidays, mark it provisional, and never fail
given an entry of the table
  it should have the last word
given the worked case: due on Sunday 2027-05-23
  it should be paid on Monday 2027-05-24
"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.calendar import (
    WorkingDays,
    Year,
    china,
    load,
    payment_date,
    working_days_after,
    working_days_before,
)

TABLE = 'version = "t"\npublished = [{}]\noff = [{}]\nwork = [{}]\n'


def bare(published: bool = True) -> WorkingDays:
    return WorkingDays(year=lambda _: Year(frozenset(), frozenset(), published))


def test_a_table_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match="both as off and as work"):
        load(TABLE.format("2027", "2027-02-14", "2027-02-14"))


@pytest.mark.parametrize(
    "day", ["2026-02-17", "2026-02-21", "2026-05-05", "2026-10-01", "2026-10-07", "2026-11-22"]
)
def test_a_day_off_is_no_working_day(day):
    assert not china().is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-02-14", "2026-10-10", "2026-11-23", "2026-01-04"])
def test_a_make_up_day_is_a_working_day(day):
    assert china().is_working_day(date.fromisoformat(day))


def test_the_worked_case_is_paid_on_monday():
    assert payment_date(date(2027, 5, 23)).date == date(2027, 5, 24)


def test_a_due_date_on_a_working_day_stays():
    assert payment_date(date(2026, 11, 23)) == (date(2026, 11, 23), False)


def test_a_due_date_in_the_national_holiday_waits_for_its_end():
    assert payment_date(date(2026, 10, 1)) == (date(2026, 10, 8), False)


def test_a_due_date_on_a_make_up_saturday_stays():
    assert payment_date(date(2026, 2, 14)) == (date(2026, 2, 14), False)


def test_a_year_without_notice_is_a_forecast_with_its_statutory_days():
    assert payment_date(date(2090, 10, 1)).provisional
    assert payment_date(date(2090, 10, 1)).date > date(2090, 10, 3)
    assert china().provisional(2090)
    assert not china().provisional(2026)


def test_a_payment_date_that_reaches_into_a_forecast_is_provisional():
    calendar = WorkingDays(year=lambda year: Year(frozenset(), frozenset(), year <= 2022))
    assert calendar.payment_date(date(2022, 12, 30)) == (date(2022, 12, 30), False)
    assert calendar.payment_date(date(2022, 12, 31)) == (date(2023, 1, 2), True)


@given(st.dates(min_value=date(1999, 1, 1), max_value=date(2300, 1, 1)))
def test_there_is_always_a_payment_date_soon(due):
    paid = payment_date(due).date
    assert due <= paid <= due + timedelta(days=12)
    assert china().is_working_day(paid)


def test_the_table_has_the_last_word():
    calendar = load(TABLE.format("2090", "2090-07-03", "2090-07-08"))
    assert not calendar.provisional(2090)
    assert not calendar.is_working_day(date(2090, 7, 3))
    assert calendar.is_working_day(date(2090, 7, 8))
    assert calendar.payment_date(date(2090, 7, 3)) == (date(2090, 7, 4), False)


def test_a_table_without_any_working_day_ends_in_an_error():
    everything = frozenset(date(2027, 1, 1) + timedelta(days=n) for n in range(200))
    with pytest.raises(ValueError, match=r"holidays\.toml"):
        WorkingDays(off=everything).payment_date(date(2027, 1, 1))


def test_working_days_are_counted_over_weekends_and_holidays():
    assert working_days_before(date(2026, 10, 9), 2) == date(2026, 9, 30)
    assert working_days_after(date(2026, 9, 30), 2) == date(2026, 10, 9)
    assert working_days_before(date(2026, 11, 23), 0) == date(2026, 11, 23)
    with pytest.raises(ValueError, match="from 0 up"):
        working_days_before(date(2026, 11, 23), -1)


@given(
    st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 1, 1)), st.integers(min_value=0, max_value=30)
)
def test_counting_forth_and_back_returns(day, count):
    start = bare().payment_date(day).date
    assert bare().working_days_before(bare().working_days_after(start, count), count) == start
