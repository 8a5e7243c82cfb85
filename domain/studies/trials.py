"""The order of a participant's trials, and where each slider starts.

The main trials, every face with every emotion, come in passes: a pass has each emotion once, in the order of a row of
a Williams square, and as many passes as faces. Over as many participants as the square has rows every emotion stands
at every place of a pass equally often, and follows every other equally often within passes (Williams 1949). Within a
participant the faces go around a shuffled circle, each emotion at a distance of its own, so that nobody sees a face
twice in a row where there are twice as many faces as emotions.

A slider's start anchors the answer, so starts are dealt and not thrown: over all participants each step is the start
of an emotion's trials equally often.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from domain.networks import Emotion
from domain.studies.design import Design
from domain.studies.drawing import Drawing
from domain.studies.faces import faces_of, practice_faces
from domain.studies.pools import Face


class TrialKind(Enum):
    """REPEATED shows a main trial again; ATTENTION asks for one end of the slider."""

    PRACTICE = "practice"
    MAIN = "main"
    REPEATED = "repeated"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """One face, one emotion, one answer. `start` and `target` are steps of the slider, 0 to steps - 1.

    `repeats` is the place of the trial that this one repeats; `target` is what an ATTENTION trial asks for.
    """

    place: int
    kind: TrialKind
    face: Face
    emotion: Emotion
    start: int
    repeats: int | None = None
    target: int | None = None


def trials_of(design: Design, drawing: Drawing, slot: int) -> tuple[PlannedTrial, ...]:
    """Everything that the participant in a slot is shown: practice, main trials with attention among them, repeats."""
    faces = faces_of(design, drawing, slot)
    main = list(_main(design, drawing, slot, faces))
    opening = [*_practice(design, drawing, slot), *_with_attention(design, drawing, slot, main)]
    placed = [_placed(trial, place) for place, trial in enumerate(opening)]
    repeats = _repeated(design, drawing, slot, [trial for trial in placed if trial.kind is TrialKind.MAIN])
    return (*placed, *(_placed(trial, len(placed) + index) for index, trial in enumerate(repeats)))


def williams_rows(count: int) -> tuple[tuple[int, ...], ...]:
    """Orders of 0 to count - 1: `count` of them for an even count, twice as many for an odd one."""
    first = [0, *((step + 1) // 2 if step % 2 else count - step // 2 for step in range(1, count))]
    rows = [tuple((value + shift) % count for value in first) for shift in range(count)]
    return tuple(rows if count % 2 == 0 else rows + [row[::-1] for row in rows])


def _main(design: Design, drawing: Drawing, slot: int, faces: Sequence[Face]) -> Iterator[PlannedTrial]:
    rows = drawing.shuffled("rows", williams_rows(len(design.emotions)))
    circle = drawing.shuffled(f"circle/{slot}", faces)
    distances = _distances(design, drawing, slot)
    for number in range(len(faces)):
        for emotion in (design.emotions[index] for index in rows[(slot + number) % len(rows)]):
            face = circle[(number + distances[emotion]) % len(circle)]
            start = drawing.dealt(f"start/{emotion.value}", design.steps, slot * len(faces) + number)
            yield PlannedTrial(0, TrialKind.MAIN, face, emotion, start)


def _distances(design: Design, drawing: Drawing, slot: int) -> dict[Emotion, int]:
    """Two steps of the circle between emotions, where it is long enough, keep a face from following itself."""
    wide = 2 if design.faces >= 2 * len(design.emotions) else 1
    order = drawing.shuffled(f"distances/{slot}", design.emotions)
    return {emotion: wide * rank for rank, emotion in enumerate(order)}


def _practice(design: Design, drawing: Drawing, slot: int) -> Iterator[PlannedTrial]:
    emotions = drawing.shuffled("practice/emotions", design.emotions)
    for index, face in enumerate(practice_faces(design, drawing)):
        turn = slot * design.practice_trials + index
        start = drawing.dealt("start/practice", design.steps, turn)
        yield PlannedTrial(0, TrialKind.PRACTICE, face, emotions[index % len(emotions)], start)


def _with_attention(
    design: Design, drawing: Drawing, slot: int, main: Sequence[PlannedTrial]
) -> Iterator[PlannedTrial]:
    """Spread evenly; each shows the face and the emotion of the trial before it, and asks for the other end."""
    count = design.attention_trials
    after = [(number + 1) * len(main) // (count + 1) for number in range(count)]
    first_end = drawing.order(f"attention/{slot}", 2)[0]
    number = 0
    for index, trial in enumerate(main, start=1):
        yield trial
        while number < count and after[number] <= index:
            high = (first_end + number) % 2 == 0
            ends = (design.steps - 1, 0) if high else (0, design.steps - 1)
            yield PlannedTrial(0, TrialKind.ATTENTION, trial.face, trial.emotion, start=ends[1], target=ends[0])
            number += 1


def _repeated(design: Design, drawing: Drawing, slot: int, main: Sequence[PlannedTrial]) -> Iterator[PlannedTrial]:
    again = drawing.shuffled(f"repeated/{slot}", main)[: design.repeated_trials]
    for index, trial in enumerate(again):
        start = drawing.dealt("start/repeated", design.steps, slot * design.repeated_trials + index)
        yield PlannedTrial(0, TrialKind.REPEATED, trial.face, trial.emotion, start, repeats=trial.place)


def _placed(trial: PlannedTrial, place: int) -> PlannedTrial:
    return PlannedTrial(place, trial.kind, trial.face, trial.emotion, trial.start, trial.repeats, trial.target)
