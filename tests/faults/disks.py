"""Small disks that fill up, turn read-only or give up, for tests that may mount; and files that take no writes."""

import fcntl
import os
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN, by which file systems are tried for what they lose."""
WITHOUT_FLUSHING = 2


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


@dataclass(frozen=True, slots=True)
class FailingDisk:
    """With a file system that turns read-only at its first error, as those of most machines do."""

    path: Path
    image: Path

    def attach(self) -> None:
        _run("mount", "-o", "loop,errors=remount-ro", str(self.image), str(self.path))

    def give_up(self) -> None:
        """Whoever has files open keeps them, and can write to none."""
        device = subprocess.run(
            ["findmnt", "-no", "SOURCE", str(self.path)], check=True, capture_output=True, text=True
        )
        Path("/sys/fs/ext4", Path(device.stdout.strip()).name, "trigger_fs_error").write_text("1")

    def cut_power(self) -> None:
        """What the disk was not told to keep is lost, and nothing reaches it any more."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING))
        finally:
            os.close(descriptor)

    def detach(self) -> None:
        _run("umount", str(self.path))

    def mend(self) -> None:
        """When nobody has a file open any more."""
        self.detach()
        self.attach()


@contextmanager
def failing_disk(folder: Path, size_mib: int) -> Iterator[FailingDisk]:
    """Skips the test where this process may not make and mount an ext4 file system in a file."""
    disk = FailingDisk(folder / "disk", folder / "disk.ext4")
    disk.path.mkdir()
    disk.image.touch()
    os.truncate(disk.image, size_mib * 2**20)
    try:
        _run("mkfs.ext4", "-q", "-F", str(disk.image))
        disk.attach()
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("making and mounting an ext4 file system takes root, mkfs.ext4 and a loop device")
    try:
        yield disk
    finally:
        disk.detach()


@contextmanager
def no_writes_to(*files: Path) -> Iterator[None]:
    """Not even by root, nor by who has them open: as on a disk that turned read-only under a running service.

    Skips the test where the file system cannot do this, or this process may not.
    """
    names = [str(file) for file in files]
    refused = subprocess.run(["chattr", "+i", *names], capture_output=True, check=False).returncode
    try:
        if refused:
            pytest.skip("making files immutable takes root and a file system such as ext4")
        yield
    finally:
        subprocess.run(["chattr", "-i", *names], capture_output=True, check=False)


def files_under(path: Path) -> set[str]:
    return {os.path.relpath(Path(folder) / name, path) for folder, _, names in os.walk(path) for name in names}


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
