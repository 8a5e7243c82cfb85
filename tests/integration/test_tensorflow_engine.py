"""The TensorFlow engine beside the torch engine, and as a process: its errors, its death, what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stylegan2.checkpoint import describe_network
from stylegan2.errors import EngineError
from stylegan2.face import Face, Noise, NoiseMode
from stylegan2.network import LabelInput, SynthesisKind
from stylegan2.networks import Generator
from stylegan2.runner import DeviceSpec, Runner, RunnerOptions
from tests.engines.fakes import children, eventually, exists
from tests.engines.tensorflow import Engine, descendants, image_command, installed_command
from tests.unit.network_files import GOLDEN, random_network

Array = np.ndarray[Any, np.dtype[Any]]
ROOT = Path(__file__).parents[2]
DEMO = ROOT / "_pickles/demo-faces.safetensors"
PATIENT = RunnerOptions(start_timeout_s=120, hang_floor_s=120, backoff_first_s=0.05, canary_every_s=0)
NOISES: list[dict[str, Any]] = [{"mode": "const"}, {"mode": "none"}, {"mode": "stream", "seed": 2**32 - 1}]

KINDS: dict[str, dict[str, Any]] = {
    "one channel": {"image_channels": 1},
    "clamped": {"conv_clamp": 0.5},
    "clamped resnet": {"conv_clamp": 0.5, "kind": SynthesisKind.RESNET},
    "embedded labels": {"label_dim": 3, "label_input": LabelInput.EMBED},
    "concatenated labels": {"label_dim": 3, "label_input": LabelInput.CONCAT},
    "z as it is": {"normalize_z": False, "label_dim": 3, "label_input": LabelInput.CONCAT},
    **{f"{len(taps)} taps": {"resample_kernel": taps} for taps in [(1.0,), (1.0, 2.0), (1.0, 2.0, 4.0), (1.0,) * 5]},
    "6 taps, resnet": {"resample_kernel": (1.0, 2.0, 3.0, 5.0, 7.0, 11.0), "kind": SynthesisKind.RESNET},
    **{
        name: {"activation": name} for name in ("linear", "relu", "tanh", "sigmoid", "elu", "selu", "softplus", "swish")
    },
    "4 pixels": {"resolution": 4},
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = Engine(installed_command())
    yield made
    made.process.close()


@pytest.fixture(scope="module")
def images() -> Iterator[Engine]:
    made = Engine(image_command())
    yield made
    made.process.close()


@pytest.mark.parametrize("kind", KINDS)
def test_it_means_the_same_as_torch_in_every_kind_of_network(images: Engine, kind: str) -> None:
    network = random_network(**KINDS[kind])
    torch.set_num_threads(1)
    reference, random = Generator.from_network(network), np.random.RandomState(5)
    z = random.randn(3, network.mapping.z_dim)
    labels = np.eye(3, dtype=np.float32) if network.mapping.label_dim else None
    name = images.load_arrays(kind, network)
    w = images.map(name, z, labels)
    np.testing.assert_allclose(w, reference.map(z, labels).numpy(), rtol=1e-5, atol=1e-5)
    ws = random.randn(3, network.synthesis.num_ws, network.synthesis.w_dim).astype(np.float32)
    expected = reference.synthesize(ws, NoiseMode.CONST).numpy().transpose(0, 2, 3, 1)
    scale = float(np.abs(expected).max())
    np.testing.assert_allclose(images.synthesize(name, ws) / scale, expected / scale, atol=1e-5)


def test_a_picture_does_not_depend_on_its_batch_nor_on_its_neighbours_noise(engine: Engine) -> None:
    network = engine.load("skip32", GOLDEN / "skip32.pkl")
    outputs = np.load(GOLDEN / "skip32.npz")
    ws, noises = np.tile(outputs["w_psi07"], (2, 1, 1))[:7], (NOISES * 3)[:7]
    together = engine.synthesize(network, ws, noises).astype(np.int16)
    assert len(together) == 7
    for index, picture in enumerate(together):
        alone = engine.synthesize(network, ws[index : index + 1], [noises[index]])[0]
        assert np.abs(picture - alone).max() <= 1
    drawn = [engine.synthesize(network, ws[:1], [noise]).astype(np.int16) for noise in NOISES]
    assert all(np.abs(one - other).max() > 1 for one, other in pairwise(drawn))


def test_it_says_what_it_is(engine: Engine) -> None:
    told, _ = engine.call("hello")
    assert (told["engine"], told["version"]) == ("tensorflow", "1.14.0")
    assert (told["device"], told["device_name"]) == ("cpu", "CPU")
    assert told["memory_bytes"] > 2**28
    assert told["devices"] == ["cpu"]


def test_a_file_that_is_refused_is_refused_with_the_readers_reason(engine: Engine, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.pkl"
    damaged.write_bytes(b"\x80\x04cos\nsystem\n.")
    with pytest.raises(EngineError, match="os"):
        engine.call("load", network="damaged", path=str(damaged))
    with pytest.raises(EngineError, match=r"absent\.pkl"):
        engine.call("load", network="absent", path=str(tmp_path / "absent.pkl"))
    engine.load("skip32", GOLDEN / "skip32.pkl")


def test_a_reader_that_dies_is_an_error_and_not_a_hang() -> None:
    command = installed_command()
    broken = Engine(type(command)(command.name, command.python, command.module, ("--reader", "/bin/false")))
    try:
        with pytest.raises(EngineError, match="ended with status 1"):
            broken.call("load", network="skip32", path=str(GOLDEN / "skip32.pkl"))
    finally:
        broken.process.close()


def test_values_that_are_not_finite_are_no_picture(engine: Engine) -> None:
    network = engine.load("skip32", GOLDEN / "skip32.pkl")
    ws = np.full((1, 8, 48), np.nan, np.float32)
    with pytest.raises(EngineError, match="not finite"):
        engine.synthesize(network, ws)


def test_a_gpu_that_is_not_there_is_missed_by_name() -> None:
    absent = Engine(installed_command(), "cuda:7")
    try:
        with pytest.raises(EngineError, match=r"cannot use cuda:7.*CUDA 10\.0"):
            absent.call("hello")
    finally:
        absent.process.close()


def render(runner: Runner, faces: list[Face]) -> list[Array]:
    return [future.result(120).pixels for future in [runner.submit(face) for face in faces]]


def test_the_demo_networks_faces_are_those_of_the_torch_engine() -> None:
    command, networks = installed_command(), {"demo": describe_network("demo", DEMO)}
    noises = (Noise(), Noise(NoiseMode.SEED), Noise(NoiseMode.RANDOM, draw=3), Noise(NoiseMode.NONE))
    faces = [Face("demo", seed, psi=0.7, noise=noise) for seed, noise in enumerate(noises)]
    faces += [Face("demo", 2**32 - 1), Face("demo", 42, psi=0.5, cutoff=4)]
    with Runner(networks, [DeviceSpec("cpu", 4, 2)], PATIENT) as default:
        expected = render(default, faces)
    with Runner(networks, [DeviceSpec("cpu", 4, 2, command)], PATIENT) as other:
        made = render(other, faces)
        assert [device.engine for device in other.devices()] == ["tensorflow 1.14.0"]
    distance = np.abs(np.stack(made).astype(np.int16) - np.stack(expected))
    assert distance.max() <= 1
    assert (distance == 0).mean() >= 0.99


def test_an_engine_that_was_killed_is_replaced_and_renders_the_same() -> None:
    before, networks = children(), {"skip32": describe_network("skip32", GOLDEN / "skip32.pkl")}
    with Runner(networks, [DeviceSpec("cpu", command=installed_command())], PATIENT) as runner:
        face = Face("skip32", 42, psi=0.7)
        first = render(runner, [face])[0]
        (victim,) = children() - before
        os.kill(victim, signal.SIGKILL)
        assert eventually(lambda: not exists(victim))
        assert eventually(lambda: len(children() - before - {victim}) == 1 and runner.devices()[0].ready, 60)
        assert np.array_equal(render(runner, [face])[0], first)
    assert children() <= before


OWNER = """
import sys, time
from pathlib import Path
from tests.engines.tensorflow import Engine, installed_command
engine = Engine(installed_command())
engine.call("hello")
print(engine.process.process_id, flush=True)
engine.call("load", network="slow", path=sys.argv[1])
"""


def test_neither_an_engine_nor_its_reader_outlives_a_killed_owner(tmp_path: Path) -> None:
    installed_command()
    endless = tmp_path / "endless.pkl"
    os.mkfifo(endless)  # the reader waits for it, until it is ended
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(endless)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        process_id = int(owner.stdout.readline())
        assert eventually(lambda: len(descendants(process_id)) == 1)
        left = {process_id} | descendants(process_id)
        time.sleep(1)
        owner.kill()
        owner.wait()
        assert eventually(lambda: not any(map(exists, left)), timeout_s=10)
