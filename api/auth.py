"""Who calls: an API key in the Authorization header."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ledger.errors import Unauthorized

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    bearerFormat="gtk_<user id>_<secret>",
    description="The API key of a person of a participant, as `Authorization: Bearer gtk_…`. It carries scopes "
    "(maker, checker, viewer) and is shown once, when it is made.",
)


class NoApiKey(Unauthorized):
    """The request names nobody."""

    code = "no-api-key"
    title = "An API key is needed"


async def read_key(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> str:
    """The API key of the request. Raises NoApiKey."""
    if given is None:
        raise NoApiKey("Send your API key in the header Authorization, as: Bearer gtk_…")
    return given.credentials
