"""The files in _pickles, as they are shipped: read, measured a little, and true to what is written beside them."""

import hashlib
import json
import re
from pathlib import Path

import pytest
import torch

from stylegan2.demo.evaluation import answers, calm_seeds, nearness
from stylegan2.demo.faces import Faces, load
from stylegan2.demo.people import IDENTITY, semantics_of
from stylegan2.demo.seeds import classified
from stylegan2.directions import EMOTIONS

FOLDER = Path(__file__).parents[2] / "_pickles"
NETWORK = FOLDER / "demo-faces.safetensors"


@pytest.fixture(scope="module")
def faces() -> Faces:
    torch.set_num_threads(1)
    return load(NETWORK)


def test_the_readme_names_every_shipped_file_with_its_size_and_hash() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (demo-\S+) \| (\d+ \| [0-9a-f]{64}) \|$", text, re.MULTILINE))
    shipped = {path.name: path.read_bytes() for path in FOLDER.glob("demo-*.safetensors")}
    assert rows == {
        name: f"{len(content)} | {hashlib.sha256(content).hexdigest()}" for name, content in shipped.items()
    }


def test_the_network_is_small_and_large_enough(faces: Faces) -> None:
    assert NETWORK.stat().st_size <= 20_000_000
    assert faces.network.synthesis.resolution >= 128


def test_the_directions_are_made_for_this_network(faces: Faces) -> None:
    assert set(EMOTIONS) <= set(faces.directions)
    assert len(faces.directions) >= len(EMOTIONS) + 5
    assert {direction.network_sha256 for direction in faces.directions.values()} == {faces.network.sha256}


def test_pictures_are_near_the_portraits_of_people_never_seen(faces: Faces) -> None:
    assert nearness(faces, 0.5, count=6).psnr > 27


def test_the_average_face_shows_no_expression(faces: Faces) -> None:
    average = torch.tensor(faces.network.w_avg).expand(1, faces.network.synthesis.num_ws, -1)
    calm = faces.ws(calm_seeds(1, 0.0), psi=0.0)
    assert torch.allclose(average, calm, atol=1e-5)
    assert semantics_of(faces.z([1]))[0, len(IDENTITY) :].min() >= 0


def test_every_emotion_is_the_strongest_in_its_own_direction(faces: Faces) -> None:
    found = answers(faces, 2)
    assert found.recognised > 0.9
    assert found.shares.diagonal().min() > 0.5


@pytest.mark.parametrize("strength", [-1.0, 2.0])
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_extreme_strengths_still_give_a_face(faces: Faces, emotion: str, strength: float) -> None:
    ws = faces.ws(calm_seeds(1, 0.5), 0.5)
    rest, moved = faces.pictures(torch.cat([ws, ws + faces.offset(emotion, strength)]))
    assert (rest - moved).abs().mean() < 0.15, "hair and background have to stay what they are"


def test_every_study_seed_is_who_the_list_says() -> None:
    listed = json.loads((FOLDER / "demo-faces.seeds.json").read_text(encoding="utf-8"))["seeds"]
    assert {entry["sex"] for entry in listed} == {"man", "woman"}
    for entry in listed:
        person = classified(entry["seed"])
        assert person is not None
        assert (person.sex, person.age, person.skin) == (entry["sex"], entry["age"], entry["skin"])
