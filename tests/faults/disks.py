"""Small disks that fill up and turn read-only, for tests that may mount: a tmpfs each."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Disk:
    path: Path

    def fill(self) -> None:
        """To the last byte."""
        with (self.path / "ballast").open("wb", buffering=0) as file:
            for size in (65536, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def empty(self) -> None:
        (self.path / "ballast").unlink(missing_ok=True)

    def lock(self) -> None:
        """Nothing can be written: not even by root, whom permissions do not stop."""
        _run("mount", "-o", "remount,ro,bind", str(self.path), str(self.path))

    def unlock(self) -> None:
        _run("mount", "-o", "remount,rw,bind", str(self.path), str(self.path))


@contextmanager
def small_disk(size_kib: int) -> Iterator[Disk]:
    """Skips the test where this process may not mount."""
    path = Path(tempfile.mkdtemp(prefix="manganace-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", str(path)], capture_output=True, check=False
    )
    if mounted.returncode:
        path.rmdir()
        pytest.skip("mounting a small disk takes root")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=False)
        path.rmdir()


def files_under(path: Path) -> set[str]:
    return {os.path.relpath(Path(folder) / name, path) for folder, _, names in os.walk(path) for name in names}


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
