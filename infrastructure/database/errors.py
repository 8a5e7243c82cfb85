"""What can be wrong with a database, in the product's words; each message says what to do."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from domain.errors import StorageFailed

FULL = {"53100"}
"""PostgreSQL's disk_full."""

BROKEN = {"58030", "25006"}
"""PostgreSQL's io_error and read_only_sql_transaction."""

_SQLITE_BROKEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


class DatabaseError(Exception):
    """The address is not usable, the server does not answer, or the schema does not fit."""


class SchemaOutdated(DatabaseError):
    """The database has the form of an older version."""


class SchemaUnknown(DatabaseError):
    """The database was migrated by a newer version, or by something else."""


def storage_failure(error: DBAPIError) -> StorageFailed | None:
    """The error where it says that the disk is full or cannot be written, else None."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF  # the rest says where it happened
    state = getattr(error.orig, "sqlstate", None)
    if primary == sqlite3.SQLITE_FULL or state in FULL:
        return StorageFailed("STORAGE_FULL", "the database cannot be written: the disk is full; try again later")
    if primary in _SQLITE_BROKEN or state in BROKEN:
        return StorageFailed("STORAGE_FAILED", "the database cannot be written; try again later")
    return None
