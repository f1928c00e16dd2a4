"""ISSUE and TRANSFER: random acts that are right, as far as the state allows."""

from __future__ import annotations

from typing import Any

from ledger import typed
from ledger.typed import Domain
from tests.model.hand import Hand
from tests.model.participants import CLEARING_BANK, CORE, DAY, SUPPLIER
from tests.model.reference import ROOT
from tests.model.steps import Accept, Step
from tests.support.drafts import child_of

LARGEST = (1 << 96) - 1
FACES = (7, 100, 999, 10_000, 1_234_567, 80_000_000, 500_000_000)
"""In fen; the small ones for rounding."""


class Table:
    """What was dealt before on one ledger: issue messages by issuance, offers (and locks) that were signed, tickets
    that may come to be."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.issues: dict[bytes, dict[str, Any]] = {}
        self.offers: list[Step] = []
        self.future: list[tuple[bytes, int, int]] = []
        """(id, who will own it, value) of tickets that acts under way would make."""

    def keep(self, step: Step) -> None:
        """Remember what was signed."""
        digest = step.digest(self.domain)
        if step.kind == "issue":
            self.issues[digest[:16]] = step.message
        if step.kind in ("transfer", "lock"):
            self.offers = [*self.offers[-20:], step]
        self.future = [*self.future[-20:], *future_of(step, digest)]


def issue(hand: Hand, table: Table) -> Step | None:
    """A debt of a core."""
    debtor, bank = hand.one(hand.with_role(CORE)), hand.one(hand.with_role(CLEARING_BANK))
    supplier = hand.one(hand.with_role(SUPPLIER, debtor))
    face = hand.one(FACES) + hand.up_to(50, 0)
    contractual = hand.now + hand.up_to(hand.one((3, 30, 30, 60, 170)) * DAY)
    due = contractual + hand.one((0, 0, DAY, 3 * DAY, 15 * DAY))
    until = max(due - hand.one((0, 0, DAY, 3 * DAY, hand.up_to(30 * DAY))), hand.now + 1)
    return hand.step(
        "issue",
        [hand.seal(debtor), hand.seal(supplier)],
        debtor=debtor,
        supplier=supplier,
        clearingBank=bank,
        face=face,
        contractualDue=contractual,
        due=due,
        transferableUntil=until,
        grace=hand.one((0, DAY, 3 * DAY, 60 * DAY)),
        depth=hand.one((0, 1, 2, 3, 5, 10, 50)),
        minimum=min(hand.one((0, 0, 1, 2, 4)), len(str(face)) - 1),
        interest=hand.up_to(1, 0),
        undertaking=hand.salt(),
        invoices=_invoices(hand, debtor, face),
    )


def _invoices(hand: Hand, debtor: int, face: int) -> list[dict[str, Any]]:
    """Up to three, among them what is left of one that was used before."""
    found = []
    uscc = hand.model.participants[debtor].uscc
    before = [(key, *counted) for key, counted in hand.model.evidence.items() if key[0] == uscc]
    if before and hand.chance(0.4):
        (_, fingerprint), used, total = hand.one(before)
        amount = min(total - used, face)
        if amount > 0:
            total = min(total + hand.chance(0.05), LARGEST)
            found.append({"fingerprint": fingerprint, "total": total, "amount": amount})
            face -= amount
    while face:
        amount = face if hand.chance(0.6) or len(found) == 3 else hand.up_to(face)
        total = amount * hand.one((1, 1, 2))
        found.append({"fingerprint": hand.salt(), "total": total, "amount": amount})
        face -= amount
    return found


def withdrawIssue(hand: Hand, table: Table) -> Step | None:
    """Of an issue act that took effect, or that lies ready."""
    if not table.issues:
        return None
    waiting = [id for id in list(table.issues)[-8:] if id not in hand.model.issuances]
    id = hand.one(waiting if waiting and hand.chance(0.6) else list(table.issues))
    message = table.issues[id]
    return Step(
        "withdrawIssue",
        hand.message("WithdrawIssue", issue=typed.digest(table.domain, "Issue", message)),
        [hand.seal(message["debtor"])],
        carried=message,
        on=hand.on,
    )


def voidIssuance(hand: Hand, table: Table) -> Step | None:
    """Of an issuance that nobody has paid for; best one with a single holder."""
    model = hand.model
    known = [id for id, i in model.issuances.items() if id in table.issues and not i.void and not i.paid]
    id = hand.one(known) if known and hand.chance(0.9) else hand.one(list(table.issues))
    if id is None:
        return None
    holders: dict[int, list[bytes]] = {}
    for word, t in model.tickets.items():
        if word[:16] == id and t.party:
            holders.setdefault(t.party, []).append(word)
    held = {h: sum(model.tickets[word].value for word in words) for h, words in holders.items()}
    holder = max(held, key=lambda h: held[h], default=table.issues[id]["supplier"])
    mine = holders.get(holder, [])
    words = sorted(word for word in mine if hand.chance(0.5) or model.tickets[word].value)
    seals = [hand.seal(table.issues[id]["debtor"]), hand.seal(holder)]
    step = hand.step("voidIssuance", seals, issuance=id, tickets=words)
    step.carried = table.issues[id]
    return step


# ---- transfer


def transfer(hand: Hand, table: Table) -> Step | None:
    """A new offer, with those of its children that are accepted at once."""
    if table.future and hand.chance(0.05):
        id, holder, value = hand.one(table.future)
        minimum, version, debtor = 1, 0, 0
    else:
        found = hand.movable(depth=1) or hand.movable()
        if found is None:
            return None
        id, t, i = found, hand.model.tickets[found], hand.model.issuances[found[:16]]
        held = hand.model._held(t, hand.now)
        holder, version, debtor, value, minimum = t.party, t.version, i.debtor, t.value - held, i.minimum
    children = _children(hand, value, minimum, hand.with_role(SUPPLIER, holder, debtor))
    if not children:
        return None
    step = hand.step("transfer", [hand.seal(holder)], ticket=id, version=version, children=children)
    step.accepts = _accepts(hand, step, holder, 0.75)
    return step


def _children(hand: Hand, value: int, minimum: int, receivers: list[int]) -> list[dict[str, Any]]:
    children: list[dict[str, Any]] = []
    count = 12 if hand.chance(0.02) else hand.up_to(4)
    while receivers and len(children) < count and (value > 0 or not children):
        amount = hand.value_of(value, minimum)
        trade, salt = hand.salt(), hand.salt()
        children.append({"to": hand.one(receivers), "value": amount, "trade": trade, "salt": salt})
        value -= amount
    return children


def _accepts(hand: Hand, offer: Step, sender: int, share: float) -> list[Accept]:
    """Each receiver signs for its own children, mostly for all of them at once."""
    places: dict[int, list[int]] = {}
    surely = hand.up_to(len(offer.message["children"])) - 1
    for place, child in enumerate(offer.message["children"]):
        if place == surely or hand.chance(share):
            places.setdefault(child["to"], []).append(place)
    accepts = []
    for to, mine in places.items():
        parts = [mine] if hand.chance(0.8) else [[place] for place in mine]
        accepts += [Accept(to, part, hand.seal(to), sender) for part in parts]
    return accepts


def accept(hand: Hand, table: Table) -> Step | None:
    """Further children of an offer that was signed before, or the same once more."""
    offers = [offer for offer in table.offers if offer.kind == "transfer"]
    alive = [offer for offer in offers if _alive(hand, offer)]
    offers = alive if alive and hand.chance(0.9) else offers
    if not offers:
        return None
    offer = hand.one(offers)
    t = hand.model.tickets.get(offer.message["ticket"])
    step = Step("transfer", offer.message, offer.seals, on=hand.on)
    step.accepts = _accepts(hand, step, t.party if t else 0, 0.5)
    return step


def _alive(hand: Hand, offer: Step) -> bool:
    """Whether children of it may still take effect."""
    t = hand.model.tickets.get(offer.message["ticket"])
    i = hand.model.issuances.get(offer.message["ticket"][:16])
    if t is None or i is None or offer.message["deadline"] < hand.now:
        return False
    return bool(t.version == offer.message["version"] and i.paid < i.face and hand.now < i.until and t.value)


def withdraw(hand: Hand, table: Table) -> Step | None:
    """Some children of an offer."""
    if not table.offers:
        return None
    waiting = [offer for offer in table.offers if not _begun(hand, table, offer)]
    offer = hand.one(waiting if waiting and hand.chance(0.6) else table.offers)
    ticket = offer.message["ticket"]
    t = hand.model.tickets.get(ticket)
    places = list(range(len(offer.message.get("children", [0]))))
    digest = offer.digest(table.domain)
    seals = [hand.seal(t.party if t else 0)]
    return hand.step("withdraw", seals, ticket=ticket, offer=digest, indexes=hand.some(places, 4))


def _begun(hand: Hand, table: Table, offer: Step) -> bool:
    return any(id in hand.model.tickets for id in offer.made(table.domain))


def withdrawAll(hand: Hand, table: Table) -> Step | None:
    """All offers of a ticket."""
    id = hand.movable() if hand.chance(0.7) else hand.one(hand.tickets(lambda *_: True))
    if id is None:
        return None
    t = hand.model.tickets[id]
    return hand.step("withdrawAll", [hand.seal(t.party)], ticket=id, version=t.version)


def future_of(step: Step, digest: bytes) -> list[tuple[bytes, int, int]]:
    """Tickets that a step which is not sent yet would make."""
    if step.kind == "issue":
        return [(digest[:16] + ROOT, step.message["supplier"], step.message["face"])]
    if step.kind == "transfer":
        parent, children = step.message["ticket"], step.message["children"]
        return [(child_of(parent, digest, n), c["to"], c["value"]) for n, c in enumerate(children)]
    return []
