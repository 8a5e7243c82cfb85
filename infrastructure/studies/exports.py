"""A study's rows as files, written while they are read: CSV and JSON lines here, Parquet by a child process."""

import asyncio
import csv
import io
import json
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Any

from domain.studies.codebook import COLUMNS, Kind, Row
from domain.studies.ports import StudyFormat
from infrastructure.studies.statistics import PROJECT, CalculationFailed

NAMES: Sequence[str] = tuple(column.name for column in COLUMNS)
PIECE_BYTES = 1 << 16


class FileExports:
    """The StudyFiles port."""

    def export(self, rows: AsyncIterator[Row], form: StudyFormat) -> AsyncIterator[bytes]:
        match form:
            case StudyFormat.CSV:
                return _csv(rows)
            case StudyFormat.JSON_LINES:
                return _json_lines(rows)
            case StudyFormat.PARQUET:
                return _parquet(rows)


async def _csv(rows: AsyncIterator[Row]) -> AsyncIterator[bytes]:
    """RFC 4180, UTF-8; booleans are true and false, what is missing is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(NAMES)
    async for row in rows:
        writer.writerow([_field(row[name]) for name in NAMES])
        if text.tell() >= PIECE_BYTES:
            yield _taken(text)
    yield _taken(text)


def _field(value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value


def _taken(text: io.StringIO) -> bytes:
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written


async def _json_lines(rows: AsyncIterator[Row]) -> AsyncIterator[bytes]:
    """One object a line. What is JSON within a text elsewhere is JSON here."""
    nested = [column.name for column in COLUMNS if column.kind is Kind.JSON]
    piece = bytearray()
    async for row in rows:
        values = {name: row[name] for name in NAMES}
        values.update((name, json.loads(values[name])) for name in nested if values[name] is not None)
        piece += json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


async def _parquet(rows: AsyncIterator[Row]) -> AsyncIterator[bytes]:
    """Raises CalculationFailed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "infrastructure.studies.parquet",
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise CalculationFailed("the child process has no pipes")
    feeding = asyncio.create_task(_feed(rows, child.stdin))
    complaint = asyncio.create_task(child.stderr.read())
    try:
        while piece := await child.stdout.read(PIECE_BYTES):
            yield piece
        await feeding
        if await child.wait() != 0:
            raise CalculationFailed((await complaint).decode(errors="replace")[-2000:])
    finally:
        for task in (feeding, complaint):
            task.cancel()
        await asyncio.gather(feeding, complaint, return_exceptions=True)
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _feed(rows: AsyncIterator[Row], pipe: asyncio.StreamWriter) -> None:
    try:
        async for row in rows:
            pipe.write(json.dumps([row[name] for name in NAMES]).encode() + b"\n")
            await pipe.drain()
    except ConnectionError:
        pass  # the child has ended: its exit status and its complaint tell why
    finally:
        pipe.close()
