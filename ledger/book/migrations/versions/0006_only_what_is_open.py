"""indexes of what is open alone: who has yet to sign, and what of a ticket is on offer, among all that ever was"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('seat', schema=None) as batch_op:
        batch_op.drop_index('ix_seat_party_done')
        batch_op.create_index('ix_seat_party_until_done', ['party'], unique=False, **_where('done'))

    with op.batch_alter_table('reservation', schema=None) as batch_op:
        batch_op.drop_index('ix_reservation_ticket_ended')
        batch_op.create_index('ix_reservation_ticket_until_ended', ['ticket'], unique=False, **_where('ended'))


def _where(flag: str) -> dict[str, sa.TextClause]:
    return {'sqlite_where': sa.text(f'{flag} = 0'), 'postgresql_where': sa.text(f'{flag} = false')}
