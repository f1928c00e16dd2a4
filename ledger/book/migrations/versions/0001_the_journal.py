"""The journal as it begins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from ledger.book import tables

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('act',
    sa.Column('id', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('message', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.Column('extra', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.Column('party', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('user', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('subject', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('deadline', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_act'))
    )
    with op.batch_alter_table('act', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_act_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_act_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_act_party'), ['party'], unique=False)
        batch_op.create_index(batch_op.f('ix_act_subject'), ['subject'], unique=False)

    op.create_table('answer',
    sa.Column('scope', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('key', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('body_hash', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('status', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('body', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('scope', 'key', name=op.f('pk_answer'))
    )
    op.create_table('audit',
    sa.Column('id', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('user', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('party', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('action', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('subject', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('detail', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_party'), ['party'], unique=False)

    op.create_table('clearing_list',
    sa.Column('hash', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('bank', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('date', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('lines', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.Column('total', tables.FenColumn(precision=29, scale=0), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_clearing_list'))
    )
    with op.batch_alter_table('clearing_list', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clearing_list_bank'), ['bank'], unique=False)
        batch_op.create_index(batch_op.f('ix_clearing_list_date'), ['date'], unique=False)

    op.create_table('finance_request',
    sa.Column('id', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('ticket', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('party', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('value', tables.FenColumn(precision=29, scale=0), autoincrement=False, nullable=False),
    sa.Column('banks', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.Column('state', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('until', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('act', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finance_request'))
    )
    with op.batch_alter_table('finance_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_finance_request_party'), ['party'], unique=False)
        batch_op.create_index(batch_op.f('ix_finance_request_ticket'), ['ticket'], unique=False)

    op.create_table('leg',
    sa.Column('id', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('act', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('party', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('value', tables.FenColumn(precision=29, scale=0), autoincrement=False, nullable=False),
    sa.Column('state', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('reason', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.Column('deadline', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('changed_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leg'))
    )
    with op.batch_alter_table('leg', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_leg_act'), ['act'], unique=False)
        batch_op.create_index(batch_op.f('ix_leg_deadline'), ['deadline'], unique=False)
        batch_op.create_index(batch_op.f('ix_leg_party'), ['party'], unique=False)
        batch_op.create_index(batch_op.f('ix_leg_state'), ['state'], unique=False)

    op.create_table('payable_row',
    sa.Column('core', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('supplier', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('invoice', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('amount', tables.FenColumn(precision=29, scale=0), autoincrement=False, nullable=False),
    sa.Column('due', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('fields', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.Column('imported_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('act', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('core', 'supplier', 'invoice', name=op.f('pk_payable_row'))
    )
    with op.batch_alter_table('payable_row', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_payable_row_act'), ['act'], unique=False)

    op.create_table('profile',
    sa.Column('hash', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('uscc', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('data', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.Column('salt', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_profile'))
    )
    with op.batch_alter_table('profile', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_profile_uscc'), ['uscc'], unique=False)

    op.create_table('quote',
    sa.Column('id', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('request', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('bank', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('rate', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('fee', tables.FenColumn(precision=29, scale=0), autoincrement=False, nullable=False),
    sa.Column('days', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('interest', tables.FenColumn(precision=29, scale=0), autoincrement=False, nullable=False),
    sa.Column('net', tables.FenColumn(precision=29, scale=0), autoincrement=False, nullable=False),
    sa.Column('all_in', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('bearer', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('money_on', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('valid_until', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('registration', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('state', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quote'))
    )
    with op.batch_alter_table('quote', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_quote_bank'), ['bank'], unique=False)
        batch_op.create_index(batch_op.f('ix_quote_request'), ['request'], unique=False)

    op.create_table('reservation',
    sa.Column('leg', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('ticket', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('value', tables.FenColumn(precision=29, scale=0), autoincrement=False, nullable=False),
    sa.Column('until', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('ended', sa.Boolean(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('leg', name=op.f('pk_reservation'))
    )
    with op.batch_alter_table('reservation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reservation_ticket'), ['ticket'], unique=False)
        batch_op.create_index(batch_op.f('ix_reservation_until'), ['until'], unique=False)

    op.create_table('returned_line',
    sa.Column('ref', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('ticket', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('bank', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('amount', tables.FenColumn(precision=29, scale=0), autoincrement=False, nullable=False),
    sa.Column('reason', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('ended', sa.Boolean(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('ref', 'ticket', name=op.f('pk_returned_line'))
    )
    with op.batch_alter_table('returned_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_returned_line_bank'), ['bank'], unique=False)

    op.create_table('seat',
    sa.Column('act', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('leg', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('party', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('address', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('digest', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('done', sa.Boolean(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('act', 'place', name=op.f('pk_seat'))
    )
    with op.batch_alter_table('seat', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_address'), ['address'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_leg'), ['leg'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_party'), ['party'], unique=False)

    op.create_table('signature',
    sa.Column('act', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('address', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('right', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('signature', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('user', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('act', 'place', 'address', name=op.f('pk_signature'))
    )
    op.create_table('stored_document',
    sa.Column('hash', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('media_type', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('body', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('parties', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_stored_document'))
    )
    op.create_table('transaction',
    sa.Column('hash', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('relayer', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('nonce', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('raw', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('legs', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.Column('state', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('block', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('gas', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_transaction'))
    )
    with op.batch_alter_table('transaction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transaction_relayer'), ['relayer'], unique=False)
        batch_op.create_index(batch_op.f('ix_transaction_state'), ['state'], unique=False)

    op.create_table('user',
    sa.Column('id', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('party', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('scopes', tables.JsonColumn(), autoincrement=False, nullable=False),
    sa.Column('key_hash', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('address', sa.Text().with_variant(sa.TEXT(collation='C'), 'postgresql'), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('revoked_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user'))
    )
    with op.batch_alter_table('user', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_address'), ['address'], unique=False)
        batch_op.create_index(batch_op.f('ix_user_party'), ['party'], unique=False)

