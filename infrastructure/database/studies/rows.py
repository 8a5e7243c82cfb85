"""Rows of participants' runs as entities, and back."""

import json
from typing import Any

from sqlalchemy import RowMapping

from domain.ids import new_id
from domain.studies.pools import Face
from domain.studies.records import Answer, Participant, Screen, StudySession, TrajectoryPoint, Trial, Withdrawal
from domain.studies.trials import PlannedTrial


def session_from(row: RowMapping) -> StudySession:
    return StudySession(
        id=row["id"],
        study_id=row["study_id"],
        version_id=row["version_id"],
        slot=row["slot"],
        status=row["status"],
        created_at=row["created_at"],
        idle_s=max(0, row["idle_us"]) / 1_000_000,
        label=row["label"],
        device_sha256=row["device_sha256"],
        consented_at=row["consented_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )


def participant_from(row: RowMapping, prefix: str = "") -> Participant:
    names = ("id", "session_id", "consent_number", "consented_at", "age", "gender")
    return Participant(**{name: row[prefix + name] for name in names})


def trial_from(row: RowMapping, prefix: str = "") -> Trial:
    planned = PlannedTrial(
        place=row[prefix + "place"],
        kind=row[prefix + "kind"],
        face=Face(row[prefix + "face_seed"], row[prefix + "face_sex"]),
        emotion=row[prefix + "emotion"],
        start=row[prefix + "start"],
        repeats=row[prefix + "repeats"],
        target=row[prefix + "target"],
    )
    return Trial(row[prefix + "id"], row[prefix + "session_id"], planned)


def trial_values(session_id: str, planned: PlannedTrial) -> dict[str, Any]:
    return {
        "id": new_id(),
        "session_id": session_id,
        "place": planned.place,
        "kind": planned.kind,
        "face_seed": planned.face.seed,
        "face_sex": planned.face.sex,
        "emotion": planned.emotion,
        "start": planned.start,
        "repeats": planned.repeats,
        "target": planned.target,
    }


def answer_from(row: RowMapping, prefix: str = "") -> Answer:
    screen = row[prefix + "screen"]
    return Answer(
        id=row[prefix + "id"],
        trial_id=row[prefix + "trial_id"],
        session_id=row[prefix + "session_id"],
        step=row[prefix + "step"],
        strength=row[prefix + "strength"],
        response_ms=row[prefix + "response_ms"],
        moved=row[prefix + "moved"],
        trajectory=tuple(TrajectoryPoint(*point) for point in json.loads(row[prefix + "trajectory"])),
        input_device=row[prefix + "input_device"],
        screen=None if screen is None else Screen(**json.loads(screen)),
        created_at=row[prefix + "created_at"],
    )


def withdrawal_from(row: RowMapping) -> Withdrawal:
    return Withdrawal(**row)
