"""Float16's network is float32's, within a stated difference; where it is not, float32 serves. Plain form, on a CPU."""

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from stylegan2.checkpoint import read_network
from stylegan2.cuda.graphs import Transfer, pieces
from stylegan2.cuda.half import CLAMP, HalfSynthesis
from stylegan2.cuda.picture_maker import MEAN_LEVELS, DiffersTooMuch, PictureMaker, picture_maker
from stylegan2.errors import UnsupportedNetwork
from stylegan2.face import NoiseMode
from stylegan2.latents import noise_resolutions, noise_stream
from stylegan2.network import Network, SynthesisKind
from stylegan2.networks import Generator, ItemNoise, to_uint8
from tests.unit.network_files import FILES, GOLDEN, random_network
from tests.unit.test_networks import KERNELS, random_ws

Array = np.ndarray[Any, np.dtype[Any]]
NEVER = 1 << 20
OFFERED = [kind for kind in SynthesisKind if kind is not SynthesisKind.RESNET]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def synthesis(network: Network, half_from: int) -> HalfSynthesis:
    tensors = {name: torch.tensor(array) for name, array in network.tensors.items()}
    return HalfSynthesis.from_tensors(network.synthesis, tensors, half_from=half_from)


def assert_float32_is_the_definition(network: Network) -> None:
    generator, ws = Generator.from_network(network), torch.tensor(random_ws(network), dtype=torch.float32)
    noise = [each[None, None] for each in generator.noise_constants]
    made = synthesis(network, NEVER)(ws, noise)
    expected = generator.synthesize(ws)
    torch.testing.assert_close(made, expected, rtol=0, atol=2e-5 * float(expected.abs().max()))


@pytest.mark.parametrize("kind", OFFERED)
@pytest.mark.parametrize("kernel", KERNELS, ids=len)
def test_with_float32_layers_it_is_the_definition(kind: SynthesisKind, kernel: tuple[float, ...]) -> None:
    assert_float32_is_the_definition(random_network(kind=kind, resample_kernel=kernel))


@pytest.mark.parametrize("choice", [{"image_channels": 1}, {"conv_clamp": 0.25}, {"resolution": 8}, {"resolution": 64}])
def test_every_size_and_clamp_is_the_definition(choice: dict[str, Any]) -> None:
    assert_float32_is_the_definition(random_network(**choice))


@pytest.mark.parametrize("name", [name for name in FILES if name != "resnet32"])
def test_all_in_float16_the_goldens_pictures_lie_close_to_float32s(name: str) -> None:
    network = read_network(GOLDEN / f"{name}.pkl")
    generator = Generator.from_network(network)
    maker = PictureMaker(network, generator, half_from=4)
    with np.load(GOLDEN / f"{name}.npz") as outputs:
        ws = outputs["w_emotion"]
    made = maker.pictures(ws, [NoiseMode.CONST] * len(ws))
    levels = np.abs(made.astype(int) - to_uint8(generator.synthesize(ws)).numpy())
    assert 0 < levels.mean() < 0.05
    assert levels.max() <= 2


def test_the_largest_styles_and_weights_do_not_overflow() -> None:
    network = random_network()
    huge = {
        name: values * np.float32(1e4) if "weight" in name and "mapping" not in name and "torgb" not in name else values
        for name, values in network.tensors.items()
    }
    extreme = replace(network, tensors=huge)
    ws = torch.tensor(random_ws(network), dtype=torch.float32)
    made = synthesis(extreme, 4)
    for noise in ([None] * 5, [each[None, None] for each in Generator.from_network(extreme).noise_constants]):
        assert made(ws, noise).isfinite().all()
    assert all(layer.clamp == CLAMP for layer in made.layers)


def test_the_networks_own_clamp_holds_where_it_is_the_lesser() -> None:
    assert {layer.clamp for layer in synthesis(random_network(conv_clamp=0.25), 8).layers} == {0.25}


@pytest.mark.parametrize("choice", [{"kind": SynthesisKind.RESNET}, {"activation": "relu"}])
def test_other_networks_are_rendered_in_float32(choice: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    network = random_network(**choice)
    with pytest.raises(UnsupportedNetwork, match="rendered in float32"):
        synthesis(network, 4)
    with caplog.at_level(logging.WARNING):
        assert picture_maker("tiny", network, Generator.from_network(network)) is None
    assert "tiny is rendered in float32" in caplog.text


def test_a_network_beyond_the_clamp_is_refused() -> None:
    network = read_network(GOLDEN / "skip32.pkl")
    bias, colours = "synthesis.32.conv1.bias", "synthesis.32.torgb.weight"
    changed: dict[str, Array] = {
        bias: network.tensors[bias] + np.float32(3 * CLAMP),
        colours: network.tensors[colours] / np.float32(3 * CLAMP),
    }
    loud = replace(network, tensors={**network.tensors, **changed})
    with pytest.raises(DiffersTooMuch, match="levels from float32"):
        PictureMaker(loud, Generator.from_network(loud), half_from=4)
    assert MEAN_LEVELS < 1


def test_each_picture_of_a_batch_has_its_own_noise() -> None:
    network = read_network(GOLDEN / "skip32.pkl")
    generator = Generator.from_network(network)
    maker = PictureMaker(network, generator, half_from=4)
    ws = np.repeat(random_ws(network, 1), 3, 0).astype(np.float32)
    drawn = noise_stream(3, 1, noise_resolutions(32))
    noises: list[ItemNoise] = [NoiseMode.CONST, NoiseMode.NONE, drawn]
    made = maker.pictures(ws, noises).copy()
    expected = to_uint8(generator.synthesize(ws, noises)).numpy()
    assert np.abs(made.astype(int) - expected).mean() < MEAN_LEVELS
    assert len({picture.tobytes() for picture in made}) == 3


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (7, [4, 2, 1]), (8, [8]), (13, [8, 4, 1]), (32, [8] * 4)])
def test_a_batch_is_made_in_pieces_of_few_sizes(count: int, sizes: list[int]) -> None:
    parts = list(pieces(count))
    assert [part.stop - part.start for part in parts] == sizes
    assert [index for part in parts for index in range(part.start, part.stop)] == list(range(count))


def test_pictures_keep_their_places_through_the_pieces() -> None:
    def make(ws: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return ws[:, :1, None, None].to(torch.uint8).expand(-1, 2, 2, 3), torch.tensor(True)

    transfer = Transfer(torch.device("cpu"))
    assert transfer.pictures(make, torch.arange(13.0)[:, None])[:, 0, 0, 0].tolist() == list(range(13))
    assert transfer.pictures(make, torch.arange(3.0)[:, None]).shape == (3, 2, 2, 3)


def test_values_that_are_not_finite_are_no_picture() -> None:
    def make(ws: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros(len(ws), 2, 2, 3, dtype=torch.uint8), ws.isfinite().all()

    with pytest.raises(ArithmeticError, match="not finite"):
        Transfer(torch.device("cpu")).pictures(make, torch.tensor([[1.0]] * 9 + [[float("inf")]]))
