"""Animations: what a generation's images become once they are all there."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.String(32)
SHA256 = sa.String(64)
IN_HAND = sa.text("state IN ('queued', 'running')")


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


def upgrade() -> None:
    op.create_table(
        "animations",
        sa.Column("generation_id", ID, sa.ForeignKey("generations.id"), primary_key=True),
        sa.Column("format", _words("format", "webp", "gif", "mp4"), nullable=False),
        sa.Column("fps", sa.Integer(), nullable=False),
        sa.Column("loop", sa.Boolean(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("key", SHA256, nullable=False),
        sa.Column(
            "state", _words("state", "waiting", "queued", "running", "succeeded", "failed", "canceled"), nullable=False
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("worker", sa.Text()),
        sa.Column("sha256", SHA256),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("frames", sa.Integer()),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_message", sa.Text()),
        sa.CheckConstraint("attempt >= 0", name="attempt"),
    )
    op.create_index("ix_animations_key", "animations", ["key"])
    op.create_index("ix_animations_sha256", "animations", ["sha256"])
    op.create_index(
        "ix_animations_in_hand",
        "animations",
        ["state", "generation_id"],
        sqlite_where=IN_HAND,
        postgresql_where=IN_HAND,
    )


def downgrade() -> None:
    op.drop_table("animations")
