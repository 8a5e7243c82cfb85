"""Exports: selections of images that are taken along in one file, kept for a day."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
    )
    op.create_index("ix_exports_created_at", "exports", ["created_at"])
    op.create_table(
        "export_images",
        sa.Column("export_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("export_id", "place", name="pk_export_images"),
        sa.ForeignKeyConstraint(["export_id"], ["exports.id"], name="fk_export_images_export_id"),
    )


def downgrade() -> None:
    op.drop_table("export_images")
    op.drop_index("ix_exports_created_at", "exports")
    op.drop_table("exports")
