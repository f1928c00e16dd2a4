"""PARTICIPANTS over HTTP: the directory, admission, keys, files, recovery, suspension, the panel."""

from __future__ import annotations

from typing import Any, cast

from fastapi import Response

from api.deps import Doing, Once, Read
from api.drafting import POSTED, draft, drafted
from api.json_body import routed
from api.models.acts import ActOut
from api.models.fields import PartyId
from api.models.participants import (
    AdmissionIn,
    FileIn,
    KeyIn,
    KeyOut,
    Me,
    ParticipantDetail,
    ParticipantOut,
    PlainIn,
    ProfileIn,
    ProfileOut,
    RecoveryIn,
    RecoveryOut,
    RightWord,
    RoleWord,
    SignersIn,
    SuspensionIn,
)
from api.models.parties import party_out
from api.pages import Page, Paged, page
from ledger import participants, participants_filing
from ledger.participants_file import NoProfile, ParticipantFile
from ledger.ports import Store
from ledger.privacy import sees_profile
from ledger.records import Participant, Profile, Recovery, SignerKey, User
from ledger.rules import Right, Role, name_of, participant

router = routed("", "participants")


@router.get("/me", operation_id="whoAmI", summary="Who the API key belongs to")
def who_am_i(read: Read) -> Me:
    """The person, its scopes and its company."""
    user = read.caller
    return read(
        lambda store: Me(
            user=user.id,
            name=user.name,
            scopes=user.scopes,
            address=user.address or None,
            party=party_out(store, user.party),
        )
    )


@router.get("/participants", operation_id="listParticipants", summary="The directory")
def directory(read: Read, paging: Paged) -> Page[ParticipantOut]:
    """Everybody who takes part, in the order of admission."""
    return read(
        lambda store: page(store, Participant, paging, lambda one: ParticipantOut(**_line(store, one)))
    )


@router.get("/participants/{id}", operation_id="getParticipant", summary="One participant")
def one_participant(id: PartyId, read: Read) -> ParticipantDetail:
    """Its keys are shown to itself alone."""
    return read(lambda store: _detail(store, read.caller, participant(store, id)))


@router.post("/participants/admissions", operation_id="admit", summary="A company comes in", **POSTED)
def admit(body: AdmissionIn, once: Once) -> Response:
    """Drafted by the registrar. Bank, registrar and each first key sign the act."""

    def work(store: Store) -> ActOut:
        made = participants_filing.admission(
            store,
            file_of(body.file),
            int(_bits(body.roles)),
            body.clearing_bank,
            _keys(body.keys),
            participants.registrar(store).id,
            body.bank,
            once.deadline(store, body.deadline),
            once.app.service.now(store),
        )
        store.put(made.profile)
        return drafted(store, once, "Admit", made.message, {"file": made.profile.data})

    return once(work)


@router.get("/participants/{id}/profile", operation_id="getProfile", summary="A participant's file")
def get_profile(id: PartyId, read: Read) -> ProfileOut:
    """For itself, and for the clearing banks that pay it."""

    def work(store: Store) -> ProfileOut:
        found = store.get(Participant, id)
        profile = store.get(Profile, found.profile) if found else None
        if found is None or profile is None or not sees_profile(store, read.caller.party, found):
            raise NoProfile(f"There is no file of participant {id} that your company may see.", party=id)
        return ProfileOut(hash=profile.hash, file=profile.data)

    return read(work)


@router.post(
    "/participants/{id}/profile", operation_id="changeProfile", summary="A new version of the file", **POSTED
)
def change_profile(id: PartyId, body: ProfileIn, once: Once) -> Response:
    """Maker and checker of the company sign. The clearing bank sees the act when the payee account changes."""

    def work(store: Store) -> ActOut:
        _require_own(store, once, id)
        change = participants_filing.change_of_file(
            store, id, file_of(body.file), once.deadline(store, body.deadline), once.app.service.now(store)
        )
        store.put(change.profile)
        extra: dict[str, Any] = {"file": change.profile.data}
        if change.note is not None:
            extra |= {"note": change.note.text, "parties": [change.note.clearing_bank]}
        return drafted(store, once, "ChangeProfile", change.message, extra)

    return once(work)


@router.post("/participants/{id}/signers", operation_id="changeSigners", summary="Keys come and go", **POSTED)
def change_signers(id: PartyId, body: SignersIn, once: Once) -> Response:
    """The company signs, and each key that comes in signs itself."""

    def message(store: Store) -> dict[str, Any]:
        _require_own(store, once, id)
        deadline = once.deadline(store, body.deadline)
        return participants.change_signers(store, id, _keys(body.add), body.remove, deadline)

    return draft(once, "ChangeSigners", message)


@router.post(
    "/participants/{id}/suspensions", operation_id="suspend", summary="Suspend, or lift it", **POSTED
)
def suspend(id: PartyId, body: SuspensionIn, once: Once) -> Response:
    """Signed by the registrar for 30 days at most, or by the panel."""
    return draft(
        once,
        "Suspend",
        lambda store: participants.suspend(
            store, id, body.until or 0, body.by_panel, body.evidence, once.deadline(store, body.deadline)
        ),
    )


@router.post("/participants/{id}/recoveries", operation_id="recover", summary="All keys are lost", **POSTED)
def recover(id: PartyId, body: RecoveryIn, once: Once) -> Response:
    """Signed by the named clearing bank, each new key, and the panel. 14 days later the new keys may take over."""
    return draft(
        once,
        "Recover",
        lambda store: participants.recover(
            store, id, _keys(body.keys), body.evidence, once.deadline(store, body.deadline)
        ),
    )


@router.post(
    "/participants/{id}/recoveries/veto", operation_id="vetoRecovery", summary="Veto a recovery", **POSTED
)
def veto_recovery(id: PartyId, body: PlainIn, once: Once) -> Response:
    """By any one current key of the participant."""
    return draft(
        once,
        "VetoRecovery",
        lambda store: participants.veto_recovery(store, id, once.deadline(store, body.deadline)),
    )


@router.post(
    "/participants/{id}/recoveries/complete",
    operation_id="completeRecovery",
    summary="The new keys take over",
    **POSTED,
)
def complete_recovery(id: PartyId, body: PlainIn, once: Once) -> Response:
    """By any one of the new keys, after the delay."""
    return draft(
        once,
        "CompleteRecovery",
        lambda store: participants.complete_recovery(store, id, once.deadline(store, body.deadline)),
    )


def file_of(body: FileIn) -> ParticipantFile:
    """The file, each field checked. Raises InvalidProfile."""
    return ParticipantFile.from_dict(body.model_dump())


def _require_own(store: Store, once: Doing, id: int) -> None:
    if once.caller.party != id:
        raise NoProfile(f"Participant {id} is not your company; change your own.", party=id)


def _keys(given: list[KeyIn]) -> list[tuple[str, int]]:
    return [(key.address, int(Right[key.right.upper()])) for key in given]


def _bits(words: list[RoleWord]) -> Role:
    made = Role(0)
    for word in words:
        made |= Role[word.upper().replace(" ", "_")]
    return made


def _role_words(roles: int) -> list[RoleWord]:
    return [cast(RoleWord, (role.name or "").lower().replace("_", " ")) for role in Role(roles)]


def _line(store: Store, one: Participant) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": name_of(store, one.id),
        "uscc": one.uscc,
        "roles": _role_words(one.roles),
        "clearing_bank": party_out(store, one.clearing_bank) if one.clearing_bank else None,
        "suspended_until": one.suspended_until or None,
    }


def _detail(store: Store, caller: User, one: Participant) -> ParticipantDetail:
    running = store.get(Recovery, one.id)
    signers = [
        KeyOut(address=key.address, right=cast(RightWord, Right(key.right).name.lower()))
        for key in store.find(SignerKey, party=one.id)
        if key.right
    ]
    return ParticipantDetail(
        **_line(store, one),
        signers=signers if caller.party == one.id else None,
        recovery=RecoveryOut(digest=running.digest, ready_at=running.ready_at) if running else None,
    )
