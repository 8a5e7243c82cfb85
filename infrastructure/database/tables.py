"""The tables. Generations and renders are the ledger; pictures, images and their edits are the history.

Private to this package: everybody else sees entities.
"""

from enum import Enum as PythonEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Double,
    Enum,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal,
    true,
)

from domain.animations import AnimationFormat, AnimationState
from domain.generations import GenerationStatus, RenderState
from domain.networks import Emotion
from infrastructure.database.clock import DatabaseNow, Instant

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

ID = String(32)
SHA256 = String(64)


def words(kind: type[PythonEnum], name: str) -> Enum:
    """Stored as the members' values, checked by the database."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


networks = Table(
    "networks",
    metadata,
    Column("sha256", SHA256, primary_key=True),
    Column("name", Text, nullable=False, index=True),
    Column("resolution", Integer, nullable=False),
    Column("layers", Integer, nullable=False),
    Column("image_channels", Integer, nullable=False),
    Column("label_dim", Integer, nullable=False),
)

directions = Table(
    "directions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", SHA256, nullable=False),
    Column("emotion", words(Emotion, "emotion")),
)

generations = Table(
    "generations",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("mutation", Text, nullable=False),
    Column("fingerprint", SHA256, nullable=False),
    Column("idempotency_key", Text),
    Column("status", words(GenerationStatus, "status"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("session_id", ID),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("ended_number", BigInteger, unique=True),
    Column("error_code", Text),
    Column("error_message", Text),
    UniqueConstraint("owner", "idempotency_key"),
    CheckConstraint("done >= 0 AND done <= total", name="done"),
    Index(None, "created_at", "id"),
    Index(None, "owner", "created_at", "id"),
    Index(None, "status", "created_at", "id"),
    Index(None, "session_id", "created_at", "id"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Numbers that are given out in the order of commits: whoever takes one holds its row until the end."""

renders = Table(
    "renders",
    metadata,
    Column("id", ID, primary_key=True),
    Column("generation_id", ID, ForeignKey("generations.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("recipe_key", SHA256, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("source_id", ID, ForeignKey("images.id", use_alter=True)),
    Column("priority", Integer, nullable=False),
    Column("queued_at", Instant, nullable=False, default=DatabaseNow()),
    Column("state", words(RenderState, "state"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("worker", Text),
    Column("error_code", Text),
    Column("error_message", Text),
    UniqueConstraint("generation_id", "place"),
    CheckConstraint("attempt >= 0", name="attempt"),
    Index(None, "generation_id", "state"),
    Index(None, "source_id"),
)


animations = Table(
    "animations",
    metadata,
    Column("generation_id", ID, ForeignKey("generations.id"), primary_key=True),
    Column("format", words(AnimationFormat, "format"), nullable=False),
    Column("fps", Integer, nullable=False),
    Column("loop", Boolean, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("key", SHA256, nullable=False, index=True),
    Column("state", words(AnimationState, "state"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("worker", Text),
    Column("sha256", SHA256, index=True),
    Column("size_bytes", BigInteger),
    Column("width", Integer),
    Column("height", Integer),
    Column("frames", Integer),
    Column("duration_ms", Integer),
    Column("error_code", Text),
    Column("error_message", Text),
    CheckConstraint("attempt >= 0", name="attempt"),
)
"""A row is changed only by who has locked its generation's, so that its state and the status move together."""

ANIMATION_IN_HAND = animations.c.state.in_(
    [
        literal(state, animations.c.state.type, literal_execute=True)
        for state in (AnimationState.QUEUED, AnimationState.RUNNING)
    ]
)
Index(
    "ix_animations_in_hand",
    animations.c.state,
    animations.c.generation_id,
    sqlite_where=ANIMATION_IN_HAND,
    postgresql_where=ANIMATION_IN_HAND,
)


def in_state(state: RenderState, source: FromClause = renders) -> ColumnElement[bool]:
    """The state compared with a literal: a plan that is made for any parameter cannot use a partial index."""
    return source.c.state == literal(state, renders.c.state.type, literal_execute=True)


QUEUED, RUNNING = in_state(RenderState.QUEUED), in_state(RenderState.RUNNING)
QUEUE_ORDER = (renders.c.priority, renders.c.queued_at, renders.c.id)

# Each names the state though it holds but one: SQLite finds a partial index by its first column.
Index("ix_renders_queue", renders.c.state, *QUEUE_ORDER, sqlite_where=QUEUED, postgresql_where=QUEUED)
Index(
    "ix_renders_queued_recipe",
    renders.c.state,
    renders.c.recipe_key,
    *QUEUE_ORDER,
    sqlite_where=QUEUED,
    postgresql_where=QUEUED,
)
# Unique: however many workers there are, no recipe is in two hands.
Index(
    "ix_renders_running_recipe",
    renders.c.state,
    renders.c.recipe_key,
    unique=True,
    sqlite_where=RUNNING,
    postgresql_where=RUNNING,
)

pictures = Table(
    "pictures",
    metadata,
    Column("recipe_key", SHA256, primary_key=True),
    Column("sha256", SHA256, nullable=False, index=True),
    Column("thumbnail_sha256", SHA256, nullable=False, index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
)

EMOTION_BITS = {
    Emotion.HAPPY: 1,
    Emotion.SAD: 2,
    Emotion.ANGRY: 4,
    Emotion.DISGUSTED: 8,
    Emotion.FEARFUL: 16,
    Emotion.SURPRISED: 32,
}
"""`images.emotions` is the sum of those applied."""

images = Table(
    "images",
    metadata,
    Column("id", ID, primary_key=True),
    Column("render_id", ID, ForeignKey("renders.id"), nullable=False, unique=True),
    Column("generation_id", ID, ForeignKey("generations.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("recipe_key", SHA256, ForeignKey("pictures.recipe_key"), nullable=False, index=True),
    Column("recipe", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("network_sha256", SHA256, ForeignKey("networks.sha256"), nullable=False),
    Column("source_id", ID, ForeignKey("images.id")),
    Column("session_id", ID),
    Column("owner", Text, nullable=False),
    Column("emotions", Integer, nullable=False),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    Column("starred", Boolean, nullable=False, default=False, server_default=false()),
    # The emotions lie in the long indexes, so that a filter by a rare one reads the index alone.
    Index(None, "created_at", "id", "emotions"),
    Index(None, "owner", "created_at", "id", "emotions"),
    Index(None, "seed", "id", "emotions"),
    Index(None, "network_sha256", "created_at", "id", "emotions"),
    Index(None, "generation_id", "place", "id"),
    Index(None, "source_id", "created_at", "id"),
    Index(None, "session_id", "created_at", "id"),
    Index(None, "seed", "created_at", "id"),
    Index(None, "owner", "seed", "created_at", "id"),
    Index(None, "owner", "network_sha256", "created_at", "id"),
)


STARRED = images.c.starred.is_(true())


def with_emotion(emotion: Emotion) -> ColumnElement[bool]:
    """As the index of the emotion has it: with literals, so that databases know it again."""
    bit, none = (literal(number, Integer(), literal_execute=True) for number in (EMOTION_BITS[emotion], 0))
    return images.c.emotions.bitwise_and(bit) != none


# A rare emotion and a few stars are found without walking past all other images. The column of the condition lies in
# the index too: SQLite would look at the row for it. So do the emotions of starred images, which many filters ask for.
for _word, _more, _condition in (
    ("starred", (images.c.starred, images.c.emotions), STARRED),
    *((emotion.value, (images.c.emotions,), with_emotion(emotion)) for emotion in Emotion),
):
    for _columns in (("created_at", "id"), ("owner", "created_at", "id")):
        Index(
            f"ix_images_{_word}_{'_'.join(_columns)}",
            *(images.c[name] for name in _columns),
            *_more,
            sqlite_where=_condition,
            postgresql_where=_condition,
        )

image_edits = Table(
    "image_edits",
    metadata,
    Column("image_id", ID, ForeignKey("images.id"), primary_key=True),
    Column("direction_id", ID, ForeignKey("directions.id"), primary_key=True),
    Column("emotion", words(Emotion, "emotion")),
    Column("strength", Double, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", ID, primary_key=True),
    Column("digest", SHA256, nullable=False),
    Column("owner", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
)
"""Never deleted: the audit log names them, without a foreign key, as an entry outlives whatever it is about."""

audit = Table(
    "audit",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("owner", Text, nullable=False),
    Column("token_id", ID),
    Column("action", Text, nullable=False),
    Column("subject", Text),
    Column("outcome", Text, nullable=False),
    Index(None, "at", "id"),
    Index(None, "owner", "at", "id"),
)
