"""signatures of releases and the public keys that made them; the secretariat's own words in the paper"""

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release_keys",
        sa.Column("key_id", sa.String(length=43), nullable=False),
        sa.Column("public_key", sa.String(length=43), nullable=False),
        sa.Column("made_at", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_release_keys"),
    )
    op.create_table(
        "paper_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("paragraph", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("manner", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("generated", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("at", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations.id"],
            name="fk_paper_words_consultation_id_consultations",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_paper_words"),
    )
    op.create_index("ix_paper_words_consultation_id", "paper_words", ["consultation_id"])
    op.add_column("releases", sa.Column("signature", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("releases", "signature")
    op.drop_table("paper_words")
    op.drop_table("release_keys")
