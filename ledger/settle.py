"""SETTLE: the core's money comes, each holder's line is paid; or it does not come.

Mirrors `SettleLib`; what it refuses stands in `settle_checks`, what its events mean in `settle_events`. Amounts in fen,
times in UTC seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ledger import settle_checks, settle_events
from ledger.acts import Due, Kind, pad
from ledger.events import Event
from ledger.ids import new_salt
from ledger.ports import Store
from ledger.references import reference
from ledger.rules import signed_by, signed_by_panel
from ledger.tickets import standing
from ledger.typed import Message

# ---- messages


def fund(
    bank: int, ref: str, legs: Iterable[tuple[bytes, int]], deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """The message that a core's payment arrived: (issuance id of 16 bytes, fen) for each leg.

    `ref`: the bank's payment reference. Raises BadReference.
    """
    listed = list(legs)
    return {
        "bank": bank,
        "ref": reference(ref),
        "total": sum(amount for _, amount in listed),
        "legs": [{"issuance": issuance, "amount": amount} for issuance, amount in listed],
        **_tail(deadline, salt),
    }


def pay_out(
    bank: int, ref: str, lines: Sequence[tuple[bytes, int, int]], deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """The message that holders were paid: (ticket, fen, time of payment) for each line. Raises BadReference."""
    listed = [{"ticket": ticket, "amount": amount, "paidAt": at} for ticket, amount, at in lines]
    return {"bank": bank, "ref": reference(ref), "lines": listed, **_tail(deadline, salt)}


def waive(
    store: Store, issuance: bytes, evidence: bytes, deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """The message by which one overdue issuance does not halt its debtor for 30 days; `evidence`: a document's hash."""
    sequence = standing(store, issuance).sequence
    return {"issuance": issuance, "evidence": evidence, "sequence": sequence, **_tail(deadline, salt)}


def replace_bank(
    store: Store, issuance: bytes, bank: int, evidence: bytes, deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """The message that gives an issuance another clearing bank after 14 days, unless the present one vetoes."""
    fields = waive(store, issuance, evidence, deadline, salt)
    return {"issuance": issuance, "bank": bank, **{k: v for k, v in fields.items() if k != "issuance"}}


def end_replacement(
    store: Store, issuance: bytes, deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """The message of `VetoReplacement` and of `CompleteReplacement`. Raises NoReplacement."""
    running = settle_checks.replacement(store, issuance, None)
    return {"issuance": issuance, "replacement": running.digest, **_tail(deadline, salt)}


def _tail(deadline: int, salt: bytes | None) -> dict[str, Any]:
    return {"salt": salt or new_salt(), "deadline": deadline}


# ---- who signs


def _fund_dues(message: Message, store: Store) -> list[Due]:
    return [signed_by(message["bank"], "Fund", message)]


def _pay_out_dues(message: Message, store: Store) -> list[Due]:
    return [signed_by(message["bank"], "PayOut", message)]


def _waive_dues(message: Message, store: Store) -> list[Due]:
    return signed_by_panel(store, "Waive", message)


def _replace_dues(message: Message, store: Store) -> list[Due]:
    debtor = standing(store, message["issuance"]).debtor
    first = [signed_by(party, "ReplaceBank", message) for party in (debtor, message["bank"])]
    return first + signed_by_panel(store, "ReplaceBank", message)


def _veto_dues(message: Message, store: Store) -> list[Due]:
    return [signed_by(standing(store, message["issuance"]).clearing_bank, "VetoReplacement", message)]


def _complete_dues(message: Message, store: Store) -> list[Due]:
    bank = settle_checks.replacement(store, message["issuance"], message["replacement"]).bank
    return [signed_by(bank, "CompleteReplacement", message)]


def _of_issuance(message: Message) -> bytes:
    return pad(message["issuance"])


def _of_bank(message: Message) -> bytes:
    return pad(message["bank"])


KINDS: tuple[Kind, ...] = (
    Kind("Fund", "settle", "fund", _fund_dues, settle_checks.fund, _of_bank),
    Kind("PayOut", "settle", "payOut", _pay_out_dues, settle_checks.pay_out, _of_bank),
    Kind(
        "ReportOverdue",
        "settle",
        "reportOverdue",
        lambda message, store: [],
        settle_checks.report,
        _of_issuance,
    ),
    Kind("Waive", "settle", "waive", _waive_dues, settle_checks.waive, _of_issuance),
    Kind("ReplaceBank", "settle", "replaceBank", _replace_dues, settle_checks.replace_bank, _of_issuance),
    Kind("VetoReplacement", "settle", "vetoReplacement", _veto_dues, settle_checks.veto, _of_issuance),
    Kind(
        "CompleteReplacement",
        "settle",
        "completeReplacement",
        _complete_dues,
        settle_checks.complete,
        _of_issuance,
    ),
)

EVENTS: Mapping[str, Callable[[Event, Store], None]] = settle_events.EVENTS
