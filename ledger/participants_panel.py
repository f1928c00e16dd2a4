"""PARTICIPANTS, the panel's own acts (治理委员会): its members, stops of a stage, the closing for new issuances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger.acts import Check, Due, Kind, pad
from ledger.errors import Invalid
from ledger.ids import new_salt
from ledger.ports import Store
from ledger.records import Governance
from ledger.rules import (
    ALL_STAGES,
    MOST_MEMBERS,
    Stage,
    ascending,
    at_most,
    current,
    in_time,
    not_before,
    participant,
    signed_by_panel,
)
from ledger.typed import Message

LONGEST_STOP = 7 * 86_400


class BadThreshold(Invalid):
    """A panel that could never decide, or always."""

    code = "bad-threshold"
    title = "The panel's threshold does not fit its members"


class BadStages(Invalid):
    """No stage, or one that can't be stopped."""

    code = "bad-stages"
    title = "These stages can't be stopped"


class StopTooLong(Invalid):
    """A stop lasts 7 days at most."""

    code = "stop-too-long"
    title = "A stop lasts 7 days at most"


def change_panel(
    store: Store,
    members: Sequence[int],
    threshold: int,
    evidence: bytes,
    deadline: int,
    salt: bytes | None = None,
) -> dict[str, Any]:
    """ChangePanel: other members (party ids) and threshold. `evidence`: hash of the decision."""
    fields = {"members": sorted(members), "threshold": threshold}
    return {**fields, **_tail(store, evidence, deadline, salt)}


def stop(
    store: Store, stages: int, until: int, evidence: bytes, deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """Stop: these stages (bits of `rules.Stage`) until then, 7 days at most, once in 30."""
    return {"stages": int(stages), "until": until, **_tail(store, evidence, deadline, salt)}


def close(store: Store, evidence: bytes, deadline: int, salt: bytes | None = None) -> dict[str, Any]:
    """Close: no new issuances in this deployment, for good."""
    return _tail(store, evidence, deadline, salt)


def _tail(store: Store, evidence: bytes, deadline: int, salt: bytes | None) -> dict[str, Any]:
    sequence = store.need(Governance, 1).sequence
    return {"evidence": evidence, "sequence": sequence, "salt": salt or new_salt(), "deadline": deadline}


def _check_panel(message: Message, store: Store, now: int) -> None:
    _check_close(message, store, now)
    members: list[int] = list(message["members"])
    at_most(len(members), MOST_MEMBERS, "panel members")
    if not 0 < message["threshold"] <= len(members):
        raise BadThreshold(
            f"A threshold of {message['threshold']} does not fit {len(members)} members; "
            "it is at least 1 and at most their number.",
            threshold=message["threshold"],
            members=len(members),
        )
    ascending(members, "panel members")
    for member in members:
        participant(store, member)


def _check_stop(message: Message, store: Store, now: int) -> None:
    _check_close(message, store, now)
    if not 0 < message["stages"] <= ALL_STAGES:
        known = ", ".join(f"{int(stage)} {(stage.name or '').lower()}" for stage in Stage)
        raise BadStages(
            f"The stages {message['stages']} are no sum of {known}; add up the numbers to stop.",
            stages=message["stages"],
        )
    not_before(store.need(Governance, 1).stop_free_from, now, "Another stop")
    if not now < message["until"] <= now + LONGEST_STOP:
        raise StopTooLong("A stop ends in the future, 7 days from now at most; name such an end.", now=now)


def _check_close(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    current(message["sequence"], store.need(Governance, 1).sequence)


def _panel_kind(name: str, function: str, check: Check) -> Kind:
    def dues(message: Message, store: Store) -> list[Due]:
        return signed_by_panel(store, name, message)

    return Kind(name, "participants", function, dues, check, lambda _: pad(0))


KINDS: tuple[Kind, ...] = (
    _panel_kind("ChangePanel", "changePanel", _check_panel),
    _panel_kind("Stop", "stop", _check_stop),
    _panel_kind("Close", "close", _check_close),
)
