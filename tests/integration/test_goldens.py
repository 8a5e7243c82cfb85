"""Every output that NVIDIA's own code gave for the goldens comes out of ours: read, mapped, moved, rendered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from stylegan2.checkpoint import describe_network, read_network
from stylegan2.directions import Direction
from stylegan2.face import Edit, Face, NoiseMode
from stylegan2.latents import latents_of, noise_resolutions, noise_stream, z_from_seed
from stylegan2.network import Network, NetworkDescription
from stylegan2.networks import Generator, to_uint8
from tests.unit.network_files import FILES as NETWORKS
from tests.unit.network_files import GOLDEN

Array = np.ndarray[Any, np.dtype[Any]]

W_TOLERANCE = 5e-5
IMAGE_TOLERANCE = 1e-4
UINT8_LEVELS = 1
UINT8_IDENTICAL = 0.999

FILES = {name: name for name in NETWORKS} | {"ada_skip32.protocol3": "ada_skip32"}


@dataclass(frozen=True)
class Golden:
    """A network and the means to make each of its outputs anew."""

    network: Network
    description: NetworkDescription
    generator: Generator
    outputs: dict[str, Array]

    def w(self) -> Array:
        z = np.concatenate([z_from_seed(seed, self.description.z_dim) for seed in self.seeds()])
        return self.generator.map(z, self.outputs["labels"] if self.description.label_dim else None).numpy()

    def seeds(self) -> list[int]:
        return [int(seed) for seed in self.outputs["seeds"]]

    def ws(self, **choices: Any) -> Array:
        """The latents of a face of each seed; `choices` are the fields of `Face`."""
        faces = [Face(network="golden", seed=seed, **choices) for seed in self.seeds()]
        pairs = zip(faces, self.w(), strict=True)
        return np.stack([latents_of(face, self.description, {face.seed: w}) for face, w in pairs])

    def happy(self, strength: float = 0.8) -> Array:
        direction = Direction("happy", "happy", 1.0, self.outputs["emotion"])
        return self.ws(psi=0.7, edits=(Edit(direction, strength),))

    def image(self, ws: Array, noise: NoiseMode = NoiseMode.CONST) -> Array:
        return self.generator.synthesize(ws, noise).numpy()

    def picture(self, ws: Array) -> Array:
        return to_uint8(self.generator.synthesize(ws)).numpy()

    def command_line_picture(self) -> Array:
        sizes = noise_resolutions(self.description.resolution)
        noise = [noise_stream(seed, self.description.z_dim, sizes) for seed in self.seeds()]
        return to_uint8(self.generator.synthesize(self.ws(psi=0.5), noise)).numpy()


@cache
def golden(file: str) -> Golden:
    torch.set_num_threads(1)
    path = GOLDEN / f"{file}.pkl"
    network = read_network(path)
    outputs = dict(np.load(GOLDEN / f"{FILES[file]}.npz"))
    return Golden(network, describe_network("golden", path), Generator.from_network(network), outputs)


EXPECTED: dict[str, Callable[[Golden], Array]] = {
    "z": lambda g: np.concatenate([z_from_seed(seed, g.description.z_dim) for seed in g.seeds()]),
    "w_avg": lambda g: g.description.w_avg,
    "dlatent_avg": lambda g: g.description.w_avg,
    "w": lambda g: g.w(),
    "w_broadcast": lambda g: g.ws(psi=1.0),
    "w_psi05": lambda g: g.ws(psi=0.5),
    "w_psi07": lambda g: g.ws(psi=0.7),
    "w_psi1": lambda g: g.ws(psi=1.0),
    "w_psi07_cutoff4": lambda g: g.ws(psi=0.7, cutoff=4),
    "w_emotion": lambda g: g.happy(),
    "img_psi05": lambda g: g.image(g.ws(psi=0.5)),
    "img_psi07": lambda g: g.image(g.ws(psi=0.7)),
    "img_psi1": lambda g: g.image(g.ws(psi=1.0)),
    "img_emotion": lambda g: g.image(g.happy()),
    "u8_psi05": lambda g: g.picture(g.ws(psi=0.5)),
    "u8_psi07": lambda g: g.picture(g.ws(psi=0.7)),
    "u8_psi1": lambda g: g.picture(g.ws(psi=1.0)),
    "u8_emotion": lambda g: g.picture(g.happy()),
    # NVIDIA's Gs.run with nothing said but its constant noise: its own default psi is 0.5, on all layers.
    "run_default": lambda g: g.image(g.ws(psi=0.5)),
    "run_default_u8": lambda g: g.picture(g.ws(psi=0.5)),
    "run_psi07_cutoff4": lambda g: g.image(g.ws(psi=0.7, cutoff=4)),
    "cli_generate_u8_psi05": lambda g: g.command_line_picture(),
}
INPUTS = {"seeds", "labels", "emotion", "emotion_multiplier"}
ABOUT_NVIDIA = {"fused_vs_nonfused_maxabs"}
"""How far two of its own code paths lie apart."""


def _outputs() -> Iterator[tuple[str, str]]:
    for file, outputs in FILES.items():
        for key in np.load(GOLDEN / f"{outputs}.npz").files:
            if key not in INPUTS | ABOUT_NVIDIA:
                yield file, key


def _differs(expected: Array, made: Array) -> str:
    """Why `made` is not what NVIDIA's code gave; empty where it is."""
    if (made.shape, made.dtype) != (expected.shape, expected.dtype):
        return f"{made.dtype} {made.shape} instead of {expected.dtype} {expected.shape}"
    distance = np.abs(made.astype(np.float64) - expected)
    if expected.dtype == np.uint8:
        identical = float((distance == 0).mean())
        right = distance.max() <= UINT8_LEVELS and identical >= UINT8_IDENTICAL
        return "" if right else f"{distance.max()} levels apart, {identical:.4%} identical"
    tolerance = 0 if expected.dtype == np.float64 else IMAGE_TOLERANCE if expected.ndim == 4 else W_TOLERANCE
    return "" if distance.max() <= tolerance else f"{distance.max()} apart"


@pytest.mark.parametrize(("file", "key"), list(_outputs()))
def test_an_output_equals_that_of_nvidias_code(file: str, key: str) -> None:
    source = golden(file)
    assert _differs(source.outputs[key], EXPECTED[key](source)) == ""


def test_every_kind_of_output_is_met_by_some_network() -> None:
    assert {key for _, key in _outputs()} == EXPECTED.keys()


def test_the_goldens_emotion_has_the_strength_that_they_state() -> None:
    stated = {
        float(golden(name).outputs["emotion_multiplier"]) for name in NETWORKS if not name.startswith(("ada", "sg3"))
    }
    assert stated == {0.8}


WRONG: dict[str, tuple[str, Callable[[Golden], Array]]] = {
    "psi": ("w_psi05", lambda g: g.ws(psi=0.51)),
    "cutoff": ("img_psi07", lambda g: g.image(g.ws(psi=0.7, cutoff=7))),
    "strength": ("w_emotion", lambda g: g.happy(0.79)),
    "noise": ("img_psi05", lambda g: g.image(g.ws(psi=0.5), NoiseMode.NONE)),
}


@pytest.mark.parametrize("file", NETWORKS)
@pytest.mark.parametrize("choice", WRONG)
def test_a_wrong_choice_would_be_noticed(file: str, choice: str) -> None:
    key, make = WRONG[choice]
    assert _differs(golden(file).outputs[key], make(golden(file))) != ""


def test_the_command_lines_noise_is_not_the_files_own() -> None:
    source = golden("skip32")
    assert _differs(source.outputs["cli_generate_u8_psi05"], source.picture(source.ws(psi=0.5))) != ""


@pytest.mark.parametrize("file", NETWORKS)
def test_every_tensor_of_a_file_decides_its_pictures(file: str) -> None:
    source = golden(file)
    for name, tensor in source.network.tensors.items():
        changed = {**source.network.tensors, name: np.asarray(tensor * np.float32(1.5) + np.float32(0.1))}
        other = replace(source, generator=Generator.from_network(replace(source.network, tensors=changed)))
        if name == "mapping.w_avg":
            other = replace(source, description=replace(source.description, w_avg=changed[name]))
        assert _differs(source.outputs["img_psi07"], other.image(other.ws(psi=0.7))) != "", name
