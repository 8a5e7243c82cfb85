"""Participants who do not exist, to try an analysis with before there are data. They are made anew when they are asked
for and kept nowhere, so that nobody's results can hold them.

Each has a taste of their own, a bit more or less for each emotion, and is drawn towards where the slider started. One
in eight does not care: leaves every other slider alone, fails at attention, is quick. One in ten leaves half-way. Equal
protocols have equal simulations.
"""

from collections.abc import Iterator
from datetime import timedelta
from math import exp
from statistics import NormalDist

from domain.studies.design import Design
from domain.studies.drawing import Drawing
from domain.studies.records import (
    Answer,
    Gender,
    InputDevice,
    Participant,
    Run,
    SessionStatus,
    StudySession,
    StudyVersion,
    TrajectoryPoint,
    Trial,
)
from domain.studies.trials import PlannedTrial, trials_of

MAX_SIMULATED = 500
CARELESS, LEAVES = 1 / 8, 1 / 10
TASTE, TASTE_SD, EMOTION_SD, TRIAL_SD, ANCHOR = 0.5, 0.12, 0.08, 0.1, 0.15
"""In shares of the slider; what is drawn towards the start is a share of the way there."""

TYPICAL_MS, CARELESS_MS = 3_000.0, 400.0


def simulated_runs(version: StudyVersion, participants: int) -> Iterator[Run]:
    """In the slots from 0 on."""
    drawing = Drawing(version.seed)
    for slot in range(participants):
        yield _run(version, drawing, slot)


def _run(version: StudyVersion, drawing: Drawing, slot: int) -> Run:
    planned = trials_of(version.design, drawing, slot)
    leaves = drawing.uniform(f"simulated/{slot}/leaves") < LEAVES
    key, at = f"simulated-{slot}", version.created_at
    status = SessionStatus.DROPPED_OUT if leaves else SessionStatus.COMPLETED
    session = StudySession(key, version.study_id, version.id, slot, status, at, 0.0, consented_at=at)
    person = Participant(
        key,
        key,
        version.design.consent.number,
        at,
        age=18 + int(50 * drawing.uniform(f"simulated/{slot}/age")),
        gender=drawing.shuffled(f"simulated/{slot}/gender", list(Gender))[0],
    )
    answered = len(planned) // 2 if leaves else len(planned)
    trials = [Trial(f"{key}-{one.place}", key, one) for one in planned]
    answers = [_answer(version, drawing, slot, trial) if trial.planned.place < answered else None for trial in trials]
    return Run(version, session, person, tuple(zip(trials, answers, strict=True)), simulated=True)


def _answer(version: StudyVersion, drawing: Drawing, slot: int, trial: Trial) -> Answer:
    planned, label = trial.planned, f"simulated/{slot}/{trial.planned.place}"
    careless = drawing.uniform(f"simulated/{slot}/careless") < CARELESS
    typical = CARELESS_MS if careless else TYPICAL_MS
    response_ms = round(typical * exp(0.5 * _normal(drawing, f"{label}/time")), 1)
    if careless and (planned.target is not None or planned.place % 2):
        step = planned.start
    else:
        step = _step(version.design, drawing, slot, planned)
    moved = step != planned.start
    return Answer(
        id=trial.id,
        trial_id=trial.id,
        session_id=trial.session_id,
        step=step,
        strength=version.design.strengths[step],
        response_ms=response_ms,
        moved=moved,
        trajectory=(TrajectoryPoint(round(response_ms / 2, 1), step),) if moved else (),
        input_device=InputDevice.UNKNOWN,
        screen=None,
        created_at=version.created_at + timedelta(milliseconds=response_ms),
    )


def _step(design: Design, drawing: Drawing, slot: int, planned: PlannedTrial) -> int:
    if planned.target is not None:
        return planned.target
    last = design.steps - 1
    wanted = (
        TASTE
        + TASTE_SD * _normal(drawing, f"simulated/{slot}/taste")
        + EMOTION_SD * _normal(drawing, f"simulated/{slot}/{planned.emotion.value}")
        + TRIAL_SD * _normal(drawing, f"simulated/{slot}/{planned.place}/step")
    )
    anchored = wanted + ANCHOR * (planned.start / last - wanted)
    return min(max(round(anchored * last), 0), last)


def _normal(drawing: Drawing, label: str) -> float:
    return NormalDist().inv_cdf(drawing.uniform(label))
