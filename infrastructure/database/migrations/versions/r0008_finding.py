"""Indexes along which filtered histories are read: stars, each emotion, seeds in time, an owner's networks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

EMOTIONS = {"happy": 1, "sad": 2, "angry": 4, "disgusted": 8, "fearful": 16, "surprised": 32}
WHERE = {"starred": ("starred IS 1", "starred IS true")} | {
    name: (f"emotions & {bit} != 0",) * 2 for name, bit in EMOTIONS.items()
}
COLUMNS: tuple[tuple[str, ...], ...] = (("created_at", "id"), ("owner", "created_at", "id"))
WHOLE: tuple[tuple[str, ...], ...] = (("seed", "created_at", "id"), ("owner", "network_sha256", "created_at", "id"))


def upgrade() -> None:
    for columns in WHOLE:
        op.create_index(f"ix_images_{'_'.join(columns)}", "images", list(columns))
    for name, (sqlite, postgresql) in WHERE.items():
        for columns in COLUMNS:
            op.create_index(
                f"ix_images_{name}_{'_'.join(columns)}",
                "images",
                [*columns, "starred" if name == "starred" else "emotions"],
                sqlite_where=sa.text(sqlite),
                postgresql_where=sa.text(postgresql),
            )


def downgrade() -> None:
    for name in WHERE:
        for columns in COLUMNS:
            op.drop_index(f"ix_images_{name}_{'_'.join(columns)}", "images")
    for columns in WHOLE:
        op.drop_index(f"ix_images_{'_'.join(columns)}", "images")
