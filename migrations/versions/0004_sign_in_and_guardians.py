"""passkeys, sign-in elsewhere, who answers for safety, checked helplines, corrections of words"""

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=2000), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("made_at", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passkeys_account_id_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
    )
    op.create_index("ix_passkeys_account_id", "passkeys", ["account_id"])
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_identities_account_id_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_identities"),
    )
    op.create_index("ix_identities_account_id", "identities", ["account_id"])
    op.create_table(
        "spent",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ends_at", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_spent"),
    )
    op.create_table(
        "guardians",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations.id"],
            name="fk_guardians_consultation_id_consultations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_guardians_account_id_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("consultation_id", "part", name="pk_guardians"),
    )
    op.create_table(
        "helpline_checks",
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("dial", sa.String(length=40), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("checked_by", sa.String(length=254), nullable=False),
        sa.PrimaryKeyConstraint("country", "dial", name="pk_helpline_checks"),
    )
    op.create_table(
        "questionnaire_steps",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("states", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations.id"],
            name="fk_questionnaire_steps_consultation_id_consultations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("consultation_id", "number", name="pk_questionnaire_steps"),
    )
    op.add_column("consultations", sa.Column("freeze_on", sa.Date(), nullable=True))
    op.add_column("consultations", sa.Column("words_until", sa.Date(), nullable=True))
    op.add_column("questionnaires", sa.Column("corrected_at", app.db.UtcDateTime(timezone=True), nullable=True))
    op.add_column("questionnaires", sa.Column("reason", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("questionnaires", "reason")
    op.drop_column("questionnaires", "corrected_at")
    op.drop_column("consultations", "words_until")
    op.drop_column("consultations", "freeze_on")
    for table in ("questionnaire_steps", "helpline_checks", "guardians", "spent", "identities", "passkeys"):
        op.drop_table(table)
