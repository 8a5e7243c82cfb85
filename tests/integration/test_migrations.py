"""Databases are made, brought up, taken down and refused; nothing is half done, and files are copied first."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from infrastructure.database import (
    DatabaseError,
    SchemaOutdated,
    SchemaUnknown,
    check_schema,
    make_ready,
    migrate,
    open_database,
    pending,
)
from infrastructure.database.addresses import parse_address
from infrastructure.database.engines import migrating_engine
from infrastructure.database.migrations import versions
from infrastructure.database.tables import metadata

REVISIONS = tuple(sorted(file.name[1:5] for file in Path(versions.__path__[0]).glob("r*.py")))
HEAD = REVISIONS[-1]


def _tables(address: str) -> set[str]:
    engine = migrating_engine(parse_address(address))
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def _execute(address: str, statement: str) -> None:
    engine = migrating_engine(parse_address(address))
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_migrating_up_and_down_and_up_again_leaves_what_was_there_first(fresh_address: str) -> None:
    migrate(fresh_address)
    first = _tables(fresh_address)
    assert first == {*metadata.tables, "alembic_version"}
    migrate(fresh_address, "base")
    assert _tables(fresh_address) == {"alembic_version"}
    assert pending(fresh_address) == REVISIONS
    migrate(fresh_address)
    assert _tables(fresh_address) == first
    assert pending(fresh_address) == ()


def test_migrations_and_tables_say_the_same(fresh_address: str) -> None:
    migrate(fresh_address)
    with migrating_engine(parse_address(fresh_address)).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_and_tables_agree_to_the_letter_in_sqlite(tmp_path: Path) -> None:
    """Alembic compares no CHECKs; SQLite keeps the text of every table."""
    migrated, created = f"sqlite:///{tmp_path / 'migrated'}", f"sqlite:///{tmp_path / 'created'}"
    migrate(migrated)
    engine = migrating_engine(parse_address(created))
    with engine.begin() as connection:
        metadata.create_all(connection)

    def schema(name: str) -> dict[str, list[str]]:
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'").fetchall()
        parts = {name: sql.replace("\n", "").split(", ") for name, sql in rows if sql}
        return {name: sorted(part.strip(" \t)") for part in sql) for name, sql in parts.items()}

    assert schema("migrated") == schema("created")


async def test_a_fresh_database_is_made_when_it_is_opened(fresh_address: str) -> None:
    database = await open_database(fresh_address)
    async with database.units.reading() as unit:
        assert await unit.generations.count() == 0
    await database.close()
    check_schema(fresh_address)


def test_processes_that_start_at_once_make_one_database(fresh_address: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make_ready, [fresh_address] * 4))
    check_schema(fresh_address)


async def test_an_old_database_is_refused_with_the_command_that_mends_it(fresh_address: str) -> None:
    migrate(fresh_address)
    migrate(fresh_address, "base")
    with pytest.raises(SchemaOutdated, match=r"python main\.py migrate"):
        check_schema(fresh_address)
    with pytest.raises(SchemaOutdated, match=r"python main\.py migrate"):
        await open_database(fresh_address)


@pytest.mark.fault
def test_a_newer_database_is_refused(fresh_address: str) -> None:
    migrate(fresh_address)
    _execute(fresh_address, "UPDATE alembic_version SET version_num = '9999'")
    for refused in (check_schema, migrate, pending):
        with pytest.raises(SchemaUnknown, match="9999"):
            refused(fresh_address)


def test_a_revision_that_does_not_exist_is_refused(fresh_address: str) -> None:
    with pytest.raises(DatabaseError, match=f"there is no revision 'nonsense'.*{HEAD}"):
        migrate(fresh_address, "nonsense")


@pytest.mark.fault
def test_a_sqlite_file_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "data" / "manganace.sqlite3"
    address = f"sqlite:///{path}"
    assert migrate(address) is None
    assert migrate(address) is None
    _execute(address, "INSERT INTO networks VALUES ('aa', 'faces', 64, 10, 3, 0)")
    backup = migrate(address, "base")
    assert backup == path.with_name(f"manganace.sqlite3.{HEAD}.backup")
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT name FROM networks").fetchall() == [("faces",)]
    migrate(address)
    second = migrate(address, "base")
    assert second is not None
    assert second != backup
    assert not list(path.parent.glob("*.partial"))


def test_a_migration_that_breaks_leaves_the_database_as_it_was(
    fresh_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import op

    create: Callable[..., object] = op.create_index

    def break_down(name: str, *arguments: object, **options: object) -> object:
        if name == "ix_images_seed_id_emotions":
            raise RuntimeError("the power went")
        return create(name, *arguments, **options)

    monkeypatch.setattr(op, "create_index", break_down)
    with pytest.raises(RuntimeError, match="the power went"):
        migrate(fresh_address)
    assert _tables(fresh_address) == set()
    monkeypatch.undo()
    migrate(fresh_address)
    check_schema(fresh_address)


def test_what_rendered_a_study_before_is_the_study_s_afterwards(fresh_address: str) -> None:
    migrate(fresh_address, "0010")
    _execute(fresh_address, "INSERT INTO studies VALUES ('s', 'ann', 'Smiles', 0)")
    columns = "id, study_id, number, design, seed, hash, fixed, generation_id, created_at"
    for number, generation in ((1, "'g'"), (2, "NULL")):
        values = f"'v{number}', 's', {number}, '{{}}', '5eed', 'aa', FALSE, {generation}, 0"
        _execute(fresh_address, f"INSERT INTO study_versions ({columns}) VALUES ({values})")  # noqa: S608
    migrate(fresh_address)
    with migrating_engine(parse_address(fresh_address)).connect() as connection:
        rows = connection.execute(text("SELECT study_id, generation_id FROM study_renderings")).all()
    assert [tuple(row) for row in rows] == [("s", "g")]


def test_rows_that_point_nowhere_stop_a_migration(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'broken.sqlite3'}"
    migrate(address)
    _execute(address, "INSERT INTO image_edits VALUES ('no image', 'no direction', NULL, 1.0)")
    with pytest.raises(DatabaseError, match="point nowhere"):
        migrate(address)


@pytest.mark.parametrize("broken", ["folder", "text"])
def test_a_file_that_is_no_database_is_refused_at_once(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "manganace.sqlite3"
    path.mkdir() if broken == "folder" else path.write_text("not a database, but long enough to look at" * 50)
    with pytest.raises(DatabaseError, match=r"cannot be used: (unable to open|file is not a database)"):
        make_ready(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("nonsense", "is not a URL"),
        ("mysql://localhost/x", "no support for 'mysql'"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:///file:x?mode=memory&uri=true", "needs a file"),
        ("postgresql://nobody:secret@127.0.0.1:1/x", "cannot be used"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_the_reason(address: str, reason: str) -> None:
    with pytest.raises(DatabaseError, match=reason) as refused:
        check_schema(address)
    assert "secret" not in str(refused.value)


def test_postgresql_addresses_name_the_driver_themselves() -> None:
    for address in ("postgresql://host/x", "postgres://host/x", "postgresql+psycopg://host/x"):
        assert parse_address(address).drivername == "postgresql+psycopg"
