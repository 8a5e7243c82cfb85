"""The ledger (generations and renders) and the history (pictures, images and their edits)."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(32)
SHA256 = sa.String(64)
INSTANT = sa.BigInteger()
STATES = ("queued", "running", "succeeded", "failed", "canceled")
EMOTIONS = ("happy", "sad", "angry", "disgusted", "fearful", "surprised")
QUEUED = sa.text("state = 'queued'")
RUNNING = sa.text("state = 'running'")


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


def upgrade() -> None:
    _create_networks()
    _create_generations()
    _create_renders()
    _create_images()
    if op.get_bind().dialect.name != "sqlite":  # SQLite took it with the table: it has no ALTER for this
        op.create_foreign_key("fk_renders_source_id", "renders", "images", ["source_id"], ["id"])


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("fk_renders_source_id", "renders", type_="foreignkey")
    for table in (
        "image_edits",
        "images",
        "renders",
        "pictures",
        "counters",
        "generations",
        "directions",
        "networks",
    ):
        op.drop_table(table)


def _create_networks() -> None:
    op.create_table(
        "networks",
        sa.Column("sha256", SHA256, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("layers", sa.Integer(), nullable=False),
        sa.Column("image_channels", sa.Integer(), nullable=False),
        sa.Column("label_dim", sa.Integer(), nullable=False),
    )
    op.create_index("ix_networks_name", "networks", ["name"])
    op.create_table(
        "directions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("emotion", _words("emotion", *EMOTIONS)),
    )


def _create_generations() -> None:
    op.create_table(
        "generations",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("mutation", sa.Text(), nullable=False),
        sa.Column("fingerprint", SHA256, nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("status", _words("status", *STATES), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("session_id", ID),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("ended_number", sa.BigInteger(), unique=True),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_message", sa.Text()),
        sa.UniqueConstraint("owner", "idempotency_key"),
        sa.CheckConstraint("done >= 0 AND done <= total", name="done"),
    )
    op.create_index("ix_generations_created_at_id", "generations", ["created_at", "id"])
    op.create_index("ix_generations_status_created_at_id", "generations", ["status", "created_at", "id"])
    op.create_index("ix_generations_session_id_created_at_id", "generations", ["session_id", "created_at", "id"])
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
    )
    op.bulk_insert(counters, [{"name": "ended", "value": 0}])


def _create_renders() -> None:
    op.create_table(
        "renders",
        sa.Column("id", ID, primary_key=True),
        sa.Column("generation_id", ID, sa.ForeignKey("generations.id"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("recipe_key", SHA256, nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("source_id", ID, sa.ForeignKey("images.id", use_alter=True)),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("queued_at", INSTANT, nullable=False),
        sa.Column("state", _words("state", *STATES), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", INSTANT),
        sa.Column("worker", sa.Text()),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_message", sa.Text()),
        sa.UniqueConstraint("generation_id", "place"),
        sa.CheckConstraint("attempt >= 0", name="attempt"),
    )
    queue = ["priority", "queued_at", "id"]
    op.create_index("ix_renders_generation_id_state", "renders", ["generation_id", "state"])
    for name, columns in (
        ("ix_renders_queue", ["state", *queue]),
        ("ix_renders_queued_recipe", ["state", "recipe_key", *queue]),
    ):
        op.create_index(name, "renders", columns, sqlite_where=QUEUED, postgresql_where=QUEUED)
    op.create_index(
        "ix_renders_running_recipe",
        "renders",
        ["state", "recipe_key"],
        unique=True,
        sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )


def _create_images() -> None:
    op.create_table(
        "pictures",
        sa.Column("recipe_key", SHA256, primary_key=True),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("thumbnail_sha256", SHA256, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_index("ix_pictures_sha256", "pictures", ["sha256"])
    op.create_index("ix_pictures_thumbnail_sha256", "pictures", ["thumbnail_sha256"])
    op.create_table(
        "images",
        sa.Column("id", ID, primary_key=True),
        sa.Column("render_id", ID, sa.ForeignKey("renders.id"), nullable=False, unique=True),
        sa.Column("generation_id", ID, sa.ForeignKey("generations.id"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("recipe_key", SHA256, sa.ForeignKey("pictures.recipe_key"), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("network_sha256", SHA256, sa.ForeignKey("networks.sha256"), nullable=False),
        sa.Column("source_id", ID, sa.ForeignKey("images.id")),
        sa.Column("session_id", ID),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("emotions", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    for columns in (
        ["recipe_key"],
        ["created_at", "id", "emotions"],
        ["seed", "id", "emotions"],
        ["network_sha256", "created_at", "id", "emotions"],
        ["generation_id", "place", "id"],
        ["source_id", "created_at", "id"],
        ["session_id", "created_at", "id"],
    ):
        op.create_index(f"ix_images_{'_'.join(columns)}", "images", columns)
    op.create_table(
        "image_edits",
        sa.Column("image_id", ID, sa.ForeignKey("images.id"), primary_key=True),
        sa.Column("direction_id", ID, sa.ForeignKey("directions.id"), primary_key=True),
        sa.Column("emotion", _words("emotion", *EMOTIONS)),
        sa.Column("strength", sa.Double(), nullable=False),
    )
