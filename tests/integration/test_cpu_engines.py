"""Torch and OpenVINO in their own processes, through the runner, against what NVIDIA's code made of the same files."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stylegan2.checkpoint import describe_network, read_network, write_network
from stylegan2.directions import Direction
from stylegan2.engine import child
from stylegan2.errors import EngineUnavailable
from stylegan2.face import Edit, Face, Noise, NoiseMode
from stylegan2.openvino.command import openvino_command
from stylegan2.runner import DeviceSpec, EngineCommand, Runner, RunnerOptions
from tests.engines.fakes import QUICK, children

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden"
NETWORKS = ("skip32", "cond32", "ada_skip32")
SEEDS = (0, 1, 42, 4294967295)
CPU = DeviceSpec("cpu", batch_size=4, threads=1)


@pytest.fixture(scope="module", params=["torch", "openvino"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> EngineCommand:
    return EngineCommand() if request.param == "torch" else openvino_command(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def faces(engine: EngineCommand) -> Iterator[Runner]:
    before = children()
    descriptions = {name: describe_network(name, GOLDEN / f"{name}.pkl") for name in NETWORKS}
    with Runner(descriptions, [replace(CPU, command=engine)], QUICK) as runner:
        yield runner
    assert children() <= before


def golden(network: str) -> "dict[str, Array]":
    with np.load(GOLDEN / f"{network}.npz") as arrays:
        return dict(arrays)


def rendered(faces: Runner, wanted: list[Face]) -> "Array":
    return np.stack([future.result(120).pixels for future in [faces.submit(face) for face in wanted]])


def assert_same(pictures: "Array", expected: "Array") -> None:
    differences = np.abs(pictures.astype(int) - expected)
    assert differences.max() <= 1
    assert (differences == 0).mean() >= 0.99


def seeds_of(network: str) -> list[Face]:
    labels = golden(network).get("labels", np.empty(0))
    classes = [int(row.argmax()) for row in labels] if labels.size else [None] * len(SEEDS)
    return [Face(network, seed, label=label) for seed, label in zip(SEEDS, classes, strict=True)]


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("psi", "key"), [(0.5, "u8_psi05"), (0.7, "u8_psi07")])
def test_pictures_are_those_of_nvidias_code(faces: Runner, network: str, psi: float, key: str) -> None:
    wanted = [replace(face, psi=psi) for face in seeds_of(network)]
    assert_same(rendered(faces, wanted), golden(network)[key])


def test_an_edit_moves_the_face_as_it_does_there(faces: Runner) -> None:
    arrays = golden("skip32")
    direction = Direction("away", None, 1.0, arrays["emotion"])
    edits = (Edit(direction, float(arrays["emotion_multiplier"])),)
    wanted = [replace(face, psi=0.7, edits=edits) for face in seeds_of("skip32")]
    assert_same(rendered(faces, wanted), arrays["u8_emotion"])


def test_noise_of_the_seed_is_that_of_nvidias_command_line(faces: Runner) -> None:
    wanted = [replace(face, psi=0.5, noise=Noise(NoiseMode.SEED)) for face in seeds_of("skip32")]
    assert_same(rendered(faces, wanted), golden("skip32")["cli_generate_u8_psi05"])


def test_each_face_of_a_batch_has_its_own_noise(faces: Runner) -> None:
    modes = (
        Noise(),
        Noise(NoiseMode.NONE),
        Noise(NoiseMode.SEED),
        Noise(NoiseMode.RANDOM, 7),
        Noise(NoiseMode.RANDOM, 8),
    )
    wanted = [Face("skip32", 42, noise=noise) for noise in modes]
    together = rendered(faces, wanted)
    alone = [rendered(faces, [face])[0] for face in wanted]
    assert_same(together, np.stack(alone))
    assert len({picture.tobytes() for picture in together}) == len(modes)


def test_a_device_says_what_it_is(faces: Runner, engine: EngineCommand) -> None:
    rendered(faces, [Face("skip32", 1)])
    (status,) = faces.devices()
    assert status.ready
    assert status.name == "cpu"
    assert status.engine.startswith({"torch": "torch 2.", "openvino": "openvino 20"}[engine.name])
    assert status.detail.startswith("CPU")


def test_weights_that_make_no_numbers_are_refused_by_the_canary(tmp_path: Path, engine: EngineCommand) -> None:
    network, path = read_network(GOLDEN / "skip32.pkl"), tmp_path / "overflowing.safetensors"
    bias = "synthesis.16.conv1.bias"
    write_network(replace(network, tensors={**network.tensors, bias: network.tensors[bias] + np.float32(3e38)}), path)
    description = describe_network("overflowing", path)
    with (
        Runner(
            {"overflowing": description}, [replace(CPU, command=engine)], replace(QUICK, start_attempts=1)
        ) as runner,
        pytest.raises(EngineUnavailable, match="not a picture"),
    ):
        runner.submit(Face("overflowing", 1)).result(120)


def test_a_device_that_is_not_there_gives_its_reason() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    description = describe_network("skip32", GOLDEN / "skip32.pkl")
    options = RunnerOptions(start_attempts=1)
    with (
        Runner({"skip32": description}, [DeviceSpec("cuda:0")], options) as runner,
        pytest.raises(EngineUnavailable, match=r"CUDA|cuda|NVIDIA"),
    ):
        runner.submit(Face("skip32", 1)).result(120)


def test_a_failed_allocation_is_told_from_other_failures() -> None:
    import torch

    from stylegan2.engine.torch_engine import make

    engine = make(argparse.Namespace(device="cpu", threads=None, rest=[]))
    with pytest.raises(RuntimeError) as too_large:
        torch.empty(2**60, dtype=torch.uint8)
    with pytest.raises(RuntimeError) as wrong_shape:
        torch.zeros(2) @ torch.zeros(3)
    assert engine.failure_kind(too_large.value) == child.OUT_OF_MEMORY
    assert engine.failure_kind(wrong_shape.value) == child.ENGINE_ERROR


IMPORTS = """
import sys
from pathlib import Path
from stylegan2.checkpoint import describe_network
from stylegan2.face import Face
from stylegan2.runner import DeviceSpec, Runner
description = describe_network("skip32", Path("tests/golden/skip32.pkl"))
with Runner({"skip32": description}, [DeviceSpec("cpu", threads=1)]) as faces:
    faces.submit(Face("skip32", 1)).result(120)
sys.exit("torch" in sys.modules)
"""


def test_the_process_that_owns_the_runner_never_imports_torch() -> None:
    subprocess.run([sys.executable, "-c", IMPORTS], cwd=ROOT, check=True, timeout=200)
