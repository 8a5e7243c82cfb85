"""Sessions: sittings with a name, to which generations and images belong."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_sessions_created_at_id", "sessions", ["created_at", "id"])
    op.create_index("ix_sessions_owner_created_at_id", "sessions", ["owner", "created_at", "id"])


def downgrade() -> None:
    op.drop_table("sessions")
    op.execute("UPDATE images SET session_id = NULL WHERE session_id IS NOT NULL")
    op.execute("UPDATE generations SET session_id = NULL WHERE session_id IS NOT NULL")
