"""Maturities, clearing lists, funding and pay-out as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.models.acts import ActOut
from api.models.fields import (
    AmountIn,
    DayIn,
    DayOut,
    FenOut,
    HashOut,
    In,
    InstantIn,
    InstantOut,
    IssuanceIn,
    IssuanceOut,
    Out,
    PartyId,
    Text,
    TicketIn,
    TicketOut,
    UsccOut,
)
from api.models.participants import Deadline, Evidence
from api.models.parties import PartyOut
from api.models.tickets import Number

Reference = Annotated[
    Text,
    Field(max_length=32, description="The bank's payment reference, used once", examples=["HY20270524-01"]),
]


class MaturityOut(Out):
    """What falls due: one issuance and its payment."""

    issuance: IssuanceOut
    number: Number
    debtor: PartyOut
    clearing_bank: PartyOut
    contractual_due: DayOut
    payment_date: DayOut
    provisional: Annotated[
        bool, Field(description="The payment date rests on a forecast calendar", examples=[True])
    ]
    face: FenOut
    paid: FenOut
    open: Annotated[FenOut, Field(description="What is still to be funded")]
    overdue_from: InstantOut
    reported: Annotated[bool, Field(examples=[False])]


class MaturitiesOut(Out):
    """By payment date. `open`: what is still to be funded of all of them, other pages included."""

    maturities: list[MaturityOut]
    open: FenOut
    next: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null at the end", examples=["WzE3OTU0XQ"]),
    ]


class ClearingListIn(In):
    """For one payment date at one clearing bank. A core gets its own lines alone."""

    date: DayIn
    bank: Annotated[
        PartyId | None, Field(description="Left out by a clearing bank: itself", examples=[4])
    ] = None
    core: Annotated[PartyId | None, Field(description="Only this core's issuances", examples=[5])] = None
    as_if_funded: Annotated[
        bool, Field(description="Ahead of the money: what will be payable once it is there", examples=[False])
    ] = False


class AccountOut(Out):
    """Where a holder is paid."""

    name: Annotated[str, Field(examples=["皖岳铸锻有限公司"])]
    bank: Annotated[str, Field(examples=["淮岳银行合肥分行"])]
    number: Annotated[str, Field(examples=["6222000000000007"])]
    cnaps: Annotated[str, Field(description="联行号", examples=["102361000018"])]


class ClearingLineOut(Out):
    """Pay this holder this amount for this ticket."""

    ticket: TicketOut
    number: Number
    holder: Annotated[str, Field(examples=["皖岳铸锻"])]
    uscc: UsccOut
    account: AccountOut
    payable: FenOut
    problem: Annotated[
        str,
        Field(
            description="Why it can't be paid yet; empty if it can. Not in total and file then", examples=[""]
        ),
    ] = ""


class ClearingListOut(Out):
    """A clearing list (清分表); its hash is its document's."""

    hash: HashOut
    bank: PartyOut
    date: DayOut
    total: FenOut
    created_at: InstantOut
    lines: list[ClearingLineOut]


class FundLegIn(In):
    """What of a payment belongs to one issuance."""

    issuance: IssuanceIn
    amount: AmountIn


class FundingIn(In):
    """The core's money is with the clearing bank, for each issuance its part."""

    ref: Reference
    legs: Annotated[list[FundLegIn], Field(min_length=1, max_length=200)]
    deadline: Deadline = None


class PaidLineIn(In):
    """A holder's line that was really paid."""

    ticket: TicketIn
    amount: AmountIn
    paid_at: InstantIn


class ReturnedLineIn(In):
    """A line that came back (退汇)."""

    ticket: TicketIn
    amount: AmountIn
    reason: Annotated[Text, Field(examples=["账户已销户 account closed"])]


class PayOutIn(In):
    """What became of lines."""

    ref: Reference
    paid: Annotated[list[PaidLineIn], Field(default_factory=list, max_length=2000)]
    returned: Annotated[list[ReturnedLineIn], Field(default_factory=list, max_length=2000)]
    deadline: Deadline = None


class ReturnedLineOut(Out):
    """A line that the bank could not pay, with its reason."""

    ticket: TicketOut
    number: Number
    holder: PartyOut
    amount: FenOut
    reason: Annotated[str, Field(examples=["账户已销户 account closed"])]
    ref: Annotated[str, Field(examples=["HY20270524-01"])]
    at: InstantOut


class PayOutDrafted(Out):
    """One pay-out act for each 200 paid lines; returned lines wait with their reason; `missing` come later."""

    acts: list[ActOut]
    returned: list[ReturnedLineOut]
    missing: list[ClearingLineOut]


class OverdueIn(In):
    """An issuance funded below face after due and grace. Nobody signs."""

    issuance: IssuanceIn


class WaiverIn(In):
    """One overdue issuance does not halt its debtor for 30 days; signed by the panel."""

    issuance: IssuanceIn
    evidence: Evidence
    deadline: Deadline = None


class ReplacementIn(In):
    """Another clearing bank for one issuance after 14 days, signed by the debtor, the new bank and the panel."""

    issuance: IssuanceIn
    bank: PartyId
    evidence: Evidence
    deadline: Deadline = None


class ReplacementOut(Out):
    """A running change of an issuance's clearing bank; until then the present one may veto."""

    issuance: IssuanceOut
    present: PartyOut
    next: PartyOut
    digest: HashOut
    ready_at: InstantOut


class IssuanceOnlyIn(In):
    """Which issuance."""

    issuance: IssuanceIn
    deadline: Deadline = None
