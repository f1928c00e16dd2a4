"""The arithmetic of a financing quote (保理融资报价): what a ticket sold today costs, and who bears it.

Interest runs by ACT/360 from the day of payment to the payment date, first day counted, last not. It is
rounded down to the fen. Rates are whole basis points: 315 is 3.15 % a year.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ledger.errors import Invalid
from ledger.money import Fen, format_yuan, mul_div_ceil, mul_div_floor

YEAR = 360
BASIS = 10_000
MAX_RATE_BP = 10_000


class InvalidQuote(Invalid):
    """Terms of a financing that can't be reckoned with."""

    code = "invalid-quote"
    title = "The terms of a financing are not valid"


class Bearer(StrEnum):
    """Who bears the interest; fixed when the issuance is opened."""

    HOLDER = "holder"
    CORE = "core"


@dataclass(frozen=True)
class Quote:
    """A bank's price for ``face`` fen of a ticket. All amounts in fen, rates in basis points.

    ``interest``        face × rate × days ÷ 360, rounded down
    ``net``             what the holder receives on ``money_day``: face - fee, and - interest if it bears it
    ``all_in_bp``       interest + fee, whoever bears them, as simple interest a year by ACT/360 on the money
                        left after both: (interest + fee) × 360 ÷ ((face - interest - fee) × days), rounded up
    """

    face: Fen
    rate_bp: int
    fee: Fen
    bearer: Bearer
    money_day: date
    payment_date: date
    days: int
    interest: Fen
    net: Fen
    all_in_bp: int


def interest_floor(face: int, rate_bp: int, days: int) -> Fen:
    """Interest of ``days`` on ``face`` fen by ACT/360, rounded down to the fen."""
    return Fen(mul_div_floor(face, rate_bp * days, BASIS * YEAR))


def quote(
    face: int,
    rate_bp: int,
    money_day: date,
    payment_date: date,
    *,
    fee: int = 0,
    bearer: Bearer = Bearer.HOLDER,
) -> Quote:
    """Reckon a quote. ``money_day`` is when the bank pays, ``payment_date`` when the core does.

    Raises InvalidQuote for a value out of range, or when nothing would be left for the holder.
    """
    days = (payment_date - money_day).days
    _check(face, rate_bp, fee, money_day, payment_date)
    interest = interest_floor(face, rate_bp, days)
    cost = interest + fee
    if cost >= face:
        raise InvalidQuote(
            f"interest {format_yuan(interest)} and fee {format_yuan(fee)} leave nothing of "
            f"{format_yuan(face)} yuan; lower the rate or the fee, or finance more",
            face=face,
            interest=interest,
            fee=fee,
        )
    return Quote(
        face=Fen(face),
        rate_bp=rate_bp,
        fee=Fen(fee),
        bearer=bearer,
        money_day=money_day,
        payment_date=payment_date,
        days=days,
        interest=interest,
        net=Fen(face - fee - (interest if bearer is Bearer.HOLDER else 0)),
        all_in_bp=mul_div_ceil(cost, YEAR * BASIS, (face - cost) * days),
    )


def format_rate(rate_bp: int) -> str:
    """``315`` → ``"3.15 %"``."""
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}.{rest:02d} %"


def _check(face: int, rate_bp: int, fee: int, money_day: date, payment_date: date) -> None:
    if face <= 0:
        raise InvalidQuote(f"the amount {face} fen is not above 0; say how much is financed", face=face)
    if not 0 <= rate_bp <= MAX_RATE_BP:
        raise InvalidQuote(
            f"the rate {rate_bp} is not between 0 and {MAX_RATE_BP} basis points; write 3.15 % as 315",
            rate_bp=rate_bp,
        )
    if fee < 0:
        raise InvalidQuote(f"the fee {fee} fen is below 0; leave it out if there is none", fee=fee)
    if money_day >= payment_date:
        raise InvalidQuote(
            f"the day of payment {money_day} is not before {payment_date}, when the core pays; "
            "choose an earlier day",
            money_day=money_day.isoformat(),
            payment_date=payment_date.isoformat(),
        )
