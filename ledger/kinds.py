"""All kinds of acts and all events, from the seven stages: two explicit tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ledger import finance, freeze, issue, limits, participants, settle, transfer
from ledger.acts import Kind, UnknownKind
from ledger.errors import GoldTicketError
from ledger.events import Event
from ledger.ports import Store

Apply = Callable[[Event, Store], None]


class UnknownEvent(GoldTicketError):
    """The chain said something that this version can't take in; going on would falsify the projection."""

    code = "unknown-event"
    title = "The ledger contract reported something that this version does not know"


STAGES = (participants, limits, issue, transfer, finance, settle, freeze)
"""In the order of a ticket's life."""

KINDS: Mapping[str, Kind] = {kind.name: kind for stage in STAGES for kind in stage.KINDS}
"""EIP-712 type (or name of an act that nobody signs) → what the ledger has to know of it."""

IGNORED = frozenset({"Refused", "LegRefused", "LineRefused", "PayOutMade"})
"""Events that change no state: refusals, and a reference that stands in each line's own event as well."""

EVENTS: Mapping[str, Apply] = {name: take_in for stage in STAGES for name, take_in in stage.EVENTS.items()}
"""Event name → its changes of the projection."""


def kind(name: str) -> Kind:
    """The kind of act with this name. Raises UnknownKind."""
    found = KINDS.get(name)
    if found is None:
        raise UnknownKind(
            f"There is no act {name[:40]!r}; there are {', '.join(sorted(KINDS))}.", kind=name[:40]
        )
    return found


def apply(event: Event, store: Store) -> None:
    """Takes one event into the projection. Raises UnknownEvent."""
    if event.name in IGNORED:
        return
    if event.name not in EVENTS:
        raise UnknownEvent(
            f"The event {event.name} in block {event.block} is not known here; install the version that fits the "
            "deployment, then rebuild.",
            event=event.name,
            block=event.block,
        )
    EVENTS[event.name](event, store)
