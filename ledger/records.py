"""What the book keeps, as plain records: one frozen dataclass for each table, one field for each column.

`KEY` marks the primary key, `INDEXED` what is searched by. Types: int (fits 64 bits), Fen (up to 2^96 - 1),
bytes, str, bool, dict and list (JSON), `| None` where empty is meaningful. Times in UTC seconds.

The **projection** comes from the chain's events alone and can be deleted and rebuilt at will. The **journal** is
irreplaceable: what people drafted, signed, uploaded and were answered. Nothing in the projection refers to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ledger.money import Fen

Json = dict[str, Any]


KEY = {"key": True}
"""Metadata of a field: part of the primary key."""
INDEXED = {"index": True}
"""Metadata of a field: searched by."""
WITHIN_STATE = {"within": ("state",)}
"""Metadata of a field: its order among records of one state is asked for."""
WITHIN_PARTY = {"within": ("party",)}
"""Metadata of a field: its order, or one of its values, among what is one party's is asked for."""
WITHIN_KIND = {"within": ("kind",)}
"""Metadata of a field: its order among records of one kind is asked for."""
UNTIL_SO_BY_PARTY = {"until": ("party",)}
"""Metadata of a field that becomes true once: a party's records are asked for as long as it is not."""
UNTIL_SO_BY_TICKET = {"until": ("ticket",)}
"""Metadata of a field that becomes true once: what belongs to one ticket is asked for as long as it is not."""
WITHIN_ISSUANCE = {"within": ("issuance",)}
"""Metadata of a field: one of its values among what belongs to one issuance is asked for."""
WITHIN_UNDERTAKING = {"within": ("undertaking",)}
"""Metadata of a field: one of its values among what names one undertaking is asked for."""
WITHIN_PAID = {"within": ("bank", "party")}
"""Metadata of a field: one of its values among what one bank pays, or is paid to one party, is asked for."""
WITHIN_PAYERS = {"within": ("debtor", "clearing_bank")}
"""Metadata of a field: its order among what one core owes, or one clearing bank pays, is asked for."""


# ---- projection -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cursor:
    """How far the projection has come: the last block taken in. `id` is always 1."""

    id: int = field(metadata=KEY)
    block: int = 0
    hash: bytes = b""
    time: int = 0


@dataclass(frozen=True)
class Log:
    """One event, as it came. `args`: bytes as 0x hex, integers as decimal strings. `subject`: the ticket,
    issuance (16 bytes, padded to 32) or b"" that it is about."""

    block: int = field(metadata=KEY)
    log: int = field(metadata=KEY)
    name: str = field()
    args: Json = field()
    tx: bytes = field()
    time: int = field()
    subject: bytes = field(metadata=INDEXED)


@dataclass(frozen=True)
class Governance:
    """The panel, the tenor policy, the stops. `id` is always 1."""

    id: int = field(metadata=KEY)
    members: list[int] = field(default_factory=list)
    threshold: int = 0
    sequence: int = 0
    months: int = 0
    next_months: int = 0
    next_from: int = 0
    stopped_stages: int = 0
    stopped_until: int = 0
    stop_free_from: int = 0
    closed: bool = False


@dataclass(frozen=True)
class Participant:
    """An admitted legal person. `roles`: bits, see `participants.Role`."""

    id: int = field(metadata=KEY)
    uscc: str = field(metadata=INDEXED)
    roles: int = field()
    clearing_bank: int = field()
    profile: bytes = field()
    sequence: int = 0
    suspended_until: int = 0
    suspended_by_panel: bool = False
    suspension_free_from: int = 0
    suspension_sequence: int = 0


@dataclass(frozen=True)
class SignerKey:
    """A key and its participant, for ever. `right`: 0 none, 1 maker, 2 checker, 3 sole; `pending`: the right
    that a running recovery would give."""

    address: str = field(metadata=KEY)
    party: int = field(metadata=INDEXED)
    right: int = 0
    pending: int = 0


@dataclass(frozen=True)
class Recovery:
    """A running recovery of a participant's keys."""

    party: int = field(metadata=KEY)
    digest: bytes = field()
    ready_at: int = field()


@dataclass(frozen=True)
class Opening:
    """A core's opening limit and its halts. `overdue`: issuances reported and not cured."""

    core: int = field(metadata=KEY)
    limit: Fen = Fen(0)
    used: Fen = Fen(0)
    expiry: int = 0
    sequence: int = 0
    overdue: int = 0
    halted: bool = False


@dataclass(frozen=True)
class Issuance:
    """One debt of a core. `id`: 16 bytes; `number`: counted from 1 in order of the chain."""

    id: bytes = field(metadata=KEY)
    number: int = field(metadata=INDEXED)
    digest: bytes = field()
    debtor: int = field(metadata=WITHIN_UNDERTAKING)
    supplier: int = field(metadata=INDEXED)
    clearing_bank: int = field()
    face: Fen = field()
    contractual_due: int = field()
    due: int = field(metadata=WITHIN_PAYERS)
    transferable_until: int = field()
    grace: int = field()
    depth: int = field()
    minimum: int = field()
    interest: int = field()
    undertaking: bytes = field()
    issued_at: int = field()
    paid: Fen = Fen(0)
    funded: bool = False
    void: bool = False
    reported: bool = False
    waived_until: int = 0
    sequence: int = 0


@dataclass(frozen=True)
class Ticket:
    """A ticket word: a ticket, a lock or a tombstone. `path`: places among siblings from the root on, "" for the
    root, "2-1" for the first child of the second child. `children`: how many words came out of it.
    `tier`: 1 for the first supplier."""

    id: bytes = field(metadata=KEY | WITHIN_PARTY)
    issuance: bytes = field()
    parent: bytes | None = field()
    party: int = field()
    value: Fen = field()
    depth: int = field()
    path: str = field(metadata=WITHIN_ISSUANCE)
    tier: int = field()
    created_at: int = field()
    version: int = 0
    locked: bool = False
    withdrawn: bool = False
    returned: bool = False
    ordered: bool = False
    taken: Fen = Fen(0)
    order_sequence: int = 0
    children: int = 0


@dataclass(frozen=True)
class Lock:
    """Value on its way to a bank. `state`: locked, released, returned, cancelled."""

    id: bytes = field(metadata=KEY)
    parent: bytes = field(metadata=INDEXED)
    bank: int = field(metadata=INDEXED)
    clearing_bank: int = field(metadata=INDEXED)
    value: Fen = field()
    expiry: int = field()
    terms: bytes = field()
    state: str = "locked"
    ref: bytes = b""
    registration: bytes = b""


@dataclass(frozen=True)
class Order:
    """A court's order on a ticket; `slot` 0 to 3."""

    ticket: bytes = field(metadata=KEY)
    slot: int = field(metadata=KEY)
    number: bytes = field()
    amount: Fen = field()
    start: int = field()
    end: int = field()


@dataclass(frozen=True)
class Evidence:
    """How much of an invoice (by debtor and fingerprint) is used."""

    key: bytes = field(metadata=KEY)
    used: Fen = Fen(0)
    total: Fen = Fen(0)


@dataclass(frozen=True)
class Funding:
    """One leg of a funding: money of a core that reached the clearing bank."""

    block: int = field(metadata=KEY)
    log: int = field(metadata=KEY)
    issuance: bytes = field(metadata=INDEXED)
    bank: int = field()
    ref: bytes = field(metadata=INDEXED)
    amount: Fen = field()
    at: int = field()


@dataclass(frozen=True)
class Payment:
    """One line that was really paid to a holder."""

    block: int = field(metadata=KEY)
    log: int = field(metadata=KEY)
    ticket: bytes = field(metadata=INDEXED)
    party: int = field(metadata=INDEXED)
    bank: int = field()
    ref: bytes = field(metadata=INDEXED)
    amount: Fen = field()
    paid_at: int = field()


@dataclass(frozen=True)
class Replacement:
    """A running change of an issuance's clearing bank."""

    issuance: bytes = field(metadata=KEY)
    digest: bytes = field()
    bank: int = field()
    ready_at: int = field()


# ---- journal ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class User:
    """A person of a participant. `key_hash`: SHA-256 of the API key's secret half; `address`: the person's own
    signing key ("" for a viewer)."""

    id: str = field(metadata=KEY)
    party: int = field(metadata=INDEXED)
    name: str = field()
    scopes: list[str] = field()
    key_hash: bytes = field()
    address: str = field(metadata=INDEXED)
    created_at: int = field()
    revoked_at: int = 0


@dataclass(frozen=True)
class Profile:
    """A participant's file, each version by its hash: the hash is what stands on chain."""

    hash: bytes = field(metadata=KEY)
    uscc: str = field(metadata=INDEXED)
    data: Json = field()
    salt: bytes = field()
    created_at: int = field()


@dataclass(frozen=True)
class Act:
    """A typed instruction. `id`: its EIP-712 digest; `message`: its fields as JSON; `extra`: what belongs to it and is
    not signed (texts for people, trade evidence, another act's message that the contract needs);
    `subject`: what it is about (ticket, padded issuance or party); `deadline`: its last second."""

    id: bytes = field(metadata=KEY)
    kind: str = field()
    message: Json = field()
    extra: Json = field()
    party: int = field()
    user: str = field()
    subject: bytes = field(metadata=INDEXED)
    created_at: int = field(metadata=INDEXED | WITHIN_KIND)
    deadline: int = field()


@dataclass(frozen=True)
class Leg:
    """What takes effect by itself: a child of an offer, or the whole of any other act (`id` is then the act's).
    `state`: an `acts.State`. `party`: the receiver, 0 where there is none. `reason`: {code, message, by} of a
    rejection or refusal. `queue`: its place in the order in which legs became complete, 0 before."""

    id: bytes = field(metadata=KEY | WITHIN_PARTY)
    act: bytes = field(metadata=INDEXED)
    place: int = field()
    party: int = field()
    value: Fen = field()
    state: str = field()
    reason: Json = field()
    deadline: int = field(metadata=WITHIN_STATE)
    changed_at: int = field(metadata=INDEXED)
    queue: int = field(default=0, metadata=INDEXED | WITHIN_STATE)


@dataclass(frozen=True)
class Seat:
    """Who has to sign what. `leg` b"" for the act as a whole. `kind`: party, key or panel. `digest`: what is signed."""

    act: bytes = field(metadata=KEY)
    place: int = field(metadata=KEY)
    leg: bytes = field()
    kind: str = field()
    party: int = field()
    address: str = field()
    digest: bytes = field()
    done: bool = field(default=False, metadata=UNTIL_SO_BY_PARTY)


@dataclass(frozen=True)
class Signature:
    """64 bytes (EIP-2098) of one key for one seat. `user` "" when it came from outside without one."""

    act: bytes = field(metadata=KEY)
    place: int = field(metadata=KEY)
    address: str = field(metadata=KEY)
    right: int = field()
    signature: bytes = field()
    user: str = field()
    at: int = field()


@dataclass(frozen=True)
class Reservation:
    """Value of a ticket on offer. It ends when the leg is final, withdrawn on chain, or past its deadline there."""

    leg: bytes = field(metadata=KEY)
    ticket: bytes = field()
    value: Fen = field()
    until: int = field()
    ended: bool = field(default=False, metadata=UNTIL_SO_BY_TICKET)


@dataclass(frozen=True)
class Transaction:
    """A transaction of a relayer, saved before it is sent. `legs`: hex leg ids by position, each a list.
    `kind`: relay, or fill for one that does nothing but use up its nonce. `state`: sent; mined or failed (its block is
    known); given-up (no node takes it, another one has its nonce);
    replaced (that other one is mined). `gas`: used, 0 where nobody asked for it."""

    hash: bytes = field(metadata=KEY)
    relayer: str = field(metadata=INDEXED)
    nonce: int = field()
    legs: list[Any] = field()
    state: str = field(metadata=INDEXED)
    block: int = field(default=0, metadata=INDEXED)
    gas: int = 0
    created_at: int = 0
    kind: str = "relay"


@dataclass(frozen=True)
class SignedBytes:
    """The signed transaction itself, which is sent again and again until it is mined: apart, because it is long."""

    hash: bytes = field(metadata=KEY)
    raw: bytes = field()


@dataclass(frozen=True)
class Lease:
    """What only one process may do at a time. `name`: a relayer's address, or "watch". `owner`: the process; `until`:
    to be taken over after this second; `fence`: counts the owners, so that a late one is found out; `nonce`: of a
    relayer, the next one, -1 while it has sent nothing."""

    name: str = field(metadata=KEY)
    owner: str = field()
    until: int = field()
    fence: int = field()
    nonce: int = -1


@dataclass(frozen=True)
class Checkpoint:
    """A block that the watcher has taken in, to find out how much a node has lost."""

    block: int = field(metadata=KEY)
    hash: bytes = field()


@dataclass(frozen=True)
class Answer:
    """What a request with an Idempotency-Key was answered. `scope`: API key id and route."""

    scope: str = field(metadata=KEY)
    key: str = field(metadata=KEY)
    body_hash: bytes = field()
    status: int = field()
    body: str = field()
    at: int = field(metadata=INDEXED)


@dataclass(frozen=True)
class Audit:
    """Who did what, in order."""

    id: str = field(metadata=KEY)
    at: int = field(metadata=INDEXED)
    user: str = field()
    party: int = field(metadata=INDEXED)
    action: str = field()
    subject: str = field()
    detail: Json = field()


@dataclass(frozen=True)
class StoredDocument:
    """A rendered document by its hash. `parties`: who may read it."""

    hash: bytes = field(metadata=KEY)
    kind: str = field()
    media_type: str = field()
    body: bytes = field()
    parties: list[int] = field()
    created_at: int = field()


@dataclass(frozen=True)
class PayableRow:
    """One imported payable of a core. `fields`: as `payables.Payable` has them, JSON; `act`: the issue act that
    uses it, b"" while free."""

    core: str = field(metadata=KEY)
    supplier: str = field(metadata=KEY)
    invoice: str = field(metadata=KEY)
    amount: Fen = field()
    due: str = field()
    fields: Json = field()
    imported_at: int = field()
    act: bytes = field(default=b"", metadata=INDEXED)


@dataclass(frozen=True)
class FinanceRequest:
    """A holder asks banks to buy value of a ticket. `state`: open, chosen, closed."""

    id: str = field(metadata=KEY)
    ticket: bytes = field(metadata=INDEXED)
    party: int = field(metadata=INDEXED)
    value: Fen = field()
    banks: list[int] = field()
    state: str = field()
    until: int = field()
    created_at: int = field()
    act: bytes = b""


@dataclass(frozen=True)
class Quote:
    """A bank's price for a request. Rates in basis points; `bearer`: who bears the interest, holder or core."""

    id: str = field(metadata=KEY)
    request: str = field(metadata=INDEXED)
    bank: int = field(metadata=INDEXED)
    rate: int = field()
    fee: Fen = field()
    days: int = field()
    interest: Fen = field()
    net: Fen = field()
    all_in: int = field()
    bearer: str = field()
    money_on: str = field()
    valid_until: int = field()
    registration: str = field()
    state: str = "offered"


@dataclass(frozen=True)
class ClearingList:
    """A clearing list (清分表) of one bank for one payment date. `lines`: as `clearing` has them, JSON."""

    hash: bytes = field(metadata=KEY)
    bank: int = field(metadata=INDEXED)
    date: str = field(metadata=INDEXED)
    lines: list[Any] = field()
    total: Fen = field()
    created_at: int = field()


@dataclass(frozen=True)
class ReturnedLine:
    """A line that the bank could not pay (退汇), with the reason; `ended` once it was paid later. `party`: the ticket's
    holder, 0 where an earlier version did not note it."""

    ref: bytes = field(metadata=KEY)
    ticket: bytes = field(metadata=KEY | INDEXED)
    bank: int = field()
    amount: Fen = field()
    reason: str = field()
    at: int = field()
    party: int = 0
    ended: bool = field(default=False, metadata=WITHIN_PAID)


PROJECTION: tuple[type, ...] = (
    Cursor,
    Log,
    Governance,
    Participant,
    SignerKey,
    Recovery,
    Opening,
    Issuance,
    Ticket,
    Lock,
    Order,
    Evidence,
    Funding,
    Payment,
    Replacement,
)
JOURNAL: tuple[type, ...] = (
    User,
    Profile,
    Act,
    Leg,
    Seat,
    Signature,
    Reservation,
    Transaction,
    SignedBytes,
    Lease,
    Checkpoint,
    Answer,
    Audit,
    StoredDocument,
    PayableRow,
    FinanceRequest,
    Quote,
    ClearingList,
    ReturnedLine,
)
