"""What NVIDIA's own code gave for the goldens comes out of the TensorFlow engine too, whichever layout it works in."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.engines.tensorflow import Engine, image_command, installed_command
from tests.unit.network_files import FILES, GOLDEN

Array = np.ndarray[Any, np.dtype[Any]]

W_TOLERANCE = 5e-5
IMAGE_TOLERANCE = 1e-4
UINT8_LEVELS = 1
UINT8_IDENTICAL = 0.99
WS = {"psi05": "w_psi05", "psi07": "w_psi07", "psi1": "w_broadcast", "emotion": "w_emotion"}


@pytest.fixture(scope="module")
def images() -> Iterator[Engine]:
    engine = Engine(image_command())
    yield engine
    engine.process.close()


@pytest.fixture(scope="module")
def channels_first() -> Iterator[Engine]:
    engine = Engine(image_command("--channels-first"))
    yield engine
    engine.process.close()


@pytest.fixture(scope="module")
def pictures() -> Iterator[Engine]:
    engine = Engine(installed_command())
    yield engine
    engine.process.close()


def outputs_of(file: str) -> dict[str, Array]:
    return dict(np.load(GOLDEN / f"{file}.npz"))


def labels_of(outputs: dict[str, Array]) -> Array | None:
    return outputs["labels"] if outputs.get("labels", np.empty((0, 0))).shape[1] else None


def assert_same_pictures(made: Array, expected: Array) -> None:
    distance = np.abs(made.astype(np.int16) - expected)
    assert made.shape == expected.shape
    assert made.dtype == expected.dtype
    assert distance.max() <= UINT8_LEVELS
    assert (distance == 0).mean() >= UINT8_IDENTICAL


def assert_golden_images(engine: Engine, file: str) -> None:
    outputs = outputs_of(file)
    network = engine.load(file, GOLDEN / f"{file}.pkl")
    for key, ws in WS.items():
        image = engine.synthesize(network, outputs[ws]).transpose(0, 3, 1, 2)
        assert image.shape == outputs[f"img_{key}"].shape
        assert np.abs(image - outputs[f"img_{key}"]).max() <= IMAGE_TOLERANCE, key


@pytest.mark.parametrize("file", FILES)
def test_seeds_are_mapped_as_nvidias_code_maps_them(pictures: Engine, file: str) -> None:
    outputs = outputs_of(file)
    w = pictures.map(pictures.load(file, GOLDEN / f"{file}.pkl"), outputs["z"], labels_of(outputs))
    assert w.shape == outputs["w"].shape
    assert np.abs(w - outputs["w"]).max() <= W_TOLERANCE


@pytest.mark.parametrize("file", FILES)
def test_images_are_those_of_nvidias_code(images: Engine, file: str) -> None:
    assert_golden_images(images, file)


@pytest.mark.parametrize("file", ["skip32", "resnet32", "configd32"])
def test_the_graph_that_a_gpu_gets_means_the_same(channels_first: Engine, file: str) -> None:
    assert_golden_images(channels_first, file)


@pytest.mark.parametrize("file", FILES)
def test_pictures_are_those_of_nvidias_code(pictures: Engine, file: str) -> None:
    outputs = outputs_of(file)
    network = pictures.load(file, GOLDEN / f"{file}.pkl")
    met = [key for key in WS if f"u8_{key}" in outputs]
    assert len(met) >= 3
    for key in met:
        assert_same_pictures(pictures.synthesize(network, outputs[WS[key]]), outputs[f"u8_{key}"])


@pytest.mark.parametrize("file", [file for file in FILES if not file.startswith(("ada", "sg3"))])
def test_the_noise_of_nvidias_command_line_is_drawn_for_each_seed(pictures: Engine, file: str) -> None:
    outputs = outputs_of(file)
    network = pictures.load(file, GOLDEN / f"{file}.pkl")
    noises = [{"mode": "stream", "seed": int(seed)} for seed in outputs["seeds"]]
    made = pictures.synthesize(network, outputs["w_psi05"], noises)
    assert_same_pictures(made, outputs["cli_generate_u8_psi05"])


def test_a_wrong_input_would_be_noticed(images: Engine) -> None:
    outputs = outputs_of("skip32")
    network = images.load("skip32", GOLDEN / "skip32.pkl")
    for ws, noise in ((outputs["w_psi05"] * 1.01, "const"), (outputs["w_psi05"], "none")):
        image = images.synthesize(network, ws, [{"mode": noise}] * len(ws)).transpose(0, 3, 1, 2)
        assert np.abs(image - outputs["img_psi05"]).max() > 10 * IMAGE_TOLERANCE
