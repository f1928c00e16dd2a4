"""Trade evidence (贸易背景材料) of a transfer: why the receiver is paid with a part of the ticket.

On chain stands a salted commitment only. The plain evidence is kept with the offer and shown to the holder and to the
receiver of that child, and to a bank that is asked to finance (look-through, 穿透). What is still owed has a day by
which it comes, and no financing passes it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ledger.clock import DAY, shanghai_date
from ledger.errors import Conflict, Invalid
from ledger.ids import commitment, parse_uscc
from ledger.money import Fen, format_yuan
from ledger.ports import Store
from ledger.records import Act, Json, Leg, Lock, Ticket
from ledger.rules import participant
from ledger.words import spendable, word_of

MOST_OWED_DAYS = 30
"""Evidence that is owed comes within so many days."""


class BadTradeEvidence(Invalid):
    """The evidence does not carry the transfer."""

    code = "bad-trade-evidence"
    title = "The trade evidence does not fit the transfer"


class EvidenceOwed(Conflict):
    """Evidence of an earlier transfer has not been filed yet."""

    code = "evidence-owed"
    title = "Trade evidence of this ticket is still owed"


@dataclass(frozen=True)
class TradeInvoice:
    """The receiver's invoice to the holder. `code` "" for a fully digital one (数电票); `amount` in fen."""

    code: str
    number: str
    amount: Fen
    seller: str
    buyer: str


@dataclass(frozen=True)
class Trade:
    """What a child is paid for: a contract, and an invoice or the days within which it comes."""

    contract: str
    invoice: TradeInvoice | None = None
    owed_days: int = 0

    @property
    def owed(self) -> bool:
        """Whether the invoice is still to come."""
        return self.invoice is None


def require(trade: Trade, value: int, seller: str, buyer: str) -> Trade:
    """The evidence, if it carries `value` fen paid by `buyer` to `seller` (USCC).

    Raises BadTradeEvidence, InvalidUscc.
    """
    if not trade.contract.strip():
        raise BadTradeEvidence("The contract number is empty; name the contract that is paid.")
    if trade.invoice is None:
        if not 1 <= trade.owed_days <= MOST_OWED_DAYS:
            raise BadTradeEvidence(
                f"There is no invoice for contract {trade.contract}; add it, or say within how many days "
                f"(1 to {MOST_OWED_DAYS}) it comes, not {trade.owed_days}.",
                owed_days=trade.owed_days,
            )
        return trade
    _require_invoice(trade.invoice, value, seller, buyer)
    return trade


def commit(trade: Trade, salt: bytes) -> bytes:
    """What stands on chain for it, 32 bytes: a child's `trade`."""
    text = json.dumps(asdict(trade), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return commitment(salt, text)


def entry(trade: Trade, salt: bytes, now: int) -> Json:
    """The plain evidence as it is kept with the offer; `owed_until` in UTC seconds, 0 if nothing is owed."""
    until = now + trade.owed_days * DAY if trade.owed else 0
    return {"trade": to_json(trade), "salt": "0x" + salt.hex(), "owed_until": until, "filed": None}


def to_json(trade: Trade) -> Json:
    """As JSON: the amount a decimal string of fen."""
    data = asdict(trade)
    if trade.invoice is not None:
        data["invoice"]["amount"] = str(trade.invoice.amount)
    return data


def file(store: Store, act: Act, place: int, invoice: TradeInvoice, contract: str = "") -> Json:
    """The offer's `extra` with the owed invoice of one child.

    An offer that was drafted elsewhere has no evidence here: name the `contract` too. What is filed late is not bound
    to the chain's commitment. Raises BadTradeEvidence.
    """
    children = act.message["children"]
    if not 0 <= place < len(children):
        raise BadTradeEvidence(f"This offer has no child {place}; count from 0.", place=place)
    child = children[place]
    items = list(act.extra.get("trades") or [None] * len(children))
    item = items[place] or {"trade": to_json(Trade(contract)), "salt": "0x", "owed_until": 0, "filed": None}
    if not item["trade"]["contract"].strip():
        raise BadTradeEvidence("The contract number is empty; name the contract that is paid.")
    seller, buyer = participant(store, int(child["to"])).uscc, participant(store, act.party).uscc
    _require_invoice(invoice, int(child["value"]), seller, buyer)
    if not item["trade"].get("invoice"):
        items[place] = {**item, "filed": to_json(Trade(item["trade"]["contract"], invoice))}
    return {**act.extra, "trades": items}


def visible(extra: Json, message: Json, party: int, holder: int) -> Json:
    """An offer's `extra` as a participant may see it: the holder all evidence, a receiver that of its children."""
    if party == holder or "trades" not in extra:
        return extra
    children = message["children"]
    shown = [item if int(children[i]["to"]) == party else None for i, item in enumerate(extra["trades"])]
    return {**extra, "trades": shown}


def chain_of(store: Store, ticket: bytes) -> list[tuple[Ticket, Json | None]]:
    """Look-through: each transfer that led to this ticket, the last one first, with its evidence (None if this book
    has none). A sale to a bank stands without evidence of its own and is left out."""
    steps: list[tuple[Ticket, Json | None]] = []
    word: Ticket | None = spendable(store, ticket)
    while word is not None and word.parent is not None:
        if store.get(Lock, word.id) is None:
            steps.append((word, _evidence(store, word.id)))
        word = word_of(store, word.parent)
    return steps


def require_complete(store: Store, ticket: bytes) -> None:
    """No financing before the evidence of every transfer that led to the ticket is there. Raises EvidenceOwed."""
    for word, item in chain_of(store, ticket):
        if item is None:
            raise EvidenceOwed(
                f"No trade evidence is known for the transfer that made ticket 0x{word.id.hex()}; its sender "
                "has to file contract and invoice first.",
                ticket=word.id,
            )
        if not (item["trade"].get("invoice") or item.get("filed")):
            raise EvidenceOwed(
                f"The invoice under contract {item['trade']['contract']} is owed until "
                f"{shanghai_date(item['owed_until'])}; file it, then ask for financing again.",
                ticket=word.id,
                owed_until=item["owed_until"],
            )


def _evidence(store: Store, child: bytes) -> Json | None:
    leg = store.get(Leg, child)
    act = store.get(Act, leg.act) if leg else None
    items = act.extra.get("trades", []) if act else []
    return items[leg.place] if leg and leg.place < len(items) else None


def _require_invoice(invoice: TradeInvoice, value: int, seller: str, buyer: str) -> None:
    if not invoice.number.strip():
        raise BadTradeEvidence("The invoice has no number; copy it from the invoice.")
    if invoice.amount < value:
        raise BadTradeEvidence(
            f"Invoice {invoice.number} is over {format_yuan(invoice.amount)} yuan, less than the "
            f"{format_yuan(value)} yuan that are passed on; pass on less, or name the invoice that covers it.",
            invoice=invoice.number,
            amount=invoice.amount,
            value=value,
        )
    for what, given, expected in (("seller", invoice.seller, seller), ("buyer", invoice.buyer, buyer)):
        if parse_uscc(given) != expected:
            raise BadTradeEvidence(
                f"The {what} of invoice {invoice.number} is {given}, but the {what} in this transfer is {expected}; "
                "the receiver sells, the holder buys.",
                invoice=invoice.number,
                given=given,
                expected=expected,
            )
