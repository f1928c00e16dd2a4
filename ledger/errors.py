"""The one tree of errors.

Every error that a user can meet derives from :class:`GoldTicketError`. A class knows its stable ``code``
(kebab case, never renamed), its HTTP ``status`` and a short ``title``; an instance carries a message that
tells a treasury clerk which value is wrong and what to do, and the evidence as plain values.

Stages add their own subclasses next to the rules that raise them::

    class LimitExceeded(Conflict):
        code = "limit-exceeded"
        title = "The opening limit does not cover this issuance"
"""

import re
from functools import cache
from typing import ClassVar


class GoldTicketError(Exception):
    """Base of the tree: ``GoldTicketError(message, **evidence)``.

    The evidence keeps plain values (ints are fen or counts, as the key says). Who writes it to JSON turns
    integers of fen into decimal strings.
    """

    code: ClassVar[str] = "internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong inside Gold Ticket"

    def __init__(self, message: str, /, **evidence: object) -> None:
        super().__init__(message)
        self.message = message
        self.evidence: dict[str, object] = evidence

    def for_clients(self) -> "GoldTicketError":
        """What may be told outside. An error that knows more than that gives another one; the log gets the whole."""
        return self


class Invalid(GoldTicketError):
    """A value given is wrong in itself; sending it again unchanged can't help."""

    code = "invalid"
    status = 422
    title = "A value is not valid"


class NotFound(GoldTicketError):
    """There is nothing under this name, or the caller is not a party to it."""

    code = "not-found"
    status = 404
    title = "There is no such thing, or you are not a party to it"


class Unauthorized(GoldTicketError):
    """The caller did not say who it is, or could not prove it."""

    code = "unauthorized"
    status = 401
    title = "Sign in first"


class Forbidden(GoldTicketError):
    """The caller is known and may not do this."""

    code = "forbidden"
    status = 403
    title = "You may not do this"


class Conflict(GoldTicketError):
    """The value is fine, the present state does not allow it."""

    code = "conflict"
    status = 409
    title = "The present state does not allow this"


class Refused(GoldTicketError):
    """The contract refused an act; the reason is decoded. Concrete classes come from :func:`refusal`."""

    code = "refused"
    status = 409
    title = "The chain refused this act"
    reason: ClassVar[str] = ""


class Unavailable(GoldTicketError):
    """A part that is needed (chain, book, key) does not answer now; trying again later may help."""

    code = "unavailable"
    status = 503
    title = "A part of the system does not answer at the moment"


class CatchingUp(Unavailable):
    """Something is not in the book, and the book has not taken in the chain yet."""

    code = "catching-up"
    title = "Not ready yet: the book is catching up with the chain"


class NotSent(Unavailable):
    """The network does not take a transaction."""

    code = "not-sent"
    title = "The network does not take a transaction"


def kebab(camel: str) -> str:
    """``BelowMinimum`` → ``below-minimum``; ``NotUSCC`` → ``not-uscc``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", camel).lower()


@cache
def refusal(reason: str) -> type[Refused]:
    """The subclass of :class:`Refused` for one custom error of the contract.

    The same name always gives the same class, so ``except refusal("BelowMinimum")`` works. Its code is the
    name in kebab case, its title the name in words.
    """
    code = kebab(reason)
    attributes = {"code": code, "title": code.replace("-", " ").capitalize(), "reason": reason}
    return type(reason, (Refused,), attributes)
