"""TensorFlow pickles of every kind that NVIDIA's code can write, beyond those that the goldens show."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylegan2.checkpoint import read_network
from stylegan2.errors import UnreadableFile, UnsupportedNetwork
from stylegan2.network import LabelInput, Network, SynthesisKind
from tests.unit.network_files import (
    Array,
    dump,
    network_object,
    random_network,
    static_kwargs,
    tensorflow_state,
    tensorflow_variables,
)


def written(network: Network, path: Path, protocol: int = 4, **arguments: Any) -> Path:
    state = tensorflow_state(tensorflow_variables(network), **static_kwargs(network, **arguments))
    return dump(network_object(state), path / "network.pkl", protocol)


def assert_same(read: Network, network: Network) -> None:
    assert (read.mapping, read.synthesis) == (network.mapping, network.synthesis)
    assert read.tensors.keys() == network.tensors.keys()
    for name, tensor in network.tensors.items():
        np.testing.assert_allclose(read.tensors[name], tensor, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_lone_generator_is_read_in_every_protocol(protocol: int, tmp_path: Path) -> None:
    network = random_network()
    assert_same(read_network(written(network, tmp_path, protocol)), network)


@pytest.mark.parametrize("kind", list(SynthesisKind))
def test_every_architecture_comes_back_as_it_was(kind: SynthesisKind, tmp_path: Path) -> None:
    network = random_network(kind=kind)
    architecture = {} if kind is SynthesisKind.REVISED else {"architecture": kind.value}
    assert_same(read_network(written(network, tmp_path, **architecture)), network)


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        ({"num_channels": 1}, {"image_channels": 1}),
        ({"num_channels": 4}, {"image_channels": 4}),
        ({"normalize_latents": False}, {"normalize_z": False}),
        ({"mapping_lrmul": 1}, {"lr_multiplier": 1.0}),
        ({"mapping_nonlinearity": "relu"}, {"activation": "relu"}),
        ({"mapping_layers": 1}, {"layers": 1}),
        ({"resample_kernel": [1, 2, 1]}, {"resample_kernel": (1.0, 2.0, 1.0)}),
        ({"resample_kernel": None}, {"resample_kernel": (1.0, 1.0)}),
        ({"resample_kernel": (1, 4, 6, 4, 1)}, {"resample_kernel": (1.0, 4.0, 6.0, 4.0, 1.0)}),
        ({"resample_kernel": np.array([1.0, 3.0])}, {"resample_kernel": (1.0, 3.0)}),
        ({"conv_clamp": 256}, {"conv_clamp": 256.0}),
        ({"truncation_psi": 0.3, "truncation_cutoff": 2, "randomize_noise": False, "unheard_of": [1]}, {}),
        ({"resolution": np.int64(16), "fmap_base": 123, "fmap_decay": 0.7, "fmap_min": 2}, {}),
    ],
)
def test_static_arguments_count(arguments: dict[str, Any], fields: dict[str, Any], tmp_path: Path) -> None:
    network = random_network(**fields)
    stated = {"nonlinearity": fields["activation"]} if "activation" in fields else {}
    assert_same(read_network(written(network, tmp_path, **arguments, **stated)), network)


def test_a_filter_of_two_axes_is_taken_apart(tmp_path: Path) -> None:
    kernel = np.outer([1, 2, 3], [1, 2, 3]).tolist()
    taps = read_network(written(random_network(), tmp_path, resample_kernel=kernel)).synthesis.resample_kernel
    np.testing.assert_allclose(taps, np.array([1, 2, 3]) / 6)


@pytest.mark.parametrize("label_input", [LabelInput.CONCAT, LabelInput.EMBED])
def test_labels_enter_as_the_variables_say(label_input: LabelInput, tmp_path: Path) -> None:
    network = random_network(label_dim=10, label_input=label_input)
    assert_same(read_network(written(network, tmp_path)), network)


def test_a_mapping_without_layers_hands_z_on(tmp_path: Path) -> None:
    network = random_network(layers=0, z_dim=5)
    assert_same(read_network(written(network, tmp_path)), network)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_state_without_components_lists_their_variables(version: int, tmp_path: Path) -> None:
    network = random_network()
    state = tensorflow_state({}, **static_kwargs(network))
    del state["components"]
    state["version"] = version
    scoped = tensorflow_variables(network).items()
    state["variables"] = [(f"G_{name}" if "/" in name else name, value) for name, value in scoped]
    assert_same(read_network(dump(network_object(state), tmp_path / "flat.pkl")), network)


def test_the_averaged_generator_is_the_third_of_three(tmp_path: Path) -> None:
    network, other = random_network(), random_network(w_dim=4)
    states = [tensorflow_state(tensorflow_variables(item), **static_kwargs(item)) for item in (other, other, network)]
    path = dump(tuple(network_object(state) for state in states), tmp_path / "three.pkl")
    assert_same(read_network(path), network)


def big_endian(array: Array) -> Array:
    return array.astype(">f4")


def fortran(array: Array) -> Array:
    return np.array(array, order="F")


def doubled(array: Array) -> Array:
    return array.astype(np.float64)


@pytest.mark.parametrize("change", [big_endian, fortran, doubled])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_arrays_may_lie_in_any_order(change: Any, protocol: int, tmp_path: Path) -> None:
    network = random_network()
    variables = {name: change(value) for name, value in tensorflow_variables(network).items()}
    state = tensorflow_state(variables, **static_kwargs(network))
    assert_same(read_network(dump(network_object(state), tmp_path / "order.pkl", protocol)), network)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"synthesis/8x8/Conv1/weight": None}, "synthesis/8x8/Conv1/weight is missing"),
        ({"dlatent_avg": np.zeros(4, np.float32)}, "mapping.w_avg has shape"),
        ({"dlatent_avg": np.full(5, np.nan, np.float32)}, "mapping.w_avg holds values that are not finite"),
        ({"mapping/Dense0/bias": np.zeros(9, np.int32)}, "mapping.0.bias holds int32"),
        ({"synthesis/noise2": np.zeros((1, 1, 4, 4), np.float32)}, "synthesis.8.conv1.noise_const has shape"),
        (
            {"synthesis/16x16/Conv0_up/weight": np.zeros((3, 3, 5, 3), np.float32)},
            "synthesis.16.conv0.weight has shape",
        ),
        ({"synthesis/4x4/ToRGB/bias": np.zeros((), np.float32)}, "synthesis/4x4/ToRGB/bias has shape"),
    ],
)
def test_the_first_wrong_tensor_is_named(change: dict[str, Any], reason: str, tmp_path: Path) -> None:
    variables = {
        name: value for name, value in (tensorflow_variables(random_network()) | change).items() if value is not None
    }
    state = tensorflow_state(variables, **static_kwargs(random_network()))
    with pytest.raises(UnreadableFile, match=reason):
        read_network(dump(network_object(state), tmp_path / "wrong.pkl"))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"resolution": 24}, "power of two"),
        ({"resolution": 2**15}, "power of two"),
        ({"nonlinearity": "mish"}, "'mish' is not one of"),
        ({"architecture": "unet"}, "'unet' is not skip, resnet or orig"),
        ({"resample_kernel": [1, -1]}, "sums to nothing"),
        ({"resample_kernel": [[1, 0], [0, 1]]}, "outer product"),
        ({"latent_size": 6.5}, "latent_size is 6.5"),
        ({"label_size": -1}, "label_size is -1"),
    ],
)
def test_unknown_choices_are_named(arguments: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedNetwork, match=reason):
        read_network(written(random_network(), tmp_path, **arguments))


@pytest.mark.parametrize("value", ["16", None, (16,), float("nan"), True])
def test_an_argument_of_another_type_is_refused(value: Any, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="resolution is not a number"):
        read_network(written(random_network(), tmp_path, resolution=value))


@pytest.mark.parametrize(
    ("variable", "reason"),
    [
        ("G_synthesis/4x4/Const/StyleMod/weight", "first StyleGAN"),
        ("32x32/FromRGB/weight", "discriminator"),
        ("4x4/Dense/weight", "not a StyleGAN2 generator"),
    ],
)
def test_other_networks_are_named(variable: str, reason: str, tmp_path: Path) -> None:
    state = tensorflow_state({}) | {"variables": [(variable, np.zeros(3, np.float32))]}
    with pytest.raises(UnsupportedNetwork, match=reason):
        read_network(dump(network_object(state), tmp_path / "other.pkl"))


def test_a_network_that_was_still_growing_is_refused(tmp_path: Path) -> None:
    network = random_network(kind=SynthesisKind.REVISED)
    variables = {**tensorflow_variables(network), "synthesis/lod": np.array(1.5, np.float32)}
    state = tensorflow_state(variables, **static_kwargs(network))
    with pytest.raises(UnsupportedNetwork, match="still growing"):
        read_network(dump(network_object(state), tmp_path / "growing.pkl"))


@pytest.mark.parametrize("value", [(), [], {}, {"Gs": 1}, None, 3, "network", (1, 2, 3), [[]]])
def test_a_pickle_of_something_else_is_refused(value: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedNetwork, match="neither"):
        read_network(dump(value, tmp_path / "other.pkl"))
