"""What researchers read: one row a trial in every format, the same values in each."""

import io
import json
import resource
from collections.abc import AsyncIterator
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from domain.networks import Emotion
from domain.studies.codebook import COLUMNS, Kind, Row, rows_of, to_json
from domain.studies.ports import StudyFormat
from domain.studies.records import Gender, Run, SessionStatus, Trial
from domain.studies.trials import TrialKind
from infrastructure.studies.exports import FileExports
from infrastructure.studies.statistics import CalculationFailed
from tests.fixtures.studies import answer, design, participant, planned, rows, session, streamed, version

export = FileExports().export
NAMES = [column.name for column in COLUMNS]


async def exported(some: list[Row], form: StudyFormat) -> bytes:
    return b"".join([piece async for piece in export(streamed(some), form)])


def read(data: bytes, form: StudyFormat) -> pd.DataFrame:
    match form:
        case StudyFormat.CSV:
            return pd.read_csv(io.BytesIO(data))
        case StudyFormat.JSON_LINES:
            return pd.read_json(io.BytesIO(data), lines=True)
        case StudyFormat.PARQUET:
            return pd.read_parquet(io.BytesIO(data))


@pytest.mark.parametrize("form", StudyFormat)
async def test_pandas_reads_one_row_a_trial_with_every_column_of_the_codebook(form: StudyFormat) -> None:
    study = design()
    frame = read(await exported(rows(study, 2), form), form)
    assert list(frame.columns) == NAMES
    assert len(frame) == 2 * study.trials
    assert list(frame.trial) == [*range(1, study.trials + 1)] * 2
    assert frame.strength.isna().sum() == 2  # the last trial of each participant
    assert set(frame.loc[frame.answered.astype(bool), "strength"]) <= set(study.strengths)


async def test_the_formats_agree_on_every_value() -> None:
    some = rows(design(), 3)
    csv, lines, parquet = [read(await exported(some, form), form) for form in StudyFormat]
    for column in COLUMNS:
        values = [_values(frame[column.name], column.kind) for frame in (csv, lines, parquet)]
        assert values[0] == values[1] == values[2], column.name


def _values(series: Any, kind: Kind) -> list[Any]:
    """Comparable whatever pandas took them for."""
    present = [None if missing else value for value, missing in zip(series, series.isna(), strict=True)]
    match kind:
        case Kind.JSON:
            return [json.loads(value) if isinstance(value, str) else value for value in present]
        case Kind.INSTANT:
            return [value and pd.Timestamp(value) for value in present]
        case Kind.INTEGER | Kind.NUMBER:
            return [None if value is None else float(value) for value in present]
        case Kind.BOOLEAN:
            return [None if value is None else bool(value) for value in present]
    return present


async def test_parquet_carries_types_units_and_the_codebook() -> None:
    file = pq.ParquetFile(io.BytesIO(await exported(rows(design(), 1), StudyFormat.PARQUET)))
    assert str(file.schema_arrow.field("consented_at").type) == "timestamp[ms, tz=UTC]"
    assert json.loads(file.schema_arrow.metadata[b"codebook"]) == to_json()


@pytest.mark.parametrize("form", StudyFormat)
async def test_a_study_without_trials_is_a_file_without_rows(form: StudyFormat) -> None:
    data = await exported([], form)
    assert len(read(data, form)) == 0 if data else form is StudyFormat.JSON_LINES


def test_every_column_says_what_it_means_and_levels_are_those_of_the_rows() -> None:
    levels = {column.name: set(column.levels) for column in COLUMNS if column.levels}
    for row in rows(design(), 4):
        assert all(row[name] is None or row[name] in words for name, words in levels.items())
    assert all(column.meaning.endswith(".") for column in COLUMNS)


def test_missing_values_are_where_the_codebook_says_they_may_be() -> None:
    may_miss = {column.name for column in COLUMNS if column.missing}
    for row in rows(design(), 2):
        assert {name for name, value in row.items() if value is None} <= may_miss


def test_a_repeated_trial_names_the_one_it_repeats() -> None:
    by_trial = {row["trial"]: row for row in rows(design(), 1)}
    repeated = [row for row in by_trial.values() if row["kind"] == TrialKind.REPEATED.value]
    assert len(repeated) == design().repeated_trials > 0
    for row in repeated:
        first = by_trial[row["repeats"]]
        assert (first["face_seed"], first["emotion"]) == (row["face_seed"], row["emotion"])


def test_whoever_has_not_consented_has_no_person_in_the_row() -> None:
    study = design()
    trial = Trial("t", "s0", planned(study, 0)[0])
    (row,) = rows_of(Run(version(study), session(0, SessionStatus.INVITED), None, ((trial, None),)))
    assert [row[name] for name in ("participant", "age", "gender", "consented_at", "answered")] == [None] * 4 + [False]
    said_nothing = participant(0, gender=None)
    (silent,) = rows_of(Run(version(study), session(0), said_nothing, ((trial, answer(study, trial, 0)),)))
    assert (silent["gender"], silent["age"]) == (None, 20)
    assert Gender.FEMALE.value in {row["gender"] for row in rows(study, 1)}
    assert {row["emotion"] for row in rows(study, 1)} == {emotion.value for emotion in Emotion}


@pytest.mark.parametrize("form", [StudyFormat.CSV, StudyFormat.PARQUET])
async def test_memory_does_not_grow_with_the_rows(form: StudyFormat) -> None:
    """30,000 rows are some 13 MB of CSV, and several times that as Python's objects."""
    some, wanted = rows(design(), 2), 30_000

    async def many() -> AsyncIterator[Row]:
        for index in range(wanted):
            yield some[index % len(some)]

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = 0
    async for piece in export(many(), form):
        size += len(piece)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert size > 10_000
    assert grown_kib < 10 * 1024


async def test_a_row_that_does_not_fit_fails_the_file_instead_of_shortening_it() -> None:
    bad = dict(rows(design(), 1)[0], age="twenty")
    with pytest.raises(CalculationFailed):
        await exported([bad], StudyFormat.PARQUET)


async def test_a_reader_that_leaves_early_leaves_no_child_behind() -> None:
    pieces = export(streamed(rows(design(), 200)), StudyFormat.PARQUET)
    assert await anext(pieces)
    await pieces.aclose()  # type: ignore[attr-defined]
