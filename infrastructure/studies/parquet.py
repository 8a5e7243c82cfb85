"""The child process that writes Parquet: a JSON array a line by stdin, the file by stdout, a row group at a time."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from domain.studies.codebook import COLUMNS, Column, Kind, to_json

GROUP_ROWS = 10_000

TYPES = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.INSTANT: pa.timestamp("ms", tz="UTC"),
    Kind.JSON: pa.string(),
}


def schema() -> pa.Schema:
    """With each column's meaning, and the codebook as the file's own metadata."""
    fields = [pa.field(column.name, TYPES[column.kind], metadata={"meaning": column.meaning}) for column in COLUMNS]
    return pa.schema(fields, metadata={"codebook": json.dumps(to_json())})


def write(lines: Iterable[bytes], sink: BinaryIO) -> None:
    rows = (json.loads(line) for line in lines)
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema(), compression="zstd") as writer:
        for group in _groups(rows):
            columns = zip(*group, strict=True)
            arrays = [_array(column, values) for column, values in zip(COLUMNS, columns, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema()))


def _groups(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while group := list(islice(rows, GROUP_ROWS)):
        yield group


def _array(column: Column, values: Iterable[Any]) -> pa.Array:
    if column.kind is Kind.INSTANT:
        return pa.array(values, pa.string()).cast(TYPES[column.kind])
    return pa.array(values, TYPES[column.kind])


if __name__ == "__main__":
    write(sys.stdin.buffer, sys.stdout.buffer)
