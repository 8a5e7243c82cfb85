"""What can be wrong with a database, in the product's words; each message says what to do."""

import sqlite3

from sqlalchemy import ExceptionContext
from sqlalchemy.exc import DBAPIError

from domain.errors import StorageFailed

FULL = {"53100"}
"""PostgreSQL's disk_full."""

BROKEN = {"58030", "25006"}
"""PostgreSQL's io_error and read_only_sql_transaction."""

QUOTING = ("22", "23")
"""PostgreSQL's classes of errors that quote a value, a key or a whole row: data_exception, integrity violations."""

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


def quote_no_values(context: ExceptionContext) -> None:
    """Of an error of PostgreSQL that would, say its name and where it happened: it may reach the log."""
    orig, wrapped = context.original_exception, context.sqlalchemy_exception
    state = getattr(orig, "sqlstate", None) or ""
    if not state.startswith(QUOTING):
        return
    told = getattr(orig, "diag", None)
    places = [getattr(told, f"{what}_name", None) for what in ("table", "column", "constraint")]
    words = f"{type(orig).__name__} ({state}) {' '.join(place for place in places if place)}".rstrip()
    orig.args = (words,)
    if wrapped is not None:
        wrapped.args = (words,)
