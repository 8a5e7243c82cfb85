"""Picture files: whole under their names or not there at all, whatever the disk does."""

import asyncio
import errno
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import StorageFailed
from domain.pictures import image_path, thumbnail_path
from domain.ports import EncodedPicture
from infrastructure.files import DiskPictureFiles

PICTURE = EncodedPicture(image=b"png" * 1000, thumbnail=b"webp" * 10, width=16, height=16)
SHA256 = hashlib.sha256(PICTURE.image).hexdigest()
THUMBNAIL = hashlib.sha256(PICTURE.thumbnail).hexdigest()
STEPS = ["written", "synced", "renamed", "recorded"] * 2
"""The thumbnail's, then the image's."""


def files_in(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


WHOLE = {image_path(SHA256): PICTURE.image, thumbnail_path(THUMBNAIL): PICTURE.thumbnail}


async def test_a_picture_is_two_files_named_by_their_content(tmp_path: Path) -> None:
    files = DiskPictureFiles(tmp_path / "new" / "static")
    picture = await files.store(PICTURE)
    assert (picture.sha256, picture.thumbnail_sha256, picture.size_bytes) == (SHA256, THUMBNAIL, 3000)
    assert (picture.width, picture.height) == (16, 16)
    assert files_in(tmp_path / "new" / "static") == WHOLE
    assert await files.exists(picture)


async def test_each_step_comes_after_the_one_that_it_needs(tmp_path: Path) -> None:
    steps: list[str] = []
    await DiskPictureFiles(tmp_path, steps.append).store(PICTURE)
    assert steps == STEPS


async def test_a_file_that_is_there_is_not_written_again_but_counts_as_new(tmp_path: Path) -> None:
    await DiskPictureFiles(tmp_path).store(PICTURE)
    path = tmp_path / image_path(SHA256)
    inode = path.stat().st_ino
    os.utime(path, (1, 1))
    steps: list[str] = []
    await DiskPictureFiles(tmp_path, steps.append).store(PICTURE)
    assert steps == ["recorded", "recorded"]
    assert path.stat().st_ino == inode
    assert path.stat().st_mtime > 1


async def test_a_file_of_the_wrong_size_is_replaced(tmp_path: Path) -> None:
    files = DiskPictureFiles(tmp_path)
    picture = await files.store(PICTURE)
    (tmp_path / image_path(SHA256)).write_bytes(b"torn")
    assert not await files.exists(picture)
    await files.store(PICTURE)
    assert files_in(tmp_path) == WHOLE


async def test_a_missing_file_is_told(tmp_path: Path) -> None:
    files = DiskPictureFiles(tmp_path)
    picture = await files.store(PICTURE)
    (tmp_path / thumbnail_path(THUMBNAIL)).unlink()
    assert not await files.exists(picture)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "STORAGE_FULL"),
        (errno.EDQUOT, "STORAGE_FULL"),
        (errno.EIO, "STORAGE_FAILED"),
        (errno.EROFS, "STORAGE_FAILED"),
    ],
)
@pytest.mark.parametrize("step", ["written", "synced", "renamed"])
async def test_a_disk_that_fails_at_any_step_leaves_no_partial_file(
    tmp_path: Path, number: int, code: str, step: str
) -> None:
    def fail_at(name: str) -> None:
        if name == step:
            raise OSError(number, os.strerror(number), str(tmp_path))

    with pytest.raises(StorageFailed) as raised:
        await DiskPictureFiles(tmp_path, fail_at).store(PICTURE)
    assert raised.value.code == code
    assert str(tmp_path) not in str(raised.value)
    assert files_in(tmp_path).keys() <= WHOLE.keys()
    await DiskPictureFiles(tmp_path).store(PICTURE)
    assert files_in(tmp_path) == WHOLE


async def test_a_folder_that_cannot_be_made_is_a_storage_failure_and_mends(tmp_path: Path) -> None:
    blocked = tmp_path / "images"
    blocked.write_bytes(b"a file where a folder should be")
    files = DiskPictureFiles(tmp_path)
    with pytest.raises(StorageFailed):
        await files.store(PICTURE)
    blocked.unlink()
    await files.store(PICTURE)
    assert files_in(tmp_path) == WHOLE


async def test_folders_that_were_removed_under_it_come_back(tmp_path: Path) -> None:
    files = DiskPictureFiles(tmp_path)
    await files.store(PICTURE)
    shutil.rmtree(tmp_path / "images")
    shutil.rmtree(tmp_path / "thumbnails")
    with pytest.raises(StorageFailed):
        await files.store(PICTURE)
    await files.store(PICTURE)
    assert files_in(tmp_path) == WHOLE


async def test_a_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    await DiskPictureFiles(tmp_path).probe(1000)
    assert files_in(tmp_path) == {}

    def full(name: str) -> None:
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(StorageFailed, match="full"):
        await DiskPictureFiles(tmp_path, full).probe(1000)
    assert files_in(tmp_path) == {}


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from infrastructure.files import DiskPictureFiles
from tests.unit.test_files import PICTURE

left = int(sys.argv[2])
def step(name):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1

asyncio.run(DiskPictureFiles(Path(sys.argv[1]), step).store(PICTURE))
"""


@pytest.mark.fault
@pytest.mark.parametrize("at", range(len(STEPS)))
def test_killed_at_any_step_no_file_is_torn_under_its_name(tmp_path: Path, at: int) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(at)], check=False)
    assert killed.returncode == -9
    found = files_in(tmp_path)
    partial = [name for name in found if name.endswith(".partial")]
    assert len(partial) <= 1
    assert {name: found[name] for name in found if name not in partial}.items() <= WHOLE.items()
    asyncio.run(DiskPictureFiles(tmp_path).store(PICTURE))
    assert WHOLE.items() <= files_in(tmp_path).items()
