"""The networks in PyTorch equal their literal definition, for every choice that a file can make, and one another."""

from typing import Any

import numpy as np
import pytest
import torch

from stylegan2.errors import InvalidFace, UnsupportedNetwork
from stylegan2.face import NoiseMode
from stylegan2.latents import noise_resolutions, noise_stream, one_hot
from stylegan2.network import LabelInput, Network, SynthesisKind
from stylegan2.networks import Generator, ItemNoise, MappingNetwork, SynthesisNetwork, to_uint8
from stylegan2.networks.activations import ACTIVATIONS
from stylegan2.networks.resampling import fir_filter, upsample2d
from tests.unit import reference_network
from tests.unit.network_files import random_network

Array = np.ndarray[Any, np.dtype[Any]]

KERNELS = [
    (1.0,),
    (1.0, 1.0),
    (1.0, 2.0, 1.0),
    (1.0, 3.0, 3.0, 1.0),
    (1.0, 2.0, 3.0, 4.0, 5.0),
    (1.0, 2.0, 3.0, 4.0, 5.0, -6.5),
    (0.0, 0.1, -0.3, 1.0, 1.0, -0.3, 0.1, 0.2, 3.0),
    tuple(float(tap) for tap in range(1, 13)),
]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def random_ws(network: Network, count: int = 3, seed: int = 5) -> Array:
    spec = network.synthesis
    return np.random.RandomState(seed).randn(count, spec.num_ws, spec.w_dim)


def assert_synthesis_is_the_definition(network: Network) -> None:
    ws = random_ws(network)
    expected = np.stack([reference_network.synthesize(network, each) for each in ws])
    made = Generator.from_network(network, dtype=torch.float64).synthesize(ws)
    np.testing.assert_allclose(made.numpy(), expected, rtol=0, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("kind", SynthesisKind)
@pytest.mark.parametrize("kernel", KERNELS, ids=len)
def test_every_kernel_filters_as_defined(kind: SynthesisKind, kernel: tuple[float, ...]) -> None:
    assert_synthesis_is_the_definition(random_network(kind=kind, resample_kernel=kernel))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_acts_as_defined(name: str) -> None:
    network = random_network(activation=name, lr_multiplier=1.0)
    assert_synthesis_is_the_definition(network)
    assert_mapping_is_the_definition(network)


@pytest.mark.parametrize("kind", SynthesisKind)
@pytest.mark.parametrize(
    "choice",
    [{"image_channels": 1}, {"image_channels": 4}, {"conv_clamp": 0.25}, {"resolution": 8}, {"resolution": 64}],
)
def test_every_size_and_clamp_is_synthesised_as_defined(kind: SynthesisKind, choice: dict[str, Any]) -> None:
    assert_synthesis_is_the_definition(random_network(kind=kind, **choice))


def assert_mapping_is_the_definition(network: Network) -> None:
    random, spec = np.random.RandomState(4), network.mapping
    z = random.randn(3, spec.z_dim)
    labels = np.eye(3)[[0, 1, 1], : spec.label_dim]
    expected = [reference_network.map_z(network, each, label) for each, label in zip(z, labels, strict=True)]
    made = Generator.from_network(network, dtype=torch.float64).map(z, labels if spec.label_dim else None)
    np.testing.assert_allclose(made.numpy(), np.stack(expected), rtol=0, atol=1e-8)


@pytest.mark.parametrize("layers", [1, 2, 8])
@pytest.mark.parametrize("normalize_z", [True, False])
@pytest.mark.parametrize(
    ("label_input", "label_dim"), [(LabelInput.NONE, 0), (LabelInput.CONCAT, 2), (LabelInput.EMBED, 3)]
)
def test_every_mapping_maps_as_defined(layers: int, normalize_z: bool, label_input: LabelInput, label_dim: int) -> None:
    choices: dict[str, Any] = {
        "layers": layers,
        "normalize_z": normalize_z,
        "label_input": label_input,
        "label_dim": label_dim,
    }
    assert_mapping_is_the_definition(random_network(lr_multiplier=0.5, **choices))


def test_a_filter_of_two_axes_is_taken_as_it_is() -> None:
    row = np.array([1.0, 2.0, 4.0])
    torch.testing.assert_close(fir_filter(np.outer(row, row).tolist()), fir_filter(row.tolist()))


@pytest.mark.parametrize("kernel", [(1.0, -1.0), (float("nan"),), ((1.0, 2.0),)])
def test_a_filter_that_is_none_is_refused(kernel: Any) -> None:
    with pytest.raises(UnsupportedNetwork, match="resample kernel"):
        fir_filter(kernel)


@pytest.mark.parametrize("kernel", KERNELS, ids=len)
def test_upsampling_doubles_the_size(kernel: tuple[float, ...]) -> None:
    assert upsample2d(torch.ones(2, 3, 5, 7, dtype=torch.float64), fir_filter(kernel)).shape == (2, 3, 10, 14)


@pytest.mark.parametrize("kind", SynthesisKind)
def test_a_batch_gives_what_its_pictures_give_alone(kind: SynthesisKind) -> None:
    network = random_network(kind=kind)
    generator = Generator.from_network(network)
    ws = random_ws(network, 5)
    together = generator.synthesize(ws)
    for index in range(len(ws)):
        alone = generator.synthesize(ws[index : index + 1])
        torch.testing.assert_close(alone[0], together[index], rtol=1e-5, atol=1e-5)
        levels = (to_uint8(alone)[0].short() - to_uint8(together)[index].short()).abs()
        assert levels.max() <= 1


def test_pictures_of_one_batch_choose_their_own_noise() -> None:
    network = random_network()
    generator = Generator.from_network(network)
    ws = np.repeat(random_ws(network, 1), 4, axis=0)
    first, second = (noise_stream(seed, 6, noise_resolutions(16)) for seed in (1, 2))
    mixed = generator.synthesize(ws, [NoiseMode.CONST, first, NoiseMode.NONE, second])
    alone: list[NoiseMode | list[ItemNoise]] = [NoiseMode.CONST, [first], NoiseMode.NONE, [second]]
    for picture, noise in zip(mixed, alone, strict=True):
        torch.testing.assert_close(picture, generator.synthesize(ws[:1], noise)[0], rtol=1e-5, atol=1e-5)
    assert len({picture.numpy().tobytes() for picture in mixed}) == 4


def test_the_files_noise_handed_in_is_the_files_noise() -> None:
    network = random_network()
    generator, ws = Generator.from_network(network), random_ws(network, 2)
    constants = [
        network.tensors[f"synthesis.{size}.{conv}.noise_const"][None, None]
        for size in (4, 8, 16)
        for conv in ("conv0", "conv1")
        if (size, conv) != (4, "conv0")
    ]
    own = generator.synthesize(ws)
    torch.testing.assert_close(generator.synthesize(ws, [constants, constants]), own, rtol=1e-6, atol=1e-6)


def test_noise_that_does_not_fit_is_refused() -> None:
    network = random_network()
    generator, ws = Generator.from_network(network), random_ws(network, 2)
    wrong_sizes = noise_stream(0, 6, (4, 8, 8))
    with pytest.raises(ValueError, match="1 noise inputs are given for 2 pictures"):
        generator.synthesize(ws, [NoiseMode.CONST])
    with pytest.raises(ValueError, match="noise inputs have to be one"):
        generator.synthesize(ws, [wrong_sizes, wrong_sizes])
    with pytest.raises(ValueError, match="needs its noise inputs drawn"):
        generator.synthesize(ws, [NoiseMode.CONST, NoiseMode.SEED])


def test_labels_are_for_conditional_networks_and_only_for_them() -> None:
    conditional = random_network(label_input=LabelInput.CONCAT, label_dim=2)
    z = np.zeros((1, 6))
    with pytest.raises(InvalidFace, match="needs labels"):
        Generator.from_network(conditional).map(z)
    with pytest.raises(InvalidFace, match="takes no labels"):
        Generator.from_network(random_network()).map(z, one_hot(0, 2))


@pytest.mark.parametrize("name", ["mapping.1.bias", "synthesis.16.conv0.weight", "synthesis.8.conv1.noise_const"])
def test_a_missing_tensor_is_named(name: str) -> None:
    network = random_network()
    tensors = {key: value for key, value in network.tensors.items() if key != name}
    incomplete = Network(network.mapping, network.synthesis, tensors, "made up", "0" * 64)
    with pytest.raises(UnsupportedNetwork, match=name.replace(".", r"\.")):
        Generator.from_network(incomplete)


def test_pictures_are_cut_to_bytes_as_nvidia_does() -> None:
    values = [-9.0, -1.0, -0.004, 0.0, 0.0035, 0.996, 1.0, 9.0]
    image = torch.tensor(values).reshape(1, 1, 2, 4)
    assert to_uint8(image).reshape(-1).tolist() == [0, 0, 127, 128, 128, 254, 255, 255]
    assert to_uint8(torch.zeros(2, 3, 4, 5)).shape == (2, 4, 5, 3)


def test_the_same_definition_learns() -> None:
    network = random_network(lr_multiplier=0.1)
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in network.tensors.items()}
    w = MappingNetwork.from_tensors(network.mapping, tensors)(torch.randn(2, 6))
    constants = [tensor[None, None] for name, tensor in tensors.items() if name.endswith("noise_const")]
    ws = w[:, None].expand(-1, network.synthesis.num_ws, -1)
    loss = SynthesisNetwork.from_tensors(network.synthesis, tensors)(ws, constants).square().mean()
    learning = [name for name in tensors if name != "mapping.w_avg"]
    gradients = torch.autograd.grad(loss, [tensors[name] for name in learning])
    assert [name for name, gradient in zip(learning, gradients, strict=True) if not gradient.any()] == []
