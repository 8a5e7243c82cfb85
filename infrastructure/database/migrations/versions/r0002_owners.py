"""Lists of one owner's generations and images, newest first, cost what their page costs."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_generations_owner_created_at_id", "generations", ["owner", "created_at", "id"])
    op.create_index("ix_images_owner_created_at_id_emotions", "images", ["owner", "created_at", "id", "emotions"])


def downgrade() -> None:
    op.drop_index("ix_images_owner_created_at_id_emotions", "images")
    op.drop_index("ix_generations_owner_created_at_id", "generations")
