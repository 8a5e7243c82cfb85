"""Tables that are written to the disk while they grow, so that ten thousand rows need no more memory than ten."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

IN_MEMORY = 1 << 20
PART = 1 << 16


def spool() -> IO[bytes]:
    """A file that is on the disk once it is larger than IN_MEMORY, and gone once it is closed."""
    return SpooledTemporaryFile(IN_MEMORY)


@dataclass(frozen=True, slots=True)
class CsvTable:
    """RFC 4180, UTF-8, under the names of its columns. Whoever opened the file closes it."""

    columns: Sequence[str]
    file: IO[bytes]

    def __post_init__(self) -> None:
        self.add(self.columns)

    def add(self, values: Iterable[object]) -> None:
        self.file.write(csv_line(values))

    def parts(self) -> Iterator[bytes]:
        """The whole; nothing is added after."""
        return parts_of(self.file)


def csv_line(values: Iterable[object]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue().encode()


def parts_of(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while part := file.read(PART):
        yield part
