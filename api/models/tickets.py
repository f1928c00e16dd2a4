"""Issuances and tickets, as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.models.fields import (
    AmountIn,
    DayOut,
    FenOut,
    HashOut,
    In,
    InstantIn,
    InstantOut,
    IssuanceOut,
    Out,
    PartyId,
    Text,
    TicketIn,
    TicketOut,
    UsccIn,
)
from api.models.participants import Deadline, Evidence
from api.models.parties import PartyOut
from api.models.payables import InvoiceLabel

Number = Annotated[str, Field(description="The number for people, from lineage", examples=["GT-000123-2-1"])]
StatusWord = Annotated[
    str,
    Field(
        description="live, due, funded, partly paid, paid, spent, locked, withdrawn, returned or void",
        examples=["live"],
    ),
]


class IssuanceView(Out):
    """One debt of a core."""

    id: IssuanceOut
    number: Number
    ticket: Annotated[TicketOut, Field(description="Its root ticket")]
    act: Annotated[HashOut, Field(description="The issue act")]
    debtor: PartyOut
    supplier: PartyOut
    clearing_bank: PartyOut
    face: FenOut
    paid: Annotated[FenOut, Field(description="What the clearing bank has received")]
    contractual_due: DayOut
    payment_date: Annotated[DayOut, Field(description="The contractual due date, moved to a working day")]
    transferable_until: InstantOut
    overdue_from: InstantOut
    depth: Annotated[int, Field(description="How many times value may be passed on", examples=[10])]
    minimum: Annotated[FenOut, Field(description="The smallest part")]
    interest_bearer: Annotated[str, Field(description="holder or core", examples=["holder"])]
    undertaking: Annotated[HashOut, Field(description="Hash of the undertaking (付款承诺函), see documents")]
    issued_at: InstantOut
    funded: Annotated[bool, Field(examples=[False])]
    void: Annotated[bool, Field(examples=[False])]
    overdue: Annotated[bool, Field(description="Reported and not cured", examples=[False])]
    waived_until: InstantOut | None


class TicketView(Out):
    """A ticket (金票), or a lock or tombstone at a ticket's id."""

    id: TicketOut
    number: Number
    issuance: IssuanceOut
    parent: TicketOut | None
    holder: PartyOut | None
    debtor: PartyOut
    clearing_bank: PartyOut
    status: StatusWord
    value: FenOut
    held: Annotated[FenOut, Field(description="By courts' orders")]
    on_offer: Annotated[
        FenOut | None, Field(description="Reserved by offers and locks under way; for its holder")
    ]
    free: Annotated[FenOut | None, Field(description="What can be offered or financed; for its holder")]
    payable: Annotated[FenOut, Field(description="What may be paid out now")]
    taken: Annotated[FenOut, Field(description="What was paid out")]
    payment_date: DayOut
    transferable_until: InstantOut
    tier: Annotated[int, Field(description="1 for the first supplier", examples=[2])]
    depth: Annotated[int, Field(description="How many times it may still be passed on", examples=[9])]
    minimum: FenOut
    undertaking: HashOut
    created_at: InstantOut


class AncestorOut(Out):
    """A step of a ticket's lineage; `ticket` is null where the caller's company is no party to it."""

    tier: Annotated[int, Field(examples=[1])]
    ticket: TicketView | None


class LineageOut(Out):
    """Where a ticket comes from and what came out of it, as far as the caller may see."""

    ancestors: Annotated[list[AncestorOut], Field(description="From the root on")]
    ticket: TicketView
    children: list[TicketView]


class PayableKeyIn(In):
    """A payable by its supplier and first invoice."""

    supplier: UsccIn
    invoice: InvoiceLabel


class IssueIn(In):
    """Which payables become tickets, and on what terms. One issuance for each payable, or with `together` for each
    supplier and due date."""

    payables: Annotated[
        list[PayableKeyIn] | None, Field(min_length=1, max_length=200, description="Left out: all free ones")
    ] = None
    together: Annotated[bool, Field(examples=[False])] = False
    clearing_bank: Annotated[
        PartyId | None,
        Field(description="Left out: the one that the core named at its admission", examples=[4]),
    ] = None
    depth: Annotated[int, Field(ge=0, le=50, examples=[10])] = 10
    minimum: Annotated[
        int,
        Field(ge=0, le=20, description="Smallest part as a power of ten of fen; 4 is 100 yuan", examples=[4]),
    ] = 4
    interest_bearer: Annotated[str, Field(pattern="^(holder|core)$", examples=["holder"])] = "holder"
    grace_days: Annotated[int, Field(ge=0, le=59, examples=[3])] = 3
    overdue_bp_per_day: Annotated[
        int, Field(ge=0, le=100, description="5 is 万分之五 a day", examples=[5])
    ] = 5
    deadline: Deadline = None


class VoidIn(In):
    """Core and the sole holder unmake an issuance (作废)."""

    evidence: Evidence
    deadline: Deadline = None


class TradeInvoiceIn(In):
    """The receiver's invoice to the holder."""

    code: Annotated[
        str,
        Field(max_length=12, pattern="^[0-9]*$", description="Empty for a digital invoice", examples=[""]),
    ] = ""
    number: Annotated[Text, Field(examples=["26340000000098765432"])]
    amount: AmountIn
    seller: Annotated[UsccIn, Field(description="The receiver", examples=["91340100MA9DEM01XQ"])]
    buyer: Annotated[UsccIn, Field(description="The holder", examples=["91320500MA9DEM0285"])]


class TradeIn(In):
    """What a child is paid for: a contract, and its invoice or the days within which it comes."""

    contract: Annotated[Text, Field(examples=["HT-2026-0311"])]
    invoice: TradeInvoiceIn | None = None
    owed_days: Annotated[int, Field(ge=0, le=30, description="Without an invoice", examples=[0])] = 0


class ChildIn(In):
    """A part of the ticket for one receiver."""

    to: PartyId
    value: AmountIn
    trade: TradeIn


class OfferIn(In):
    """What a holder passes on, to one receiver or many. Each child is settled on by itself."""

    ticket: TicketIn
    children: Annotated[list[ChildIn], Field(min_length=1, max_length=100)]
    deadline: Annotated[
        InstantIn | None,
        Field(description="Left out: the end of the 5th working day", examples=["2026-11-30T10:00:00Z"]),
    ] = None


class EvidenceIn(In):
    """The invoice that was owed for one child of an offer."""

    place: Annotated[int, Field(ge=0, le=99, examples=[0])]
    invoice: TradeInvoiceIn


class WithdrawAllIn(In):
    """Ends all outstanding offers of a ticket at once."""

    deadline: Deadline = None
