"""Removing files that no row refers to: what a death between file and row, or a lost race, leaves behind.

Safe beside a running service: a file counts as new from the last time that somebody stored it, and new ones stay.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from domain.ports import UnitsOfWork
from infrastructure.files import PARTIAL
from infrastructure.locks import locked

GRACE = timedelta(hours=1)
FOLDERS = ("images", "thumbnails", "animations")
BATCH = 500

_NAME = re.compile(r"([0-9a-f]{64})\.(png|webp|gif|mp4)")


@dataclass(frozen=True, slots=True)
class Swept:
    """How many files were looked at, how many (would have) gone, and their bytes."""

    seen: int = 0
    removed: int = 0
    bytes: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(self.seen + other.seen, self.removed + other.removed, self.bytes + other.bytes)


async def sweep(root: Path, units: UnitsOfWork, *, grace: timedelta = GRACE, dry_run: bool = False) -> Swept:
    """Look through `root` (the folder static/), folder by folder; files that are not the service's own stay."""
    before = time.time() - grace.total_seconds()
    total = Swept()
    for folder in await asyncio.to_thread(_folders, root):
        files, old = await asyncio.to_thread(_files, folder, before)
        total += Swept(seen=files)
        for start in range(0, len(old), BATCH):
            for path in await _orphans(units, old[start : start + BATCH]):
                total += await asyncio.to_thread(_remove, root, path, before, dry_run)
    return total


def _folders(root: Path) -> list[Path]:
    tops = [root / name for name in FOLDERS if (root / name).is_dir()]
    return [folder for top in tops for folder in (top, *sorted(path for path in top.iterdir() if path.is_dir()))]


def _files(folder: Path, before: float) -> tuple[int, list[Path]]:
    """How many of the service's files are there, and those that are older."""
    own = [path for path in folder.iterdir() if path.name.endswith(PARTIAL) or _NAME.fullmatch(path.name)]
    return len(own), [path for path in own if _is_older(path, before)]


async def _orphans(units: UnitsOfWork, paths: Sequence[Path]) -> list[Path]:
    """Partial files, and those that no row names."""
    names = [path.stem for path in paths if not path.name.endswith(PARTIAL)]
    if not names:
        return list(paths)
    async with units.reading() as unit:
        known = await unit.images.known_files(names)
    return [path for path in paths if path.stem not in known]


def _is_older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime <= before
    except FileNotFoundError:
        return False


def _remove(root: Path, path: Path, before: float, dry_run: bool) -> Swept:
    """Look again and remove, while nobody can store: who stored it meanwhile made it new."""
    with locked(root, exclusive=True):
        if not _is_older(path, before):
            return Swept()
        size = path.stat().st_size
        if not dry_run:
            path.unlink()
        return Swept(removed=1, bytes=size)
