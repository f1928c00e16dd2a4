"""The arithmetic of a quote.

given an amount, a rate, a fee or dates out of range
  it should refuse and name the value
given the two quotes of the worked case (420,000.00 yuan on 2026-12-08, paid on 2027-05-24)
  it should give their interest and net to the fen
given a remainder
  it should round the interest down and the all-in cost up
given that the core bears the interest
  it should leave the holder all but the fee
"""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.discount import Bearer, InvalidQuote, format_rate, quote

MONEY_DAY, PAYMENT_DATE = date(2026, 12, 8), date(2027, 5, 24)
FACE = 42_000_000


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"face": 0}, "not above 0"),
        ({"face": -1}, "not above 0"),
        ({"rate_bp": -1}, "basis points"),
        ({"rate_bp": 10_001}, "3.15 % as 315"),
        ({"fee": -1}, "below 0"),
        ({"fee": FACE}, "leave nothing"),
        ({"money_day": PAYMENT_DATE}, "not before"),
        ({"money_day": date(2027, 5, 25)}, "not before"),
    ],
)
def test_terms_out_of_range_are_refused(terms, why):
    good = {"face": FACE, "rate_bp": 315, "money_day": MONEY_DAY, "payment_date": PAYMENT_DATE}
    with pytest.raises(InvalidQuote, match=why):
        quote(**(good | terms))


@pytest.mark.parametrize(
    ("bank", "rate_bp", "interest", "net"),
    [("岚湾银行", 315, 613_725, 41_386_275), ("南淮银行", 345, 672_175, 41_327_825)],
)
def test_the_worked_case(bank, rate_bp, interest, net):
    offered = quote(FACE, rate_bp, MONEY_DAY, PAYMENT_DATE)
    assert (offered.days, offered.interest, offered.net) == (167, interest, net)


def test_the_all_in_cost_tells_the_fee_too():
    plain = quote(FACE, 315, MONEY_DAY, PAYMENT_DATE)
    with_fee = quote(FACE, 315, MONEY_DAY, PAYMENT_DATE, fee=50_000)
    assert with_fee.net == plain.net - 50_000
    assert plain.all_in_bp == 320
    assert with_fee.all_in_bp == 347


def test_when_the_core_bears_the_interest_the_holder_loses_the_fee_only():
    offered = quote(FACE, 315, MONEY_DAY, PAYMENT_DATE, fee=50_000, bearer=Bearer.CORE)
    assert offered.net == FACE - 50_000
    assert offered.interest == 613_725
    assert offered.all_in_bp == quote(FACE, 315, MONEY_DAY, PAYMENT_DATE, fee=50_000).all_in_bp


@given(
    st.integers(min_value=100, max_value=2**96 - 1),
    st.integers(min_value=0, max_value=3_000),
    st.integers(min_value=1, max_value=366),
    st.sampled_from(Bearer),
)
def test_interest_is_rounded_down_and_the_cost_up(face, rate_bp, days, bearer):
    offered = quote(face, rate_bp, MONEY_DAY, MONEY_DAY + timedelta(days=days), bearer=bearer)
    exact = Fraction(face * rate_bp * days, 3_600_000)
    assert 0 <= exact - offered.interest < 1
    cost = Fraction(offered.interest * 3_600_000, (face - offered.interest) * days)
    assert 0 <= offered.all_in_bp - cost < 1
    assert offered.net == face - (offered.interest if bearer is Bearer.HOLDER else 0)


def test_a_rate_is_shown_in_percent():
    assert format_rate(315) == "3.15 %"
    assert format_rate(5) == "0.05 %"
