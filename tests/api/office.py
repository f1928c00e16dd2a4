"""The API over a book in memory: everybody admitted, each with people, API keys and signing keys."""

from __future__ import annotations

import asyncio
import atexit
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI

from api.main import create_app
from ledger import kinds, outcome
from ledger.addresses import parse_address
from ledger.clearing import PayeeAccount
from ledger.clock import ManualClock
from ledger.errors import Unavailable
from ledger.events import Event
from ledger.ids import keccak256, to_hex
from ledger.money import Fen
from ledger.participants_file import Contact, ParticipantFile
from ledger.ports import Block, Book
from ledger.records import Cursor, Governance, Issuance, Opening, Participant, SignerKey, Ticket
from ledger.service import Service
from ledger.signatures import HeldKeys
from ledger.typed import Domain
from ledger.users import create_user
from tests.support.actors import (
    ADMITTED,
    HUAIYUE,
    PANEL,
    SEEDS,
    THRESHOLD,
    Party,
    Role,
)
from tests.support.terms import CONTRACTUAL_DUE, DUE, FACE, GRACE, MINIMUM, OPENED, TRANSFERABLE_UNTIL

ALL = (*SEEDS, *ADMITTED)
DOMAIN = Domain(1337, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", keccak256(b"deployment"))
SIZES = {Role.SUPPLIER: "small"}


@dataclass
class QuietChain:
    """A chain that only says how high it is."""

    domain: Domain
    height: int = 7
    down: bool = False

    def head(self) -> Block:
        if self.down:
            raise Unavailable("No node answers; start one.")
        return Block(self.height, bytes(32), bytes(32), OPENED)


@dataclass
class TestApp:
    """What the API needs of the wiring."""

    __test__ = False

    book: Book
    chain: Any
    service: Service
    keystore: Any
    settings: Any = None
    consortium_key: bytes = bytes(range(32))
    woken: int = 0
    failure: str = ""

    left: tuple[str, ...] = ()
    filling: tuple[int, int] | None = None

    def notes(self) -> list[str]:
        return list(self.left)

    def behind(self) -> tuple[int, int] | None:
        return self.filling

    def wake(self) -> None:
        self.woken += 1


_RUNNER = asyncio.Runner()
atexit.register(_RUNNER.close)


@cache
def _api() -> FastAPI:
    """Made once, since its routes take longer to lay than a test takes to run."""
    return create_app(None)  # type: ignore[arg-type]


class Client:
    """Requests in this process; an exception inside becomes the answer that a client would get."""

    def __init__(self, app: TestApp) -> None:
        self.app = app
        transport = httpx.ASGITransport(_api(), raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://gold.ticket")

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        _api().state.app = self.app
        return _RUNNER.run(self._client.request(method, path, **more))

    def together(self, *requests: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
        """Several requests at one time."""
        _api().state.app = self.app

        async def run() -> list[httpx.Response]:
            return await asyncio.gather(*(self._client.request(m, p, **more) for m, p, more in requests))

        return _RUNNER.run(run())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


@dataclass
class Person:
    """Somebody of a participant: user id, API key, signing key."""

    party: Party
    id: str
    key: str
    address: str


@dataclass
class Office:
    """`now` stands until `clock` is moved."""

    book: Book
    clock: ManualClock = field(default_factory=lambda: ManualClock(OPENED))
    people: dict[tuple[str, str], Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self.chain = QuietChain(DOMAIN)
        keys = HeldKeys(
            *(_secret(key.name) for party in ALL for key in (party.maker, party.checker, party.sole))
        )
        self.app = TestApp(self.book, self.chain, Service(DOMAIN, keys, self.clock), keys)
        self.book.write(self._admit)
        self.client = Client(self.app)

    def _admit(self, store: Any) -> None:
        members = sorted(party.id for party in PANEL)
        store.put(Governance(1, members=members, threshold=THRESHOLD, months=6))
        store.put(Cursor(1, 7, bytes(32), OPENED))
        for party in ALL:
            profile = file_of(party).profile(OPENED, keccak256(party.uscc.encode()))
            store.put(profile)
            store.put(Participant(party.id, party.uscc, int(party.roles), HUAIYUE.id, profile.hash))
            for key, right in ((party.maker, 1), (party.checker, 2), (party.sole, 3)):
                store.put(SignerKey(parse_address(key.address), party.id, right))
            if party.roles & Role.CORE:
                store.put(Opening(party.id, Fen(100_000_000_000), expiry=DUE))
            self._hire(store, party)

    def _hire(self, store: Any, party: Party) -> None:
        wanted = {
            "maker": (["maker"], party.maker),
            "checker": (["checker"], party.checker),
            "sole": (["maker", "checker"], party.sole),
            "viewer": (["viewer"], None),
        }
        for role, (scopes, key) in wanted.items():
            address = parse_address(key.address) if key else ""
            user, api_key = create_user(store, party.id, f"{party.title} {role}", scopes, address, OPENED)
            self.people[party.name, role] = Person(party, user.id, api_key, address)

    # ---- requests

    def get(self, who: Party | Person | None, path: str, **params: Any) -> httpx.Response:
        return self.client.get(f"/v1{path}", params=params, headers=self._headers(who))

    def post(
        self,
        who: Party | Person | None,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        files: Any = None,
        data: Any = None,
    ) -> httpx.Response:
        headers = {**self._headers(who), "Idempotency-Key": key or f"request-{next(self._numbers)}"}
        if files is not None:
            return self.client.post(f"/v1{path}", headers=headers, files=files, data=data)
        return self.client.post(f"/v1{path}", headers=headers, json={} if body is None else body)

    def person_of(self, name: str, role: str) -> Person:
        return self.people[name, role]

    def person(self, party: Party, role: str = "sole") -> Person:
        return self.people[party.name, role]

    def _headers(self, who: Party | Person | None) -> dict[str, str]:
        if who is None:
            return {}
        person = self.person(who) if isinstance(who, Party) else who
        return {"Authorization": f"Bearer {person.key}"}

    # ---- the projection, as events would have made it

    def put(self, *records: object) -> None:
        def work(store: Any) -> None:
            for record in records:
                store.put(record)

        self.book.write(work)

    def read(self, work: Callable[[Any], Any]) -> Any:
        return self.book.read(work)

    def happened(self, name: str, **args: Any) -> None:
        """One event of the chain, now."""
        event = Event(name, args, 8, bytes(32), next(self._numbers), self.clock.now())

        def work(store: Any) -> None:
            kinds.apply(event, store)
            outcome.apply(event, store)

        self.book.write(work)

    def offered(self, holder: Party, ticket: bytes, *children: tuple[Party, int]) -> Any:
        """An offer with trade evidence that its holder has signed; as the holder sees it."""
        answer = self.post(holder, f"/acts/{self.drafted(holder, ticket, *children)['id']}/sign")
        assert answer.status_code == 201, answer.text
        return answer.json()

    def drafted(self, holder: Party, ticket: bytes, *children: tuple[Party, int]) -> Any:
        """An offer that nobody has signed yet."""
        body = {"ticket": to_hex(ticket), "children": [child(holder, to, value) for to, value in children]}
        answer = self.post(holder, "/offers", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def issued(
        self, debtor: Party, supplier: Party, *, number: int = 1, face: int = FACE, **fields: Any
    ) -> Ticket:
        """An issuance that is final, and its root ticket."""
        id_ = keccak256(f"issuance {number}".encode())[:16]
        issuance = Issuance(
            id=id_,
            number=number,
            digest=id_ + bytes(16),
            debtor=debtor.id,
            supplier=supplier.id,
            clearing_bank=HUAIYUE.id,
            face=Fen(face),
            contractual_due=CONTRACTUAL_DUE,
            due=DUE,
            transferable_until=TRANSFERABLE_UNTIL,
            grace=GRACE,
            depth=10,
            minimum=MINIMUM,
            interest=0,
            undertaking=keccak256(b"undertaking"),
            issued_at=OPENED,
        )
        root = Ticket(
            id=id_ + bytes(16),
            issuance=id_,
            parent=None,
            party=supplier.id,
            value=Fen(face),
            depth=10,
            path="",
            tier=1,
            created_at=OPENED,
        )
        self.put(replace(issuance, **fields), root)
        return root


def child(holder: Party, to: Party, value: int, contract: str = "HT-2026-0311") -> dict[str, Any]:
    """A child of an offer with an invoice that carries it."""
    invoice = {
        "number": "26340000000098765432",
        "amount": str(value),
        "seller": to.uscc,
        "buyer": holder.uscc,
    }
    return {"to": to.id, "value": str(value), "trade": {"contract": contract, "invoice": invoice}}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer, which must be this one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert body["status"] == status
    assert body["detail"]
    return body


def file_of(party: Party) -> ParticipantFile:
    """A file that is in order."""
    return ParticipantFile(
        name=party.title,
        uscc=party.uscc,
        size="small" if party.roles & Role.SUPPLIER else "large",
        industry="C33",
        group_parent="",
        account=PayeeAccount(party.title, "淮岳银行合肥分行", f"6222{party.id:012d}", "102361000018"),
        contact=Contact("王会计", "0551-62880000"),
    )


def _secret(name: str) -> bytes:
    return keccak256(f"gold ticket development key: {name}".encode())
