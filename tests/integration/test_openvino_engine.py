"""The OpenVINO engine's conversions: made once, checked, found again, made anew where they are damaged, never wrong."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stylegan2.checkpoint import describe_network, read_network, write_network
from stylegan2.face import Face
from stylegan2.openvino import stored
from stylegan2.openvino.command import openvino_command
from stylegan2.openvino.converted import ConvertedNetwork
from stylegan2.openvino.converting import ConversionRefused, check, convert, convert_apart
from stylegan2.openvino.engine import OpenVinoEngine, make
from stylegan2.runner import DeviceSpec, Runner
from tests.engines.fakes import QUICK, children

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array

GOLDEN = Path(__file__).parents[1] / "golden"
SKIP32 = GOLDEN / "skip32.pkl"
NAMES = tuple(f"{number:032x}-{number:016x}" for number in range(4))


def pictures_of(engine: OpenVinoEngine, name: str = "skip32") -> "Array":
    w = engine.map(name, np.load(GOLDEN / "skip32.npz")["z"], None)
    ws = np.repeat(w[:, None], 8, 1)
    return engine.synthesize(name, ws, [{"mode": "const"}] * len(w))


def loaded(cache: Path, path: Path = SKIP32) -> OpenVinoEngine:
    engine = OpenVinoEngine(cache, threads=1)
    engine.load("skip32", {"path": str(path)}, {})
    return engine


def conversions(cache: Path) -> list[Path]:
    return sorted(path for path in cache.iterdir() if not path.name.startswith("."))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With one conversion, of skip32."""
    folder = tmp_path_factory.mktemp("cache")
    loaded(folder)
    return folder


def test_a_conversion_is_made_once(cache: Path) -> None:
    (folder,) = conversions(cache)
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    engine = loaded(cache)
    assert engine.describe()["engine"] == "openvino"
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before
    assert list(cache.iterdir()) == [folder]


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(file.read_bytes()[:1000]), Path.unlink])
@pytest.mark.parametrize("name", ["synthesis.bin", "mapping.xml", "facts.json"])
def test_a_damaged_conversion_is_made_anew(
    cache: Path, tmp_path: Path, name: str, damage: Callable[[Path], Any], capfd: pytest.CaptureFixture[str]
) -> None:
    (folder,) = conversions(cache)
    copy = tmp_path / folder.name
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    damage(copy / name)
    engine = loaded(tmp_path)
    if name != "facts.json" or damage is Path.unlink:
        assert "is made anew" in capfd.readouterr().err
    assert engine.describe()["engine"] == "openvino"
    assert np.array_equal(pictures_of(engine), pictures_of(loaded(cache)))


def test_another_version_does_not_find_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stored.folder_of(cache, "a" * 64)
    assert before != stored.folder_of(cache, "b" * 64)
    monkeypatch.setattr(stored, "version", lambda _: "2099.1")
    assert stored.folder_of(cache, "a" * 64) != before


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def fill(partial: Path) -> None:
        (partial / "model").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), stored.stored(tmp_path / NAMES[0]) as partial:
        fill(partial)
    assert list(tmp_path.iterdir()) == []


def test_the_least_used_make_room_and_what_a_killed_process_left_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_BYTES", 350)
    abandoned, foreign = tmp_path / f".{NAMES[0]}.1.partial", tmp_path / "photographs"
    for folder in (abandoned, foreign):
        folder.mkdir()
        os.utime(folder, (1, 1))
    first, second, third, fourth = (tmp_path / name for name in NAMES)
    for age, folder in enumerate((third, second, first)):
        with stored.stored(folder) as partial:
            (partial / "model").write_bytes(bytes(100))
        os.utime(folder, (1000 - age, 1000 - age))
    stored.use(first)
    with stored.stored(fourth) as partial:
        (partial / "model").write_bytes(bytes(100))
    assert conversions(tmp_path) == sorted([first, third, fourth, foreign])
    assert not abandoned.exists()


def test_a_conversion_that_renders_otherwise_is_refused(cache: Path) -> None:
    network = read_network(SKIP32)
    converted = ConvertedNetwork(conversions(cache)[0], threads=1)
    check(network, converted)
    bias = "synthesis.32.torgb.bias"
    other = replace(network, tensors={**network.tensors, bias: network.tensors[bias] + np.float32(0.02)})
    with pytest.raises(ConversionRefused, match="come out otherwise"):
        check(other, converted)


def test_torch_serves_what_openvino_may_not(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file where the folder should be")
    engine = loaded(in_the_way)
    assert "OpenVINO does not serve skip32, PyTorch does" in capfd.readouterr().err
    assert engine.describe()["engine"] == "torch"
    expected = loaded(tmp_path / "elsewhere")
    difference = np.abs(pictures_of(engine).astype(int) - pictures_of(expected))
    assert difference.max() <= 1


def test_a_file_that_is_no_network_is_told_as_such(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pkl"
    nothing.write_bytes(b"nothing")
    with pytest.raises(ConversionRefused, match=r"nothing\.pkl"):
        convert_apart(nothing, tmp_path / "conversion", 1)
    assert list(tmp_path.iterdir()) == [nothing]


def test_two_that_convert_at_once_end_with_one(cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "conversion"
    convert(SKIP32, folder, 1)
    first = (folder / "facts.json").stat().st_ino
    convert(SKIP32, folder, 1)
    assert (folder / "facts.json").stat().st_ino == first
    assert list(tmp_path.iterdir()) == [folder]


def test_the_engines_process_needs_no_torch_once_a_network_is_converted(cache: Path) -> None:
    before = children()
    device = DeviceSpec("cpu", threads=1, command=openvino_command(cache))
    with Runner({"skip32": describe_network("skip32", SKIP32)}, [device], QUICK) as runner:
        runner.submit(Face("skip32", 1)).result(120)
        (process,) = children() - before
        maps = Path(f"/proc/{process}/maps").read_text()
    assert "openvino" in maps
    assert "libtorch" not in maps


def test_without_cuda_auto_is_the_cpu(cache: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    options = argparse.Namespace(device="auto", threads=1, rest=["--cache", str(cache)])
    assert make(options).describe()["device"] == "cpu"


def test_converting_can_be_asked_for_on_the_command_line(tmp_path: Path) -> None:
    network = tmp_path / "copy.safetensors"
    write_network(read_network(SKIP32), network)
    folder = tmp_path / "conversion"
    command = [sys.executable, "-m", "stylegan2.openvino.converting", str(network), str(folder), "--threads", "1"]
    assert subprocess.run(command, check=False, timeout=200).returncode == 0
    assert ConvertedNetwork(folder, 1).sha256 == describe_network("copy", network).sha256
