"""whose a returned line is, and indexes so that what is asked for a company does not grow with all it ever had"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('leg', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_leg_party'))
        batch_op.create_index('ix_leg_party_id', ['party', 'id'], unique=False)

    with op.batch_alter_table('returned_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_returned_line_bank'))
        batch_op.add_column(sa.Column('party', sa.BigInteger(), nullable=False, server_default='0'))
        batch_op.create_index(batch_op.f('ix_returned_line_ticket'), ['ticket'], unique=False)
        batch_op.create_index('ix_returned_line_bank_ended', ['bank', 'ended'], unique=False)
        batch_op.create_index('ix_returned_line_party_ended', ['party', 'ended'], unique=False)

    with op.batch_alter_table('returned_line', schema=None) as batch_op:
        batch_op.alter_column('party', server_default=None)

    # a journal that comes out of a backup has no projection yet: the holder is then looked up at each reading
    if sa.inspect(op.get_bind()).has_table('ticket'):
        op.execute(
            "UPDATE returned_line SET party = "
            "COALESCE((SELECT ticket.party FROM ticket WHERE ticket.id = returned_line.ticket), 0)"
        )
