"""Acts, their legs and seats, as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from api.models.fields import (
    AddressOut,
    DayOut,
    FenOut,
    HashOut,
    In,
    InstantOut,
    LongText,
    Out,
    SignatureIn,
    SignatureOut,
)
from api.models.parties import PartyOut

MOST_PLACES = 1000
"""More than any act has."""

Place = Annotated[int, Field(ge=0, lt=MOST_PLACES, description="Number of the seat, from 0", examples=[0])]
State = Annotated[
    str,
    Field(
        description="draft, awaiting, complete, relayed, final, rejected, withdrawn, expired or refused",
        examples=["awaiting"],
    ),
]
KindName = Annotated[str, Field(description="The act's EIP-712 type", examples=["Offer"])]
MessageJson = Annotated[
    dict[str, Any],
    Field(
        description="The fields of the kind's EIP-712 type: numbers as decimal strings, bytes as 0x hex",
        examples=[{"lock": "0x" + "9b1deb4d" * 8, "salt": "0x" + "1f" * 32, "deadline": "1795402800"}],
    ),
]


class ReasonOut(Out):
    """Why a leg was rejected or refused."""

    code: Annotated[str, Field(examples=["rejected"])]
    message: Annotated[str, Field(examples=["The invoice is not ours"])]
    by: Annotated[int, Field(description="Participant's id, 0 for the chain", examples=[11])]


class LegOut(Out):
    """What takes effect by itself: one child of an offer, or the whole of any other act."""

    id: HashOut
    place: Place
    party: Annotated[PartyOut | None, Field(description="The receiver of a child")]
    value: FenOut
    state: State
    reason: ReasonOut | None
    changed_at: InstantOut


class SignatureMade(Out):
    """One key has signed."""

    address: AddressOut
    right: Annotated[int, Field(description="1 maker, 2 checker, 3 sole", examples=[1])]
    signature: SignatureOut
    at: InstantOut


class SeatOut(Out):
    """A signature that the act needs. `digest` is what is signed."""

    place: Place
    leg: Annotated[HashOut | None, Field(description="The child it is for, null for the act as a whole")]
    kind: Annotated[str, Field(description="party, key or panel", examples=["party"])]
    party: Annotated[PartyOut | None, Field(description="Whose signature")]
    address: Annotated[AddressOut | None, Field(description="The one key that must sign, if it is named")]
    digest: HashOut
    done: Annotated[bool, Field(examples=[False])]
    signatures: list[SignatureMade]


class AboutOut(Out):
    """The debt that an act is about, for those who have to sign."""

    number: Annotated[str, Field(description="Of the ticket or issuance", examples=["GT-000123-2-1"])]
    debtor: PartyOut
    clearing_bank: PartyOut
    payment_date: DayOut
    transferable_until: InstantOut
    undertaking: Annotated[HashOut, Field(description="Hash of the undertaking (付款承诺函), see documents")]


class ActOut(Out):
    """A typed instruction, with what the caller may see of it."""

    id: Annotated[HashOut, Field(description="The EIP-712 digest")]
    kind: KindName
    stage: Annotated[str, Field(examples=["transfer"])]
    state: State
    party: Annotated[PartyOut, Field(description="Who drafted it")]
    subject: Annotated[HashOut, Field(description="Ticket, padded issuance or party that it is about")]
    about: Annotated[
        AboutOut | None, Field(description="Null for acts that are about no ticket on the chain")
    ]
    created_at: InstantOut
    deadline: Annotated[InstantOut, Field(description="Its last second")]
    message: MessageJson
    extra: Annotated[
        dict[str, Any],
        Field(description="What belongs to it and is not signed, such as trade evidence", examples=[{}]),
    ]
    legs: list[LegOut]
    seats: list[SeatOut]


class ActsOut(Out):
    """Several acts made by one request."""

    acts: list[ActOut]


class DraftIn(In):
    """Any act by its message. `salt` and `deadline` may be left out."""

    kind: KindName
    message: MessageJson


class SignIn(In):
    """Signing with the caller's key in the server's keystore."""

    place: Annotated[
        Place | None,
        Field(description="The seat; left out: every seat of the caller's company", examples=[0]),
    ] = None


class SignatureGiven(In):
    """A signature made outside, with the key's own wallet."""

    signature: SignatureIn
    place: Annotated[
        Place | None, Field(description="The seat; left out: the one that this key can sign", examples=[0])
    ] = None


class RejectIn(In):
    """Why the caller's company does not sign."""

    reason: Annotated[LongText, Field(examples=["The invoice is not ours"])]


class WithdrawIn(In):
    """Which children of an offer to end."""

    places: Annotated[
        list[Place] | None,
        Field(
            max_length=100, description="Places in the offer; left out: all that are left", examples=[[0, 2]]
        ),
    ] = None


class TypedDataOut(Out):
    """EIP-712 JSON for `eth_signTypedData_v4`."""

    types: Annotated[dict[str, Any], Field(examples=[{"CancelLock": [{"name": "lock", "type": "bytes32"}]}])]
    primaryType: Annotated[str, Field(examples=["CancelLock"])]  # noqa: N815 - the standard's name
    domain: Annotated[dict[str, Any], Field(examples=[{"name": "GoldTicket", "version": "1"}])]
    message: MessageJson
