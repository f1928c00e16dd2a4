"""Alembic's entry: runs the steps on the connection given, for the journal's tables only."""

from alembic import context

from ledger.book.tables import journal


def _is_journal(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in journal.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=journal,
    include_name=_is_journal,
    render_as_batch=True,
    user_module_prefix="tables.",
)
with context.begin_transaction():
    context.run_migrations()
