"""The API over a whole gateway in this process: what is signed is carried out by the contract, at once."""

from __future__ import annotations

import itertools
from typing import Any

import httpx

from ledger.addresses import parse_address
from ledger.ids import to_hex
from ledger.participants_file import ParticipantFile
from ledger.records import Participant, Profile
from ledger.service import Service
from ledger.users import create_user
from tests.api.office import Client, TestApp, child, file_of
from tests.support.actors import ADMITTED, HUAIYUE, LANGONG, QIANCHAO, SEEDS, WANYUE, Party
from tests.support.gateway import Gateway, Keys
from tests.support.world import FACE, World

KNOWN = (*SEEDS, *ADMITTED, QIANCHAO)
ROLES = {"maker": ["maker"], "checker": ["checker"], "sole": ["maker", "checker"], "viewer": ["viewer"]}


class LiveApp(TestApp):
    """Whatever was written is relayed and taken in before the next request, unless it is `asleep`."""

    gateway: Gateway
    asleep = False

    def wake(self) -> None:
        super().wake()
        if not self.asleep:
            self.gateway.settle()


class Live(Gateway):
    """`maker`, `checker`, `sole` and `viewer` of each company have an API key; `sole` speaks unless said otherwise."""

    def __init__(self, world: World, book: Any = None, chain: Any = None) -> None:
        self._api_keys: dict[tuple[str, str], str] = {}
        self._numbers = itertools.count(1)
        super().__init__(world, book, chain)
        signer = Keys([key for p in KNOWN for key in (p.maker, p.checker, p.sole)])
        self.service = Service(self.chain.domain, signer, self.clock)
        app = LiveApp(self.book, self.chain, self.service, signer)
        app.gateway = self
        self.client = Client(app)

    def _open(self, party: Party) -> None:
        def work(store: Any) -> None:
            on_chain = store.get(Participant, party.id)
            data = self.file(party).to_dict()
            store.put(Profile(on_chain.profile, party.uscc, data, bytes(32), self.clock.now()))
            for role, scopes in ROLES.items():
                address = "" if role == "viewer" else parse_address(getattr(party, role).address)
                name, now = f"{party.title} {role}", self.clock.now()
                user, key = create_user(store, party.id, name, scopes, address, now)
                self.users[f"{party.name} {role}"] = user
                self._api_keys[party.name, role] = key

        self.book.write(work)

    def file(self, party: Party) -> ParticipantFile:
        """A company's file."""
        return file_of(party)

    def admit(self, party: Party) -> None:
        """One more company, with people at its desks."""
        self.world.admit(party)
        self.settle()
        self._open(party)

    # ---- requests

    def get(self, who: Party, path: str, role: str = "sole", **params: Any) -> httpx.Response:
        return self.client.get(f"/v1{path}", params=params, headers=self._headers(who, role))

    def post(
        self,
        who: Party,
        path: str,
        body: Any = None,
        *,
        role: str = "sole",
        key: str | None = None,
        files: Any = None,
        data: Any = None,
    ) -> httpx.Response:
        headers = self._headers(who, role) | {"Idempotency-Key": key or f"request-{next(self._numbers)}"}
        if files is not None:
            return self.client.post(f"/v1{path}", headers=headers, files=files, data=data)
        return self.client.post(f"/v1{path}", headers=headers, json={} if body is None else body)

    def seen(self, who: Party, path: str, **params: Any) -> Any:
        """What is there for this company."""
        answer = self.get(who, path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def done(self, who: Party, path: str, body: Any = None, **more: Any) -> Any:
        """The answer to a request that succeeds, sent twice: the second time with the same answer and no effect."""
        key = more.pop("key", None) or f"twice-{next(self._numbers)}"
        first = self.post(who, path, body, key=key, **more)
        assert first.status_code == 201, first.text
        again = self.post(who, path, body, key=key, **more)
        assert (again.status_code, again.text) == (201, first.text)
        assert again.headers["Idempotent-Replay"] == "true"
        return first.json()

    def carry(self, act: Any, *signers: Party) -> Any:
        """The act signed by these companies, and final; as its first signer sees it."""
        for party in signers:
            answer = self.post(party, f"/acts/{act['id']}/sign")
            assert answer.status_code == 201, answer.text
        found = self.seen(signers[0], f"/acts/{act['id']}")
        assert found["state"] == "final", found["legs"]
        return found

    def api_key(self, who: Party, role: str = "sole") -> str:
        """Of a company's person."""
        return self._api_keys[who.name, role]

    def _headers(self, who: Party, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key(who, role)}"}

    # ---- short ways

    def opened(self, face: int = FACE, core: Party = LANGONG, supplier: Party = WANYUE) -> str:
        """A ticket of a first supplier."""
        return to_hex(self.issue(core, supplier, HUAIYUE, face))

    def passed_on(self, holder: Party, ticket: str, *children: tuple[Party, int]) -> list[str]:
        """Children of an offer with trade evidence, accepted by all."""
        body = {"ticket": ticket, "children": [child(holder, to, value) for to, value in children]}
        act = self.done(holder, "/offers", body)
        self.carry(act, holder, *dict.fromkeys(to for to, _ in children))
        return [leg["id"] for leg in act["legs"]]

    def until(self, moment: int) -> None:
        """Time passes up to a moment."""
        self.advance(moment - self.world.now)
        self.settle()
