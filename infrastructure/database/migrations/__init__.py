"""Alembic's folder: one file a revision, applied by infrastructure.database.migrating."""
