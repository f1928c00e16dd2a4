"""Financing (保理融资) as JSON. Rates are whole basis points: 315 is 3.15 % a year."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.models.fields import (
    AmountIn,
    DayIn,
    DayOut,
    FenIn,
    FenOut,
    HashIn,
    HashOut,
    In,
    InstantIn,
    InstantOut,
    Out,
    PartyId,
    Text,
    TicketIn,
    TicketOut,
)
from api.models.participants import Deadline
from api.models.parties import PartyOut
from api.models.tickets import Number, TicketView

_ID = "^[0-9a-f]{1,64}$"
RequestId = Annotated[
    str, Field(pattern=_ID, description="Id of a financing request", examples=["5c2f9e1d5c2f9e1d5c2f9e1d"])
]
QuoteId = Annotated[
    str, Field(pattern=_ID, description="Id of a quote", examples=["9b1deb4d9b1deb4d9b1deb4d"])
]
Rate = Annotated[int, Field(ge=0, le=10_000, description="Basis points a year, ACT/360", examples=[315])]
Registration = Annotated[Text, Field(max_length=32, description="中登网", examples=["ZDW-2026-0812-0001"])]
RegistrationOut = Annotated[str | None, Field(description="中登网", examples=["ZDW-2026-0812-0001"])]
Bearer = Annotated[str, Field(description="Who bears the interest: holder or core", examples=["holder"])]


class RequestIn(In):
    """A holder asks banks to buy value of a ticket. Any admitted bank may be asked."""

    ticket: TicketIn
    value: AmountIn
    banks: Annotated[list[PartyId], Field(min_length=1, max_length=20, examples=[[2, 3]])]
    until: Annotated[
        InstantIn | None,
        Field(description="Left out: the end of the 5th working day", examples=["2026-12-08T16:00:00Z"]),
    ] = None


class TradeStepOut(Out):
    """One transfer that led to the ticket, with what it was paid for (look-through, 穿透)."""

    ticket: TicketOut
    tier: Annotated[int, Field(examples=[2])]
    contract: Annotated[
        str | None, Field(description="Null if this book has no evidence", examples=["HT-2026-0311"])
    ]
    invoice: Annotated[
        str | None, Field(description="Number of the invoice", examples=["26340000000098765432"])
    ]
    amount: FenOut | None
    owed_until: InstantOut | None


class RequestOut(Out):
    """A financing request (融资申请)."""

    id: RequestId
    state: Annotated[str, Field(description="open, chosen or closed", examples=["open"])]
    holder: PartyOut
    value: FenOut
    banks: Annotated[list[PartyOut], Field(description="For its holder; a bank sees itself alone")]
    until: InstantOut
    created_at: InstantOut
    ticket: Annotated[TicketView | None, Field(description="For its holder, and for a bank while it may buy")]
    trades: Annotated[
        list[TradeStepOut],
        Field(description="For a bank while it may buy: all; for the holder: those of its own company"),
    ]
    act: Annotated[HashOut | None, Field(description="The lock act of the chosen quote, for its two sides")]


class QuoteIn(In):
    """A bank's price. It replaces the bank's earlier quote for the same request."""

    rate: Rate
    fee: FenIn
    money_on: Annotated[DayIn, Field(description="The day on which the bank would pay")]
    valid_until: Annotated[
        InstantIn | None,
        Field(description="Left out: the end of that day", examples=["2026-12-08T15:59:59Z"]),
    ] = None
    registration: Registration | None = None


class QuoteOut(Out):
    """A bank's quote with all that it costs, whoever bears it."""

    id: QuoteId
    bank: PartyOut
    face: FenOut
    rate: Rate
    days: Annotated[int, Field(description="From the day of payment to the payment date", examples=[167])]
    interest: FenOut
    bearer: Bearer
    fee: FenOut
    net: Annotated[FenOut, Field(description="What the holder receives")]
    all_in: Annotated[int, Field(description="All-in annual cost in basis points, ACT/360", examples=[329])]
    money_on: DayOut
    valid_until: InstantOut
    registration: RegistrationOut
    state: Annotated[
        str, Field(description="offered, chosen, declined, replaced or withdrawn", examples=["offered"])
    ]
    open: Annotated[bool, Field(description="It can be chosen now", examples=[True])]
    best: Annotated[
        bool | None,
        Field(description="The best for the holder, whom alone it is told", examples=[True]),
    ]


class QuotesOut(Out):
    """The comparison, the best for the holder first. A bank sees its own quote alone."""

    quotes: list[QuoteOut]


class RegistrationIn(In):
    """The number under which the bank registered the assignment, before its money goes."""

    number: Registration


class ChooseIn(In):
    """Which quote the holder takes."""

    quote: QuoteId
    expiry: Annotated[
        InstantIn | None,
        Field(
            description="Until when the bank's money has to come; left out: in 3 days",
            examples=["2026-12-11T02:00:00Z"],
        ),
    ] = None


class LockOut(Out):
    """Value that waits for a bank's money."""

    id: HashOut
    parent: TicketOut
    number: Annotated[Number, Field(description="Of the ticket that it came out of")]
    holder: PartyOut
    bank: PartyOut
    clearing_bank: PartyOut
    value: FenOut
    net: Annotated[
        FenOut | None,
        Field(description="What the clearing bank pays to the holder when the release is final"),
    ]
    expiry: InstantOut
    state: Annotated[str, Field(description="locked, released, returned or cancelled", examples=["locked"])]
    terms: Annotated[HashOut, Field(description="Hash of price and terms, see documents")]
    ref: Annotated[str | None, Field(description="The payment's reference", examples=["HY20261208-77"])]
    registration: RegistrationOut


class ReceiptIn(In):
    """The clearing bank has the bank's money for a lock."""

    lock: HashIn
    ref: Annotated[Text, Field(max_length=32, examples=["HY20261208-77"])]
    registration: Annotated[
        Registration | None, Field(description="Left out: the number that the bank gave with its quote")
    ] = None
    deadline: Deadline = None


class NothingIn(In):
    """There is nothing to say."""
