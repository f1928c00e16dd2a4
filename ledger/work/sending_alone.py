"""A participant's own complete act, sent to the chain by the participant's own account: nobody's gateway is asked.

The contract judges it by itself. The book here only says which signature belongs to which seat; what it would note for
that is thrown away again, so that it stays what the chain says.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ledger.bulk import Brought, Intake
from ledger.errors import Conflict, Invalid, Unavailable
from ledger.ports import Book, Call, Chain, Receipt, Refusal, Store
from ledger.records import Act, Lease, Leg, User
from ledger.service import Service
from ledger.work import calldata
from ledger.work.lease import is_gone

NOBODY = User("sent-alone", 0, "sent alone", ["maker", "checker"], b"", "", 0)


class Incomplete(Invalid):
    """Signatures are missing."""

    code = "act-incomplete"
    title = "The act does not have all its signatures"


class Refused(Invalid):
    """The contract does not take the act."""

    code = "act-refused"
    title = "The ledger refuses the act"


class AccountInUse(Conflict):
    """A gateway that runs sends with the same account."""

    code = "account-in-use"
    title = "A gateway sends with this account"


class _Found(Exception):
    def __init__(self, call: Call) -> None:
        self.call = call


def require_unused(book: Book, sender: str, now: int, gone: Callable[[str], bool] = is_gone) -> None:
    """Raises AccountInUse while a gateway on this book sends with the account: both would take the same nonces. `now`
    in UTC seconds; `gone`: whether the lease's owner is known to have ended."""
    lease = book.read(lambda store: store.get(Lease, sender))
    if lease is not None and lease.until >= now and not gone(lease.owner):
        raise AccountInUse(
            f"The gateway of this home is running and sends with {sender}. Bring the act to it (POST "
            "/v1/acts/complete), or stop it, or send with another account: GOLDTICKET_RELAYER_KEY, or --home of "
            "another folder.",
            sender=sender,
        )


def calldata_of(book: Book, chain: Chain, service: Service, item: Brought) -> Call:
    """The call that carries out an act with all its signatures, of an offer all its children. Raises Incomplete,
    Refused for what is on chain already, and what signing raises for a signature that fits no seat."""

    def work(store: Store) -> None:
        known = store.find(Leg, act=item.id)
        if known and all(leg.state == "final" for leg in known):
            raise Refused(f"{item.kind} 0x{item.id.hex()} has taken effect already", reason="AlreadyDone")
        act = Intake(book, service).take(store, NOBODY, item)
        legs = store.find(Leg, act=act.id, order="place")
        open_ = [leg for leg in legs if leg.state != "complete"]
        if open_:
            raise Incomplete(
                f"{len(open_)} of {len(legs)} parts of {item.kind} 0x{item.id.hex()} lack signatures"
            )
        raise _Found(_call(store, chain, act, legs))

    try:
        book.write(work)
    except _Found as found:
        return found.call
    raise AssertionError("what was taken is always thrown away again")


def send(
    chain: Chain,
    call: Call,
    sender: str,
    explain: Callable[[Refusal], str],
    *,
    patience: float = 60.0,
    wait: Callable[[float], None] = time.sleep,
) -> Receipt:
    """Sends it with the account of `sender`, whose key the chain adapter holds, and waits until it is mined; seconds of
    `patience`. Raises Refused, before anything is sent or after; Unavailable when it is not mined in time."""
    [[refusal]] = chain.attempt([[call]])
    if refusal is not None:
        raise Refused(explain(refusal), reason=refusal.name)
    raw = chain.sign(sender, chain.nonce(sender), [call])
    chain.send(raw)
    end = time.monotonic() + patience
    while (receipt := chain.receipt(raw.hash)) is None:
        if time.monotonic() > end:
            raise Unavailable(
                f"transaction 0x{raw.hash.hex()} is not mined after {patience:g} s, and may be yet: send no other"
            )
        wait(0.2)
    for late in [*receipt.refusals.values(), *receipt.leg_refusals.values(), *receipt.line_refusals.values()]:
        raise Refused(explain(late), reason=late.name)
    return receipt


def _call(store: Store, chain: Chain, act: Act, legs: list[Leg]) -> Call:
    return calldata.call(calldata.papers(store, {act.id: act}), chain, act, legs)
