"""A backup is a folder: the database as it was at one moment, the files that its rows refer to, and their hashes.

The database is copied first: files never change, so those that its rows name are still there when they are copied.
`SHA256SUMS` lists everything as sha256sum writes it, so that a backup can be checked without this program.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from domain.errors import Conflict, Invalid, NotFound
from infrastructure.database import COPIES, check_schema, copy_in, copy_out, refuse_to_overwrite
from infrastructure.syncing import make_folder, sync

SUMS = "SHA256SUMS"
ABOUT = "backup.json"
STATIC = "static"
FORMAT = 1
CHUNK_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Copied:
    """What came over whole, and the names of what did not: not there, or not what its name says."""

    files: int = 0
    bytes: int = 0
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        return not (self.missing or self.damaged)


def back_up(address: str, static_dir: Path, target: Path, made_by: str) -> Copied:
    """Make the folder `target`, complete before it has that name; the service may run on.

    Raises Conflict where `target` exists, DatabaseError or OSError; nothing is left behind then.
    """
    if target.exists():
        raise Conflict(f"{target} exists and is not overwritten; name a new folder")
    check_schema(address)
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    make_folder(partial)
    try:
        copied = _fill(partial, address, static_dir, made_by)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync(target.parent)
    return copied


def verify(backup: Path) -> Copied:
    """Hash every file of a backup anew; nothing is changed. Raises NotFound or Invalid for what is no backup."""
    return _added(_check(backup / name, sha256, name) for name, sha256 in _sums(backup).items())


def restore(backup: Path, address: str, static_dir: Path) -> Copied:
    """Put a backup in place where there is nothing yet, each file hashed on the way: files first, then the rows.

    What is missing or damaged in the backup is left out and named; a file that is there and is the same stays. Raises
    Conflict or DatabaseError before anything is overwritten, and Invalid where the copy of the database is damaged.
    """
    sums = _sums(backup)
    database = next(name for name in sums if name in COPIES)
    if not _check(backup / database, sums[database], database).whole:
        raise Invalid(f"{backup / database} is missing or damaged; nothing was restored")
    refuse_to_overwrite(address)
    files = {name.removeprefix(f"{STATIC}/"): sha256 for name, sha256 in sums.items() if name != database}
    for name, sha256 in files.items():
        if (static_dir / name).exists() and not _check(static_dir / name, sha256, name).whole:
            raise Conflict(f"{static_dir / name} exists with other content and is not overwritten; move it away")
    copied = _copy_all(files, backup / STATIC, static_dir)
    copy_in(backup / database, address)
    return copied


def _fill(folder: Path, address: str, static_dir: Path, made_by: str) -> Copied:
    database, files = copy_out(address, folder)
    copied = _copy_all(files, static_dir, folder / STATIC)
    sums = {database.name: _sha256(database), **{f"{STATIC}/{name}": sha256 for name, sha256 in files.items()}}
    _write(folder / SUMS, "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)))
    about = {"format": FORMAT, "madeBy": made_by, "madeAt": datetime.now(UTC).isoformat(timespec="seconds")}
    _write(folder / ABOUT, json.dumps(about, indent=2) + "\n")
    sync(folder)
    return copied


def _sums(backup: Path) -> dict[str, str]:
    """The names, all of them below the backup, with their hashes."""
    try:
        about = json.loads((backup / ABOUT).read_text())
        lines = (backup / SUMS).read_text().splitlines()
    except FileNotFoundError:
        raise NotFound(f"{backup} is no backup: it has no {ABOUT} or no {SUMS}") from None
    except ValueError as error:
        raise Invalid(f"{backup}: {ABOUT} or {SUMS} is damaged") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise Invalid(f"{backup} is of a form that this version does not know")
    sums = {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}
    if sum(name in COPIES for name in sums) != 1 or not all(_is_own(name) for name in sums):
        raise Invalid(f"{backup / SUMS} is damaged: it lists what no backup holds")
    return sums


def _is_own(name: str) -> bool:
    parts = Path(name).parts
    return name in COPIES or (len(parts) == 4 and parts[0] == STATIC and ".." not in parts)


def _copy_all(files: Mapping[str, str], source: Path, target: Path) -> Copied:
    copied = _added(_copy(source / name, target / name, sha256, name) for name, sha256 in files.items())
    for folder in {(target / name).parent for name in files}:
        sync(folder)
    return copied


def _copy(source: Path, target: Path, sha256: str, name: str) -> Copied:
    if target.exists():
        return _check(target, sha256, name)
    partial = target.with_name(f".{target.name}.partial")
    try:
        make_folder(target.parent)
        with source.open("rb") as file, partial.open("wb") as copy:
            digest = hashlib.sha256()
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
            size = copy.tell()
        if digest.hexdigest() != sha256:
            return Copied(damaged=(name,))
        partial.rename(target)
    except FileNotFoundError:
        return Copied(missing=(name,))
    finally:
        partial.unlink(missing_ok=True)
    return Copied(files=1, bytes=size)


def _check(path: Path, sha256: str, name: str) -> Copied:
    try:
        found = _sha256(path)
    except FileNotFoundError:
        return Copied(missing=(name,))
    return Copied(files=1, bytes=path.stat().st_size) if found == sha256 else Copied(damaged=(name,))


def _added(parts: Iterator[Copied]) -> Copied:
    files = size = 0
    missing: list[str] = []
    damaged: list[str] = []
    for part in parts:
        files, size = files + part.files, size + part.bytes
        missing += part.missing
        damaged += part.damaged
    return Copied(files, size, tuple(missing), tuple(damaged))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: str) -> None:
    path.write_text(content)
    sync(path)
