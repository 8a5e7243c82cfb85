"""A ZIP that is sent while it is packed: nothing of it is kept but its table of contents."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from zipstream import ZIP_STORED, ZipStream

from domain.exports import ArchiveEntry

PART = 1 << 20


class ZipPacking:
    """The domain's port `Packing`. Entries are stored as they are: pictures are compressed already."""

    async def packed(self, entries: AsyncGenerator[ArchiveEntry, None]) -> AsyncGenerator[bytes, None]:
        archive = ZipStream(compress_type=ZIP_STORED)
        async with aclosing(entries):
            async for entry in entries:
                archive.add(entry.content, entry.name)
                async for part in _in_parts(archive.file()):
                    yield part
        async for part in _in_parts(archive.footer()):
            yield part


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
