"""Perception studies: designs, participants' runs, answers, withdrawals."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.String(32)
SHA256 = sa.String(64)
INSTANT = sa.BigInteger()
STATUSES = ("invited", "consented", "running", "completed", "dropped_out", "withdrawn")
EMOTIONS = ("happy", "sad", "angry", "disgusted", "fearful", "surprised")
DEVICES = ("mouse", "touch", "pen", "keyboard", "unknown")
TABLES = (
    *("withdrawals", "answers", "trials", "participants", "study_sessions"),
    *("consent_texts", "study_versions", "studies", "seed_pools"),
)


def upgrade() -> None:
    _create_designs()
    _create_sessions()
    _create_participants()
    _create_trials()
    _create_withdrawals()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


def _create_designs() -> None:
    op.create_table(
        "seed_pools",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("psi", sa.Double(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_index("ix_seed_pools_owner_created_at_id", "seed_pools", ["owner", "created_at", "id"])
    op.create_table(
        "studies",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_index("ix_studies_created_at_id", "studies", ["created_at", "id"])
    op.create_index("ix_studies_owner_created_at_id", "studies", ["owner", "created_at", "id"])
    op.create_table(
        "study_versions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("study_id", ID, sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("design", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("hash", SHA256, nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.Column("generation_id", ID),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("study_id", "number"),
    )
    op.create_table(
        "consent_texts",
        sa.Column("study_id", ID, sa.ForeignKey("studies.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
    )


def _create_sessions() -> None:
    op.create_table(
        "study_sessions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("study_id", ID, sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("version_id", ID, sa.ForeignKey("study_versions.id"), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("status", _words("session_status", *STATUSES), nullable=False),
        sa.Column("label", sa.Text()),
        sa.Column("device_sha256", SHA256),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("consented_at", INSTANT),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
    )
    op.create_index("ix_study_sessions_study_id_created_at_id", "study_sessions", ["study_id", "created_at", "id"])
    op.create_index("ix_study_sessions_version_id_status", "study_sessions", ["version_id", "status"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    held = sa.text("held IS 1" if sqlite else "held IS true")
    op.create_index(
        "uq_study_sessions_version_id_slot",
        "study_sessions",
        ["version_id", "slot"],
        unique=True,
        sqlite_where=held,
        postgresql_where=held,
    )


def _create_participants() -> None:
    op.create_table(
        "participants",
        sa.Column("id", ID, primary_key=True),
        sa.Column("session_id", ID, sa.ForeignKey("study_sessions.id"), nullable=False, unique=True),
        sa.Column("consent_number", sa.Integer(), nullable=False),
        sa.Column("consented_at", INSTANT, nullable=False),
        sa.Column("age", sa.Integer()),
        sa.Column("gender", _words("gender", "male", "female", "other", "undisclosed")),
    )


def _create_trials() -> None:
    op.create_table(
        "trials",
        sa.Column("id", ID, primary_key=True),
        sa.Column("session_id", ID, sa.ForeignKey("study_sessions.id"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", _words("kind", "practice", "main", "repeated", "attention"), nullable=False),
        sa.Column("face_seed", sa.BigInteger(), nullable=False),
        sa.Column("face_sex", _words("face_sex", "man", "woman"), nullable=False),
        sa.Column("emotion", _words("emotion", *EMOTIONS), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer()),
        sa.Column("target", sa.Integer()),
        sa.UniqueConstraint("session_id", "place"),
    )
    op.create_table(
        "answers",
        sa.Column("id", ID, primary_key=True),
        sa.Column("trial_id", ID, sa.ForeignKey("trials.id"), nullable=False, unique=True),
        sa.Column("session_id", ID, sa.ForeignKey("study_sessions.id"), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", SHA256, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("strength", sa.Double(), nullable=False),
        sa.Column("response_ms", sa.Double(), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("trajectory", sa.Text(), nullable=False),
        sa.Column(
            "input_device", _words("input_device", "mouse", "touch", "pen", "keyboard", "unknown"), nullable=False
        ),
        sa.Column("screen", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("session_id", "idempotency_key"),
    )


def _create_withdrawals() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("id", ID, primary_key=True),
        sa.Column("study_id", ID, sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("session_id", ID, sa.ForeignKey("study_sessions.id"), nullable=False, unique=True),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("answers_erased", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
    )
    op.create_index("ix_withdrawals_study_id", "withdrawals", ["study_id"])
