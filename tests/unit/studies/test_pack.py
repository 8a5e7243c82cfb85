"""A pack has everything that the participants in its slots see, and programs that can be run."""

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Mapping

import pytest

from domain.generations import Picture
from domain.networks import Emotion
from domain.studies.design import protocol_hash
from infrastructure.studies.pack import FileEntry, TextEntry, pack, pictures_needed
from tests.fixtures.studies import SEED, design, planned

SLOTS = 3


def pictures() -> Mapping[str, Picture]:
    keys = set(pictures_needed(design(), SEED, SLOTS))
    return {key: Picture(key, key, 1000, 64, 64) for key in keys}


def texts() -> dict[str, str]:
    return {entry.name: entry.text for entry in pack(design(), SEED, SLOTS, pictures()) if isinstance(entry, TextEntry)}


def table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(texts()[name])))


def test_every_picture_of_every_trial_is_there_under_the_name_that_the_programs_use() -> None:
    files = [entry.name for entry in pack(design(), SEED, SLOTS, pictures()) if isinstance(entry, FileEntry)]
    assert len(files) == len(set(files))
    for trial in table("trials.csv"):
        for step in range(design().steps):
            assert f"stimuli/{trial['face_seed']}/{trial['emotion']}/{step:02}.png" in files
    assert [stimulus["file"] for stimulus in table("stimuli.csv")] == files


def test_trials_are_those_of_the_plan_in_their_order() -> None:
    listed = table("trials.csv")
    expected = [(slot, trial) for slot in range(SLOTS) for trial in planned(design(), slot)]
    assert len(listed) == len(expected)
    for row, (slot, trial) in zip(listed, expected, strict=True):
        assert (int(row["slot"]), int(row["trial"]), row["kind"]) == (slot, trial.place + 1, trial.kind.value)
        assert (int(row["start_step"]), row["emotion"]) == (trial.start, trial.emotion.value)


def test_the_plain_face_is_step_0_of_every_emotion() -> None:
    plain = {
        row["emotion"]: row["recipe_key"]
        for row in table("stimuli.csv")
        if (row["step"], row["face_seed"]) == ("0", table("stimuli.csv")[0]["face_seed"])
    }
    assert len(plain) == len(Emotion)
    assert len(set(plain.values())) == 1


def test_the_protocol_carries_its_hash() -> None:
    document = json.loads(texts()["protocol.json"])
    assert document["sha256"] == protocol_hash(design(), SEED)


def test_a_picture_that_is_not_rendered_is_an_error_and_not_a_gap() -> None:
    some = dict(pictures())
    some.popitem()
    with pytest.raises(LookupError):
        list(pack(design(), SEED, SLOTS, some))


def test_the_programs_can_be_read() -> None:
    compile(texts()["psychopy/experiment.py"], "experiment.py", "exec")
    json.loads(texts()["jspsych/package.json"])
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed: the example for browsers was not read")
    subprocess.run([node, "--check", "-"], input=texts()["jspsych/experiment.js"], text=True, check=True)
