"""Picture files on disk, named by their content: a file that bears its name is whole and will outlive a power cut."""

import errno
import hashlib
import logging
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiofiles.os import wrap

from domain.errors import StorageFailed
from domain.generations import Picture
from domain.pictures import FileState, StoredFile, Unused, image_path, thumbnail_path
from domain.ports import EncodedPicture
from infrastructure.locks import locked
from infrastructure.syncing import make_folder, sync

PARTIAL = ".partial"
"""How names end while a file is being written; what a crash leaves of them is swept."""

DISCARDED_AT_ONCE = 100
"""Files that are removed while nobody can store."""

logger = logging.getLogger(__name__)

FULL = (errno.ENOSPC, errno.EDQUOT)

MAX_PICTURE_BYTES = 1 << 26
"""No picture is as big; what is was not written by this service, and is not read."""

Step = Callable[[str], None]


class DiskPictureFiles:
    """The domain's port `PictureFiles`, under `root` (the folder static/).

    `step` is told each step of a write as it is done (written, synced, renamed, recorded), so that tests can break in.
    """

    def __init__(self, root: Path, step: Step = lambda name: None) -> None:
        self._root = root
        self._step = step
        self._lasting: set[Path] = set()

    async def store(self, encoded: EncodedPicture) -> Picture:
        async with self._storage_errors():
            return await self._store(encoded, self._keep)

    async def restore(self, encoded: EncodedPicture) -> Picture:
        """As `store`, where what lies under these names may be damaged: that is replaced. Raises StorageFailed."""
        async with self._storage_errors():
            return await self._store(encoded, self._keep_if_whole)

    async def state(self, name: str, sha256: str) -> FileState:
        """Of a file by its path within the folder; one that cannot be read is damaged."""
        return await wrap(_state)(self._root / name, sha256)

    async def exists(self, picture: Picture) -> bool:
        image = self._root / image_path(picture.sha256)
        thumbnail = self._root / thumbnail_path(picture.thumbnail_sha256)
        return await _size(image) == picture.size_bytes and await _size(thumbnail) is not None

    def moment(self) -> int:
        return time.time_ns()

    async def discard(self, unused: Unused, moment: int) -> None:
        paths = [self._root / image_path(name) for name in unused.images]
        paths += [self._root / thumbnail_path(name) for name in unused.thumbnails]
        paths += [self._root / path for path in unused.animations]
        for start in range(0, len(paths), DISCARDED_AT_ONCE):
            try:
                await _discard(self._root, paths[start : start + DISCARDED_AT_ONCE], moment)
            except OSError:
                logger.exception("files without rows could not be removed; a sweep will")

    async def read(self, picture: Picture) -> StoredFile:
        async with self._storage_errors():
            return await _read(self._root / image_path(picture.sha256), picture.sha256)

    async def probe(self, size_bytes: int) -> None:
        """Write so many bytes and remove them. Raises StorageFailed."""
        async with self._storage_errors():
            await self._probe(size_bytes)

    def path(self, name: str) -> Path:
        """Of a file by its path within the folder."""
        return self._root / name

    async def begin(self, folder: str) -> Path:
        """A name for a file that somebody else writes and syncs, before `adopt`. Raises StorageFailed."""
        async with self._storage_errors():
            await wrap(self._make_lasting)(self._root / folder)
        return _partial(self._root / folder / "new")

    async def adopt(self, partial: Path, name: str) -> None:
        """Give a file of `begin` the name that it keeps; it is recorded when this returns. Raises StorageFailed."""
        async with self._storage_errors():
            await self._adopt(partial, self._root / name)

    @wrap
    def _store(self, encoded: EncodedPicture, keep: Callable[[Path, bytes], None]) -> Picture:
        """All of it in one thread: each change of threads takes as long as a small write."""
        picture = Picture(
            sha256=hashlib.sha256(encoded.image).hexdigest(),
            thumbnail_sha256=hashlib.sha256(encoded.thumbnail).hexdigest(),
            size_bytes=len(encoded.image),
            width=encoded.width,
            height=encoded.height,
        )
        keep(self._root / thumbnail_path(picture.thumbnail_sha256), encoded.thumbnail)
        keep(self._root / image_path(picture.sha256), encoded.image)
        return picture

    @wrap
    def _probe(self, size_bytes: int) -> None:
        folder = self._root / "images"
        self._make_lasting(folder)
        partial = _partial(folder / "probe")
        try:
            self._write(partial, bytes(size_bytes))
        finally:
            _remove(partial)

    @wrap
    def _adopt(self, partial: Path, path: Path) -> None:
        self._make_lasting(path.parent)
        self._name(partial, path)

    def _keep_if_whole(self, path: Path, content: bytes) -> None:
        whole = _state(path, path.stem) is FileState.INTACT
        (self._keep if whole else self._put)(path, content)

    def _keep(self, path: Path, content: bytes) -> None:
        self._make_lasting(path.parent)
        if _kept_already(self._root, path, len(content)):
            self._record(path)
        else:
            self._put(path, content)

    def _put(self, path: Path, content: bytes) -> None:
        self._make_lasting(path.parent)
        partial = _partial(path)
        try:
            self._write(partial, content)
            self._name(partial, path)
        except BaseException:
            _remove(partial)
            raise

    def _write(self, path: Path, content: bytes) -> None:
        with path.open("xb") as file:
            file.write(content)
            file.flush()
            self._step("written")
            os.fsync(file.fileno())
            self._step("synced")

    def _name(self, partial: Path, path: Path) -> None:
        _rename(self._root, partial, path)
        self._step("renamed")
        self._record(path)

    def _record(self, path: Path) -> None:
        sync(path.parent)
        self._step("recorded")

    def _make_lasting(self, folder: Path) -> None:
        """Make a folder and record it in the one above; once a process, as a killed one may not have got to that."""
        if folder in self._lasting:
            return
        if folder == self._root:
            make_folder(folder.parent)
        else:
            self._make_lasting(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)
        self._lasting.add(folder)

    @asynccontextmanager
    async def _storage_errors(self) -> AsyncIterator[None]:
        """The message is for clients; the cause has the rest."""
        try:
            yield
        except OSError as error:
            self._lasting.clear()  # the folders may be gone
            if error.errno in FULL:
                raise StorageFailed("STORAGE_FULL", "the picture could not be stored: the disk is full") from error
            raise StorageFailed("STORAGE_FAILED", "the picture could not be stored") from error


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}{PARTIAL}")


@wrap
def _read(path: Path, sha256: str) -> StoredFile:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_PICTURE_BYTES + 1)
    except FileNotFoundError:
        return StoredFile(FileState.MISSING)
    if len(content) > MAX_PICTURE_BYTES:
        return StoredFile(FileState.DAMAGED)
    intact = hashlib.sha256(content).hexdigest() == sha256
    return StoredFile(FileState.INTACT if intact else FileState.DAMAGED, content)


def _state(path: Path, sha256: str) -> FileState:
    try:
        with path.open("rb") as file:
            intact = hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return FileState.MISSING
    except OSError:
        return FileState.DAMAGED
    return FileState.INTACT if intact else FileState.DAMAGED


@wrap
def _size(path: Path) -> int | None:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return None


def _kept_already(root: Path, path: Path, size_bytes: int) -> bool:
    """A file that is there counts as new from now on, so that no sweep takes it before its row is written."""
    with suppress(FileNotFoundError), locked(root, exclusive=False):
        if path.stat().st_size == size_bytes:
            _date(path)
            return True
    return False


def _date(path: Path) -> None:
    """By the clock of `moment`: the file system's own may lag behind it."""
    now = time.time_ns()
    os.utime(path, ns=(now, now))


@wrap
def _discard(root: Path, paths: Sequence[Path], moment: int) -> None:
    """While nobody can store: what was stored since the moment has a row by now, or will have one."""
    with locked(root, exclusive=True):
        for path in paths:
            with suppress(FileNotFoundError):
                if path.stat().st_mtime_ns <= moment:
                    path.unlink()


def _rename(root: Path, partial: Path, path: Path) -> None:
    with locked(root, exclusive=False):
        _date(partial)
        partial.replace(path)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
