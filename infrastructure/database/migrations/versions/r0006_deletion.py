"""The renders that wait for an edit of an image are found by it, when it is deleted."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_renders_source_id", "renders", ["source_id"])


def downgrade() -> None:
    op.drop_index("ix_renders_source_id", "renders")
