"""Files that NVIDIA's own code wrote are read whole, and nothing of them runs."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stylegan2.checkpoint import convert, describe_network, file_sha256, inspect_text, read_network
from stylegan2.network import LabelInput, SynthesisKind
from tests.unit.network_files import FILES, GOLDEN


@pytest.mark.parametrize("name", FILES)
def test_a_golden_is_read_as_the_averaged_generator(name: str) -> None:
    network = read_network(GOLDEN / f"{name}.pkl")
    outputs = np.load(GOLDEN / f"{name}.npz")
    w_avg = outputs["w_avg"] if "w_avg" in outputs else outputs["dlatent_avg"]
    np.testing.assert_array_equal(network.w_avg, w_avg)
    assert network.mapping.z_dim == outputs["z"].shape[1]
    assert (network.synthesis.num_ws, network.synthesis.w_dim) == outputs["emotion"].shape
    assert network.synthesis.resolution == 32
    assert network.source_format == ("torch" if name.startswith(("ada", "sg3")) else "tensorflow")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("skip32", SynthesisKind.SKIP),
        ("resnet32", SynthesisKind.RESNET),
        ("orig32", SynthesisKind.ORIG),
        ("configd32", SynthesisKind.REVISED),
    ],
)
def test_each_architecture_is_recognised(name: str, kind: SynthesisKind) -> None:
    assert read_network(GOLDEN / f"{name}.pkl").synthesis.kind is kind


def test_conditional_networks_say_how_a_label_enters() -> None:
    tensorflow = read_network(GOLDEN / "cond32.pkl").mapping
    torch = read_network(GOLDEN / "ada_cond32.pkl").mapping
    assert (tensorflow.label_dim, tensorflow.label_input) == (6, LabelInput.CONCAT)
    assert (torch.label_dim, torch.label_input) == (6, LabelInput.EMBED)


def test_both_pickle_protocols_hold_the_same_network() -> None:
    four, three = read_network(GOLDEN / "ada_skip32.pkl"), read_network(GOLDEN / "ada_skip32.protocol3.pkl")
    assert four.tensors.keys() == three.tensors.keys()
    for name, tensor in four.tensors.items():
        np.testing.assert_array_equal(tensor, three.tensors[name])


@pytest.mark.parametrize("name", FILES)
def test_converting_keeps_every_bit(name: str, tmp_path: Path) -> None:
    network = convert(GOLDEN / f"{name}.pkl", tmp_path / "converted.safetensors")
    converted = read_network(tmp_path / "converted.safetensors")
    assert (converted.mapping, converted.synthesis) == (network.mapping, network.synthesis)
    assert converted.tensors.keys() == network.tensors.keys()
    for tensor_name, tensor in network.tensors.items():
        np.testing.assert_array_equal(converted.tensors[tensor_name], tensor)


def test_a_network_is_described_without_its_weights() -> None:
    path = GOLDEN / "cond32.pkl"
    description = describe_network("faces", path)
    assert (description.name, description.num_ws, description.label_dim) == ("faces", 8, 6)
    assert description.sha256 == file_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_inspecting_prints_what_is_in_a_file() -> None:
    text = inspect_text(GOLDEN / "ada_cond32.pkl")
    for expected in ("ada_cond32.pkl", "torch", "StyleGAN2, skip", "32x32, 3 channels", "6 classes", "±256", "36,195"):
        assert expected in text
    assert file_sha256(GOLDEN / "ada_cond32.pkl") in text
    assert "synthesis.32.conv0.weight" in text
    assert "16x16x3x3" in text


def test_reading_imports_no_torch() -> None:
    script = (
        "import sys; from pathlib import Path; from stylegan2.checkpoint import inspect_text;"
        "import stylegan2.directions; inspect_text(Path(sys.argv[1])); print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", script, str(GOLDEN / "ada_skip32.pkl")]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=GOLDEN.parent.parent)
    assert answer.stdout.strip() == "False"
