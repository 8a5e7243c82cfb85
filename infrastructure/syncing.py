"""What has to outlive a power cut is told to the disk: the one call that everybody who writes files shares."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """A file's content, or a folder's names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
