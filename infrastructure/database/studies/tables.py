"""The tables of perception studies. Personal data stands in a table of its own, apart from the answers."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from domain.networks import Emotion
from domain.studies.pools import Sex
from domain.studies.records import Gender, InputDevice, SessionStatus
from domain.studies.trials import TrialKind
from infrastructure.database.clock import DatabaseNow, Instant
from infrastructure.database.tables import ID, SHA256, metadata, words

pools = Table(
    "seed_pools",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("pool", Text, nullable=False),
    Column("psi", Double, nullable=False),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    Index(None, "owner", "created_at", "id"),
)

studies = Table(
    "studies",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    Index(None, "created_at", "id"),
    Index(None, "owner", "created_at", "id"),
)

versions = Table(
    "study_versions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("study_id", ID, ForeignKey("studies.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("design", Text, nullable=False),
    Column("seed", Text, nullable=False),
    Column("hash", SHA256, nullable=False),
    Column("fixed", Boolean, nullable=False),
    Column("generation_id", ID),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    UniqueConstraint("study_id", "number"),
)

renderings = Table(
    "study_renderings",
    metadata,
    Column("generation_id", ID, primary_key=True),
    Column("study_id", ID, ForeignKey("studies.id"), index=True),
)
"""All generations that made a study's pictures. Without a study: its pictures are still to go, as it has gone."""

consents = Table(
    "consent_texts",
    metadata,
    Column("study_id", ID, ForeignKey("studies.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("sha256", SHA256, nullable=False),
)

sessions = Table(
    "study_sessions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("study_id", ID, ForeignKey("studies.id"), nullable=False),
    Column("version_id", ID, ForeignKey("study_versions.id"), nullable=False),
    Column("slot", Integer, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("status", words(SessionStatus, "session_status"), nullable=False),
    Column("label", Text),
    Column("device_sha256", SHA256),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    Column("seen_at", Instant, nullable=False, default=DatabaseNow()),
    Column("consented_at", Instant),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Index(None, "study_id", "created_at", "id"),
    Index(None, "version_id", "status"),
)
HELD = sessions.c.held.is_(True)
Index(
    "uq_study_sessions_version_id_slot",
    sessions.c.version_id,
    sessions.c.slot,
    unique=True,
    sqlite_where=HELD,
    postgresql_where=HELD,
)
"""One session a slot, among those that have not given theirs back."""

participants = Table(
    "participants",
    metadata,
    Column("id", ID, primary_key=True),
    Column("session_id", ID, ForeignKey("study_sessions.id"), nullable=False, unique=True),
    Column("consent_number", Integer, nullable=False),
    Column("consented_at", Instant, nullable=False),
    Column("age", Integer),
    Column("gender", words(Gender, "gender")),
)

trials = Table(
    "trials",
    metadata,
    Column("id", ID, primary_key=True),
    Column("session_id", ID, ForeignKey("study_sessions.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("kind", words(TrialKind, "kind"), nullable=False),
    Column("face_seed", BigInteger, nullable=False),
    Column("face_sex", words(Sex, "face_sex"), nullable=False),
    Column("emotion", words(Emotion, "emotion"), nullable=False),
    Column("start", Integer, nullable=False),
    Column("repeats", Integer),
    Column("target", Integer),
    UniqueConstraint("session_id", "place"),
)

answers = Table(
    "answers",
    metadata,
    Column("id", ID, primary_key=True),
    Column("trial_id", ID, ForeignKey("trials.id"), nullable=False, unique=True),
    Column("session_id", ID, ForeignKey("study_sessions.id"), nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("fingerprint", SHA256, nullable=False),
    Column("step", Integer, nullable=False),
    Column("strength", Double, nullable=False),
    Column("response_ms", Double, nullable=False),
    Column("moved", Boolean, nullable=False),
    Column("trajectory", Text, nullable=False),
    Column("input_device", words(InputDevice, "input_device"), nullable=False),
    Column("screen", Text),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    UniqueConstraint("session_id", "idempotency_key"),
)
"""`trial_id` is unique: of two tabs that answer the same trial one is told so, whatever the service thinks."""

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("id", ID, primary_key=True),
    Column("study_id", ID, ForeignKey("studies.id"), nullable=False, index=True),
    Column("session_id", ID, ForeignKey("study_sessions.id"), nullable=False, unique=True),
    Column("version_number", Integer, nullable=False),
    Column("answers_erased", Integer, nullable=False),
    Column("withdrawn_at", Instant, nullable=False),
    Column("sha256", SHA256, nullable=False),
)
