"""What a process asks of the kernel, in order: strace's record, read."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

WATCHED = "write,pwrite64,fsync,fdatasync,rename,mkdir"
WHOLE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)")
BEGUN = re.compile(r"(\d+) +(\w+)\((.*) <unfinished \.\.\.>")
ENDED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>.*\) += (-?\d+)")
ON_A_FILE = re.compile(r"\d+<([^>]*)>")
NAMES = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One that went well. `begun` and `ended` are lines of the record: what ended before another began came first."""

    name: str
    arguments: str
    begun: int
    ended: int

    @property
    def path(self) -> Path:
        """Of what it is about: a descriptor's file, or the first name."""
        file = ON_A_FILE.match(self.arguments)
        return Path(file[1]) if file else self.names[0]

    @property
    def names(self) -> tuple[Path, ...]:
        return tuple(map(Path, NAMES.findall(self.arguments)))

    def before(self, other: "Call") -> bool:
        return self.ended < other.begun


def traced(program: str, *arguments: str, record: Path) -> list[Call]:
    """The calls of a Python program that change or sync files. Skips the test where there is no strace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not on this machine")
    options = ["-f", "-y", "-s", str(2**24), "-e", f"trace={WATCHED}", "-o", str(record)]
    command = ["strace", *options, sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr and not record.stat().st_size:
        pytest.skip("strace may not follow a process here")
    assert done.returncode == 0, done.stderr
    return list(_calls(record.read_text("latin-1").splitlines()))


def _calls(lines: list[str]) -> Iterator[Call]:
    begun: dict[str, tuple[str, str, int]] = {}
    for number, line in enumerate(lines):
        if whole := WHOLE.fullmatch(line):
            if not whole[4].startswith("-"):
                yield Call(whole[2], whole[3], number, number)
        elif start := BEGUN.fullmatch(line):
            begun[start[1]] = (start[2], start[3], number)
        elif (end := ENDED.fullmatch(line)) and not end[2].startswith("-"):
            yield Call(*begun[end[1]], number)
