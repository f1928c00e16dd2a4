"""A PostgreSQL server that a test may stop, apart from the one the run uses. These tests run with
`scripts/test --postgres DSN` and are left out, loudly, elsewhere."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ledger.book.engines import parse_dsn
from tests.support import postgres

if TYPE_CHECKING:
    from tests.support.world import World

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if postgres.SERVER:
        return
    mark = pytest.mark.skip(
        reason="LEFT OUT: needs scripts/test --postgres DSN (scripts/postgres starts a server)"
    )
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(mark)


class Server:
    """A server in a folder of its own, on loopback; both are gone after `close`, and when this process ends, however
    that ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = guarded(folder)
        self.dsn = self._do("up")  # durable: a test cuts its power

    def start(self) -> None:
        self._do("up")

    def stop(self, *, now: bool = False) -> None:
        """`now`: as if the power failed."""
        self._do("down", *(["--now"] if now else []))

    def close(self) -> None:
        self._guard.communicate(timeout=90)

    def hang_up(self) -> int:
        """Ends all connections of others; how many there were."""
        engine = sa.create_engine(parse_dsn(self.dsn), poolclass=sa.NullPool)
        with engine.begin() as connection:
            ended = connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            return len(ended.all())

    def database(self, name: str) -> str:
        """The DSN of a new, empty database."""
        engine = sa.create_engine(parse_dsn(self.dsn), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return parse_dsn(self.dsn).set(database=name).render_as_string(hide_password=False)

    def _do(self, command: str, *more: str) -> str:
        # to a file: the server inherits what the command writes to, and would hold a pipe open
        with tempfile.TemporaryFile("w+") as told:
            words = [ROOT / "scripts" / "postgres", command, self._folder, *more]
            subprocess.run(words, check=True, stdout=told, stderr=told, timeout=90)
            told.seek(0)
            return told.read().strip().splitlines()[-1] if command == "up" else ""


def guarded(folder: Path) -> subprocess.Popen[bytes]:
    """A process that waits until this one's end of its input closes, and then stops the server and deletes the folder.
    In a session of its own: a signal for the test's group is none for it."""
    then = 'cat >/dev/null; "$0" down "$1" --now; exec rm -rf "$1"'
    return subprocess.Popen(
        ["sh", "-c", then, ROOT / "scripts" / "postgres", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture(scope="session")
def world_of_live() -> World:
    pytest.importorskip("pyrevm")
    from tests.support.world import ready_world

    return ready_world()


@pytest.fixture(scope="session")
def own_server() -> Iterator[Server]:
    made = Server(Path(tempfile.mkdtemp(prefix="goldticket-postgres-")))
    yield made
    made.close()


@pytest.fixture
def server(own_server: Server) -> Iterator[Server]:
    """Running before and after."""
    yield own_server
    own_server.start()
