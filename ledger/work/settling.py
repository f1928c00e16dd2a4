"""What became of our own transactions, and what that means for the legs that they carried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ledger import kinds, outcome
from ledger.events import Event
from ledger.ids import parse_hex
from ledger.ports import Chain, Receipt, Refusal, Store
from ledger.records import Act, Leg, Transaction

Permanent = Callable[[Refusal, str], bool]
Explain = Callable[[Refusal], str]

FAILED = (
    "TransactionFailed",
    "The transaction that carried this was reverted as a whole. It is tried by itself before it goes again.",
)
REFUSED = (
    "RefusedTogether",
    "The ledger took none of these transfers, for a reason that one of them has at least. Each is tried by itself now.",
)
DONE = ("AlreadyDone", "AlreadyIssued")
"""Refusals that say: this has taken effect before."""


def receipts_of(chain: Chain, events: Iterable[Event]) -> dict[bytes, Receipt]:
    """By hash, the transactions that these events come from: what they refused, without asking for anything."""
    found: dict[bytes, Receipt] = {}
    for event in events:
        receipt = found.get(event.tx)
        if receipt is None:
            receipt = found[event.tx] = Receipt(event.tx, event.block, True, 0, {}, {})
        args = event.args
        if event.name == "Refused":
            receipt.refusals[args["position"]] = chain.refusal(args["reason"])
        elif event.name == "LegRefused":
            receipt.leg_refusals[args["child"]] = chain.refusal(args["reason"])
        elif event.name == "LineRefused":
            receipt.line_refusals[args["ref"], args["ticket"]] = chain.refusal(args["reason"])
    return found


class Settling:
    """Legs of mined transactions: final, refused for good, or back in the queue."""

    def __init__(self, explain: Explain, permanent: Permanent) -> None:
        self._explain = explain
        self._permanent = permanent

    def settle(self, store: Store, mined: Sequence[tuple[Transaction, Receipt]], now: int) -> None:
        """`now`: the block's time."""
        for transaction, receipt in mined:
            state = "mined" if receipt.ok else "failed"
            store.put(replace(transaction, state=state, block=receipt.block, gas=receipt.gas_used))
            for position, ids in enumerate(transaction.legs):
                refused = receipt.refusals.get(position)
                for text in ids:
                    leg = bytes.fromhex(text)
                    refusal = refused or receipt.leg_refusals.get(leg)
                    if receipt.ok and refusal is None and not receipt.line_refusals:
                        outcome.finish(store, leg, now)
                    elif refused is not None and len(ids) > 1:
                        self._try_apart(store, leg, refused, now)
                    else:
                        self._settle_leg(store, store.need(Leg, leg), receipt, refusal, now)

    def _try_apart(self, store: Store, leg: bytes, refused: Refusal, now: int) -> None:
        """A leg that went in one call with others of its offer, none of which took effect. The call gives the reason
        of the first alone: that this one is done or refused for good can mean another, so each is tried by itself."""
        certain = refused.name in DONE or self._permanent(refused, kinds.kind("Offer").function)
        code, message = REFUSED if certain else (refused.name, self._explain(refused))
        outcome.wait(store, leg, code, now, message)

    def _settle_leg(
        self, store: Store, leg: Leg, receipt: Receipt, refusal: Refusal | None, now: int
    ) -> None:
        """What one position of a mined transaction means for one of its legs, where something was refused."""
        act = store.need(Act, leg.act)
        if receipt.ok and (refusal is None or refusal.name in DONE):
            pay_out = receipt.line_refusals if act.kind == "PayOut" else {}
            lines = lines_refused(parse_hex(act.message["ref"]), pay_out, self._explain) if pay_out else {}
            outcome.finish(store, leg.id, now, lines)
        elif refusal is not None and self._permanent(refusal, kinds.kind(act.kind).function):
            outcome.refuse(store, leg.id, refusal.name, self._explain(refusal), now)
        else:
            code, message = (refusal.name, self._explain(refusal)) if refusal is not None else FAILED
            outcome.wait(store, leg.id, code, now, message)


def lines_refused(
    ref: bytes, refused: Mapping[tuple[bytes, bytes], Refusal], explain: Explain
) -> dict[str, str]:
    """Lines of the pay-out with this reference that the contract did not take, while it took others: ticket → why."""
    return {
        "0x" + ticket.hex(): explain(refusal) for (spent, ticket), refusal in refused.items() if spent == ref
    }
