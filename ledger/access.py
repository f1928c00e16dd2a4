"""Who may do what here: scopes of an API key, and parties to an act."""

from __future__ import annotations

from ledger.errors import Forbidden
from ledger.ports import Store
from ledger.records import Act, Seat, User


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


def visible(store: Store, caller: User, act: Act) -> bool:
    """A party to an act: who drafted it, who has to sign it, and whom it names in `extra["parties"]`."""
    if caller.party == act.party or caller.party in act.extra.get("parties", []):
        return True
    return bool(store.count(Seat, act=act.id, party=caller.party))
