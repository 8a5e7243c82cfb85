"""Bytes come into memory once, hashed while they are read, so that what is parsed is what the hash names."""

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from stylegan2.errors import UnreadableFile

MAX_FILE_BYTES = 2 * 2**30
"""The largest file that is read. NVIDIA's 1024x1024 networks take about 0.4 GB, discriminators included."""

CHUNK_BYTES = 2**20


def read_file(path: Path, max_bytes: int | None = None) -> tuple[bytes, str]:
    """The bytes of a regular file and their sha256, hexadecimal.

    Raises UnreadableFile where there is no such file, it is no regular file, it may not be read, or it is
    larger than ``max_bytes`` (MAX_FILE_BYTES where none is given).
    """
    limit = MAX_FILE_BYTES if max_bytes is None else max_bytes
    with _open(path) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        if size_bytes > limit:
            raise UnreadableFile(
                f"{path.name} has {size_bytes} bytes, more than the {limit} that are read; is it a network?"
            )
        try:
            content = file.read(size_bytes)
        except (OSError, MemoryError) as error:
            raise UnreadableFile(f"{path.name} cannot be read into memory: {error}") from error
    return content, hashlib.sha256(content).hexdigest()


def file_sha256(path: Path) -> str:
    """The sha256 of a file of any size, hexadecimal, without holding the file in memory."""
    digest = hashlib.sha256()
    with _open(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def write_file(path: Path, content: bytes) -> None:
    """Write all of it or nothing: a temporary file beside the target, synced, then renamed over it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _open(path: Path) -> BinaryIO:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableFile(f"{path} is not a file")
        return path.open("rb")
    except FileNotFoundError as error:
        raise UnreadableFile(f"there is no file {path}") from error
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path} cannot be read: {error}") from error
