"""The tables of exports. They name images without a foreign key: one that is deleted is missing in the export."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from infrastructure.database.clock import DatabaseNow, Instant
from infrastructure.database.tables import ID, metadata

exports = Table(
    "exports",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("created_at", Instant, nullable=False, default=DatabaseNow(), index=True),
)

export_images = Table(
    "export_images",
    metadata,
    Column("export_id", ID, ForeignKey("exports.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("image_id", ID, nullable=False),
)
