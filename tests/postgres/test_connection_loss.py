"""The database goes away in the middle of everything.

given threads that write
    when every connection is ended, again and again, the server stopped, and its power cut
        it should tell each whether its work was written, truthfully, and go on by itself
given a work, a read or a lease that is under way when its connection is ended
    it should say so, leave nothing half done, and do it when asked again
given a writer that freezes in the middle of its work
    it should keep others waiting for half a minute at most, and find its own work undone
given a commit whose answer was lost
    it should not claim that nothing was written, and the same key sent again should do nothing twice
given an API whose server is stopped
    it should answer 503 with a clear problem, lose nothing that was answered, and go on when the server is back
given a life from offer to final
    when each transaction in turn is cut off, before or after its commit
        it should end as it would have, and verify should be clean
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from ledger.book import engines
from ledger.book.db import SqlBook
from ledger.book.errors import BookUnavailable
from ledger.clock import ManualClock
from ledger.records import Audit, Ticket
from ledger.work.lease import SECONDS, Leases
from tests.api.live import Live
from tests.api.office import child
from tests.postgres.conftest import Server
from tests.support.actors import WANYUE, WUZE, XICHUAN
from tests.support.world import World

TRIES = 60


@pytest.fixture
def book(server: Server) -> Iterator[SqlBook]:
    with closing(SqlBook(server.database("loss"))) as made:
        yield made


def audit(number: int) -> Audit:
    return Audit(f"{number:06d}", number, "wang", 1, "sign", "", {})


def patiently(work: Callable[[], Any]) -> Any:
    """As relay and watcher do: what could not be written is tried again."""
    for _ in range(TRIES):
        try:
            return work()
        except BookUnavailable:
            continue
    raise AssertionError("the book did not come back")


def test_every_thread_is_told_the_truth(server: Server, book: SqlBook) -> None:
    written: set[int] = set()
    refused: set[int] = set()
    stop = threading.Event()

    def load(start: int) -> None:
        for number in range(start, start + 100_000):
            if stop.is_set():
                return
            try:
                book.write(lambda store, number=number: store.add(audit(number)))
                written.add(number)
            except BookUnavailable as error:
                if "nothing was written" in error.message:
                    refused.add(number)

    threads = [threading.Thread(target=load, args=(start * 100_000,)) for start in range(4)]
    for thread in threads:
        thread.start()
    cuts = 0
    while cuts < 10 or len(written) < 200:
        cuts += server.hang_up() > 0
        if cuts in (3, 7):
            server.stop(now=cuts == 7)
            server.start()
    stop.set()
    for thread in threads:
        thread.join(30)
    book_rows = patiently(lambda: {row.at for row in book.read(lambda store: store.find(Audit))})
    assert written <= book_rows
    assert not refused & book_rows
    assert refused


def test_in_the_middle_of_a_work(server: Server, book: SqlBook) -> None:
    def half(store: Any) -> None:
        store.add(audit(1))
        server.hang_up()
        store.add(audit(2))

    with pytest.raises(BookUnavailable, match="nothing was written"):
        book.write(half)
    assert patiently(lambda: book.read(lambda store: store.count(Audit))) == 0
    book.write(lambda store: store.add(audit(3)))


def test_in_the_middle_of_a_read(server: Server, book: SqlBook) -> None:
    book.write(lambda store: store.add(audit(1)))

    def look(store: Any) -> list[Audit]:
        store.count(Audit)
        server.hang_up()
        found: list[Audit] = store.find(Audit)
        return found

    with pytest.raises(BookUnavailable):
        book.read(look)
    assert patiently(lambda: book.read(lambda store: store.count(Audit))) == 1


def test_one_that_freezes_in_the_middle_keeps_nobody_waiting(
    server: Server, book: SqlBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a machine that stops, or is cut off, with the writers' lock in hand."""
    monkeypatch.setattr(engines, "IDLE_MS", 300)
    begun, awake = threading.Event(), threading.Event()

    def freezing(store: Any) -> None:
        store.add(audit(1))
        begun.set()
        assert awake.wait(30)
        store.add(audit(2))

    frozen = book.submit(freezing)
    assert begun.wait(30)
    with closing(SqlBook(book.url.render_as_string(hide_password=False))) as other:
        other.write(lambda store: store.add(audit(3)))
        awake.set()
        with pytest.raises(BookUnavailable, match="nothing was written"):
            frozen.result(30)
        assert [row.at for row in other.read(lambda store: store.find(Audit))] == [3]
    book.write(lambda store: store.add(audit(4)))


@pytest.mark.parametrize("cut", ["before", "after"])
def test_in_the_middle_of_a_leases_renewal(server: Server, book: SqlBook, cut: str) -> None:
    clock = ManualClock(1_000)
    ours, theirs = (Leases(book, clock, f"{name}:1:x", lambda owner: False) for name in ("ours", "theirs"))
    held = ours.hold("watch")
    assert held
    clock.advance(SECONDS - 2)
    Cuts(server, book).plan(cut)
    with pytest.raises(BookUnavailable):
        ours.hold("watch")
    assert patiently(lambda: ours.hold("watch")) == held, "the same one: nobody else had it meanwhile"
    clock.advance(SECONDS - 2)
    assert patiently(lambda: theirs.hold("watch")) is None
    patiently(lambda: book.write(held.check))


class Cuts:
    """Cuts the writer off at chosen transactions, before the commit or just after it."""

    def __init__(self, server: Server, book: SqlBook) -> None:
        self._server, self._plan = server, list[str]()
        self.commits = 0
        event.listen(book._writing, "commit", self._committing)

    def plan(self, *what: str) -> None:
        self._plan = list(what)

    def _committing(self, connection: Any) -> None:
        self.commits += 1
        what = self._plan.pop(0) if self._plan else ""
        if what == "after":
            connection.connection.driver_connection.commit()
        if what:
            self._server.hang_up()
            with pytest.raises(Exception, match=r"terminating|closed|lost"):
                connection.connection.driver_connection.execute("SELECT 1")


@pytest.mark.parametrize(("cut", "there"), [("before", False), ("after", True)])
def test_a_commit_without_an_answer_is_called_so(
    server: Server, book: SqlBook, cut: str, there: bool
) -> None:
    Cuts(server, book).plan(cut)
    with pytest.raises(BookUnavailable, match="may be there or not"):
        book.write(lambda store: store.add(audit(1)))
    assert (patiently(lambda: book.read(lambda store: store.count(Audit))) == 1) is there


def problem(answer: httpx.Response) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    body = answer.json()
    assert body["code"] == "book-unavailable"
    return str(body["detail"])


def offered(live: Live, ticket: str) -> dict[str, Any]:
    return {
        "ticket": ticket,
        "children": [child(WANYUE, WUZE, 30_000_000), child(WANYUE, XICHUAN, 20_000_000)],
    }


@pytest.mark.parametrize("now", [False, True])
def test_a_stopped_server_is_a_clear_503(
    server: Server, book: SqlBook, world_of_live: World, now: bool
) -> None:
    with world_of_live.scratch():
        live = Live(world_of_live, book)
        ticket = live.opened()
        first = live.post(WANYUE, "/offers", offered(live, ticket), key="first")
        assert first.status_code == 201
        server.stop(now=now)
        # what was answered is asked for again, something new is sent, something is looked at
        for answer in (
            live.post(WANYUE, "/offers", offered(live, ticket), key="first"),
            live.post(WANYUE, "/offers", offered(live, ticket), key="second"),
            live.get(WANYUE, "/tickets"),
        ):
            assert "try again in a few seconds" in problem(answer)
            assert "127.0.0.1" not in answer.text
        ready = live.get(WANYUE, "/ready")
        assert (ready.status_code, "127.0.0.1" in ready.text) == (503, False)
        server.start()
        again = live.post(WANYUE, "/offers", offered(live, ticket), key="first")
        assert (again.status_code, again.text) == (201, first.text)
        assert len(live.seen(WANYUE, "/tickets")["items"]) == 1
        live.carry(first.json(), WANYUE, WUZE, XICHUAN)
        assert live.verify().differences == ()


def life(live: Live, ticket: str, send: Callable[..., httpx.Response]) -> list[tuple[int, int]]:
    """An offer to two, signed by all, relayed and mined; (owner, value) of all tickets."""
    act = send(live, WANYUE, "/offers", offered(live, ticket), "offer").json()
    for party in (WANYUE, WUZE, XICHUAN):
        send(live, party, f"/acts/{act['id']}/sign", {}, f"sign-{party.name}")
    while patiently(lambda: live.watch.step() + live.relay.step()):
        pass
    patiently(live.settle)
    rows = patiently(lambda: live.book.read(lambda store: store.find(Ticket)))
    return sorted((row.party, int(row.value)) for row in rows)


def stubbornly(live: Live, who: Any, path: str, body: Any, key: str) -> httpx.Response:
    """As a client does: the same request with the same key until there is an answer."""
    for _ in range(TRIES):
        answer = live.post(who, path, body, key=key)
        if answer.status_code != 503:
            assert answer.status_code == 201, answer.text
            return answer
        problem(answer)
    raise AssertionError(f"{path} was never answered")


@contextmanager
def sleeping(world: World, book: Any) -> Iterator[tuple[Live, str]]:
    """A gateway whose relay and watcher the test steps itself."""
    with world.scratch():
        live = Live(world, book)
        ticket = live.opened()
        live.client.app.asleep = True  # type: ignore[attr-defined]
        yield live, ticket


def test_each_transaction_in_turn_is_cut_off(server: Server, world_of_live: World) -> None:
    with closing(SqlBook(server.database("calm"))) as calm:
        counted = Cuts(server, calm)
        with sleeping(world_of_live, calm) as (live, ticket):
            counted.commits = 0
            wanted, total = life(live, ticket, stubbornly), counted.commits
    assert total > 5
    for cut in ("before", "after"):
        with (
            closing(SqlBook(server.database("cut"))) as book,
            sleeping(world_of_live, book) as (live, ticket),
        ):
            # each transaction is cut off once; what is tried again is let through
            Cuts(server, book).plan(*[word for _ in range(total) for word in (cut, "")])
            assert life(live, ticket, stubbornly) == wanted
            assert live.verify().differences == ()
