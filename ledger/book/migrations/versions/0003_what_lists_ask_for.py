"""indexes for what is asked for in large books: who has to sign, newest of a kind, changed since, on offer; and none for
what nobody asks for, since each costs every act"""

from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('act', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_act_kind'))
        batch_op.drop_index(batch_op.f('ix_act_party'))
        batch_op.create_index('ix_act_kind_created_at', ['kind', 'created_at'], unique=False)

    with op.batch_alter_table('leg', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_leg_changed_at'), ['changed_at'], unique=False)

    with op.batch_alter_table('seat', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_seat_address'))
        batch_op.drop_index(batch_op.f('ix_seat_leg'))
        batch_op.drop_index(batch_op.f('ix_seat_party'))
        batch_op.create_index('ix_seat_party_done', ['party', 'done'], unique=False)

    with op.batch_alter_table('reservation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reservation_ticket'))
        batch_op.drop_index(batch_op.f('ix_reservation_until'))
        batch_op.create_index('ix_reservation_ticket_ended', ['ticket', 'ended'], unique=False)
