"""submissions are known by their send key; in SQLite they have no hidden number"""

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = (
    "receipt_hash, consultation_id, questionnaire_number, language, link, arrived_hour, answers, open_answers, dropped"
)


def upgrade() -> None:
    """What was sent before has its receipt hash for a send hash: both are random, and its cookie is long gone."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(with_send_hash=True)
        return
    op.add_column("submissions", sa.Column("send_hash", sa.LargeBinary(length=32), nullable=True))
    op.execute("UPDATE submissions SET send_hash = receipt_hash")
    op.alter_column("submissions", "send_hash", nullable=False)
    op.drop_constraint("pk_submissions", "submissions", type_="primary")
    op.create_primary_key("pk_submissions", "submissions", ["send_hash"])
    op.create_unique_constraint("uq_submissions_receipt_hash", "submissions", ["receipt_hash"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(with_send_hash=False)
        return
    op.drop_constraint("uq_submissions_receipt_hash", "submissions", type_="unique")
    op.drop_constraint("pk_submissions", "submissions", type_="primary")
    op.create_primary_key("pk_submissions", "submissions", ["receipt_hash"])
    op.drop_column("submissions", "send_hash")


def _rebuild(*, with_send_hash: bool) -> None:
    """SQLite cannot change a primary key: the rows move into a new table, in the order of their key."""
    op.rename_table("submissions", "submissions_before")
    op.drop_index("ix_submissions_consultation_id", "submissions_before")
    send_hash = [sa.Column("send_hash", sa.LargeBinary(length=32), nullable=False)] if with_send_hash else []
    unique = [sa.UniqueConstraint("receipt_hash", name="uq_submissions_receipt_hash")] if with_send_hash else []
    op.create_table(
        "submissions",
        *send_hash,
        sa.Column("receipt_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_number", sa.SmallInteger(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("link", sa.String(length=16), nullable=True),
        sa.Column("arrived_hour", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("open_answers", sa.Text(), nullable=True),
        sa.Column("dropped", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations.id"],
            name="fk_submissions_consultation_id_consultations",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("send_hash" if with_send_hash else "receipt_hash", name="pk_submissions"),
        *unique,
        sqlite_with_rowid=not with_send_hash,
    )
    to, from_ = (f"send_hash, {COLUMNS}", f"receipt_hash, {COLUMNS}") if with_send_hash else (COLUMNS, COLUMNS)
    op.execute(f"INSERT INTO submissions ({to}) SELECT {from_} FROM submissions_before ORDER BY receipt_hash")  # noqa: S608
    op.drop_table("submissions_before")
    op.create_index("ix_submissions_consultation_id", "submissions", ["consultation_id"])
