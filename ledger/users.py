"""People and their API keys: made once, kept as a hash, revoked for good.

A key reads ``gtk_<user id>_<secret>``. Only the SHA-256 of the secret is kept: it has 256 random bits, so no slow
hash is needed, and whoever reads the book can't sign in with what stands there.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import replace

from ledger.errors import Conflict, Invalid, NotFound, Unauthorized
from ledger.ports import Store
from ledger.records import User

SCOPES = ("maker", "checker", "viewer")
PREFIX = "gtk"

_NOBODY = hashlib.sha256(b"nobody").digest()


class InvalidScope(Invalid):
    """A scope that does not exist, or none."""

    code = "invalid-scope"
    title = "A user's scopes are not valid"


class AddressTaken(Conflict):
    """The signing key belongs to another person already."""

    code = "address-taken"
    title = "This signing key is another person's"


class InvalidApiKey(Unauthorized):
    """No API key, or one that opens nothing."""

    code = "invalid-api-key"
    title = "The API key opens nothing"


def create_user(
    store: Store, party: int, name: str, scopes: Iterable[str], address: str, now: int
) -> tuple[User, str]:
    """A new person of a participant, and the API key, which is never shown again.

    `scopes`: of maker, checker, viewer; `address`: the person's own signing key, 0x… checksummed, "" for none;
    `now`: UTC seconds. Raises InvalidScope, AddressTaken, Invalid for an empty name.
    """
    wanted = sorted(set(scopes), key=lambda scope: SCOPES.index(scope) if scope in SCOPES else -1)
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise InvalidScope(
            f"{', '.join(unknown) or 'no scope'}: choose among {', '.join(SCOPES)}.", scopes=unknown
        )
    if not name.strip():
        raise Invalid("The person's name is empty; give it, so that the audit trail can say who acted.")
    if address and (other := _holder(store, address)):
        raise AddressTaken(f"{address} is the key of {other.name}; make a key for each person.", key=address)
    secret = secrets.token_urlsafe(32)
    user = User(
        id=secrets.token_hex(8),
        party=party,
        name=name.strip(),
        scopes=wanted,
        key_hash=_hash(secret),
        address=address,
        created_at=now,
    )
    store.add(user)
    return user, f"{PREFIX}_{user.id}_{secret}"


def authenticate(store: Store, key: str) -> User:
    """The person whose API key this is. Raises InvalidApiKey, the same for every kind of wrong key."""
    prefix, _, rest = key.partition("_")
    id_, _, secret = rest.partition("_")
    user = store.get(User, id_) if prefix == PREFIX and id_ and secret else None
    matches = hmac.compare_digest(user.key_hash if user else _NOBODY, _hash(secret))
    if user is None or not matches or user.revoked_at:
        raise InvalidApiKey(
            "This API key is mistyped, revoked, or of another deployment; copy it whole, or ask for a new one."
        )
    return user


def require_access(store: Store, user: User) -> None:
    """For a request that goes on for long: the key with which it began still opens. Raises InvalidApiKey."""
    if store.need(User, user.id).revoked_at:
        raise InvalidApiKey("This API key was revoked meanwhile; ask for a new one.")


def revoke(store: Store, user_id: str, now: int) -> User:
    """Ends a person's API key for good, and frees nothing else: what it has signed stands. Raises NotFound."""
    user = store.get(User, user_id)
    if user is None:
        raise NotFound(f"There is no user {user_id}; look the id up in the list.", user=user_id)
    revoked = user if user.revoked_at else replace(user, revoked_at=now)
    store.put(revoked)
    return revoked


def _holder(store: Store, address: str) -> User | None:
    return next((user for user in store.find(User, address=address) if not user.revoked_at), None)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
