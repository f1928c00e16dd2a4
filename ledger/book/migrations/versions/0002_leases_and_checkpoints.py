"""who may send what, and how far a node can fall back"""

import sqlalchemy as sa
from alembic import op

from ledger.book import tables

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('checkpoint',
    sa.Column('block', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('block', name=op.f('pk_checkpoint'))
    )
    op.create_table('lease',
    sa.Column('name', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('owner', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('until', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('fence', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('nonce', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_lease'))
    )
    with op.batch_alter_table('leg', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_leg_deadline'))
        batch_op.drop_index(batch_op.f('ix_leg_state'))
        batch_op.create_index('ix_leg_state_deadline', ['state', 'deadline'], unique=False)
        batch_op.create_index('ix_leg_state_queue', ['state', 'queue'], unique=False)

    with op.batch_alter_table('transaction', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False, server_default='relay'))
        batch_op.create_index(batch_op.f('ix_transaction_block'), ['block'], unique=False)

    op.create_table('signed_bytes',
    sa.Column('hash', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('raw', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_signed_bytes'))
    )
    op.execute('INSERT INTO signed_bytes (hash, raw) SELECT hash, raw FROM "transaction"')

    with op.batch_alter_table('transaction', schema=None) as batch_op:
        batch_op.alter_column('kind', server_default=None)
        batch_op.drop_column('raw')
