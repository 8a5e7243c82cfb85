"""Collections, tags and stars; the ids of what was deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(32)
INSTANT = sa.BigInteger()
BUILT_IN = ("male", "female", "practice", "attention")
WITH_NOTE = sa.text("folded != ''")


def upgrade() -> None:
    op.add_column("images", sa.Column("starred", sa.Boolean(), nullable=False, server_default=sa.false()))
    _create_tags()
    _create_collections()
    op.create_table(
        "forgotten",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_forgotten_at", "forgotten", ["at"])


def downgrade() -> None:
    for table in ("forgotten", "collected_images", "collections", "image_tags", "tags"):
        op.drop_table(table)
    op.drop_column("images", "starred")


def _create_tags() -> None:
    tags = op.create_table(
        "tags",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("owner", "folded"),
    )
    op.create_index("ix_tags_created_at_id", "tags", ["created_at", "id"])
    op.create_index("ix_tags_owner_created_at_id", "tags", ["owner", "created_at", "id"])
    rows = [
        {"id": f"{number:032x}", "owner": "", "name": name, "folded": name, "created_at": number}
        for number, name in enumerate(BUILT_IN, start=1)
    ]
    op.bulk_insert(tags, rows)
    op.create_table(
        "image_tags",
        sa.Column("image_id", ID, sa.ForeignKey("images.id"), primary_key=True),
        sa.Column("tag_id", ID, sa.ForeignKey("tags.id"), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    for columns in (["tag_id", "created_at", "image_id"], ["tag_id", "owner", "created_at", "image_id"]):
        op.create_index(f"ix_image_tags_{'_'.join(columns)}", "image_tags", columns)


def _create_collections() -> None:
    op.create_table(
        "collections",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_index("ix_collections_created_at_id", "collections", ["created_at", "id"])
    op.create_index("ix_collections_owner_created_at_id", "collections", ["owner", "created_at", "id"])
    op.create_table(
        "collected_images",
        sa.Column("id", ID, primary_key=True),
        sa.Column("collection_id", ID, sa.ForeignKey("collections.id"), nullable=False),
        sa.Column("image_id", ID, sa.ForeignKey("images.id"), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("image_created_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("collection_id", "image_id"),
    )
    for columns in (
        ["collection_id", "created_at", "id"],
        ["collection_id", "image_created_at", "image_id"],
        ["image_id", "created_at", "id"],
    ):
        op.create_index(f"ix_collected_images_{'_'.join(columns)}", "collected_images", columns)
    for columns in (["image_created_at", "image_id"], ["owner", "image_created_at", "image_id"]):
        name = f"ix_collected_images_noted_{'_'.join(columns)}"
        op.create_index(name, "collected_images", columns, sqlite_where=WITH_NOTE, postgresql_where=WITH_NOTE)
