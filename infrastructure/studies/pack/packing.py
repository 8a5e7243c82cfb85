"""What goes into a pack, one entry after another: nothing is read before it is its turn."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.generations import Picture
from domain.pictures import image_path
from domain.studies.design import Design, protocol, protocol_hash
from domain.studies.drawing import Drawing
from domain.studies.pools import Face
from domain.studies.stimuli import Pair, trial_recipes
from domain.studies.trials import PlannedTrial, trials_of

FILES = Path(__file__).parent / "files"
TRIAL_COLUMNS = ("slot", "trial", "kind", "repeats", "face_seed", "face_sex", "emotion", "start_step", "target_step")
STIMULUS_COLUMNS = ("file", "face_seed", "face_sex", "emotion", "step", "strength", "sha256", "recipe_key")


@dataclass(frozen=True, slots=True)
class TextEntry:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A picture, to be read from `path` below the static folder."""

    name: str
    path: str


PackEntry = TextEntry | FileEntry


def pictures_needed(design: Design, seed: str, slots: int) -> Iterator[str]:
    """The recipe keys of everything that the participants in these slots see; some come more than once."""
    for face, emotion in _pairs(design, seed, slots):
        for recipe in trial_recipes(design, face.seed, emotion):
            yield recipe.key


def pack(design: Design, seed: str, slots: int, pictures: Mapping[str, Picture]) -> Iterator[PackEntry]:
    """`pictures` by recipe key. Raises LookupError for a picture that is not there."""
    for file in sorted(path for path in FILES.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        yield TextEntry(file.relative_to(FILES).as_posix(), file.read_text(encoding="utf-8"))
    document = {**protocol(design, seed), "sha256": protocol_hash(design, seed)}
    yield TextEntry("protocol.json", json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    yield TextEntry("trials.csv", _table(TRIAL_COLUMNS, _trial_rows(design, seed, slots)))
    yield TextEntry("stimuli.csv", _table(STIMULUS_COLUMNS, _stimulus_rows(design, seed, slots, pictures)))
    for face, emotion in _pairs(design, seed, slots):
        for step, recipe in enumerate(trial_recipes(design, face.seed, emotion)):
            yield FileEntry(_name((face, emotion), step), image_path(pictures[recipe.key].sha256))


def _pairs(design: Design, seed: str, slots: int) -> Iterable[Pair]:
    """What is shown, in the order of first use."""
    return dict.fromkeys((trial.face, trial.emotion) for _, trial in _trials(design, seed, slots))


def _trials(design: Design, seed: str, slots: int) -> Iterator[tuple[int, PlannedTrial]]:
    drawing = Drawing(seed)
    for slot in range(slots):
        for trial in trials_of(design, drawing, slot):
            yield slot, trial


def _trial_rows(design: Design, seed: str, slots: int) -> Iterator[tuple[object, ...]]:
    for slot, trial in _trials(design, seed, slots):
        repeats = None if trial.repeats is None else trial.repeats + 1
        face, emotion = trial.face, trial.emotion.value
        yield (
            *(slot, trial.place + 1, trial.kind.value, repeats),
            *(face.seed, face.sex.value, emotion, trial.start, trial.target),
        )


def _stimulus_rows(
    design: Design, seed: str, slots: int, pictures: Mapping[str, Picture]
) -> Iterator[tuple[object, ...]]:
    for face, emotion in _pairs(design, seed, slots):
        for step, recipe in enumerate(trial_recipes(design, face.seed, emotion)):
            strength, picture = design.strengths[step], pictures[recipe.key]
            name = _name((face, emotion), step)
            yield name, face.seed, face.sex.value, emotion.value, step, strength, picture.sha256, recipe.key


def _name(pair: Pair, step: int) -> str:
    face: Face = pair[0]
    return f"stimuli/{face.seed}/{pair[1].value}/{step:02}.png"


def _table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
