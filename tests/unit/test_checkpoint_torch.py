"""torch pickles of every kind that stylegan2-ada-pytorch and stylegan3 can write, read without torch."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stylegan2.checkpoint import read_network
from stylegan2.errors import UnreadableFile, UnsupportedNetwork
from stylegan2.network import LabelInput, Network, SynthesisKind
from tests.unit.network_files import Persistent, dump, easy_dict, module, random_network, torch_generator


def written(network: Network, path: Path, protocol: int = 4, **layer_kwargs: Any) -> Path:
    generator = torch_generator(network, **layer_kwargs)
    training = {"class_name": "Dataset", "resolution": 16, "labels": None, "size": np.int64(3)}
    value = {"training_set_kwargs": easy_dict(**training), "G": module("Generator", {}, {}, {}), "G_ema": generator}
    return dump(value, path / "network.pkl", protocol)


def assert_same(read: Network, network: Network) -> None:
    assert read.mapping == network.mapping
    assert (read.synthesis.kind, read.synthesis.conv_clamp) == (network.synthesis.kind, network.synthesis.conv_clamp)
    taps = np.array(network.synthesis.resample_kernel)
    np.testing.assert_allclose(read.synthesis.resample_kernel, taps / taps.sum(), atol=1e-7)
    assert read.tensors.keys() == network.tensors.keys()
    for name, tensor in network.tensors.items():
        np.testing.assert_array_equal(read.tensors[name], tensor, err_msg=name)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("kind", [SynthesisKind.SKIP, SynthesisKind.RESNET, SynthesisKind.ORIG])
def test_every_architecture_comes_back_as_it_was(kind: SynthesisKind, protocol: int, tmp_path: Path) -> None:
    network = random_network(kind=kind)
    assert_same(read_network(written(network, tmp_path, protocol)), network)


@pytest.mark.parametrize(
    "fields",
    [
        {"label_dim": 10, "label_input": LabelInput.EMBED},
        {"image_channels": 1},
        {"conv_clamp": 256.0},
        {"lr_multiplier": 0.5},
        {"layers": 1},
        {"resample_kernel": (1.0, 2.0, 1.0)},
        {"resample_kernel": (1.0, 2.0, 3.0, 4.0, 5.0, 4.0, 3.0, 2.0, 1.0)},
    ],
)
def test_construction_arguments_count(fields: dict[str, Any], tmp_path: Path) -> None:
    network = random_network(**fields)
    assert_same(read_network(written(network, tmp_path)), network)


def test_activations_count(tmp_path: Path) -> None:
    network = random_network(activation="swish")
    read = read_network(written(network, tmp_path, activation="swish"))
    assert (read.mapping.activation, read.synthesis.activation) == ("swish", "swish")


def test_layers_without_noise_have_noise_of_strength_zero(tmp_path: Path) -> None:
    read = read_network(written(random_network(), tmp_path, use_noise=False))
    assert read.tensors["synthesis.16.conv1.noise_strength"] == 0
    np.testing.assert_array_equal(read.tensors["synthesis.8.conv0.noise_const"], np.zeros((8, 8)))


def test_a_lone_module_is_taken_for_the_averaged_generator(tmp_path: Path) -> None:
    network = random_network()
    assert_same(read_network(dump(torch_generator(network), tmp_path / "lone.pkl")), network)


def _with_weight(weight: Any) -> Persistent:
    generator = torch_generator(random_network())
    block = generator.meta["state"]["_modules"]["synthesis"].meta["state"]["_modules"]["b8"]
    layer = block.meta["state"]["_modules"]["conv1"]
    layer.meta["state"]["_parameters"]["weight"] = weight(layer.meta["state"]["_parameters"]["weight"])
    return generator


@pytest.mark.parametrize(
    "weight",
    [
        lambda weight: weight.half(),
        lambda weight: weight.double(),
        lambda weight: weight.to(memory_format=torch.channels_last),
        lambda weight: torch.cat([weight, weight])[: len(weight)],
        lambda weight: torch.nn.Parameter(weight),
    ],
    ids=["half", "double", "channels last", "part of a storage", "parameter"],
)
def test_tensors_may_lie_in_any_way(weight: Any, tmp_path: Path) -> None:
    read = read_network(dump(_with_weight(weight), tmp_path / "tensors.pkl"))
    expected = random_network().tensors["synthesis.8.conv1.weight"]
    np.testing.assert_allclose(read.tensors["synthesis.8.conv1.weight"], expected, atol=2e-3)


@pytest.mark.parametrize(
    ("weight", "reason"),
    [
        (lambda weight: weight[:, :, 0], "conv1.weight has shape"),
        (lambda weight: weight[:, 1:], "synthesis.8.conv1.weight has shape"),
        (lambda weight: weight.int(), "holds int32"),
        (lambda weight: weight.bfloat16(), "holds uint16"),
        (lambda weight: weight * float("inf"), "not finite"),
        (lambda weight: torch.empty(0), "conv1.weight has shape"),
        (lambda weight: torch.zeros(1).expand(6, 6, 3, 3), "more than the 1 values of its storage"),
        (lambda weight: None, "conv1.weight is missing"),
    ],
)
def test_the_first_wrong_tensor_is_named(weight: Any, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        read_network(dump(_with_weight(weight), tmp_path / "wrong.pkl"))


def test_alias_free_networks_are_named(tmp_path: Path) -> None:
    layers = {"input": module("SynthesisInput", {}, {}, {}), "L0_36_512": module("SynthesisLayer", {}, {}, {})}
    parts = {"synthesis": module("SynthesisNetwork", {}, layers, {}), "mapping": module("MappingNetwork", {}, {}, {})}
    with pytest.raises(UnsupportedNetwork, match="alias-free StyleGAN3"):
        read_network(dump({"G_ema": module("Generator", {}, parts, {})}, tmp_path / "r.pkl"))


def test_a_network_without_average_w_is_refused(tmp_path: Path) -> None:
    generator = torch_generator(random_network())
    generator.meta["state"]["_modules"]["mapping"].meta["state"]["_buffers"].clear()
    with pytest.raises(UnsupportedNetwork, match="average w"):
        read_network(dump(generator, tmp_path / "network.pkl"))


@pytest.mark.parametrize(("zipped", "reason"), [(True, "a zip archive"), (False, "a file of torch.save")])
def test_files_of_torch_save_say_what_to_do(zipped: bool, reason: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    torch.save({"g_ema": torch.zeros(3)}, stream, _use_new_zipfile_serialization=zipped)
    path = tmp_path / "network.pt"
    path.write_bytes(stream.getvalue())
    with pytest.raises((UnreadableFile, UnsupportedNetwork), match=reason) as refusal:
        read_network(path)
    assert "write_network" in str(refusal.value)


@pytest.mark.parametrize("change", [{"state": None}, {"state": 3}, {"state": {"_modules": 3}}, {}])
def test_a_damaged_module_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="G_ema"):
        read_network(dump({"G_ema": Persistent(change)}, tmp_path / "damaged.pkl"))
