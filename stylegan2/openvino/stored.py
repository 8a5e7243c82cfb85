"""The folder of stored conversions: one folder for each network, whole or not there, the least used removed.

A conversion is found by everything that decides it: the network's bytes, our graph's source, OpenVINO's version and
the processor, for which it was checked. Nothing here imports OpenVINO.
"""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from platform import machine

MOST_BYTES = 2 * 2**30
"""What stored conversions may take together; the one that was used last stays in any case."""
ABANDONED_S = 3600
OURS = re.compile(r"[0-9a-f]{32}-[0-9a-f]{16}|\.[0-9a-f]{32}-[0-9a-f]{16}\.[0-9]+\.partial")
"""The names that conversions have, whole and half done."""
SOURCES = ("graph.py", "operations.py", "converting.py", "converted.py")


def folder_of(cache: Path, sha256: str) -> Path:
    """Where the conversion of the network with this file hash lies, or would."""
    return cache / f"{sha256[:32]}-{_circumstances()[:16]}"


def use(folder: Path) -> bool:
    """Whether it is there; then it counts as used now."""
    try:
        os.utime(folder)
    except OSError:
        return False
    return True


@contextmanager
def stored(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `folder` at once when the block ends well, and vanishes when it does not."""
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    partial.mkdir(parents=True)
    try:
        yield partial
        for file in partial.iterdir():
            with file.open("rb+") as written:
                os.fsync(written.fileno())
        if not folder.exists():  # another process may have been faster, with the same content
            partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _make_room(folder.parent)


def discard(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _make_room(cache: Path) -> None:
    """Remove what was not used for longest, beyond `MOST_BYTES`, and what a killed process left half done.

    Nothing but conversions is touched, whatever else somebody keeps in the folder.
    """
    whole, total = [], 0
    for folder in filter(lambda each: OURS.fullmatch(each.name), cache.iterdir()):
        used_at = folder.stat().st_mtime
        if not folder.name.endswith(".partial"):
            whole.append((used_at, folder))
        elif time.time() - used_at > ABANDONED_S:
            discard(folder)
    for number, (_, folder) in enumerate(sorted(whole, reverse=True)):
        total += sum(file.stat().st_size for file in folder.iterdir())
        if number > 0 and total > MOST_BYTES:
            discard(folder)


def _circumstances() -> str:
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    digest.update(f"{version('openvino')} {machine()} {_model_name()}".encode())
    return digest.hexdigest()


def _model_name() -> str:
    """The processor's model and abilities, where the system tells (Linux)."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    told = [line for line in lines if line.startswith(("model name", "flags", "Features"))]
    return "\n".join(dict.fromkeys(told))
