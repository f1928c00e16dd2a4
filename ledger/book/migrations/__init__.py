"""The journal's schema, step by step. A changed record of the journal needs a new step::

python -m ledger.book.migrations "what changed and why"
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ledger.book.engines import explained, parse_dsn, writer_engine
from ledger.book.errors import BookTooNew

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0006"
"""The step this code was written for. (Named here, so that opening an up-to-date book needn't load Alembic.)"""


def upgrade(dsn: str) -> None:
    """Brings the journal of a book up to date. Raises BookTooNew for one that a later version wrote, and
    BookUnavailable."""
    url = parse_dsn(dsn)
    engine = writer_engine(url)
    try:
        with explained(url), engine.begin() as connection:
            upgrade_on(connection)
    finally:
        engine.dispose()


def upgrade_on(connection: sa.Connection) -> None:
    """As `upgrade`, in the transaction of this connection: all steps or none."""
    present = revision(connection)
    if present == HEAD:
        return
    from alembic import command
    from alembic.script import ScriptDirectory

    config = configuration(connection)
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise BookTooNew(
            f"the book {connection.engine.url.render_as_string()} is at step {present}, this program knows steps "
            f"up to {HEAD}: start the newer version of Gold Ticket that wrote it",
            found=present,
            known=HEAD,
        )
    command.upgrade(config, "head")


def revision(connection: sa.Connection) -> str | None:
    """The step that a journal is at; None for one that is still empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def configuration(connection: sa.Connection) -> Config:
    """Alembic's settings, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
