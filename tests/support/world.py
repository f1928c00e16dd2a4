"""A ledger in this process with everybody admitted, and verbs to act on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ledger import typed
from ledger.ids import keccak256 as keccak
from ledger.typed import Domain
from tests.support import abi, layout
from tests.support.abi import Event, Reverted, artifact, calldata, decode_error, decode_log, decode_output
from tests.support.actors import ADMITTED, HUAIYUE, LANWAN, PANEL, REGISTRAR, SEEDS, THRESHOLD, Party, Role
from tests.support.drafts import Draft, Offer, Signer, child_of, draft, issuance_of
from tests.support.evm import CALLER, GAS_LIMIT, Evm
from tests.support.terms import (
    CONTRACTUAL_DUE,
    DAY,
    DUE,
    EVIDENCE,
    FACE,
    GRACE,
    LIMIT,
    MINIMUM,
    OPENED,
    TRANSFERABLE_UNTIL,
    at,
)


@dataclass(frozen=True)
class Receipt:
    """What became of one transaction. `refusal` is None when it took effect; gas includes the intrinsic part."""

    status: bool
    logs: tuple[Event, ...]
    gas_used: int
    refusal: Reverted | None
    output: bytes

    def all(self, name: str) -> list[Event]:
        """The events of one name, in order."""
        return [event for event in self.logs if event.name == name]

    def one(self, name: str) -> Event:
        """The only event of that name."""
        (event,) = self.all(name)
        return event

    def expect(self) -> Receipt:
        """Itself, or the refusal raised."""
        if self.refusal is not None:
            raise self.refusal
        return self


@dataclass(frozen=True)
class Result:
    """One item of a relay."""

    ok: bool
    refusal: Reverted | None


class World:
    """One deployment on one EVM. `now` is the next block's time; every transaction is a block.

    `history`: every event so far. `accepted`: the functions that took effect at least once.
    `due` and the other dates are what `issue` writes unless told otherwise.
    """

    def __init__(self, evm: Evm, address: str, libraries: Mapping[str, str]) -> None:
        self.evm, self.address, self.libraries = evm, address, libraries
        self.issues: dict[bytes, dict[str, Any]] = {}
        self.history: list[Event] = []
        self.accepted: set[str] = set()
        self.contractual_due, self.due = CONTRACTUAL_DUE, DUE
        self.transferable_until = TRANSFERABLE_UNTIL
        self._salts = 0
        self.domain = Domain(evm.chain_id, address, self.view("domainSalt"))

    # ---- time and salts

    @property
    def now(self) -> int:
        """Time of the next block, UTC seconds."""
        return self.evm.timestamp

    def advance(self, seconds: int) -> int:
        """Let time pass; the new now."""
        self.evm.timestamp += seconds
        self.evm.number += 1
        return self.now

    def until(self, moment: int) -> int:
        """Let time pass up to a moment."""
        return self.advance(moment - self.now)

    def salt(self) -> bytes:
        """32 bytes never given before; the same in each run."""
        self._salts += 1
        return keccak(b"salt" + self._salts.to_bytes(8, "big"))

    @contextmanager
    def scratch(self) -> Iterator[World]:
        """Whatever happens inside is undone at the end."""
        point = self.evm.snapshot()
        kept = dict(self.issues), set(self.accepted), len(self.history), self._salts
        try:
            yield self
        finally:
            self.evm.revert(point)
            self.issues, self.accepted, count, self._salts = kept
            del self.history[count:]

    def cold(self, chain_id: int | None = None) -> World:
        """A copy whose next transaction costs what it costs on a chain; changes there stay there."""
        other = object.__new__(World)
        other.__dict__.update(self.__dict__)
        other.evm = self.evm.fresh(chain_id)
        other.issues, other.history = dict(self.issues), list(self.history)
        other.accepted = set(self.accepted)
        return other

    # ---- transactions and views

    def send(self, data: bytes, gas: int = GAS_LIMIT, caller: str = CALLER) -> Receipt:
        """One transaction to the ledger; a refusal is part of the receipt."""
        outcome = self.evm.send(self.address, data, gas, caller)
        self.evm.number += 1
        logs = tuple(decode_log(log) for log in outcome.logs if log.address == self.address)
        self.history += logs
        refusal = None if outcome.ok else decode_error(outcome.output)
        if outcome.ok:
            self.accepted.add(abi.function_name(data))
        return Receipt(outcome.ok, logs, outcome.gas_used, refusal, outcome.output)

    def relay(
        self, calls: Sequence[bytes | tuple[bytes, int]], gas: int = GAS_LIMIT
    ) -> tuple[Receipt, list[Result]]:
        """Acts in one transaction; (data, declared gas) or data with 3,000,000. Raises when the whole reverts."""
        receipt = self.send(self.relay_data(calls), gas).expect()
        given = decode_output("relay", receipt.output)
        datas = [call if isinstance(call, bytes) else call[0] for call in calls]
        self.accepted |= {
            abi.function_name(data) for data, reason in zip(datas, given, strict=True) if not reason
        }
        return receipt, [Result(not reason, decode_error(reason) if reason else None) for reason in given]

    def relay_data(self, calls: Sequence[bytes | tuple[bytes, int]]) -> bytes:
        """Calldata of a relay."""
        pairs = [(call, 3_000_000) if isinstance(call, bytes) else call for call in calls]
        return calldata("relay", [{"gas": gas, "data": data} for data, gas in pairs])

    def view(self, function: str, *values: Any) -> Any:
        """What a view function says."""
        outcome = self.evm.send(self.address, calldata(function, *values))
        if not outcome.ok:
            raise decode_error(outcome.output)
        return decode_output(function, outcome.output)

    def read(self, label: str, *keys: Any) -> Any:
        """A member of the storage layout in plain Python; see `layout.read`."""
        return layout.read(layout.place(label, *keys), lambda slot: self.evm.storage(self.address, slot))

    def poked(self, word: int, label: str, *keys: Any) -> World:
        """A copy in which one storage word was written past every rule, to reach what cannot be reached."""
        other = self.cold()
        other.evm.poke(self.address, layout.place(label, *keys).slot, word)
        return other

    def last(self, name: str) -> Event:
        """The latest event of a name in the ledger's history."""
        return next(event for event in reversed(self.history) if event.name == name)

    def ticket(self, id: bytes) -> layout.Ticket:
        """A ticket's word."""
        return layout.Ticket.of(self.read("tickets", id))

    def issuance(self, ticket: bytes) -> layout.Issuance:
        """The issuance word behind any of its tickets."""
        return layout.Issuance.of(self.read("issuances", issuance_of(ticket)))

    def signer(self, address: str) -> layout.Signer:
        """A key's word."""
        return layout.Signer.of(self.read("signers", address))

    # ---- any act

    def message(self, primary: str, **fields: Any) -> dict[str, Any]:
        """An act's message; salt, deadline (in 5 days) and evidence are filled in."""
        filled = {"salt": self.salt(), "deadline": self.now + 5 * DAY, "evidence": EVIDENCE, **fields}
        names = [name for name, _ in typed.TYPES[primary]]
        if unknown := fields.keys() - set(names):
            raise KeyError(f"{primary} has no field {unknown}")
        return {name: filled[name] for name in names}

    def draft(
        self,
        primary: str,
        signers: Iterable[Signer],
        issue: dict[str, Any] | None = None,
        message: dict[str, Any] | None = None,
        **fields: Any,
    ) -> Draft:
        """A complete act, not sent."""
        given = message if message is not None else self.message(primary, **fields)
        return draft(self.domain, primary, given, list(signers), issue)

    def act(self, primary: str, signers: Iterable[Signer], **fields: Any) -> Receipt:
        """Send a complete act. Raises Reverted."""
        return self.send(self.draft(primary, signers, **fields).data).expect()

    def panel(
        self, primary: str, *first: Signer, members: Sequence[Party] | None = None, **fields: Any
    ) -> Receipt:
        """An act of the panel; `first` sign before it. The sequence is found unless given."""
        return self.send(self.panel_draft(primary, *first, members=members, **fields).data).expect()

    def panel_draft(
        self, primary: str, *first: Signer, members: Sequence[Party] | None = None, **fields: Any
    ) -> Draft:
        """As `panel`, not sent."""
        if "sequence" not in fields:
            fields["sequence"] = self.sequence(primary, fields)
        return self.draft(
            primary, [*first, *(members if members is not None else PANEL[:THRESHOLD])], **fields
        )

    def sequence(self, primary: str, fields: Mapping[str, Any]) -> int:
        """The current sequence number of what an act changes."""
        if primary in ("Freeze", "Unfreeze"):
            return int(self.read("orderSequence", fields["ticket"]))
        if primary in ("Waive", "ReplaceBank"):
            return int(self.read("settlements", fields["issuance"])["sequence"])
        if primary in ("Halt", "SetLimit"):
            return int(self.read("openings", fields["core"])["sequence"])
        if primary == "Suspend":
            return int(self.read("participants", fields["party"])["suspensionSequence"])
        if primary in ("ChangeSigners", "ChangeProfile", "Recover"):
            return int(self.read("participants", fields["party"])["sequence"])
        return int(self.read("governance")["sequence"])

    # ---- participants and limits

    def admit(self, party: Party, clearing_bank: Party = HUAIYUE, **fields: Any) -> Receipt:
        """A participant comes in, by the registrar and Lanwan's KYC."""
        return self.send(self.admit_draft(party, clearing_bank, **fields).data).expect()

    def admit_draft(
        self,
        party: Party,
        clearing_bank: Party = HUAIYUE,
        signers: Sequence[Signer] | None = None,
        **fields: Any,
    ) -> Draft:
        """As `admit`, not sent."""
        filled = {
            "uscc": party.uscc,
            "roles": int(party.roles),
            "clearingBank": clearing_bank.id,
            "profile": keccak(party.title.encode()),
            "keys": party.keys,
            "registrar": REGISTRAR.id,
            "bank": LANWAN.id,
            **fields,
        }
        everybody: list[Signer] = [REGISTRAR, LANWAN, party.maker, party.checker, party.sole]
        return self.draft("Admit", everybody if signers is None else signers, **filled)

    def limit(self, core: Party, amount: int = LIMIT, expiry: int | None = None, **fields: Any) -> Receipt:
        """The opening limit of a core, by Huaiyue."""
        filled = {
            "core": core.id,
            "amount": amount,
            "expiry": self.now + 365 * DAY if expiry is None else expiry,
            "sequence": self.sequence("SetLimit", {"core": core.id}),
            **fields,
        }
        return self.act("SetLimit", [HUAIYUE], **filled)

    # ---- issue

    def issue(self, core: Party, supplier: Party, face: int = FACE, **fields: Any) -> bytes:
        """A new ticket's id."""
        made = self.issue_draft(core, supplier, face, **fields)
        self.send(made.data).expect()
        return made.made

    def issue_draft(
        self,
        core: Party,
        supplier: Party,
        face: int = FACE,
        signers: Sequence[Signer] | None = None,
        **fields: Any,
    ) -> Draft:
        """As `issue`, not sent. One invoice over the face unless `invoices` are given."""
        invoice = {"fingerprint": self.salt(), "total": face, "amount": face}
        filled = {
            "debtor": core.id,
            "supplier": supplier.id,
            "clearingBank": HUAIYUE.id,
            "face": face,
            "contractualDue": self.contractual_due,
            "due": self.due,
            "transferableUntil": self.transferable_until,
            "grace": GRACE,
            "depth": 10,
            "minimum": MINIMUM,
            "interest": 0,
            "undertaking": keccak("付款承诺函".encode()),
            "invoices": [invoice],
            **fields,
        }
        made = self.draft("Issue", [core, supplier] if signers is None else signers, **filled)
        self.issues[issuance_of(made.made)] = made.message
        return made

    # ---- transfer

    def offer(
        self,
        holder: Party,
        ticket: bytes,
        children: Sequence[tuple[Party, int]],
        pair: bool | None = None,
        signature: bytes = b"",
        **fields: Any,
    ) -> Offer:
        """A holder's signed offer: (receiver, value in fen) for each child."""
        listed = [
            {"to": to.id, "value": value, "trade": self.salt(), "salt": self.salt()} for to, value in children
        ]
        filled = {"ticket": ticket, "version": self.ticket(ticket).version, "children": listed, **fields}
        return Offer(self.domain, self.message("Offer", **filled), holder, pair, signature)

    def transfer(
        self, holder: Party, ticket: bytes, *children: tuple[Party, int], **fields: Any
    ) -> list[bytes]:
        """Children that all their receivers accept, in one transaction; their ids."""
        offer = self.offer(holder, ticket, children, **fields)
        receivers = {to.id: to for to, _ in children}
        self.send(offer.transfer(*(offer.accept(to) for to in receivers.values()))).expect()
        return offer.children

    def withdraw(self, holder: Party, offer: Offer, *indexes: int, **fields: Any) -> Receipt:
        """Children of an offer that shall never take effect."""
        filled = {"ticket": offer.ticket, "offer": offer.digest, "indexes": list(indexes), **fields}
        return self.act("Withdraw", [holder], **filled)

    def withdraw_all(self, holder: Party, ticket: bytes, **fields: Any) -> Receipt:
        """End all offers and lock acts of a ticket."""
        filled = {"ticket": ticket, "version": self.ticket(ticket).version, **fields}
        return self.act("WithdrawAll", [holder], **filled)

    # ---- finance

    def lock(self, holder: Party, ticket: bytes, bank: Party, value: int, **fields: Any) -> bytes:
        """Value under way to a bank; the lock's id."""
        made = self.lock_draft(holder, ticket, bank, value, **fields)
        self.send(made.data).expect()
        return made.made

    def lock_draft(
        self,
        holder: Party,
        ticket: bytes,
        bank: Party,
        value: int,
        signers: Sequence[Signer] | None = None,
        **fields: Any,
    ) -> Draft:
        """As `lock`, not sent. Expires in 5 days unless said otherwise."""
        filled = {
            "ticket": ticket,
            "version": self.ticket(ticket).version,
            "bank": bank.id,
            "value": value,
            "terms": self.salt(),
            "clearingBank": HUAIYUE.id,
            "expiry": self.now + 5 * DAY,
            "selfCertified": bank is HUAIYUE,
            **fields,
        }
        return self.draft("Lock", [holder, bank] if signers is None else signers, **filled)

    def release(self, lock: bytes, signer: Signer = HUAIYUE, **fields: Any) -> Receipt:
        """The clearing bank's receipt for a lock, with what the lock says unless given."""
        filled = {
            "lock": lock,
            "bank": self.read("locks", lock) & (1 << 48) - 1,
            "value": self.ticket(lock).value,
            "ref": self.salt(),
            "registration": self.salt(),
            **fields,
        }
        return self.act("Receipt", [signer], **filled)

    def return_lock(self, lock: bytes) -> Receipt:
        """Anyone returns an expired lock."""
        return self.send(calldata("returnLock", lock)).expect()

    def cancel_lock(self, lock: bytes, holder: Signer, bank: Signer, **fields: Any) -> Receipt:
        """Holder and bank end a lock."""
        return self.act("CancelLock", [holder, bank], lock=lock, **fields)

    # ---- settle

    def fund(self, *legs: tuple[bytes, int], bank: Party = HUAIYUE, **fields: Any) -> Receipt:
        """(any ticket of the issuance, fen) for each leg."""
        listed = [{"issuance": issuance_of(ticket), "amount": amount} for ticket, amount in legs]
        total = sum(amount for _, amount in legs)
        filled = {"bank": bank.id, "ref": self.salt(), "total": total, "legs": listed, **fields}
        return self.act("Fund", [bank], **filled)

    def pay_out(
        self, *lines: tuple[bytes, int], bank: Party = HUAIYUE, paid_at: int | None = None, **fields: Any
    ) -> Receipt:
        """(ticket, fen) for each line, paid just now unless said otherwise."""
        moment = self.now if paid_at is None else paid_at
        listed = [{"ticket": ticket, "amount": amount, "paidAt": moment} for ticket, amount in lines]
        filled = {"bank": bank.id, "ref": self.salt(), "lines": listed, **fields}
        return self.act("PayOut", [bank], **filled)

    def report_overdue(self, ticket: bytes) -> Receipt:
        """Anyone reports an issuance that is due, past grace and short of face."""
        return self.send(calldata("reportOverdue", issuance_of(ticket))).expect()

    # ---- freeze and void

    def freeze(
        self, ticket: bytes, order: bytes, amount: int, end: int | None = None, **fields: Any
    ) -> Receipt:
        """An order over an amount, for 90 days unless said otherwise."""
        last = self.now + 90 * DAY if end is None else end
        return self.panel("Freeze", ticket=ticket, order=order, amount=amount, end=last, **fields)

    def unfreeze(self, ticket: bytes, order: bytes, **fields: Any) -> Receipt:
        """An order is lifted."""
        return self.panel("Unfreeze", ticket=ticket, order=order, **fields)

    def void(self, core: Party, holder: Party, *tickets: bytes, **fields: Any) -> Receipt:
        """Core and sole holder unmake the issuance of these tickets."""
        issuance = issuance_of(tickets[0])
        filled = {"issuance": issuance, "tickets": sorted(tickets), "issue": self.issues[issuance], **fields}
        return self.act("Void", [core, holder], **filled)


def seeds(parties: Sequence[Party] = SEEDS) -> list[dict[str, Any]]:
    """The constructor's participants; Huaiyue names Lanwan, everybody else Huaiyue."""
    return [
        {
            "uscc": party.uscc,
            "roles": int(party.roles),
            "clearingBank": LANWAN.id if Role.CLEARING_BANK in party.roles else HUAIYUE.id,
            "profile": keccak(party.title.encode()),
            "keys": party.keys,
        }
        for party in parties
    ]


def deploy(evm: Evm, **given: Any) -> World:
    """A new deployment. `given` replaces constructor arguments by name. Raises Reverted."""
    known = getattr(evm, "libraries", None) or {n: evm.deploy(abi.linked(n, {})) for n in abi.library_names()}
    evm.libraries = known  # type: ignore[attr-defined]
    values = {
        "seeds": seeds(),
        "members": [party.id for party in PANEL],
        "threshold": THRESHOLD,
        "months": 6,
        "predecessor": "0x" + "00" * 20,
        **given,
    }
    (constructor,) = [e for e in artifact("GoldTicket")["abi"] if e["type"] == "constructor"]
    arguments = abi.encode(constructor["inputs"], [values[i["name"]] for i in constructor["inputs"]])
    outcome = evm.create(abi.linked("GoldTicket", known) + arguments)
    if not outcome.ok:
        raise decode_error(outcome.output)
    world = World(evm, outcome.created, known)
    world.history += [decode_log(log) for log in outcome.logs]
    return world


def ready_world() -> World:
    """Everybody of FACTS admitted, both cores with a limit. About a tenth of a second."""
    return furnish(deploy(Evm(timestamp=OPENED, number=100)))


def furnish(world: World) -> World:
    """Everybody comes in, and both cores get a limit."""
    for party in ADMITTED:
        world.admit(party)
    for core in ADMITTED[:2]:
        world.limit(core)
    return world


__all__ = ["DAY", "DUE", "FACE", "OPENED", "Reverted", "World", "at", "child_of", "deploy", "ready_world"]
