"""Indexes that answer more of a filtered history: the emotions of starred images, and an owner's seeds."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS: tuple[tuple[str, ...], ...] = (("created_at", "id"), ("owner", "created_at", "id"))
SEEDS = "ix_images_owner_seed_created_at_id"


def upgrade() -> None:
    op.create_index(SEEDS, "images", ["owner", "seed", "created_at", "id"])
    _stars("starred", "emotions")


def downgrade() -> None:
    _stars("starred")
    op.drop_index(SEEDS, "images")


def _stars(*more: str) -> None:
    for columns in COLUMNS:
        name = f"ix_images_starred_{'_'.join(columns)}"
        op.drop_index(name, "images")
        op.create_index(
            name,
            "images",
            [*columns, *more],
            sqlite_where=sa.text("starred IS 1"),
            postgresql_where=sa.text("starred IS true"),
        )
