"""The tables of what people put in order: sessions, tags, collections, and the ids of what they deleted.

What images are found by carries the image's own time, so that a filtered list is read along an index in its order.
"""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from infrastructure.database.clock import DatabaseNow, Instant
from infrastructure.database.tables import ID, metadata

sessions = Table(
    "sessions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    Index(None, "created_at", "id"),
    Index(None, "owner", "created_at", "id"),
)
"""`generations` and `images` name theirs without a foreign key: a session goes while nobody else writes."""

tags = Table(
    "tags",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    UniqueConstraint("owner", "folded"),
    Index(None, "created_at", "id"),
    Index(None, "owner", "created_at", "id"),
)

image_tags = Table(
    "image_tags",
    metadata,
    Column("image_id", ID, ForeignKey("images.id"), primary_key=True),
    Column("tag_id", ID, ForeignKey("tags.id"), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index(None, "tag_id", "created_at", "image_id"),
    Index(None, "tag_id", "owner", "created_at", "image_id"),
)
"""`owner` and `created_at` are the image's."""

collections = Table(
    "collections",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    Index(None, "created_at", "id"),
    Index(None, "owner", "created_at", "id"),
)

collected_images = Table(
    "collected_images",
    metadata,
    Column("id", ID, primary_key=True),
    Column("collection_id", ID, ForeignKey("collections.id"), nullable=False),
    Column("image_id", ID, ForeignKey("images.id"), nullable=False),
    Column("owner", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("image_created_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False, default=DatabaseNow()),
    UniqueConstraint("collection_id", "image_id"),
    Index(None, "collection_id", "created_at", "id"),
    Index(None, "collection_id", "image_created_at", "image_id"),
    Index(None, "image_id", "created_at", "id"),
)
"""`owner` is the collection's and the image's; `folded` is the note without upper case, to search in."""

WITH_NOTE = collected_images.c.folded != ""
for _columns in (("image_created_at", "image_id"), ("owner", "image_created_at", "image_id")):
    Index(
        f"ix_collected_images_noted_{'_'.join(_columns)}",
        *(collected_images.c[name] for name in _columns),
        sqlite_where=WITH_NOTE,
        postgresql_where=WITH_NOTE,
    )

forgotten = Table(
    "forgotten",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("at", Instant, nullable=False, index=True, default=DatabaseNow()),
)
"""Kept for a month: nobody sends a request again after that."""
