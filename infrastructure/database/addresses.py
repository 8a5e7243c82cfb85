"""Database addresses as operators write them, turned into the ones that SQLAlchemy takes."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from infrastructure.database.errors import DatabaseError

EXAMPLES = "sqlite:///FILE or postgresql://USER@HOST/NAME"


def parse_address(address: str) -> URL:
    """A URL whose driver is ``sqlite`` or ``postgresql+psycopg``. Raises DatabaseError; never repeats a password."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise DatabaseError(f"the database's address is not a URL; it is {EXAMPLES}") from None
    match url.get_backend_name():
        case "sqlite":
            if url.database in (None, "", ":memory:") or "mode" in url.query or url.database.startswith("file:"):
                raise DatabaseError("SQLite needs a file: what is in memory only would be lost, and nothing may be")
            return url.set(drivername="sqlite")
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case other:
            raise DatabaseError(f"there is no support for {other!r} databases; the address is {EXAMPLES}")


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite database, None for another."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def async_address(url: URL) -> URL:
    return url.set(drivername="sqlite+aiosqlite") if url.get_backend_name() == "sqlite" else url
