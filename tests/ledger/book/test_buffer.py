"""The store that reads ahead and writes behind says and leaves what the plain one does.

given any works of puts, adds, deletions, queries and loads
    when they run on both stores        each answer should be the same
    when the buffered one is flushed    both books should hold the same records
    when a work raises                  both should be as before it
given records that were loaded
    when they are asked for             the database should not be
    when others can't be without them   the database should be asked for those whose record is there
    when one is put or deleted          the answer should follow
given a record that is known to be there
    when it is put with another state    that should be set, and no index written that has not to do with it
    when it is put as it is              nothing should be written, and who listens be told all the same
    when it was deleted, or is new       all of it should be written
given a work that raises after a query wrote what waited
    it should put back what stood in the database
given a mixed group of works
    when one reads ahead                all should see each other's records, and each get its own answer
"""

from __future__ import annotations

import random
from contextlib import closing
from dataclasses import replace

import pytest

from ledger.book.buffer import BufferedStore
from ledger.book.db import SqlBook
from ledger.book.store import SqlStore
from ledger.errors import Conflict
from ledger.money import Fen
from ledger.records import Leg, Reservation, Seat

KINDS = (Leg, Reservation, Seat)


def name(rnd):
    return bytes([rnd.randrange(6)])


def record(rnd):
    kind = rnd.choice(KINDS)
    if kind is Leg:
        state = rnd.choice(["draft", "complete", "final"])
        value, queue = Fen(rnd.randrange(3)), rnd.randrange(9)
        return Leg(name(rnd), name(rnd), 0, rnd.randrange(3), value, state, {}, 5, 6, queue)
    if kind is Reservation:
        return Reservation(name(rnd), name(rnd), Fen(7), rnd.randrange(4), rnd.random() < 0.5)
    return Seat(
        name(rnd), rnd.randrange(3), name(rnd), "party", rnd.randrange(3), "", b"d", rnd.random() < 0.5
    )


def key_of(one):
    return (
        (one.act, one.place) if isinstance(one, Seat) else ((one.id,) if isinstance(one, Leg) else (one.leg,))
    )


def ask(store, rnd):
    """One random call; what it answers."""
    one = record(rnd)
    match rnd.randrange(9):
        case 0:
            return store.put(one)
        case 1:
            try:
                return store.add(one)
            except Conflict:
                return "conflict"
        case 2:
            return store.delete(type(one), *key_of(one))
        case 3:
            return store.get(type(one), *key_of(one))
        case 4:
            return store.find(Seat, act=name(rnd), done=False)
        case 5:
            return store.find(
                Leg, order=rnd.choice(["-queue", "queue", "deadline"]), limit=rnd.choice([0, 1, 3])
            )
        case 6:
            where = {"ticket": name(rnd), "ended": rnd.choice([False, [True, False]])}
            return store.count(Reservation, **where), store.find(Reservation, **where, order="-until")
        case 7:
            return store.find(Leg, act=[name(rnd), name(rnd)], state="draft")
        case _:
            chosen = [name(rnd), name(rnd)]
            if isinstance(store, BufferedStore):
                store.load(Seat, "act", chosen)
                store.load(Leg, rnd.choice(["id", "act"]), chosen)
                store.load(Reservation, "ticket", chosen, ended=False)
            else:
                rnd.choice(["id", "act"])
            return None


class Broken(Exception):
    pass


def work(seed, answers):
    rnd = random.Random(seed)

    def run(store):
        answers.extend(ask(store, rnd) for _ in range(rnd.randrange(1, 12)))
        if rnd.random() < 0.3:
            raise Broken

    return run


@pytest.fixture
def two(tmp_path):
    with closing(SqlBook(str(tmp_path / "a"))) as plain, closing(SqlBook(str(tmp_path / "b"))) as buffered:
        yield plain, buffered


def contents(book):
    return [book.read(lambda store, kind=kind: store.find(kind)) for kind in KINDS]


def test_the_same_answers_and_the_same_book(two):
    plain, buffered = two
    for round_ in range(60):
        seeds = range(round_ * 100, round_ * 100 + 10)
        left, right = [], []

        def on_plain(store, seeds=seeds, left=left):
            return [store.attempt(work(seed, left))[1] for seed in seeds]

        def on_buffered(store, seeds=seeds, right=right):
            return [store.attempt(work(seed, right))[1] for seed in seeds]

        failures = plain.write(on_plain)
        found = buffered.submit(on_buffered, loads=lambda store: store.load(Leg, "act", [b"\1"])).result()
        assert left == right, round_
        assert list(map(type, failures)) == list(map(type, found))
        assert contents(plain) == contents(buffered)


def leg(id_=b"1", **fields):
    return replace(Leg(id_, b"a", 0, 0, Fen(0), "draft", {}, 5, 6), **fields)


class Deaf(SqlStore):
    """Answers nothing."""

    def find(self, *args, **kwargs):
        raise AssertionError("the database was asked")

    get = count = find


def test_what_was_loaded_is_answered_from_memory(sql_book):
    sql_book.write(lambda store: store.put(leg()))

    def run(store):
        store.load(Leg, "act", [b"a"])
        store.load(Leg, "act", [b"none"])
        assert store.count(Leg, act=b"a") == 1  # now both are read
        store._under.__class__ = Deaf
        found = store.find(Leg, act=b"a"), store.find(Leg, act=b"none"), store.get(Leg, b"1")
        store.put(leg(b"2"))
        store.put(leg(act=b"other"))
        found += store.find(Leg, act=b"a"), store.count(Leg, act=b"a", state="final")
        store._under.__class__ = SqlStore
        return found

    one, other = leg(), leg(b"2")
    assert sql_book.submit(run, loads=lambda _: None).result() == ([one], [], one, [other], 0)


def test_what_can_not_be_there_is_not_asked_for(sql_book):
    sql_book.write(lambda store: store.put(leg()))

    def run(store):
        store.load(Leg, "id", [b"1", b"2"])
        store.load(Seat, "act", {b"s": (Leg, b"2"), b"t": (Leg, b"1")})
        assert store.get(Leg, b"2") is None
        asked = []
        find = store._under.find
        store._under.find = lambda kind, **where: asked.append(where) or find(kind, **where)
        found = store.find(Seat, act=b"s"), store.find(Seat, act=b"t")
        store.add(seat(b"s"))
        return found, asked, store.find(Seat, act=b"s")

    def seat(act):
        return Seat(act, 0, b"", "party", 1, "", b"d", False)

    found, asked, later = sql_book.submit(run, loads=lambda _: None).result()
    assert found == ([], [])
    assert asked == [{"act": [b"t"]}]
    assert later == [seat(b"s")]


def written(sql_book, *puts, known=True):
    """What these let the database be told, by key: "all" of a record, or the fields that are set of one there."""

    def run(store):
        if known:
            store.load(Seat, "act", [b"s"])
        rows, found = store._under.write_rows, {}

        def noted(shape, given, changes):
            found.update({key: changes.get(key, "all") for key in given})
            rows(shape, given, changes)

        store._under.write_rows = noted
        for put in puts:
            put(store)
        store.flush()
        return found

    return sql_book.submit(run, loads=lambda _: None).result()


def test_only_what_has_changed_is_written(sql_book):
    def seat(place, **fields):
        return replace(Seat(b"s", place, b"", "party", 1, "", b"d", False), **fields)

    sql_book.write(lambda store: [store.put(seat(place)) for place in range(3)])
    told = []
    sql_book.listen(Seat, told.extend)
    found = written(
        sql_book,
        lambda store: store.get(Seat, b"s", 0),
        lambda store: store.put(seat(0, done=True, party=9)),
        lambda store: store.put(seat(0, done=True)),
        lambda store: store.put(seat(1)),
        lambda store: store.put(seat(3)),
        lambda store: store.attempt(
            lambda inner: inner.put(seat(2, party=5)) or inner.need(Seat, b"none", 0)
        ),
    )
    assert found == {(b"s", 0): ("done",), (b"s", 1): (), (b"s", 2): (), (b"s", 3): "all"}
    assert {(b"s", 0), (b"s", 1), (b"s", 3)} <= set(told)
    found = written(
        sql_book, lambda store: store.get(Seat, b"s", 3), lambda store: store.delete(Seat, b"s", 3)
    )
    assert found == {(b"s", 3): "all"}
    assert written(sql_book, lambda store: store.put(seat(3, party=2))) == {(b"s", 3): "all"}
    assert written(sql_book, lambda store: store.put(seat(3, party=4)), known=False) == {(b"s", 3): "all"}
    rows = sql_book.read(lambda store: store.find(Seat, order="place"))
    assert rows == [seat(0, done=True), seat(1), seat(2), seat(3, party=4)]


def test_undoing_what_a_query_has_written(sql_book):
    sql_book.write(lambda store: store.put(leg(state="first")))

    def broken(store):
        store.put(leg(state="second"))
        store.put(leg(b"new"))
        assert [one.state for one in store.find(Leg, order="queue")] == ["second", "draft"]
        raise Broken

    with pytest.raises(Broken):
        sql_book.submit(broken, loads=lambda _: None).result()
    assert [one.state for one in sql_book.read(lambda store: store.find(Leg))] == ["first"]


def test_a_value_out_of_range_names_its_field(sql_book):
    with pytest.raises(ValueError, match=r"Leg\.deadline"):
        sql_book.submit(lambda store: store.put(leg(deadline=2**70)), loads=lambda _: None).result()


def test_works_of_one_group_see_each_other(sql_book):
    with sql_book._writer.paused():
        sql_book.submit(lambda store: store.put(leg(b"0")))
        plain = sql_book.submit(lambda store: store.put(leg()))
        broken = sql_book.submit(
            lambda store: store.add(leg()), loads=lambda store: store.load(Leg, "act", [b"a"])
        )
        seen = sql_book.submit(lambda store: store.count(Leg, act=b"a"), loads=lambda _: None)
    assert plain.result() is None
    assert seen.result() == 2
    with pytest.raises(Conflict):
        broken.result()
