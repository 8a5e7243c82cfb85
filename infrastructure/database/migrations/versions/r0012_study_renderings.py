"""Which generations made a study's pictures: all of them, so that the pictures go with the study."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "study_renderings",
        sa.Column("generation_id", sa.String(32), nullable=False),
        sa.Column("study_id", sa.String(32)),
        sa.PrimaryKeyConstraint("generation_id", name="pk_study_renderings"),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name="fk_study_renderings_study_id"),
    )
    op.create_index("ix_study_renderings_study_id", "study_renderings", ["study_id"])
    op.execute(
        "INSERT INTO study_renderings (generation_id, study_id) "
        "SELECT generation_id, study_id FROM study_versions WHERE generation_id IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_index("ix_study_renderings_study_id", "study_renderings")
    op.drop_table("study_renderings")
