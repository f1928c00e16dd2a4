"""Money: an integer number of fen (分), 100 to the yuan. Never a float.

On the wire an amount of fen is a decimal string (``"42000000"``), in files and on pages it is yuan with two
decimals (``"420,000.00"``), on chain a ``uint96``. Where a division leaves a remainder the direction of the
rounding stands in the function's name.
"""

import re
from typing import NewType

from ledger.errors import Invalid

Fen = NewType("Fen", int)

MAX_FEN = 2**96 - 1
"""The most that a ticket's storage word holds (uint96)."""

_FEN = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_YUAN = re.compile(r"(0|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)(?:\.([0-9]{1,2}))?", re.ASCII)
_YUAN_LONG = re.compile(r"[0-9,]+\.[0-9]{3,}", re.ASCII)

_DIGITS = "零壹贰叁肆伍陆柒捌玖"


class InvalidAmount(Invalid):
    """An amount of money that cannot be read exactly, or is out of range."""

    code = "invalid-amount"
    title = "An amount is not valid"


def parse_fen(text: str) -> Fen:
    """The amount in a decimal string of fen such as ``"42000000"``.

    No sign, exponent, space, separator or leading zero, at most 2^96 - 1. Raises InvalidAmount.
    """
    if not isinstance(text, str) or not _FEN.fullmatch(text):
        raise InvalidAmount(
            f"the amount {_shown(text)} is not a whole number of fen; "
            'write it as a string of digits, for instance "42000000" for 420,000.00 yuan',
            value=_shown(text),
        )
    return _in_range(_number(text), text)


def parse_yuan(text: str) -> Fen:
    """The fen in an amount of yuan such as ``"420,000.00"``, ``"420000"`` or ``"0.5"``.

    At most two decimals; thousands separators either everywhere or nowhere. Raises InvalidAmount.
    """
    match = _YUAN.fullmatch(text)
    if match is None:
        raise InvalidAmount(
            f"the amount {_shown(text)} {_yuan_fault(text)}; "
            "write yuan with at most two decimals, for instance 420,000.00",
            value=_shown(text),
        )
    yuan, decimals = match.groups()
    return _in_range(_number(yuan.replace(",", "") + (decimals or "").ljust(2, "0")), text)


def format_fen(fen: int) -> str:
    """The decimal string of an amount for JSON."""
    return str(int(fen))


def format_yuan(fen: int) -> str:
    """``42000000`` → ``"420,000.00"``. A difference below zero gets a minus sign in front."""
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02d}"


def mul_div_floor(value: int, numerator: int, denominator: int) -> int:
    """``value × numerator ÷ denominator`` for natural numbers, rounded down."""
    _natural(value, numerator, denominator)
    return value * numerator // denominator


def mul_div_ceil(value: int, numerator: int, denominator: int) -> int:
    """``value × numerator ÷ denominator`` for natural numbers, rounded up."""
    _natural(value, numerator, denominator)
    return -(-value * numerator // denominator)


def capitals(fen: int) -> str:
    """The amount in Chinese capitals (大写) for documents: ``人民币肆拾贰万元整``.

    Source: 支付结算办法 (银发〔1997〕393号), annex 1. Where it leaves a choice the shorter form is taken.
    """
    if fen < 0:
        raise InvalidAmount(f"{fen} fen is below zero and has no written form", value=fen)
    yuan, rest = divmod(fen, 100)
    jiao, cents = divmod(rest, 10)
    whole = f"{_integer(yuan)}元" if yuan or not rest else ""
    if not rest:
        return f"人民币{whole}整"
    tens = f"{_DIGITS[jiao]}角" if jiao else ("零" if yuan else "")
    return f"人民币{whole}{tens}{_DIGITS[cents] + '分' if cents else ''}"


def _integer(number: int) -> str:
    for unit, size in (("亿", 10**8), ("万", 10**4), ("仟", 1000), ("佰", 100), ("拾", 10)):
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            return f"{_integer(high)}{unit}{gap}{_integer(low) if low else ''}"
    return _DIGITS[number]


def _number(digits: str) -> int:
    """Of any length: Python reads no number of more than 4,300 digits, and nobody has that much."""
    return int(digits[:40])


def _in_range(fen: int, text: str) -> Fen:
    if fen > MAX_FEN:
        raise InvalidAmount(
            f"the amount {_shown(text)} is more than a ticket can hold ({format_yuan(MAX_FEN)} yuan); "
            "look for a slipped digit",
            value=_shown(text),
        )
    return Fen(fen)


def _natural(value: int, numerator: int, denominator: int) -> None:
    if value < 0 or numerator < 0 or denominator <= 0:
        raise ValueError(f"{value} × {numerator} ÷ {denominator}: natural numbers and a divisor above 0 only")


def _yuan_fault(text: str) -> str:
    if not text.strip():
        return "is empty"
    if (
        any(character.isdigit() and not character.isascii() for character in text)
        or "，" in text
        or "．" in text
    ):
        return "has full-width characters; type the digits, comma and point in half width"
    if text.lstrip().startswith(("-", "－", "−", "(", "（")):
        return "is below zero"
    if _YUAN_LONG.fullmatch(text):
        return "has more than two decimals, a fraction of a fen"
    if re.search("[eE]", text):
        return "is written with an exponent"
    if "," in text:
        return "has a thousands separator in an odd place"
    return "is not an amount of yuan"


def _shown(text: object) -> str:
    shown = str(text)
    return repr(shown if len(shown) <= 60 else shown[:57] + "…")
