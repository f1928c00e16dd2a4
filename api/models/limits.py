"""Opening limits, the tenor policy and halts, as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.models.fields import FenIn, FenOut, In, InstantIn, InstantOut, Out, PartyId
from api.models.participants import Deadline, Evidence
from api.models.parties import PartyOut


class LimitOut(Out):
    """What a core may have outstanding (开立额度), and what stands against issuing now."""

    core: PartyOut
    limit: FenOut
    used: FenOut
    free: Annotated[FenOut, Field(description="What could be issued now, 0 while halted or expired")]
    expiry: InstantOut | None
    overdue: Annotated[int, Field(description="Issuances reported as overdue and not cured", examples=[0])]
    halted: Annotated[bool, Field(description="By the panel, for outside reasons", examples=[False])]
    reason: Annotated[
        str | None,
        Field(description="core-halted or limit-expired, if nothing can be issued", examples=["core-halted"]),
    ]


class LimitIn(In):
    """Set by the core's named clearing bank."""

    core: PartyId
    amount: FenIn
    expiry: InstantIn
    deadline: Deadline = None


class PolicyIn(In):
    """The longest tenor from a date on, set by the panel."""

    months: Annotated[int, Field(ge=1, le=36, description="Calendar months", examples=[6])]
    start: InstantIn
    evidence: Evidence
    deadline: Deadline = None


class HaltIn(In):
    """The panel stops a core's issuing for outside reasons (暂停开立), or lets it go on (恢复)."""

    core: PartyId
    halted: Annotated[bool, Field(examples=[True])]
    evidence: Evidence
    deadline: Deadline = None
