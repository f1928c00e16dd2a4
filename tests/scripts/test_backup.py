"""scripts/backup and scripts/restore.

given a gateway that serves, in SQLite or PostgreSQL
    when it is saved, goes on, is lost, and is put back elsewhere
        it should have its people, API keys and drafts from the dump, everything else from the chain, verify clean,
        and carry on
given a gateway that sends with several keys
    all of them should be saved: made anew, they would have no gas, and what was under way would hang
given a backup that was cut short or changed
    it should be refused before anything is written
given a place where something is
    it should not be overwritten
"""

from __future__ import annotations

import os
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ledger.book.backup import BackupFailed, load
from ledger.book.db import SqlBook
from ledger.errors import NotSent
from ledger.records import Ticket
from ledger.settings import Settings
from ledger.wiring import relayer_keys
from ledger.work.sending import USED
from scripts.backup_steps import backup, check, restore
from tests.support import postgres
from tests.support.books import new_book_file

pytest.importorskip("pyrevm")

from tests.api.live import Live
from tests.api.office import child
from tests.support.actors import WANYUE, WUZE, XICHUAN, Party
from tests.support.world import World, ready_world

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world() -> World:
    return ready_world()


@pytest.fixture(params=["sqlite", *(["postgresql"] if postgres.SERVER else [])])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Settings, Settings]]:
    """A gateway's settings, and those of the machine it is put back on."""
    old, new = Settings(home=tmp_path / "old"), Settings(home=tmp_path / "new")
    for settings in (old, new):
        settings.home.mkdir()
    if request.param == "sqlite":
        yield old, new
        return
    with postgres.database() as first, postgres.database(empty=True) as second:
        yield old.model_copy(update={"dsn": first}), new.model_copy(update={"dsn": second})


class Restored(Live):
    """Its people are there already."""

    def _open(self, party: Party) -> None:
        pass


def keys_in(settings: Settings) -> None:
    (settings.home / "keys").mkdir()
    (settings.home / "keys" / "0xab.json").write_text("{}")
    (settings.home / "relayer.key").write_text("11" * 32)
    (settings.home / "deployment.json").write_text("{}")


def offer(ticket: str, value: int) -> dict[str, object]:
    return {"ticket": ticket, "children": [child(WANYUE, WUZE, value)]}


def test_the_book_comes_back_from_the_chain_the_rest_from_the_dump(
    places: tuple[Settings, Settings], world: World, tmp_path: Path
) -> None:
    old, new = places
    file = tmp_path / "gateway.tar"
    with world.scratch():
        with closing(SqlBook(old.book_dsn)) as book:
            live = Live(world, book)
            ticket = live.opened()
            live.passed_on(WANYUE, ticket, (XICHUAN, 10_000_000))
            draft = live.done(WANYUE, "/offers", offer(ticket, 20_000_000))
            keys_in(old)
            backup(old, file)
            [after] = live.passed_on(WANYUE, ticket, (WUZE, 30_000_000))
            api_keys = live._api_keys
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert restore(new, file) == ["deployment.json", "keys/0xab.json", "relayer.key"]
        with closing(SqlBook(new.book_dsn)) as book:
            assert book.read(lambda store: store.count(Ticket)) == 0
            again = Restored(world, book, live.chain)
            again._api_keys = api_keys
            again.settle()
            assert again.seen(WUZE, f"/tickets/{after}")["value"] == "30000000"
            assert again.seen(WANYUE, f"/acts/{draft['id']}")["state"] == "draft"
            assert again.verify().differences == ()
            again.client.app.asleep = True  # type: ignore[attr-defined]
            for party in (WANYUE, WUZE):
                assert again.post(party, f"/acts/{draft['id']}/sign").status_code == 201
            # the journal's nonces are behind the chain's, which is found out after some seconds
            for _ in range(4):
                again.advance(USED)
                with suppress(NotSent):
                    again.settle()
            again.client.app.asleep = False  # type: ignore[attr-defined]
            assert again.seen(WANYUE, f"/acts/{draft['id']}")["state"] == "final"
            again.passed_on(WANYUE, ticket, (XICHUAN, 10_000_000))
            assert again.verify().differences == ()


def test_all_of_a_gateways_keys_are_saved(tmp_path: Path) -> None:
    old = Settings(home=tmp_path / "old", relayers=3)
    old.home.mkdir()
    new_book_file(old.home).rename(old.home / "book.sqlite")
    keys = relayer_keys(old)
    (old.home / "consortium.key").write_text("22" * 32)
    backup(old, tmp_path / "keys.tar")
    names = restore(Settings(home=tmp_path / "new"), tmp_path / "keys.tar")
    assert names == ["consortium.key", "relayer-2.key", "relayer-3.key", "relayer.key"]
    new = old.model_copy(update={"home": tmp_path / "new"})
    assert relayer_keys(new) == keys


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Settings, Path]:
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    new_book_file(settings.home).rename(settings.home / "book.sqlite")
    keys_in(settings)
    backup(settings, tmp_path / "whole.tar")
    return settings, tmp_path / "whole.tar"


def test_a_backup_cut_short_is_refused(saved: tuple[Settings, Path], tmp_path: Path) -> None:
    short = tmp_path / "short.tar"
    short.write_bytes(saved[1].read_bytes()[:5_000])
    with pytest.raises(BackupFailed, match="take another backup"):
        check(short)


def test_a_backup_that_was_changed_is_refused(saved: tuple[Settings, Path], tmp_path: Path) -> None:
    changed = tmp_path / "changed.tar"
    changed.write_bytes(saved[1].read_bytes().replace(b"11" * 32, b"22" * 32))
    with pytest.raises(BackupFailed, match=r"relayer\.key differ"):
        restore(Settings(home=tmp_path / "new"), changed)
    assert not (tmp_path / "new").exists()


def test_another_tar_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    (tmp_path / "a").write_text("a")
    with tarfile.open(other, "w") as tar:
        tar.add(tmp_path / "a", "a")
    with pytest.raises(BackupFailed, match="no backup of a gateway"):
        check(other)


def test_nothing_is_overwritten(saved: tuple[Settings, Path], tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match=r"has \S+ already"):
        restore(saved[0], saved[1])
    (tmp_path / "there.sqlite").write_text("mine")
    (tmp_path / "dump").write_bytes(check(saved[1])["journal"])
    with pytest.raises(BackupFailed, match="is there already"):
        load(tmp_path / "dump", f"sqlite:///{tmp_path / 'there.sqlite'}")
    with pytest.raises(BackupFailed, match="saved from SQLite"):
        load(tmp_path / "dump", "postgresql://nobody@127.0.0.1:1/book")


@pytest.mark.skipif(not postgres.SERVER, reason="needs scripts/test --postgres DSN")
def test_a_database_with_tables_is_not_overwritten(tmp_path: Path) -> None:
    with postgres.database() as dsn:
        (tmp_path / "dump").write_bytes(b"PGDMP")
        with pytest.raises(BackupFailed, match="give an empty one"):
            load(tmp_path / "dump", dsn)


def test_the_scripts(saved: tuple[Settings, Path], tmp_path: Path) -> None:
    def run(name: str, *words: object) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("GOLDTICKET_")}
        command = [ROOT / "scripts" / name, *words]
        return subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, timeout=60)

    file = tmp_path / "by-script.tar"
    assert "the journal and 3 files" in run("backup", file, "--home", saved[0].home).stdout
    assert "is whole" in run("restore", file, "--check").stdout
    assert "are back" in run("restore", file, "--home", tmp_path / "new").stdout
    assert (tmp_path / "new" / "relayer.key").read_text() == "11" * 32
    refused = run("restore", file, "--home", tmp_path / "new")
    assert (refused.returncode, "already" in refused.stderr) == (1, True)
