"""OpenVINO's graphs compute what `stylegan2.networks` defines, for every choice that a file can make."""

from typing import Any

import numpy as np
import openvino
import pytest
from openvino import opset13 as op

from stylegan2.errors import UnsupportedNetwork
from stylegan2.face import NoiseMode
from stylegan2.latents import noise_resolutions, noise_stream
from stylegan2.network import LabelInput, Network, SynthesisKind
from stylegan2.networks import Generator
from stylegan2.networks.activations import ACTIVATIONS
from stylegan2.openvino.graph import SynthesisGraph, mapping_model, synthesis_model
from tests.unit.network_files import random_network
from tests.unit.test_networks import KERNELS, random_ws

Array = np.ndarray[Any, np.dtype[Any]]
OPTIONS = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}


def run(model: openvino.Model, inputs: dict[str, Array]) -> list[Array]:
    plain = {name: values.astype(np.float32) for name, values in inputs.items()}
    compiled = openvino.Core().compile_model(model, "CPU", OPTIONS)
    return list(compiled(plain).values())


def inputs_of(network: Network, ws: Array, seed: int = 3) -> tuple[dict[str, Array], tuple[Array, ...]]:
    """One picture's inputs, and its noise alone."""
    noise = noise_stream(seed, 1, noise_resolutions(network.synthesis.resolution))
    return {"ws": ws[None], **{f"noise{index}": each for index, each in enumerate(noise)}}, noise


def assert_synthesis_is_the_definition(network: Network) -> None:
    graph = SynthesisGraph(network)
    model = openvino.Model([op.result(graph.image())], [graph.ws, *graph.noises], "image")
    ws = random_ws(network, 1)[0]
    inputs, noise = inputs_of(network, ws)
    expected = Generator.from_network(network).synthesize(ws[None], [noise]).numpy()
    np.testing.assert_allclose(run(model, inputs)[0], expected, rtol=0, atol=2e-5 * np.abs(expected).max())


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
    inputs = {"z": random.randn(3, spec.z_dim)}
    if spec.label_dim:
        inputs["labels"] = np.eye(3)[[0, 1, 1], : spec.label_dim]
    expected = Generator.from_network(network).map(inputs["z"], inputs.get("labels")).numpy()
    np.testing.assert_allclose(run(mapping_model(network), inputs)[0], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("normalize_z", [True, False])
@pytest.mark.parametrize(
    ("label_input", "label_dim"), [(LabelInput.NONE, 0), (LabelInput.CONCAT, 2), (LabelInput.EMBED, 3)]
)
def test_every_mapping_maps_as_defined(normalize_z: bool, label_input: LabelInput, label_dim: int) -> None:
    choices: dict[str, Any] = {"normalize_z": normalize_z, "label_input": label_input, "label_dim": label_dim}
    assert_mapping_is_the_definition(random_network(lr_multiplier=0.5, **choices))


def test_bytes_are_cut_as_nvidia_does() -> None:
    network = random_network()
    tensors = {name: np.zeros_like(values) for name, values in network.tensors.items()}
    values = np.array([-9.0, -0.004, 0.996], np.float32)
    tensors["synthesis.16.torgb.bias"] = values
    still = Network(network.mapping, network.synthesis, tensors, "made up", "0" * 64)
    picture, total = run(synthesis_model(still), inputs_of(still, random_ws(still, 1)[0])[0])
    assert picture.dtype == np.uint8
    assert picture.shape == (1, 16, 16, 3)
    assert np.unique(picture.reshape(-1, 3), axis=0).tolist() == [[0, 127, 254]]
    assert float(total) == pytest.approx(256 * values.sum(), rel=1e-4)


def test_a_sum_tells_values_that_are_not_finite() -> None:
    network = random_network()
    bias = "synthesis.8.conv1.bias"
    tensors = {**network.tensors, bias: network.tensors[bias] + np.float32(2e38)}
    overflowing = Network(network.mapping, network.synthesis, tensors, "made up", "0" * 64)
    assert (
        not Generator.from_network(overflowing).synthesize(random_ws(overflowing, 1), NoiseMode.NONE).isfinite().all()
    )
    _, total = run(synthesis_model(overflowing), inputs_of(overflowing, random_ws(overflowing, 1)[0])[0])
    assert not np.isfinite(total)


@pytest.mark.parametrize("name", ["synthesis.16.conv0.weight", "synthesis.8.torgb.bias"])
def test_a_missing_tensor_is_named(name: str) -> None:
    network = random_network()
    tensors = {key: value for key, value in network.tensors.items() if key != name}
    with pytest.raises(UnsupportedNetwork, match=name.replace(".", r"\.")):
        synthesis_model(Network(network.mapping, network.synthesis, tensors, "made up", "0" * 64))
