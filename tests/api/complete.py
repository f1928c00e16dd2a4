"""Offers with both signatures, as a participant's own software would bring them."""

from __future__ import annotations

from typing import Any

from ledger import typed
from ledger.acts import accept_message
from ledger.ids import keccak256, to_hex
from tests.support.actors import Party


def complete_offer(
    gateway: Any, ticket: str, holder: Party, to: Party, value: int, n: int = 0, **more: Any
) -> dict[str, Any]:
    """The body: an offer of one child. `n` makes it another one; `more`: fields of the message."""
    salt = keccak256(b"salt %d" % n)
    message = {
        "ticket": bytes.fromhex(ticket[2:]),
        "version": 0,
        "children": [{"to": to.id, "value": value, "trade": salt, "salt": salt}],
        "salt": salt,
        "deadline": gateway.book.read(gateway.service.now) + 86_400,
        **more,
    }
    domain = gateway.chain.domain
    digest = typed.digest(domain, "Offer", message)
    accepted = typed.digest(domain, "Accept", accept_message(digest, holder.id, message, 0))
    signatures = [(0, holder.sole.sign(digest)), (1, to.sole.sign(accepted))]
    return {
        "kind": "Offer",
        "message": typed.message_to_json("Offer", message),
        "signatures": [{"place": place, "signature": to_hex(signature)} for place, signature in signatures],
    }
