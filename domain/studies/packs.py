"""What is in a pack of stimuli: everything that some participants see, for an experiment program of one's own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from domain.generations import Picture
from domain.recipe import Recipe
from domain.spooling import csv_line
from domain.studies.design import Design, protocol, protocol_hash
from domain.studies.drawing import Drawing
from domain.studies.records import StudyVersion
from domain.studies.stimuli import Pair
from domain.studies.trials import PlannedTrial, trials_of

TRIAL_COLUMNS = ("slot", "trial", "kind", "repeats", "face_seed", "face_sex", "emotion", "start_step", "target_step")
STIMULUS_COLUMNS = ("file", "face_seed", "face_sex", "emotion", "step", "strength", "sha256", "recipe_key")


@dataclass(frozen=True, slots=True)
class Pack:
    """For the first so many `participants`. `images` are its files, `size_bytes` what they take together."""

    version: StudyVersion
    participants: int
    pairs: tuple[Pair, ...]
    images: int
    size_bytes: int


def protocol_text(version: StudyVersion) -> bytes:
    """The design, the seed of all draws, and the hash of both."""
    document = {**protocol(version.design, version.seed), "sha256": protocol_hash(version.design, version.seed)}
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def trial_lines(design: Design, seed: str, participants: int) -> Iterator[bytes]:
    """trials.csv: everybody's trials in their order, a line at a time."""
    drawing = Drawing(seed)
    yield csv_line(TRIAL_COLUMNS)
    for slot in range(participants):
        for trial in trials_of(design, drawing, slot):
            yield csv_line(_trial_row(slot, trial))


def stimulus_row(design: Design, pair: Pair, step: int, recipe: Recipe, picture: Picture) -> tuple[object, ...]:
    """A line of stimuli.csv, as STIMULUS_COLUMNS names it."""
    (face, emotion), strength = pair, design.strengths[step]
    name = stimulus_name(pair, step)
    return name, face.seed, face.sex.value, emotion.value, step, strength, picture.sha256, recipe.key


def stimulus_name(pair: Pair, step: int) -> str:
    """Where the experiment programs look for it."""
    face, emotion = pair
    return f"stimuli/{face.seed}/{emotion.value}/{step:02}.png"


def _trial_row(slot: int, trial: PlannedTrial) -> tuple[object, ...]:
    repeats = None if trial.repeats is None else trial.repeats + 1
    face, emotion = trial.face, trial.emotion.value
    return (
        *(slot, trial.place + 1, trial.kind.value, repeats),
        *(face.seed, face.sex.value, emotion, trial.start, trial.target),
    )
