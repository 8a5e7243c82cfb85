"""The columns of a study's data: one row a trial, each column with its meaning, as every export has them.

Missing values are missing (an empty field, null), never a number that stands for something.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from domain.networks import Emotion
from domain.studies.answering import attention_passed
from domain.studies.exclusions import Rule
from domain.studies.judging import answer_rules, participant_rules, points_of
from domain.studies.pools import Sex
from domain.studies.records import Answer, Gender, InputDevice, Run, SessionStatus, StudyVersion
from domain.studies.records import Trial as StoredTrial
from domain.studies.trials import TrialKind

CODEBOOK_VERSION = 2
"""Grows with every change to the columns."""

Row = Mapping[str, Any]


class Kind(Enum):
    """What a column's values are."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    """RFC 3339 in UTC, milliseconds."""
    JSON = "json"
    """JSON within a text."""


@dataclass(frozen=True, slots=True)
class Column:
    """`levels` are the words a TEXT column may have, where they are known; `missing` says when it has no value."""

    name: str
    kind: Kind
    meaning: str
    unit: str | None = None
    levels: tuple[str, ...] = ()
    missing: str | None = None


def _levels(words: type[Enum]) -> tuple[str, ...]:
    return tuple(word.value for word in words)


_UNANSWERED = "the trial has no answer"
_NO_PERSON = "the participant did not say"
_NOT_SENT = "the trial has no answer, or the client did not send it"

COLUMNS: tuple[Column, ...] = (
    Column("study", Kind.TEXT, "Id of the study."),
    Column("version", Kind.INTEGER, "Number of the design that this participant was given, from 1."),
    Column("protocol_sha256", Kind.TEXT, "Hash of the protocol: the design, and the seed that everything is drawn by."),
    Column("session", Kind.TEXT, "Id of the study session: one participant's run."),
    Column("session_status", Kind.TEXT, "Where the session was when this was exported.", levels=_levels(SessionStatus)),
    Column("slot", Kind.INTEGER, "The place in the counterbalancing, from 0."),
    Column("participant", Kind.TEXT, "Drawn by chance, says nothing about the person.", missing="no consent yet"),
    Column("age", Kind.INTEGER, "As the participant said.", "years", missing=_NO_PERSON),
    Column("gender", Kind.TEXT, "As the participant said.", levels=_levels(Gender), missing=_NO_PERSON),
    Column("consent_version", Kind.INTEGER, "Which consent text was agreed to.", missing="no consent yet"),
    Column("consented_at", Kind.INSTANT, "When, by the server's clock.", missing="no consent yet"),
    Column("trial", Kind.INTEGER, "Place in the participant's order, from 1."),
    Column(
        "kind",
        Kind.TEXT,
        "main: for analysis; repeated: shows an earlier one again; practice; attention: asks for an end of the slider.",
        levels=_levels(TrialKind),
    ),
    Column("repeats", Kind.INTEGER, "The trial that this one shows again.", missing="it is not a repeated one"),
    Column("network_sha256", Kind.TEXT, "Hash of the network's file."),
    Column("psi", Kind.NUMBER, "Truncation psi of the faces."),
    Column("face_seed", Kind.INTEGER, "Which face."),
    Column("face_sex", Kind.TEXT, "How the face was judged to look when the pool was curated.", levels=_levels(Sex)),
    Column("emotion", Kind.TEXT, "What the slider adds to the face.", levels=_levels(Emotion)),
    Column("steps", Kind.INTEGER, "How many positions the slider has.", "steps"),
    Column("start_step", Kind.INTEGER, "Where the slider stood at first, from 0.", "steps"),
    Column("start_strength", Kind.NUMBER, "What that shows.", "strength: 1 is the calibrated full emotion"),
    Column("target_step", Kind.INTEGER, "What was asked for.", "steps", missing="it is not an attention trial"),
    Column("answered", Kind.BOOLEAN, "Whether the trial has an answer."),
    Column("answer_step", Kind.INTEGER, "Where the slider was left, from 0.", "steps", missing=_UNANSWERED),
    Column(
        "strength",
        Kind.NUMBER,
        "The pick: the strength that was chosen.",
        "strength: 1 is the calibrated full emotion",
        missing=_UNANSWERED,
    ),
    Column(
        "attention_passed",
        Kind.BOOLEAN,
        "Whether the step that was asked for, or one beside it, was given.",
        missing="it is not an attention trial, or has no answer",
    ),
    Column(
        "response_ms",
        Kind.NUMBER,
        "From the images being shown to the answer, by the client's monotonic clock.",
        "milliseconds",
        missing=_UNANSWERED,
    ),
    Column("moved", Kind.BOOLEAN, "Whether the slider was moved at all.", missing=_UNANSWERED),
    Column(
        "trajectory",
        Kind.JSON,
        "The slider's way: a list of [milliseconds since the images were shown, step].",
        missing=_UNANSWERED,
    ),
    Column("input_device", Kind.TEXT, "What moved the slider.", levels=_levels(InputDevice), missing=_UNANSWERED),
    Column("screen_width", Kind.INTEGER, "Of the participant's screen.", "CSS pixels", missing=_NOT_SENT),
    Column("screen_height", Kind.INTEGER, "Of the participant's screen.", "CSS pixels", missing=_NOT_SENT),
    Column("screen_pixel_ratio", Kind.NUMBER, "Device pixels to a CSS pixel.", missing=_NOT_SENT),
    Column("screen_refresh_hz", Kind.NUMBER, "As the client estimated it.", "hertz", missing=_NOT_SENT),
    Column("answered_at", Kind.INSTANT, "When the server kept the answer.", missing=_UNANSWERED),
    Column("excluded", Kind.BOOLEAN, "Whether a rule that the design declares leaves this row out of the analysis."),
    Column(
        "exclusion_rules",
        Kind.TEXT,
        "Which rules: too_fast (the answer), attention, unmoved, incomplete (the participant); a space between them.",
        missing="no rule leaves it out",
    ),
    Column("simulated", Kind.BOOLEAN, "True: nobody gave this answer; it was made up to try an analysis with."),
)


def rows_of(run: Run) -> Iterator[dict[str, Any]]:
    """A run's trials as rows: each exactly COLUMNS, in their order, values as JSON has them."""
    rules = run.version.design.exclusions
    points = points_of(run)
    about_all = participant_rules(rules, run.session.status, points)
    about_one = {point.place: answer_rules(rules, point) for point in points}
    shared = _of_session(run)
    for trial, answer in run.trials:
        broken = (*about_all, *about_one.get(trial.planned.place, ()))
        values = {**shared, **_of_trial(run.version, trial), **_of_answer(trial, answer), **_of_rules(broken)}
        yield {column.name: values[column.name] for column in COLUMNS}


def to_json() -> dict[str, Any]:
    """The codebook as a document of its own."""
    return {
        "format": f"manganace-codebook/{CODEBOOK_VERSION}",
        "row": "one trial of one participant",
        "columns": [
            {
                "name": column.name,
                "type": column.kind.value,
                "meaning": column.meaning,
                "unit": column.unit,
                "levels": list(column.levels) or None,
                "missing": column.missing,
            }
            for column in COLUMNS
        ],
    }


def _of_session(run: Run) -> dict[str, Any]:
    version, session, person = run.version, run.session, run.participant
    return {
        "simulated": run.simulated,
        "study": version.study_id,
        "version": version.number,
        "protocol_sha256": version.hash,
        "session": session.id,
        "session_status": session.status.value,
        "slot": session.slot,
        "participant": person and person.id,
        "age": person and person.age,
        "gender": person and person.gender and person.gender.value,
        "consent_version": person and person.consent_number,
        "consented_at": person and _instant(person.consented_at),
    }


def _of_trial(version: StudyVersion, trial: StoredTrial) -> dict[str, Any]:
    design, planned = version.design, trial.planned
    return {
        "trial": planned.place + 1,
        "kind": planned.kind.value,
        "repeats": None if planned.repeats is None else planned.repeats + 1,
        "network_sha256": design.network.sha256,
        "psi": design.psi,
        "face_seed": planned.face.seed,
        "face_sex": planned.face.sex.value,
        "emotion": planned.emotion.value,
        "steps": design.steps,
        "start_step": planned.start,
        "start_strength": design.strengths[planned.start],
        "target_step": planned.target,
    }


def _of_answer(trial: StoredTrial, answer: Answer | None) -> dict[str, Any]:
    screen = answer and answer.screen
    return {
        "answered": answer is not None,
        "answer_step": answer and answer.step,
        "strength": answer and answer.strength,
        "attention_passed": attention_passed(trial.planned.target, answer.step if answer else None),
        "response_ms": answer and answer.response_ms,
        "moved": answer and answer.moved,
        "trajectory": answer and json.dumps([[point.at_ms, point.step] for point in answer.trajectory]),
        "input_device": answer and answer.input_device.value,
        "screen_width": screen and screen.width,
        "screen_height": screen and screen.height,
        "screen_pixel_ratio": screen and screen.pixel_ratio,
        "screen_refresh_hz": screen and screen.refresh_hz,
        "answered_at": answer and _instant(answer.created_at),
    }


def _of_rules(broken: Sequence[Rule]) -> dict[str, Any]:
    return {"excluded": bool(broken), "exclusion_rules": " ".join(rule.value for rule in broken) or None}


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
