"""A database as one file, taken beside the running service, and back: by SQLite's VACUUM INTO, or by pg_dump."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, inspect, select, text

from domain.animations import AnimationFormat, animation_path
from domain.pictures import image_path, thumbnail_path
from infrastructure.database.addresses import parse_address, sqlite_file
from infrastructure.database.errors import DatabaseError
from infrastructure.database.migrating import blocking_engine, copy_sqlite
from infrastructure.database.tables import animations, pictures
from infrastructure.syncing import make_folder, sync

SQLITE_COPY = "manganace.sqlite3"
POSTGRESQL_COPY = "manganace.dump"
COPIES = (SQLITE_COPY, POSTGRESQL_COPY)

NAMED = select(pictures.c.sha256, pictures.c.thumbnail_sha256)
ANIMATED = select(animations.c.sha256, animations.c.format).where(animations.c.sha256.is_not(None))


def copy_out(address: str, folder: Path) -> tuple[Path, dict[str, str]]:
    """The database as it is at one moment, as a file in `folder`, and what its rows refer to: paths under static/ with
    the SHA-256 of their content. Others write on meanwhile. Raises DatabaseError."""
    url = parse_address(address)
    file = sqlite_file(url)
    if file is None:
        return _dump(url, folder / POSTGRESQL_COPY)
    if not file.is_file():
        raise DatabaseError(f"there is no database {file}")
    copy = folder / SQLITE_COPY
    copy_sqlite(file, copy)
    with closing(sqlite3.connect(copy)) as connection:
        return copy, _files_of(connection.execute(str(NAMED)), connection.execute(str(ANIMATED)))


def copy_in(copy: Path, address: str) -> None:
    """Make the database at `address` out of a copy, whole or not at all.

    Raises DatabaseError where there is one already, and where the copy is of another kind of database.
    """
    url = parse_address(address)
    refuse_to_overwrite(address)
    file = sqlite_file(url)
    if (copy.name == SQLITE_COPY) != (file is not None):
        kinds = ("SQLite", "PostgreSQL") if copy.name == SQLITE_COPY else ("PostgreSQL", "SQLite")
        raise DatabaseError(f"the copy is of {kinds[0]}, and MANGANACE_DATABASE_URL names {kinds[1]}")
    if file is None:
        options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
        _run("pg_restore", url, [*options, str(copy)])
        return
    make_folder(file.parent)
    partial = file.with_name(f"{file.name}.partial")
    shutil.copyfile(copy, partial)
    sync(partial)
    partial.rename(file)
    sync(file.parent)


def refuse_to_overwrite(address: str) -> None:
    """Raises DatabaseError unless nothing is there yet."""
    url = parse_address(address)
    file = sqlite_file(url)
    if file is not None:
        taken = [path for path in (file, file.with_name(f"{file.name}-wal")) if path.exists()]
        if taken:
            raise DatabaseError(f"{taken[0]} exists and is not overwritten; move it away, or name another database")
        return
    with blocking_engine(url) as engine, engine.connect() as connection:
        if tables := inspect(connection).get_table_names():
            raise DatabaseError(f"the database holds {len(tables)} tables and is not overwritten; name an empty one")


def _files_of(named: Iterable[Any], animated: Iterable[Any]) -> dict[str, str]:
    files: dict[str, str] = {}
    for sha256, thumbnail in named:
        files |= {image_path(sha256): sha256, thumbnail_path(thumbnail): thumbnail}
    return files | {animation_path(sha256, AnimationFormat(form)): sha256 for sha256, form in animated}


def _dump(url: URL, copy: Path) -> tuple[Path, dict[str, str]]:
    """Both questions are asked of one snapshot."""
    with blocking_engine(url) as engine, engine.connect().execution_options(isolation_level="REPEATABLE READ") as held:
        snapshot = held.scalar(text("SELECT pg_export_snapshot()"))
        _run("pg_dump", url, ["--format=custom", f"--snapshot={snapshot}", f"--file={copy}"])
        return copy, _files_of(held.execute(NAMED), held.execute(ANIMATED))


def _run(program: str, url: URL, options: Sequence[str]) -> None:
    """The password goes by the environment: a command line is everybody's to read."""
    found = shutil.which(program)
    if found is None:
        raise DatabaseError(f"{program} is needed for a PostgreSQL database and is not on PATH; install its client")
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(  # noqa: S603 - the database's own program
        [found, f"--dbname={plain}", *options], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise DatabaseError(f"{program} failed: {lines[-1]}")
