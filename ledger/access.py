"""Who may do what here: scopes of an API key, and parties to an act."""

from __future__ import annotations

from ledger.acts import State
from ledger.errors import Forbidden
from ledger.ports import Store
from ledger.records import Act, Leg, Seat, User

OFFERED = ("Issue", "Offer", "Void")
"""Kinds of act that one company prepares by itself and then lays before others: it signs first, whoever of those who
sign it drafted it."""


class NotYours(Forbidden):
    """The caller is no party to this."""

    code = "not-yours"
    title = "You are not a party to this"


class MissingScope(Forbidden):
    """The API key lacks a scope."""

    code = "missing-scope"
    title = "Your API key may not do this"


def require_scope(caller: User, *scopes: str) -> None:
    """Raises MissingScope unless the caller has one of the scopes."""
    if not set(scopes) & set(caller.scopes):
        wanted = " or ".join(scopes)
        raise MissingScope(
            f"This needs the scope {wanted}; yours: {', '.join(caller.scopes)}.", needed=list(scopes)
        )


def laid_open(store: Store, act: Act) -> bool:
    """Whether others than the company that drafted an act may know of it: what is offered to them, once that company's
    own people have signed."""
    if act.kind not in OFFERED or not store.count(Seat, act=act.id, party=act.party, done=False):
        return True
    # sent around this gateway: the chain has all signatures, whatever stands here
    return bool(store.count(Leg, act=act.id, state=str(State.FINAL)))


def visible(store: Store, caller: User, act: Act) -> bool:
    """A party to an act: who drafted it; once it is laid open also who has to sign it, and whom it names in
    `extra["parties"]`."""
    if caller.party == act.party:
        return True
    if not laid_open(store, act):
        return False
    if caller.party in act.extra.get("parties", []):
        return True
    return bool(store.count(Seat, act=act.id, party=caller.party))
