"""The storage of a ledger, rebuilt from its events alone: no call, no calldata, no look at the chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from eth_abi.abi import encode

from ledger.ids import keccak256
from ledger.typed import Domain, type_hash
from tests.support import layout
from tests.support.abi import Event
from tests.support.layout import Slots, Ticket, joined

SPENT_BY = {
    "Funded": keccak256(b"Fund"),
    "PayOutMade": keccak256(b"PayOut"),
    "Released": type_hash("Receipt"),
}
EMPTY_ORDER = {"number": bytes(32), "amount": 0, "start": 0, "end": 0}


class Rebuilt:
    """Every mapping of `Layout` (contracts/libraries/State.sol) as plain Python, filled event by event."""

    def __init__(self, chain_id: int, address: str) -> None:
        self.chain_id, self.address = chain_id, address
        self.governance: dict[str, int] = defaultdict(int)
        self.signers: dict[str, dict[str, int]] = {}
        self.tickets: dict[bytes, dict[str, int]] = {}
        self.issuances: dict[bytes, dict[str, int]] = {}
        self.settlements: dict[bytes, dict[str, int]] = {}
        self.participants: dict[int, dict[str, Any]] = {}
        self.openings: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.evidence: dict[bytes, dict[str, int]] = {}
        self.locks: dict[bytes, dict[str, Any]] = {}
        self.taken: dict[bytes, int] = {}
        self.orders: dict[bytes, list[dict[str, Any]]] = {}
        self.order_sequence: dict[bytes, int] = {}
        self.spent: set[bytes] = set()
        self.replacements: dict[bytes, dict[str, Any]] = {}
        self.recoveries: dict[int, dict[str, Any]] = {}
        self.panel: list[int] = []
        self.separator = bytes(32)
        self.predecessor = "0x" + "00" * 20

    def apply(self, events: Iterable[Event]) -> None:
        """Take in events in their order."""
        for event in events:
            handler = getattr(self, f"_on_{event.name}", None)
            if handler is not None:
                handler(event)

    # ---- participants

    def _on_Deployed(self, e: Event) -> None:
        self.separator = Domain(self.chain_id, self.address, e["salt"]).separator
        self.predecessor = e["predecessor"]
        self.governance["months"] = e["months"]

    def _on_Admitted(self, e: Event) -> None:
        self.governance["participants"] += 1
        self.participants[e["party"]] = {
            "uscc": e["uscc"].encode().ljust(32, b"\0"),
            "profile": e["profile"],
            "roles": e["roles"],
            "clearingBank": e["clearingBank"],
            "keys": [],
            **dict.fromkeys(("sequence", "makers", "checkers", "soles"), 0),
            **dict.fromkeys(("suspendedUntil", "suspensionFreeFrom", "suspensionSequence"), 0),
            "suspendedByPanel": False,
        }

    def _on_SignerSet(self, e: Event) -> None:
        party = self.participants[e["party"]]
        key, right = e["key"].lower(), e["right"]
        counters = {1: "makers", 2: "checkers", 3: "soles"}
        if right:
            self.signers[key] = self._signer(e["party"], right)
            party["keys"].append(key)
            party[counters[right]] += 1
        else:
            party[counters[self.signers[key]["right"]]] -= 1
            self.signers[key]["right"] = 0
            keys = party["keys"]
            keys[keys.index(key)] = keys[-1]
            keys.pop()

    def _signer(self, party: int, right: int, pending: int = 0) -> dict[str, int]:
        who = self.participants[party]
        until = who["suspendedUntil"]
        return {"party": party, "right": right, "roles": who["roles"], "until": until, "pending": pending}

    def _on_ProfileChanged(self, e: Event) -> None:
        self.participants[e["party"]].update(profile=e["profile"], sequence=e["sequence"])

    def _on_SignersChanged(self, e: Event) -> None:
        self.participants[e["party"]]["sequence"] = e["sequence"]

    def _on_RecoveryStarted(self, e: Event) -> None:
        keys = {key.lower(): right for key, right in e["keys"]}
        for key in self.recoveries.get(e["party"], {"keys": []})["keys"]:
            self.signers[key]["pending"] = 0
        for key, right in keys.items():
            self.signers[key] = self._signer(e["party"], 0, right)
        self.recoveries[e["party"]] = {"digest": e["recovery"], "readyAt": e["readyAt"], "keys": list(keys)}
        self.participants[e["party"]]["sequence"] = e["sequence"]

    def _on_RecoveryVetoed(self, e: Event) -> None:
        for key in self.recoveries.pop(e["party"])["keys"]:
            self.signers[key]["pending"] = 0

    def _on_RecoveryCompleted(self, e: Event) -> None:
        del self.recoveries[e["party"]]
        self.participants[e["party"]]["sequence"] = e["sequence"]

    def _on_SuspensionSet(self, e: Event) -> None:
        party = self.participants[e["party"]]
        party.update(suspendedUntil=e["until"], suspensionFreeFrom=e["freeFrom"])
        party.update(suspendedByPanel=e["byPanel"], suspensionSequence=e["sequence"])
        for key in party["keys"]:
            self.signers[key]["until"] = e["until"]

    # ---- governance and limits

    def _on_PanelSet(self, e: Event) -> None:
        self.panel = list(e["members"])
        self.governance.update(threshold=e["threshold"], sequence=e["sequence"])

    def _on_StagesStopped(self, e: Event) -> None:
        self.governance.update(stoppedStages=e["stages"], stoppedUntil=e["until"])
        self.governance.update(stopFreeFrom=e["freeFrom"], sequence=e["sequence"])

    def _on_DeploymentClosedForIssue(self, e: Event) -> None:
        self.governance.update(closed=True, sequence=e["sequence"])

    def _on_PolicySet(self, e: Event) -> None:
        self.governance.update({name: e[name] for name in ("months", "nextMonths", "nextFrom", "sequence")})

    def _on_LimitSet(self, e: Event) -> None:
        self.openings[e["core"]].update(limit=e["amount"], expiry=e["expiry"], sequence=e["sequence"])

    def _on_HaltSet(self, e: Event) -> None:
        self.openings[e["core"]].update(external_=e["halted"], sequence=e["sequence"])

    # ---- issue

    def _on_Issued(self, e: Event) -> None:
        issuance = e["ticket"][:16]
        self.tickets[e["ticket"]] = _ticket(e["supplier"], e["face"], e["depth"])
        fields = ("debtor", "transferableUntil", "minimum", "face", "clearingBank")
        self.issuances[issuance] = {**{name: e[name] for name in fields}, "flags": 0}
        self.settlements[issuance] = {
            **dict.fromkeys(("paid", "reported", "waivedUntil", "sequence"), 0),
            "due": e["due"],
            "grace": e["grace"],
        }
        self.openings[e["debtor"]]["used"] += e["face"]

    def _on_InvoiceCounted(self, e: Event) -> None:
        self.evidence[e["key"]] = {"used": e["used"], "total": e["total"]}

    def _on_IssueWithdrawn(self, e: Event) -> None:
        self.tickets[e["ticket"]] = _ticket(flags=Ticket.WITHDRAWN)

    def _on_Voided(self, e: Event) -> None:
        issuance = self.issuances[e["issuance"]]
        issuance["flags"] |= layout.Issuance.VOID
        self.openings[issuance["debtor"]]["used"] -= issuance["face"]

    # ---- transfer and finance

    def _on_Transferred(self, e: Event) -> None:
        parent = self.tickets[e["parent"]]
        parent["value"] -= e["value"]
        self.tickets[e["child"]] = _ticket(e["to"], e["value"], parent["depth"] - 1)

    def _on_ChildWithdrawn(self, e: Event) -> None:
        self.tickets[e["child"]] = _ticket(flags=Ticket.WITHDRAWN)

    def _on_OffersWithdrawn(self, e: Event) -> None:
        self.tickets[e["ticket"]]["version"] = e["version"]

    def _on_Locked(self, e: Event) -> None:
        parent = self.tickets[e["parent"]]
        parent["value"] -= e["value"]
        depth = max(parent["depth"] - 1, 0)
        self.tickets[e["lock"]] = _ticket(0, e["value"], depth, Ticket.LOCKED, e["expiry"])
        self.locks[e["lock"]] = {name: e[name] for name in ("bank", "clearingBank", "parent")}

    def _on_Released(self, e: Event) -> None:
        lock = self.locks.pop(e["lock"])
        self._spend(e, lock["clearingBank"])
        locked = self.tickets[e["lock"]]
        self.tickets[e["lock"]] = _ticket(lock["bank"], locked["value"], locked["depth"])

    def _on_Returned(self, e: Event) -> None:
        del self.locks[e["lock"]]
        self.tickets[e["parent"]]["value"] += self.tickets[e["lock"]]["value"]
        self.tickets[e["lock"]] = _ticket(flags=Ticket.RETURNED)

    def _spend(self, e: Event, bank: int) -> None:
        kinds = ["uint48", "bytes32", "bytes32"]
        self.spent.add(keccak256(encode(kinds, [bank, SPENT_BY[e.name], e["ref"]])))

    # ---- settle

    def _on_Funded(self, e: Event) -> None:
        issuance = self.issuances[e["issuance"]]
        self.settlements[e["issuance"]]["paid"] = e["paid"]
        self.openings[issuance["debtor"]]["used"] -= e["amount"]
        if e["paid"] == issuance["face"]:
            issuance["flags"] |= layout.Issuance.FUNDED
        self._spend(e, e["bank"])

    def _on_PayOutMade(self, e: Event) -> None:
        self._spend(e, e["bank"])

    def _on_PaidOut(self, e: Event) -> None:
        self.taken[e["ticket"]] = e["taken"]
        self.tickets[e["ticket"]]["flags"] |= Ticket.PAID

    def _on_OverdueReported(self, e: Event) -> None:
        self.settlements[e["issuance"]]["reported"] = 1
        self.openings[e["debtor"]]["overdue"] += 1

    def _on_OverdueLifted(self, e: Event) -> None:
        self.settlements[e["issuance"]]["reported"] = 0
        self.openings[e["debtor"]]["overdue"] -= 1

    def _on_Waived(self, e: Event) -> None:
        self.settlements[e["issuance"]].update(waivedUntil=e["until"], sequence=e["sequence"])

    def _on_ReplacementStarted(self, e: Event) -> None:
        fields = {"digest": e["replacement"], "bank": e["bank"], "readyAt": e["readyAt"]}
        self.replacements[e["issuance"]] = fields
        self.settlements[e["issuance"]]["sequence"] = e["sequence"]

    def _on_ReplacementVetoed(self, e: Event) -> None:
        del self.replacements[e["issuance"]]

    def _on_ClearingBankChanged(self, e: Event) -> None:
        del self.replacements[e["issuance"]]
        self.issuances[e["issuance"]]["clearingBank"] = e["bank"]

    # ---- freeze

    def _on_Frozen(self, e: Event) -> None:
        places = self.orders.setdefault(e["ticket"], [dict(EMPTY_ORDER) for _ in range(4)])
        places[e["slot"]] = {"number": e["order"], **{name: e[name] for name in ("amount", "start", "end")}}
        self.order_sequence[e["ticket"]] = e["sequence"]
        self.tickets[e["ticket"]]["flags"] |= Ticket.ORDERED

    def _on_Unfrozen(self, e: Event) -> None:
        self.orders[e["ticket"]][e["slot"]] = dict(EMPTY_ORDER)
        self.order_sequence[e["ticket"]] = e["sequence"]
        if e["last"]:
            self.tickets[e["ticket"]]["flags"] &= ~Ticket.ORDERED

    # ---- the slots

    def slots(self) -> Slots:
        """Every storage word that is not 0."""
        found: Slots = {}
        for label, keys, value in self._values():
            found |= layout.pack(layout.place(label, *keys), value)
        return {slot: word for slot, word in found.items() if word}

    def _values(self) -> Iterable[tuple[str, tuple[Any, ...], Any]]:
        yield "governance", (), self.governance
        yield "panel", (), self.panel
        yield "separator", (), self.separator
        yield "predecessor", (), self.predecessor
        for key, s in self.signers.items():
            word = joined(
                (s["party"], 48), (s["right"], 8), (s["roles"], 8), (s["until"], 40), (s["pending"], 8)
            )
            yield "signers", (key,), word
        for id, t in self.tickets.items():
            yield "tickets", (id,), _ticket_word(t)
        for id, i in self.issuances.items():
            head = ((i["debtor"], 48), (i["transferableUntil"], 40), (i["minimum"], 8), (i["flags"], 8))
            yield "issuances", (id,), joined(*head, (i["face"], 96), (i["clearingBank"], 48))
        for party, p in self.participants.items():
            yield "participants", (party,), p
            yield "partyOf", (p["uscc"],), party
        for id, lock in self.locks.items():
            half = int.from_bytes(lock["parent"][16:], "big")
            yield "locks", (id,), joined((lock["bank"], 48), (lock["clearingBank"], 48), (half, 128))
        for id, places in self.orders.items():
            yield "orders", (id,), places
        for key_hash in self.spent:
            yield "spent", (key_hash,), 1
        plain: dict[str, dict[Any, Any]] = {
            "settlements": self.settlements,
            "openings": self.openings,
            "evidence": self.evidence,
            "taken": self.taken,
            "orderSequence": self.order_sequence,
            "replacements": self.replacements,
            "recoveries": self.recoveries,
        }
        for label, values in plain.items():
            for key, value in values.items():
                yield label, (key,), value


def _ticket(
    party: int = 0, value: int = 0, depth: int = 0, flags: int = 0, expiry: int = 0
) -> dict[str, int]:
    return {"party": party, "value": value, "version": 0, "depth": depth, "flags": flags, "expiry": expiry}


def _ticket_word(t: dict[str, int]) -> int:
    head = ((t["party"], 48), (t["value"], 96), (t["version"], 16))
    return joined(*head, (t["depth"], 8), (t["flags"], 8), (t["expiry"], 40))
