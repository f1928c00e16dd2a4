"""PARTICIPANTS, what the chain says: participants, keys, recoveries, suspensions, the panel's own state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ledger.events import Event
from ledger.ports import Store
from ledger.records import Governance, Participant, Recovery, SignerKey


def change_governance(store: Store, **changes: Any) -> None:
    """The one record of the panel, with these fields changed; it comes into being with the first event."""
    store.put(replace(store.get(Governance, 1) or Governance(1), **changes))


def _deployed(event: Event, store: Store) -> None:
    change_governance(store, months=event.args["months"])


def _panel_set(event: Event, store: Store) -> None:
    a = event.args
    change_governance(store, members=list(a["members"]), threshold=a["threshold"], sequence=a["sequence"])


def _stages_stopped(event: Event, store: Store) -> None:
    a = event.args
    change_governance(
        store,
        stopped_stages=a["stages"],
        stopped_until=a["until"],
        stop_free_from=a["freeFrom"],
        sequence=a["sequence"],
    )


def _closed(event: Event, store: Store) -> None:
    change_governance(store, closed=True, sequence=event.args["sequence"])


def _admitted(event: Event, store: Store) -> None:
    a = event.args
    store.put(Participant(a["party"], a["uscc"], a["roles"], a["clearingBank"], a["profile"]))


def _signer_set(event: Event, store: Store) -> None:
    a = event.args
    known = store.get(SignerKey, a["key"]) or SignerKey(a["key"], a["party"])
    store.put(replace(known, right=a["right"]))


def _change(event: Event, store: Store, **changes: Any) -> None:
    store.put(replace(store.need(Participant, event.args["party"]), **changes))


def _profile_changed(event: Event, store: Store) -> None:
    _change(event, store, profile=event.args["profile"], sequence=event.args["sequence"])


def _signers_changed(event: Event, store: Store) -> None:
    _change(event, store, sequence=event.args["sequence"])


def _suspension_set(event: Event, store: Store) -> None:
    a = event.args
    _change(
        event,
        store,
        suspended_until=a["until"],
        suspension_free_from=a["freeFrom"],
        suspended_by_panel=a["byPanel"],
        suspension_sequence=a["sequence"],
    )


def _recovery_started(event: Event, store: Store) -> None:
    a = event.args
    _end_recovery(store, a["party"])
    for entry in a["keys"]:
        known = store.get(SignerKey, entry["key"]) or SignerKey(entry["key"], a["party"])
        store.put(replace(known, pending=entry["right"]))
    store.put(Recovery(a["party"], a["recovery"], a["readyAt"]))
    _change(event, store, sequence=a["sequence"])


def _recovery_vetoed(event: Event, store: Store) -> None:
    _end_recovery(store, event.args["party"])


def _recovery_completed(event: Event, store: Store) -> None:
    _end_recovery(store, event.args["party"])
    _change(event, store, sequence=event.args["sequence"])


def _end_recovery(store: Store, party: int) -> None:
    for key in store.find(SignerKey, party=party):
        if key.pending:
            store.put(replace(key, pending=0))
    store.delete(Recovery, party)


EVENTS: Mapping[str, Callable[[Event, Store], None]] = {
    "Deployed": _deployed,
    "PanelSet": _panel_set,
    "StagesStopped": _stages_stopped,
    "DeploymentClosedForIssue": _closed,
    "Admitted": _admitted,
    "SignerSet": _signer_set,
    "ProfileChanged": _profile_changed,
    "SignersChanged": _signers_changed,
    "SuspensionSet": _suspension_set,
    "RecoveryStarted": _recovery_started,
    "RecoveryVetoed": _recovery_vetoed,
    "RecoveryCompleted": _recovery_completed,
}
"""Event → changes of the projection."""
