"""Acts that come with their signatures, one or many, as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from api.models.acts import KindName, MessageJson, Place, State
from api.models.fields import HashIn, HashOut, In, Out, SignatureIn
from api.models.problem import Problem
from ledger.bulk import MOST_ITEMS

MOST_SIGNATURES = 500

_OFFER = {
    "ticket": "0x" + "5c2f9e1d" * 4 + "0" * 32,
    "version": "0",
    "children": [{"to": "11", "value": "42000000", "trade": "0x" + "9b1deb4d" * 8, "salt": "0x" + "1f" * 32}],
    "salt": "0x" + "1f" * 32,
    "deadline": "1795402800",
}


class SignatureBrought(In):
    """One signature, made outside."""

    signature: SignatureIn
    place: Annotated[
        Place | None,
        Field(description="The seat; left out: the first one that this key can sign", examples=[0]),
    ] = None


Signatures = Annotated[
    list[SignatureBrought],
    Field(
        min_length=1,
        max_length=MOST_SIGNATURES,
        description="Of an offer: seat 0 is its holder's, then each child's",
    ),
]


class ActBrought(In):
    """An act with its signatures. All fields of its message are given, `salt` and `deadline` too."""

    kind: KindName
    message: Annotated[
        MessageJson,
        Field(description="The fields of the kind's EIP-712 type, all of them", examples=[_OFFER]),
    ]
    signatures: Signatures


class SignaturesBrought(In):
    """Signatures for an act that is here already."""

    act: HashIn
    signatures: Signatures


class BulkIn(In):
    """Many at once. One that is wrong spoils no other."""

    items: Annotated[
        list[dict[str, Any]],
        Field(
            min_length=1,
            max_length=MOST_ITEMS,
            description="Each as the body of `bringAct`, or `act` with `signatures` for one that is here already",
            examples=[[{"act": "0x" + "9b1deb4d" * 8, "signatures": [{"signature": "0x" + "1f" * 64}]}]],
        ),
    ]

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, data: Any) -> Any:
        """Each item is looked at by itself, so that one that is wrong spoils no other."""
        return data


class LegTaken(Out):
    """What takes effect by itself."""

    id: HashOut
    state: State


class ActTaken(Out):
    """The act as it stands now; what comes of it is told by the stream."""

    act: Annotated[HashOut, Field(description="Its id")]
    state: State
    legs: list[LegTaken]


class ItemOut(Out):
    """What became of one item: `taken`, or the `problem` that only this one has."""

    index: Annotated[int, Field(description="Its place in the request, from 0", examples=[0])]
    taken: ActTaken | None
    problem: Problem | None


class BulkOut(Out):
    """One result for each item, in the order of the request."""

    taken: Annotated[int, Field(description="How many were taken", examples=[1])]
    results: list[ItemOut]
