"""The gas that an act is given as an item of `relay`, from a table instead of one question to a node per act.

Measured with everything cold, maker and checker signing for everybody (tests/ledger/work/test_gas.py holds the table
against the contract: enough in the worst case, and never more than twice what is used, because some networks charge
at least half of what is declared). What a few acts need depends on the ledger's state and not on the act alone; where
the table falls short, the simulation says so and the relay asks the node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.typed import Message

SIGNATURE = 7_500
"""A recovery, the key's word and its participant's, both read for the first time."""
MARGIN = 2_000


@dataclass(frozen=True)
class Cost:
    """Gas without signatures: of the act, and of each element that `count` finds in its message."""

    base: int
    each: int = 0
    count: Callable[[Message], int] = lambda message: 0


def _of(name: str) -> Callable[[Message], int]:
    return lambda message: len(message[name])


def _keys(message: Message) -> int:
    return len(message["add"]) + len(message["remove"])


COSTS: Mapping[str, Cost] = {
    "Admit": Cost(136_000, 46_000, _of("keys")),
    "ChangeSigners": Cost(26_000, 40_000, _keys),
    "ChangeProfile": Cost(18_000),
    "Recover": Cost(86_000, 46_000, _of("keys")),
    "VetoRecovery": Cost(36_000),
    "CompleteRecovery": Cost(100_000),
    "Suspend": Cost(46_000),
    "ChangePanel": Cost(28_000, 6_000, _of("members")),
    "Stop": Cost(34_000),
    "Close": Cost(30_000),
    "SetPolicy": Cost(34_000),
    "SetLimit": Cost(38_000),
    "Halt": Cost(34_000),
    "Issue": Cost(88_000, 28_000, _of("invoices")),
    "WithdrawIssue": Cost(30_000),
    "Void": Cost(26_000, 10_000, _of("tickets")),
    "Withdraw": Cost(6_000, 23_500, _of("indexes")),
    "WithdrawAll": Cost(10_000),
    "Lock": Cost(60_000),
    "Receipt": Cost(44_000),
    "CancelLock": Cost(20_000),
    "ReturnLock": Cost(30_000),
    "Fund": Cost(30_000, 24_000, _of("legs")),
    "PayOut": Cost(28_000, 60_000, _of("lines")),
    "ReportOverdue": Cost(40_000),
    "Waive": Cost(34_000),
    "ReplaceBank": Cost(60_000),
    "VetoReplacement": Cost(20_000),
    "CompleteReplacement": Cost(24_000),
    "Freeze": Cost(104_000),
    "Unfreeze": Cost(40_000),
}
OFFER, CHILD, OTHER = 16_000, 27_500, 150
"""Of a transfer: its ticket and issuance, each child that is accepted, each one that is given as a hash."""


def of_act(kind: str, message: Mapping[str, Any], signatures: int) -> int:
    """`signatures`: how many of 64 bytes come with it."""
    cost = COSTS[kind]
    return cost.base + cost.each * cost.count(message) + SIGNATURE * signatures + MARGIN


def of_transfer(taken: int, others: int, signatures: int) -> int:
    """`taken`: children accepted in this call; `others`: the offer's other children."""
    return OFFER + CHILD * taken + OTHER * others + SIGNATURE * signatures + MARGIN
