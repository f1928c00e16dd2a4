"""What became of our own transactions, and what that means for the legs that they carried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ledger import kinds, outcome
from ledger.events import Event
from ledger.ports import Chain, Receipt, Refusal, Store
from ledger.records import Act, Leg, Transaction

Permanent = Callable[[Refusal, str], bool]
Explain = Callable[[Refusal], str]

FAILED = (
    "TransactionFailed",
    "The transaction that carried this was reverted as a whole. It is tried by itself before it goes again.",
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
                    else:
                        self._settle_leg(store, store.need(Leg, leg), receipt, refusal, now)

    def _settle_leg(
        self, store: Store, leg: Leg, receipt: Receipt, refusal: Refusal | None, now: int
    ) -> None:
        """What one position of a mined transaction means for one of its legs, where something was refused."""
        act = store.need(Act, leg.act)
        if receipt.ok and (refusal is None or refusal.name in DONE):
            outcome.finish(store, leg.id, now, self._lines(act, receipt.line_refusals))
        elif refusal is not None and self._permanent(refusal, kinds.kind(act.kind).function):
            outcome.refuse(store, leg.id, refusal.name, self._explain(refusal), now)
        else:
            code, message = (refusal.name, self._explain(refusal)) if refusal is not None else FAILED
            outcome.wait(store, leg.id, code, now, message)

    def _lines(self, act: Act, refused: Mapping[tuple[bytes, bytes], Refusal]) -> dict[str, str]:
        """Lines of a pay-out that the contract did not take, while it took others: ticket → why."""
        if act.kind != "PayOut":
            return {}
        ref = bytes.fromhex(act.message["ref"][2:])
        return {
            "0x" + ticket.hex(): self._explain(refusal)
            for (spent, ticket), refusal in refused.items()
            if spent == ref
        }
