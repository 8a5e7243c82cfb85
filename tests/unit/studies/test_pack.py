"""What a pack says of trials and stimuli is the plan, and its programs can be run."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from domain.generations import Picture
from domain.studies.packs import stimulus_name, stimulus_row, trial_lines
from domain.studies.stimuli import Stimuli, trial_recipes
from infrastructure.studies.pack import pack_programs
from tests.fixtures.studies import SEED, design, planned

SLOTS = 3
FAKES = Path(__file__).parents[2] / "fakes"
"""Where a double of PsychoPy is."""


def text(name: str) -> str:
    (content,) = (entry.content for entry in pack_programs() if entry.name == name)
    assert isinstance(content, bytes)
    return content.decode()


def trials() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(trial_lines(design(), SEED, SLOTS)).decode())))


def test_trials_are_those_of_the_plan_in_their_order() -> None:
    expected = [(slot, trial) for slot in range(SLOTS) for trial in planned(design(), slot)]
    for row, (slot, trial) in zip(trials(), expected, strict=True):
        assert (int(row["slot"]), int(row["trial"]), row["kind"]) == (slot, trial.place + 1, trial.kind.value)
        assert (int(row["start_step"]), row["emotion"]) == (trial.start, trial.emotion.value)


def test_what_is_packed_is_what_is_shown_and_nothing_else() -> None:
    shown = {(trial["face_seed"], trial["emotion"]) for trial in trials()}
    pairs = Stimuli.shown(design(), SEED, SLOTS).pairs
    assert {(str(face.seed), emotion.value) for face, emotion in pairs} == shown
    assert len(pairs) == len(shown)


def test_the_plain_face_is_step_0_of_every_emotion() -> None:
    ((face, first), *others) = Stimuli.shown(design(), SEED, 1).pairs
    emotions = [first, *(emotion for other, emotion in others if other == face)]
    rows = []
    for emotion in emotions:
        recipe = next(iter(trial_recipes(design(), face.seed, emotion)))
        rows.append(stimulus_row(design(), (face, emotion), 0, recipe, Picture("a" * 64, "b" * 64, 1, 64, 64)))
        assert rows[-1][0] == stimulus_name((face, emotion), 0) == f"stimuli/{face.seed}/{emotion.value}/00.png"
    assert len({row[-1] for row in rows}) == 1


def test_the_example_for_browsers_can_be_read() -> None:
    json.loads(text("jspsych/package.json"))
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed: the example for browsers was not read")
    subprocess.run([node, "--check", "-"], input=text("jspsych/experiment.js"), text=True, check=True)


def unpacked(folder: Path) -> Path:
    """A pack whose pictures are all the same."""
    for entry in pack_programs():
        assert isinstance(entry.content, bytes)
        write(folder / entry.name, entry.content)
    write(folder / "trials.csv", b"".join(trial_lines(design(), SEED, SLOTS)))
    for pair in Stimuli.shown(design(), SEED, SLOTS).pairs:
        for step in range(design().steps):
            write(folder / stimulus_name(pair, step), b"\x89PNG")
    return folder


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def shown_by_psychopy(pack: Path, slot: int, **environment: str) -> list[dict[str, str]]:
    """What the example wrote, run with a double of PsychoPy."""
    seen = {**os.environ, "PYTHONPATH": str(FAKES), **environment}
    program = [sys.executable, "experiment.py", str(slot)]
    subprocess.run(program, cwd=pack / "psychopy", env=seen, check=True, timeout=60)
    return list(csv.DictReader((pack / "psychopy" / "data" / f"slot-{slot}.csv").read_text().splitlines()))


def test_the_example_for_psychopy_shows_one_participants_trials_and_keeps_each_answer(tmp_path: Path) -> None:
    pack = unpacked(tmp_path)
    kept = shown_by_psychopy(pack, 1)
    expected = [trial for trial in trials() if trial["slot"] == "1"]
    assert [row["trial"] for row in kept] == [trial["trial"] for trial in expected]
    for row, trial in zip(kept, expected, strict=True):
        assert (row["answer_step"], row["moved"]) == ("1", str(trial["start_step"] != "1"))
        assert [step for _, step in json.loads(row["trajectory"])] == [1] * (trial["start_step"] != "1")
        assert 0 < float(row["response_ms"]) < 60_000


def test_a_run_of_psychopy_that_was_given_up_goes_on_where_it_stopped(tmp_path: Path) -> None:
    pack = unpacked(tmp_path)
    assert [row["trial"] for row in shown_by_psychopy(pack, 0, GIVE_UP_IN="3")] == ["1", "2"]
    again = shown_by_psychopy(pack, 0)
    assert [int(row["trial"]) for row in again] == list(range(1, design().trials + 1))
