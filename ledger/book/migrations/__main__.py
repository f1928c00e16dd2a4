"""Writes the next step from the difference between the records and the steps there are."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from ledger.book.engines import parse_dsn, writer_engine
from ledger.book.migrations import HEAD, configuration


def main(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = writer_engine(parse_dsn(str(Path(folder) / "book.db")))
        with engine.begin() as connection:
            config = configuration(connection)
            steps = len(list(ScriptDirectory.from_config(config).walk_revisions()))
            if steps:
                command.upgrade(config, "head")
            name = f"{steps + 1:04d}"
            command.revision(config, message, autogenerate=True, rev_id=name)
        engine.dispose()
    print(f"read the new step, then set HEAD in ledger/book/migrations/__init__.py from {HEAD!r} to {name!r}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('say what changed and why: python -m ledger.book.migrations "…"')
    main(sys.argv[1])
