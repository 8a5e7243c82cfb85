"""A ZIP that is sent while it is packed: nothing of it is kept but its table of contents.

The same entries are the same bytes, whenever and wherever they are packed.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from zipfile import ZipFile, ZipInfo

from domain.exports import ArchiveEntry

PART = 1 << 20
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
"""The first instant that a ZIP can name."""

UNIX = 3
READABLE_FILE = 0o100644 << 16


class ZipPacking:
    """The domain's port `Packing`. Entries are stored as they are: pictures are compressed already."""

    async def packed(self, entries: AsyncGenerator[ArchiveEntry, None]) -> AsyncGenerator[bytes, None]:
        sink = _Sink()
        archive = ZipFile(sink, "w")
        async with aclosing(entries):
            async for entry in entries:
                async for part in _in_parts(_written(archive, sink, entry)):
                    yield part
        async for part in _in_parts(_ended(archive, sink)):
            yield part


class _Sink:
    """What a ZipFile writes to: nothing can be looked up or changed in it, and what was taken is gone."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """A ZipFile leaves open what it was given."""

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _written(archive: ZipFile, sink: _Sink, entry: ArchiveEntry) -> Iterator[bytes]:
    """An entry that comes in parts has at most 2 GiB; the archive may be of any size."""
    pieces = (entry.content,) if isinstance(entry.content, bytes) else entry.content
    with archive.open(_info(entry), "w") as file:
        for piece in pieces:
            file.write(piece)
            yield sink.taken()
    yield sink.taken()


def _ended(archive: ZipFile, sink: _Sink) -> Iterator[bytes]:
    archive.close()
    yield sink.taken()


def _info(entry: ArchiveEntry) -> ZipInfo:
    """In UTC, and as on any system."""
    made_at = EARLIEST if entry.made_at is None else max(entry.made_at.astimezone(UTC), EARLIEST)
    info = ZipInfo(entry.name, made_at.timetuple()[:6])
    info.create_system, info.external_attr = UNIX, READABLE_FILE
    if isinstance(entry.content, bytes):
        info.file_size = len(entry.content)
    return info


async def _in_parts(pieces: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Of about PART bytes, put together in a thread: files are read there, and sums are made."""
    while part := await asyncio.to_thread(_next_part, pieces):
        yield part


def _next_part(pieces: Iterator[bytes]) -> bytes:
    part: list[bytes] = []
    size = 0
    for piece in pieces:
        part.append(piece)
        size += len(piece)
        if size >= PART:
            break
    return b"".join(part)
