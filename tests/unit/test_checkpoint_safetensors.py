"""Our own form: what is written comes back, and what others wrote under our name is checked."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from stylegan2.checkpoint import check_network, file_sha256, inspect_text, read_network, write_network
from stylegan2.errors import StyleGanError, UnreadableFile, UnsupportedNetwork
from stylegan2.network import LabelInput, Network, SynthesisKind
from tests.unit.network_files import GOLDEN, random_network

KEY = "stylegan2.network"
NETWORKS = [
    random_network(),
    *(random_network(kind=kind) for kind in SynthesisKind),
    random_network(label_dim=3, label_input=LabelInput.CONCAT, normalize_z=False),
    random_network(label_dim=3, label_input=LabelInput.EMBED, conv_clamp=256.0, image_channels=1),
    random_network(resolution=4, layers=1, resample_kernel=(1.0,), activation="tanh", lr_multiplier=1.0),
]


@pytest.mark.parametrize("network", NETWORKS)
def test_what_is_written_comes_back(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    write_network(network, path)
    read = read_network(path)
    assert (read.mapping, read.synthesis) == (network.mapping, network.synthesis)
    assert read.tensors.keys() == network.tensors.keys()
    for name, tensor in network.tensors.items():
        assert read.tensors[name].dtype == np.float32
        np.testing.assert_array_equal(read.tensors[name], tensor)
    assert (read.source_format, read.sha256) == ("safetensors", file_sha256(path))


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_network(NETWORKS[0], tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert sorted(item.name for item in tmp_path.iterdir()) == ["one", "two"]


def test_half_precision_halves_the_file_and_keeps_the_average(tmp_path: Path) -> None:
    network = read_network(GOLDEN / "skip32.pkl")
    write_network(network, tmp_path / "full")
    write_network(network, tmp_path / "half", half=True)
    read = read_network(tmp_path / "half")
    assert (tmp_path / "half").stat().st_size < 0.6 * (tmp_path / "full").stat().st_size
    np.testing.assert_array_equal(read.w_avg, network.w_avg)
    for name, tensor in network.tensors.items():
        assert read.tensors[name].dtype == np.float32
        np.testing.assert_allclose(read.tensors[name], tensor, rtol=1e-3, atol=1e-6)


def test_values_too_large_for_half_precision_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    network = random_network()
    network.tensors["synthesis.4.conv1.weight"][0, 0, 0, 0] = 1e5
    with pytest.raises(UnreadableFile, match=r"synthesis\.4\.conv1\.weight holds values too large"):
        write_network(network, tmp_path / "network.safetensors", half=True)
    assert not list(tmp_path.iterdir())


def test_a_network_that_is_not_whole_is_not_written(tmp_path: Path) -> None:
    whole = random_network()
    partial = {name: tensor for name, tensor in whole.tensors.items() if name != "synthesis.8.torgb.bias"}
    network = Network(whole.mapping, whole.synthesis, partial, "made up", "0" * 64)
    with pytest.raises(UnreadableFile, match=r"synthesis\.8\.torgb\.bias is missing"):
        write_network(network, tmp_path / "network.safetensors")


def _parts(network: Network) -> tuple[dict[str, Any], dict[str, Any]]:
    mapping = {"z_dim": 6, "w_dim": 5, "layers": 2, "activation": "lrelu"}
    synthesis = {"resolution": 16, "w_dim": 5, "resample_kernel": [1, 3, 3, 1], "kind": "skip"}
    return dict(network.tensors), {"version": 1, "mapping": mapping, "synthesis": synthesis}


def _save(path: Path, tensors: dict[str, Any], document: Any) -> Path:
    safetensors.numpy.save_file(tensors, path, metadata={KEY: json.dumps(document)})
    return path


def test_a_header_may_leave_out_what_has_a_default(tmp_path: Path) -> None:
    tensors, document = _parts(random_network())
    read = read_network(_save(tmp_path / "network.safetensors", tensors, document))
    assert (read.mapping, read.synthesis) == (random_network().mapping, random_network().synthesis)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "version 2"),
        ({"mapping": None}, "header's mapping is not a dictionary"),
        ({"mapping": {"z_dim": 7, "w_dim": 5, "layers": 2}}, "mapping.0.weight has shape"),
        ({"mapping": {"z_dim": "6"}}, "z_dim is not a number"),
        ({"mapping": {"z_dim": 6, "w_dim": 5, "layers": 2, "label_dim": 4}}, "label size 4"),
        ({"mapping": {"z_dim": 6, "w_dim": 5, "label_input": "both"}}, "'both'"),
        ({"synthesis": {"resolution": 16, "w_dim": 6}}, "mapping makes 5"),
        ({"synthesis": {"resolution": 32, "w_dim": 5}}, "synthesis.32.conv0.weight is missing"),
        ({"synthesis": {"resolution": 8, "w_dim": 5}}, "has no place in this network"),
        ({"synthesis": {"resolution": 16, "w_dim": 5, "kind": "spiral"}}, "'spiral'"),
        ({"synthesis": {"resolution": 16, "w_dim": 5, "conv_clamp": -1}}, "conv_clamp -1"),
        ({"synthesis": {"resolution": 16, "w_dim": 5, "resample_kernel": [[]]}}, "something other than numbers"),
        ({"synthesis": {"resolution": 16, "w_dim": 5, "resample_kernel": []}}, "empty, too long"),
    ],
)
def test_a_wrong_header_is_refused(change: dict[str, Any], reason: str, tmp_path: Path) -> None:
    tensors, document = _parts(random_network())
    with pytest.raises(StyleGanError, match=reason):
        read_network(_save(tmp_path / "network.safetensors", tensors, document | change))


def test_tensors_of_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    safetensors.numpy.save_file({"a": np.zeros(3, np.float32)}, path)
    with pytest.raises(UnreadableFile, match="of another kind"):
        read_network(path)


@pytest.mark.parametrize("document", [None, [], 3, "x"])
def test_a_header_that_is_no_document_is_refused(document: Any, tmp_path: Path) -> None:
    with pytest.raises(StyleGanError, match="of another kind"):
        read_network(_save(tmp_path / "network.safetensors", {}, document))


def test_checking_names_the_first_wrong_tensor() -> None:
    network = random_network()
    network.tensors["synthesis.8.conv0.bias"][2] = np.inf
    with pytest.raises(UnreadableFile, match=r"synthesis\.8\.conv0\.bias holds values that are not finite"):
        check_network(network)


def test_a_mapping_without_layers_must_fit() -> None:
    with pytest.raises(UnsupportedNetwork, match="without layers"):
        check_network(random_network(layers=0, z_dim=7))


def test_inspecting_a_converted_file_prints_its_own_hash(tmp_path: Path) -> None:
    write_network(random_network(conv_clamp=3.5), tmp_path / "network.safetensors")
    text = inspect_text(tmp_path / "network.safetensors")
    assert file_sha256(tmp_path / "network.safetensors") in text
    assert "±3.5" in text
    assert "labels        none" in text
