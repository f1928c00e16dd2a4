"""Courts' orders as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.models.fields import (
    AmountIn,
    FenOut,
    HashIn,
    HashOut,
    In,
    InstantIn,
    InstantOut,
    Out,
    Text,
    TicketIn,
)
from api.models.participants import Deadline, Evidence

OrderNumber = Annotated[
    Text, Field(max_length=80, description="案号与文号", examples=["(2026)皖01执保123号"])
]


class FreezeIn(In):
    """A court's order holds an amount of a ticket until its end; signed by the panel."""

    ticket: TicketIn
    number: OrderNumber
    amount: AmountIn
    end: InstantIn
    evidence: Evidence
    deadline: Deadline = None


class LiftIn(In):
    """The order ends before its time. Named by its number, or by its hash where another gateway drafted it."""

    ticket: TicketIn
    number: OrderNumber | None = None
    order: HashIn | None = None
    evidence: Evidence
    deadline: Deadline = None


class OrderOut(Out):
    """A running order: of `amount` it holds `holding`, the rest waits (轮候)."""

    order: HashOut
    number: Annotated[
        str | None,
        Field(description="Null where it is not known, or not told", examples=["(2026)皖01执保123号"]),
    ]
    amount: FenOut
    holding: FenOut
    start: InstantOut
    end: InstantOut


class OrdersOut(Out):
    """The running orders of a ticket in the order of their beginning."""

    orders: list[OrderOut]
