"""signatures of releases, and the public keys that made them"""

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0005"
down_revision = "0004"
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
    op.add_column("releases", sa.Column("signature", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("releases", "signature")
    op.drop_table("release_keys")
