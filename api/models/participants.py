"""Participants, their files and keys, the panel, as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.models.fields import (
    USCC,
    AddressIn,
    AddressOut,
    HashIn,
    HashOut,
    In,
    InstantIn,
    InstantOut,
    Out,
    PartyId,
    UsccIn,
    UsccOut,
)
from api.models.parties import PartyOut

RoleWord = Literal["core", "supplier", "bank", "clearing bank", "registrar", "auditor"]
RightWord = Literal["maker", "checker", "sole"]
StageWord = Literal["participants", "limits", "issue", "transfer", "finance"]

Roles = Annotated[list[RoleWord], Field(min_length=1, max_length=6, examples=[["supplier"]])]
Evidence = Annotated[HashIn, Field(description="Hash of the paper behind it, such as a decision")]
Deadline = Annotated[
    InstantIn | None,
    Field(description="The act's last second; left out: in 7 days", examples=["2026-11-30T10:00:00Z"]),
]


class AccountIn(In):
    """Where a participant is paid."""

    name: Annotated[str, Field(examples=["皖岳铸锻有限公司"])]
    bank: Annotated[str, Field(examples=["淮岳银行合肥分行"])]
    number: Annotated[str, Field(examples=["6222000000000007"])]
    cnaps: Annotated[str, Field(description="联行号, 12 digits", examples=["102361000018"])]


class ContactIn(In):
    """Whom to call: a telephone number, an e-mail address or both."""

    name: Annotated[str, Field(examples=["王会计"])]
    phone: Annotated[str, Field(examples=["0551-62880000"])] = ""
    email: Annotated[str, Field(examples=["wang@wanyue.example.cn"])] = ""


class FileIn(In):
    """A participant's file (参与方档案)."""

    name: Annotated[str, Field(examples=["皖岳铸锻"])]
    uscc: UsccIn
    size: Annotated[str, Field(description="large, medium, small or micro", examples=["small"])]
    industry: Annotated[
        str, Field(description="GB/T 4754: section letter and 2 to 4 digits", examples=["C33"])
    ]
    group_parent: Annotated[str, Field(description="USCC of the group's parent, if any", examples=[USCC])] = (
        ""
    )
    account: AccountIn
    contact: ContactIn


class KeyIn(In):
    """A signing key and what it may do."""

    address: AddressIn
    right: Annotated[RightWord, Field(examples=["maker"])]


class KeyOut(Out):
    """A signing key of a participant."""

    address: AddressOut
    right: Annotated[RightWord, Field(examples=["maker"])]


Keys = Annotated[list[KeyIn], Field(min_length=1, max_length=16)]


class ParticipantOut(Out):
    """A line of the directory."""

    id: PartyId
    name: Annotated[str, Field(examples=["皖岳铸锻"])]
    uscc: UsccOut
    roles: Roles
    clearing_bank: Annotated[PartyOut | None, Field(description="The one that it named at its admission")]
    suspended_until: InstantOut | None


class RecoveryOut(Out):
    """A running replacement of all keys; any current key may veto it until then."""

    digest: HashOut
    ready_at: InstantOut


class ParticipantDetail(ParticipantOut):
    """One participant. `signers` is shown to itself alone."""

    signers: list[KeyOut] | None
    recovery: RecoveryOut | None


class ProfileOut(Out):
    """A participant's file in force, and the hash that stands on chain."""

    hash: HashOut
    file: Annotated[
        dict[str, Any],
        Field(examples=[{"name": "皖岳铸锻", "uscc": USCC, "account": {"number": "6222000000000007"}}]),
    ]


class AdmissionIn(In):
    """A company comes in: signed by the registrar, a bank that knows it (KYC), and each first key itself."""

    file: FileIn
    roles: Roles
    clearing_bank: PartyId
    keys: Keys
    bank: Annotated[PartyId, Field(description="The bank that did the KYC")]
    deadline: Deadline = None


class ProfileIn(In):
    """A new version of the own file. Two people of the company sign it; a new payee account is told to the clearing
    bank."""

    file: FileIn
    deadline: Deadline = None


class SignersIn(In):
    """Keys that come and go; somebody must be left who can sign."""

    add: Annotated[list[KeyIn], Field(default_factory=list, max_length=16)]
    remove: Annotated[list[AddressIn], Field(default_factory=list, max_length=16)]
    deadline: Deadline = None


class SuspensionIn(In):
    """No offering, accepting or issuing until then; without `until` the suspension is lifted."""

    until: InstantIn | None = None
    by_panel: Annotated[
        bool, Field(description="The panel's act instead of the registrar's", examples=[False])
    ] = False
    evidence: Evidence
    deadline: Deadline = None


class RecoveryIn(In):
    """All keys are lost: 14 days from here on these may take over."""

    keys: Keys
    evidence: Evidence
    deadline: Deadline = None


class PlainIn(In):
    """Nothing to say but a deadline."""

    deadline: Deadline = None


class PanelIn(In):
    """Other members, another threshold."""

    members: Annotated[list[PartyId], Field(min_length=1, max_length=15, examples=[[1, 2, 3, 4]])]
    threshold: Annotated[int, Field(ge=1, le=15, examples=[3])]
    evidence: Evidence
    deadline: Deadline = None


class StopIn(In):
    """Stages stand still until then, 7 days at most, once in 30."""

    stages: Annotated[list[StageWord], Field(min_length=1, max_length=5, examples=[["transfer", "finance"]])]
    until: InstantIn
    evidence: Evidence
    deadline: Deadline = None


class ClosureIn(In):
    """No new issuances here, for good."""

    evidence: Evidence
    deadline: Deadline = None


class PanelOut(Out):
    """The panel, the tenor policy and the stops in force."""

    members: list[PartyOut]
    threshold: Annotated[int, Field(examples=[3])]
    months: Annotated[int, Field(description="The longest tenor in calendar months", examples=[6])]
    next_months: Annotated[int | None, Field(description="The one that follows", examples=[12])]
    next_from: InstantOut | None
    stopped_stages: Annotated[list[StageWord], Field(examples=[["transfer"]])]
    stopped_until: InstantOut | None
    closed: Annotated[bool, Field(examples=[False])]


class Me(Out):
    """Who the API key belongs to."""

    user: Annotated[str, Field(examples=["3f9c24e53b1d4a53"])]
    name: Annotated[str, Field(examples=["陈会计"])]
    scopes: Annotated[list[str], Field(examples=[["maker"]])]
    address: AddressOut | None
    party: PartyOut
