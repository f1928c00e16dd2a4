"""Money.

parse_fen, given text that is anything but plain digits
  it should refuse and name the value
given a string of digits up to 2^96 - 1
  it should give exactly that number
parse_yuan, given a sign, an exponent, full-width digits, three decimals or odd separators
  it should refuse and say which
given an amount as people write it
  it should give the exact fen, and format_yuan should give the text back
mul_div, given a remainder
  it should round in the direction of its name
capitals, given the examples of the central bank's rules
  it should give their text
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.money import (
    MAX_FEN,
    InvalidAmount,
    capitals,
    format_fen,
    format_yuan,
    mul_div_ceil,
    mul_div_floor,
    parse_fen,
    parse_yuan,
)

natural = st.integers(min_value=0, max_value=2**100)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        "01",
        "00",
        "1.0",
        "1e3",
        "1,000",
        "１２",
        "٣",
        "0x1",
        "1_000",
        "\n1",
        "1\n",
    ],
)
def test_parse_fen_refuses_anything_but_plain_digits(text):
    with pytest.raises(InvalidAmount, match="whole number of fen"):
        parse_fen(text)


@pytest.mark.parametrize("value", [5, 1.5, None, True, b"1"])
def test_parse_fen_takes_strings_only(value):
    with pytest.raises(InvalidAmount):
        parse_fen(value)


@pytest.mark.parametrize("text", [str(MAX_FEN + 1), "9" * 40, "9" * 41, "1" * 5_000])
def test_parse_fen_refuses_more_than_a_word_holds(text):
    with pytest.raises(InvalidAmount, match="slipped digit"):
        parse_fen(text)


def test_the_most_is_what_a_word_of_the_contract_holds():
    assert parse_fen("79228162514264337593543950335") == MAX_FEN == 2**96 - 1
    with pytest.raises(InvalidAmount, match="slipped digit"):
        parse_fen("79228162514264337593543950336")


def test_parse_fen_refuses_a_number_without_end_quickly():
    with pytest.raises(InvalidAmount) as refused:
        parse_fen("9" * 100_000)
    assert len(refused.value.message) < 300


@pytest.mark.parametrize("text", ["9" * 41 + ".00", "1" * 5_000, "1" + ",000" * 2_000 + ".5"])
def test_parse_yuan_refuses_more_than_a_word_holds(text):
    with pytest.raises(InvalidAmount, match="slipped digit") as refused:
        parse_yuan(text)
    assert len(refused.value.message) < 300


@given(st.integers(min_value=0, max_value=MAX_FEN))
def test_fen_round_trip(fen):
    assert parse_fen(format_fen(fen)) == fen


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("-1.00", "below zero"),
        ("(1.00)", "below zero"),
        ("1.005", "more than two decimals"),
        ("1,000.005", "more than two decimals"),
        ("1e5", "exponent"),
        ("４２００００", "full-width"),
        ("420，000", "full-width"),
        ("420．50", "full-width"),
        ("42,0000.00", "odd place"),
        ("420000,00", "odd place"),
        (",420", "odd place"),
        ("1,0000", "odd place"),
        (".50", "not an amount"),
        ("5.", "not an amount"),
        ("0420.00", "not an amount"),
        (" 1.00", "not an amount"),
        ("1.00\n", "not an amount"),
        ("¥1.00", "not an amount"),
        ("nan", "not an amount"),
        ("一千", "not an amount"),
        ("9" * 40, "slipped digit"),
    ],
)
def test_parse_yuan_refuses_and_says_why(text, why):
    with pytest.raises(InvalidAmount, match=why):
        parse_yuan(text)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("420,000.00", 42_000_000),
        ("420000.00", 42_000_000),
        ("420000", 42_000_000),
        ("0.5", 50),
        ("0", 0),
        ("0.01", 1),
        ("1,234,567.8", 123_456_780),
    ],
)
def test_parse_yuan_reads_what_people_write(text, fen):
    assert parse_yuan(text) == fen


@given(st.integers(min_value=0, max_value=MAX_FEN))
def test_yuan_round_trip(fen):
    assert parse_yuan(format_yuan(fen)) == fen


def test_format_yuan_shows_a_difference_below_zero():
    assert format_yuan(-123_456) == "-1,234.56"


@given(natural, natural, st.integers(min_value=1, max_value=2**100))
def test_mul_div_rounds_as_named(value, numerator, denominator):
    exact = Fraction(value) * numerator / denominator
    down, up = (mul_div_floor(value, numerator, denominator), mul_div_ceil(value, numerator, denominator))
    assert down <= exact <= up
    assert up - down == (exact.denominator != 1)


@pytest.mark.parametrize("numbers", [(-1, 1, 1), (1, -1, 1), (1, 1, 0), (1, 1, -1)])
def test_mul_div_takes_natural_numbers(numbers):
    for rounded in (mul_div_floor, mul_div_ceil):
        with pytest.raises(ValueError, match="natural numbers"):
            rounded(*numbers)


@pytest.mark.parametrize(
    ("yuan", "text"),
    [
        ("0", "人民币零元整"),
        ("0.02", "人民币贰分"),
        ("0.50", "人民币伍角"),
        ("420,000.00", "人民币肆拾贰万元整"),
        ("1,409.50", "人民币壹仟肆佰零玖元伍角"),
        ("6,007.14", "人民币陆仟零柒元壹角肆分"),
        ("1,680.32", "人民币壹仟陆佰捌拾元叁角贰分"),
        ("107,000.53", "人民币壹拾万柒仟元伍角叁分"),
        ("16,409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("100,010,001.00", "人民币壹亿零壹万零壹元整"),
        ("1,000,000,000,000", "人民币壹万亿元整"),
        ("20,000,700", "人民币贰仟万零柒佰元整"),
        ("413,862.75", "人民币肆拾壹万叁仟捌佰陆拾贰元柒角伍分"),
    ],
)
def test_capitals(yuan, text):
    assert capitals(parse_yuan(yuan)) == text


def test_capitals_refuse_a_negative_amount():
    with pytest.raises(InvalidAmount, match="below zero"):
        capitals(-1)


@given(st.integers(min_value=0, max_value=MAX_FEN))
def test_capitals_never_double_a_zero(fen):
    assert "零零" not in capitals(fen)
