"""Bringing a database to this version's form, whole or not at all, after a copy where it is a file."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from infrastructure.database.addresses import parse_address, sqlite_file
from infrastructure.database.engines import BUSY_TIMEOUT_S, migrating_engine
from infrastructure.database.errors import DatabaseError, SchemaOutdated, SchemaUnknown
from infrastructure.syncing import make_folder, sync

MIGRATION_LOCK = 0x6D616E67
"""PostgreSQL's advisory lock that lets one process migrate at a time; SQLite's write lock does the same."""


def migrate(address: str, revision: str = "head") -> Path | None:
    """Go up or down to `revision` (head, base or an identifier); the path of the copy made before, if one was.

    Raises DatabaseError when the revision does not exist or the database cannot be reached.
    """
    url = parse_address(address)
    with blocking_engine(url) as engine:
        current = _revision(engine)
        backup = None if current in (None, _target(revision)) else _back_up(url, str(current))
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            _move(connection, revision)
            _check_foreign_keys(connection)
    return backup


def pending(address: str) -> tuple[str, ...]:
    """The revisions that `migrate` would apply, oldest first. Raises SchemaUnknown for a newer database."""
    with blocking_engine(parse_address(address)) as engine:
        return _pending(_revision(engine))


def check_schema(address: str) -> None:
    """Raises SchemaOutdated, SchemaUnknown or DatabaseError unless the database has this version's form."""
    with blocking_engine(parse_address(address)) as engine:
        _refuse_unless_current(_revision(engine))


def make_ready(address: str) -> None:
    """Make a database where there is none; raise what `check_schema` raises for one that has another form."""
    with blocking_engine(parse_address(address)) as engine, engine.connect() as connection:
        fresh = not inspect(connection).get_table_names()
        current = MigrationContext.configure(connection).get_current_revision()
    if fresh:
        migrate(address)
    else:
        _refuse_unless_current(current)


def _refuse_unless_current(revision: str | None) -> None:
    missing = _pending(revision)
    if missing:
        raise SchemaOutdated(
            f"the database lacks {len(missing)} migration(s) ({', '.join(missing)}); run: python main.py migrate"
        )


@contextmanager
def blocking_engine(url: URL) -> Iterator[Engine]:
    """Within the context; what the driver raises becomes DatabaseError."""
    if (file := sqlite_file(url)) is not None:
        make_folder(file.parent)
    engine = migrating_engine(url)
    try:
        yield engine
    except (DBAPIError, sqlite3.Error) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise DatabaseError(f"the database cannot be used: {str(reason).strip()}") from error
    finally:
        engine.dispose()


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _target(revision: str) -> str | None:
    """The identifier that `revision` stands for; None for base."""
    if revision == "base":
        return None
    try:
        found = _scripts().get_revision(revision)
    except CommandError:
        found = None
    if found is None:
        raise DatabaseError(f"there is no revision {revision!r}; give head, base or one of {', '.join(_known())}")
    return found.revision


def _known() -> list[str]:
    return [script.revision for script in reversed(list(_scripts().walk_revisions()))]


def _pending(current: str | None) -> tuple[str, ...]:
    known = _known()
    if current is None:
        return tuple(known)
    if current not in known:
        raise SchemaUnknown(f"the database is at revision {current!r}, which this version does not know; it is newer")
    return tuple(known[known.index(current) + 1 :])


def _move(connection: Connection, revision: str) -> None:
    """Up or down, whichever way `revision` lies."""
    target = _target(revision)
    current = MigrationContext.configure(connection).get_current_revision()
    if target in _pending(current):
        command.upgrade(_config(connection), str(target))
    elif current != target:
        command.downgrade(_config(connection), target or "base")


def _check_foreign_keys(connection: Connection) -> None:
    """Migrations run with SQLite's enforcement off, because rebuilding a table would break it on the way."""
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise DatabaseError("the migration would leave rows that point nowhere; nothing was changed")


def _back_up(url: URL, revision: str) -> Path | None:
    """Copy a SQLite database to FILE.REVISION.backup, complete and on disk before it has that name."""
    file = sqlite_file(url)
    if file is None:
        return None
    backup = _free_name(file, revision)
    partial = backup.with_name(backup.name + ".partial")
    partial.unlink(missing_ok=True)
    copy_sqlite(file, partial)
    partial.rename(backup)
    sync(backup.parent)
    return backup


def copy_sqlite(file: Path, copy: Path) -> None:
    """The database as it is at one moment, in one file, on disk; others write on meanwhile."""
    with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S)) as source:
        source.execute("VACUUM INTO ?", (str(copy),))
    sync(copy)


def _free_name(file: Path, revision: str) -> Path:
    names = [file.with_name(f"{file.name}.{revision}.backup")]
    names += [file.with_name(f"{file.name}.{revision}.{number}.backup") for number in range(2, 1000)]
    return next(name for name in names if not name.exists())
