"""Locks between processes of one machine, which end with the process that holds them, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infrastructure.syncing import make_folder


@contextmanager
def locked(folder: Path, *, exclusive: bool) -> Iterator[None]:
    """Wait for a shared or the exclusive lock of a folder; threads of one process exclude each other too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def held_alone(path: Path) -> Iterator[bool]:
    """Hold a share of the lock file `path` to the end of the context; True where nobody else held one at its start."""
    make_folder(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        alone = _taken(descriptor)
        fcntl.flock(
            descriptor, fcntl.LOCK_SH
        )  # in place of the exclusive lock, which nobody holds for longer than this
        yield alone
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
