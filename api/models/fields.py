"""Values as JSON has them: fen as decimal strings, ids as 0x hex, times in ISO 8601.

The `…In` types parse what comes in, strictly; the `…Out` types write plain Python values.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from api.storable import PROBLEM, overweight, unstorable
from ledger.clock import parse_date, parse_instant, utc_text
from ledger.errors import GoldTicketError
from ledger.ids import NUMBER_PATTERN, parse_hex, parse_uscc, split_number, to_hex
from ledger.money import MAX_FEN, Fen, format_fen, parse_fen
from ledger.signatures import checksum_address, compact

T = TypeVar("T")

MOST_DIGITS = len(str(MAX_FEN))
TICKET = "0x" + "5c2f9e1d" * 4 + "0" * 32
HASH = "0x" + "9b1deb4d" * 8
ISSUANCE = "0x" + "5c2f9e1d" * 4
ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
SIGNATURE = "0x" + "1f" * 64
USCC = "91340100MA9DEM0A3H"


class In(BaseModel):
    """A request body: unknown fields are refused, texts that can't be kept, and what is too deep or too long."""

    # strict: a text or true is no number, as the OpenAPI document says
    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, data: Any) -> Any:
        if too_much := overweight(data):
            raise PydanticCustomError("overweight", "{problem}", {"problem": too_much})
        wrong = [
            InitErrorDetails(type=PydanticCustomError("unstorable", PROBLEM), loc=place, input=text)
            for place, text in unstorable(data)
        ]
        if wrong:
            raise ValidationError.from_exception_data(cls.__name__, wrong)
        return data


class Out(BaseModel):
    """A response body."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


def text_by(parse: Callable[[str], T]) -> BeforeValidator:
    """A validator that reads a text; the parser's own words become the field's problem."""

    def validate(value: object) -> T:
        if not isinstance(value, str):
            raise PydanticCustomError("text", "it is not a text; write it in quotation marks")
        try:
            return parse(value)
        except GoldTicketError as error:
            raise PydanticCustomError("value", "{message}", {"message": error.message}) from error

    return BeforeValidator(validate)


def _schema(description: str, example: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, "examples": [example], **more})


def _above_zero(fen: Fen) -> Fen:
    if fen == 0:
        raise PydanticCustomError("zero", "the amount is 0; give an amount above 0")
    return fen


def visible(text: str) -> str:
    """The text. Raises for a character that nobody sees."""
    if not text.isprintable():
        raise PydanticCustomError("invisible", "it holds an invisible character; type it again")
    return text


_FEN = _schema("Fen (分), decimal string", "42000000", pattern="^(0|[1-9][0-9]*)$", maxLength=MOST_DIGITS)

FenIn = Annotated[Fen, text_by(parse_fen), _FEN]
AmountIn = Annotated[Fen, text_by(parse_fen), AfterValidator(_above_zero), _FEN]
FenOut = Annotated[int, PlainSerializer(format_fen, return_type=str), _FEN]


def _bytes_of(size: int) -> BeforeValidator:
    return text_by(lambda text: parse_hex(text, size))


def _hex(size: int, description: str, example: str) -> WithJsonSchema:
    return _schema(description, example, pattern=f"^0x[0-9a-fA-F]{{{2 * size}}}$")


TicketIn = Annotated[bytes, _bytes_of(32), _hex(32, "Ticket id", TICKET)]


def _ticket_named(text: str) -> bytes | str:
    if text.startswith("GT-"):
        split_number(text)
        return text
    return parse_hex(text, 32)


TicketNamed = Annotated[
    bytes | str,
    text_by(_ticket_named),
    _schema(
        "Ticket id, or its number (GT-000123-2-1)",
        TICKET,
        pattern=f"^(0x[0-9a-fA-F]{{64}}|{NUMBER_PATTERN})$",
    ),
]
HashIn = Annotated[bytes, _bytes_of(32), _hex(32, "Id or hash, 32 bytes", HASH)]
IssuanceIn = Annotated[
    bytes, _bytes_of(16), _hex(16, "Issuance id: the upper half of its tickets' ids", ISSUANCE)
]
SaltIn = Annotated[bytes, _bytes_of(32), _hex(32, "Random salt, 32 bytes", HASH)]

_HEX_TEXT = PlainSerializer(to_hex, return_type=str)

TicketOut = Annotated[bytes, _HEX_TEXT, _hex(32, "Ticket id", TICKET)]
HashOut = Annotated[bytes, _HEX_TEXT, _hex(32, "Id or hash, 32 bytes", HASH)]
IssuanceOut = Annotated[bytes, _HEX_TEXT, _hex(16, "Issuance id", ISSUANCE)]
SignatureOut = Annotated[bytes, _HEX_TEXT, _hex(64, "Signature (EIP-2098)", SIGNATURE)]


def _signature(text: str) -> bytes:
    size = 65 if len(text) == 132 else 64
    return compact(parse_hex(text, size))


SignatureIn = Annotated[
    bytes,
    text_by(_signature),
    _schema(
        "Signature of the digest: 64 bytes (EIP-2098), or 65 (r, s, v) as wallets give it",
        SIGNATURE,
        pattern="^0x([0-9a-fA-F]{128}|[0-9a-fA-F]{130})$",
    ),
]


def _address(text: str) -> str:
    return checksum_address(parse_hex(text, 20))


AddressIn = Annotated[str, text_by(_address), _hex(20, "Address of a signing key", ADDRESS)]
AddressOut = Annotated[str, _hex(20, "Address of a signing key", ADDRESS)]

UsccIn = Annotated[str, text_by(parse_uscc), _schema("统一社会信用代码 (GB 32100-2015)", USCC)]
UsccOut = Annotated[str, _schema("统一社会信用代码 (GB 32100-2015)", USCC)]

InstantIn = Annotated[
    int,
    text_by(parse_instant),
    _schema("Date and time; without Z or an offset it is Shanghai's", "2027-05-24T10:30:00+08:00"),
]
InstantOut = Annotated[
    int,
    PlainSerializer(utc_text, return_type=str),
    _schema("UTC, ISO 8601", "2026-11-23T02:00:00Z", format="date-time"),
]
DayIn = Annotated[date, text_by(parse_date), _schema("Date in Shanghai", "2027-05-24")]
DayOut = Annotated[date, _schema("Date in Shanghai", "2027-05-24", format="date")]

PartyId = Annotated[int, Field(ge=1, lt=2**48, description="Participant's id on the ledger", examples=[7])]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(visible)
]
LongText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), AfterValidator(visible)
]
