"""A participant as others name it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.models.fields import Out, PartyId
from ledger.ports import Store
from ledger.rules import name_of


class PartyOut(Out):
    """Who it is: id on the ledger and name."""

    id: PartyId
    name: Annotated[str, Field(examples=["皖岳铸锻"])]


def party_out(store: Store, party: int) -> PartyOut:
    """The participant with this id, by name."""
    return PartyOut(id=party, name=name_of(store, party))
