"""TRANSFER: a holder offers parts of its ticket, receivers accept; withdrawing what has not taken effect.

Mirrors `GoldTicket.transfer`, `withdraw`, `withdrawAll`. Amounts in fen, times in UTC seconds. A check judges an act as
it is drafted: afterwards its own reservation and the children that are final already would count against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger.acts import Due, Kind
from ledger.calendar import WorkingDays, china
from ledger.clock import end_of_day, shanghai_date
from ledger.errors import Conflict, Forbidden, Invalid
from ledger.events import Event
from ledger.ids import new_salt
from ledger.money import Fen
from ledger.offering import offerable, same_version, signed_by_holder, takes
from ledger.ports import Store
from ledger.records import Issuance, Json, Ticket
from ledger.rules import Role, Stage, active, at_most, in_time, name_of, participant, running
from ledger.trade_evidence import Trade, commit, entry, require
from ledger.typed import Message
from ledger.words import child_of, spendable, word_out_of

MOST_CHILDREN = 100
OFFER_DAYS = 5
"""Working days that an offer stands unless said otherwise."""
MOST_VERSION = 2**16 - 1


class BadChildren(Invalid):
    """No children, or too many, or a place that the offer does not have."""

    code = "bad-children"
    title = "The children of the offer are not valid"


class DepthExhausted(Conflict):
    """The ticket has been passed on as often as the issuance allows."""

    code = "depth-exhausted"
    title = "The ticket can't be passed on any further"


class NotAReceiver(Forbidden):
    """Nobody offers to the debtor, to a bank, or to oneself."""

    code = "not-a-receiver"
    title = "This participant can't receive the ticket"


class VersionsExhausted(Conflict):
    """The version number is at its end."""

    code = "versions-exhausted"
    title = "This ticket's offers can't be withdrawn all at once any more"


@dataclass(frozen=True)
class ChildDraft:
    """A part of a ticket for one receiver: party id, fen, and what it is paid for."""

    to: int
    value: Fen
    trade: Trade


# ---- messages


def offer(
    store: Store,
    ticket: bytes,
    children: Sequence[ChildDraft],
    now: int,
    calendar: WorkingDays | None = None,
    *,
    deadline: int | None = None,
    salt: bytes | None = None,
) -> tuple[dict[str, Any], Json]:
    """The message of an `Offer` and its `extra` (plain trade evidence, see `trade_evidence.visible`).

    It stands until the end of the 5th working day (Shanghai), at most until the ticket can't be passed on any more.
    Raises UnknownTicket, UnknownParty, BadTradeEvidence.
    """
    word = spendable(store, ticket)
    buyer = participant(store, word.party).uscc
    made, items = [], []
    for child in children:
        trade = require(child.trade, child.value, participant(store, child.to).uscc, buyer)
        trade_salt = new_salt()
        items.append(entry(trade, trade_salt, now))
        committed = commit(trade, trade_salt)
        made.append({"to": child.to, "value": int(child.value), "trade": committed, "salt": new_salt()})
    last = _last_second(store, word, now, calendar or china()) if deadline is None else deadline
    message = {
        "ticket": ticket,
        "version": word.version,
        "children": made,
        "salt": salt or new_salt(),
        "deadline": last,
    }
    return message, {"trades": items}


def withdraw(
    ticket: bytes, offer: bytes, indexes: Iterable[int], deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """The message that ends children of an offer (its digest) that have not taken effect; for a lock act: [0]."""
    return {
        "ticket": ticket,
        "offer": offer,
        "indexes": sorted(set(indexes)),
        "salt": salt or new_salt(),
        "deadline": deadline,
    }


def withdraw_all(store: Store, ticket: bytes, deadline: int, salt: bytes | None = None) -> dict[str, Any]:
    """The message that ends all outstanding offers and lock acts of a ticket. Raises UnknownTicket."""
    version = spendable(store, ticket).version
    return {"ticket": ticket, "version": version, "salt": salt or new_salt(), "deadline": deadline}


def _last_second(store: Store, word: Ticket, now: int, calendar: WorkingDays) -> int:
    until = store.need(Issuance, word.issuance).transferable_until
    usual = end_of_day(calendar.working_days_after(shanghai_date(now), OFFER_DAYS))
    return max(now, min(usual, until) - 1)


# ---- who signs, what is refused


def _offer_dues(message: Message, store: Store) -> list[Due]:
    children = enumerate(message["children"])
    # what a receiver signs needs the offer's digest: whoever knows the domain fills it in
    accepts = [Due("party", child["to"], "Accept", {}, leg=place) for place, child in children]
    return [signed_by_holder(message, store, "Offer"), *accepts]


def _check_offer(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    running(store, Stage.TRANSFER, now)
    word = spendable(store, message["ticket"])
    active(store, word.party, now)
    issuance = offerable(store, word, message["version"], now)
    if word.depth == 0:
        raise DepthExhausted(
            "This ticket has been passed on as often as its issuance allows; sell it to a bank, or hold it.",
            ticket=word.id,
        )
    children = message["children"]
    if not 1 <= len(children) <= MOST_CHILDREN:
        raise BadChildren(
            f"An offer has 1 to {MOST_CHILDREN} children, this one {len(children)}; make several offers.",
            found=len(children),
        )
    for child in children:
        _check_receiver(store, child["to"], word, issuance, now)
    takes(store, word, issuance, [child["value"] for child in children], now)


def _check_receiver(store: Store, to: int, word: Ticket, issuance: Issuance, now: int) -> None:
    receiver = active(store, to, now)
    if to in (word.party, issuance.debtor) or not receiver.roles & Role.SUPPLIER:
        raise NotAReceiver(
            f"{name_of(store, to)} can't receive this ticket: neither its holder, its debtor nor a bank may "
            "(a bank buys it by a financing); name a supplier.",
            party=to,
        )


def _check_withdraw(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    spendable(store, message["ticket"])
    at_most(len(message["indexes"]), MOST_CHILDREN, "children")


def _check_withdraw_all(message: Message, store: Store, now: int) -> None:
    in_time(message, now)
    word = spendable(store, message["ticket"])
    same_version(word, message["version"])
    if word.version == MOST_VERSION:
        raise VersionsExhausted(
            "This ticket's offers were withdrawn 65,535 times; withdraw the offers one by one.",
            ticket=word.id,
        )


def _subject(message: Message) -> bytes:
    return bytes(message["ticket"])


def _by_holder(primary: str) -> Callable[[Message, Store], list[Due]]:
    return lambda message, store: [signed_by_holder(message, store, primary)]


KINDS: tuple[Kind, ...] = (
    Kind("Offer", "transfer", "transfer", _offer_dues, _check_offer, _subject),
    Kind("Withdraw", "transfer", "withdraw", _by_holder("Withdraw"), _check_withdraw, _subject),
    Kind("WithdrawAll", "transfer", "withdrawAll", _by_holder("WithdrawAll"), _check_withdraw_all, _subject),
)


# ---- events


def _transferred(event: Event, store: Store) -> None:
    parent, value = store.need(Ticket, event.args["parent"]), event.args["value"]
    store.put(child_of(parent, event.args["child"], event.time, event.args["to"], Fen(value)))
    store.put(replace(parent, value=Fen(parent.value - value), children=parent.children + 1))


def _child_withdrawn(event: Event, store: Store) -> None:
    parent = store.need(Ticket, event.args["parent"])
    store.put(word_out_of(parent, event.args["child"], event.time, withdrawn=True))
    store.put(replace(parent, children=parent.children + 1))


def _offers_withdrawn(event: Event, store: Store) -> None:
    word = store.need(Ticket, event.args["ticket"])
    store.put(replace(word, version=event.args["version"]))


EVENTS: Mapping[str, Callable[[Event, Store], None]] = {
    "Transferred": _transferred,
    "ChildWithdrawn": _child_withdrawn,
    "OffersWithdrawn": _offers_withdrawn,
}
