"""Documents as JSON lists; their bodies come as they are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.models.fields import HashOut, InstantOut, Out
from api.models.parties import PartyOut


class DocumentOut(Out):
    """A document by its hash, which is what stands on chain."""

    hash: HashOut
    kind: Annotated[
        str,
        Field(
            description="undertaking, assignment-notice, finance-terms or clearing-list",
            examples=["assignment-notice"],
        ),
    ]
    media_type: Annotated[str, Field(examples=["text/html; charset=utf-8"])]
    parties: Annotated[list[PartyOut], Field(description="Who it is addressed to")]
    created_at: InstantOut
