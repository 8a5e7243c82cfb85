"""Which engine drives which device, by the settings; never with more threads than there are cores."""

from pathlib import Path
from typing import Any

import pytest

from infrastructure.cores import usable_cores
from infrastructure.running import device_spec
from infrastructure.settings import Settings
from stylegan2.errors import EngineUnavailable
from stylegan2.openvino import command


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("engine", "device", "module", "driven"),
    [
        ("auto", "auto", "stylegan2.openvino.engine", "auto"),
        ("auto", "cpu", "stylegan2.openvino.engine", "cpu"),
        ("auto", "cuda:1", "stylegan2.engine.torch_engine", "cuda:1"),
        ("torch", "auto", "stylegan2.engine.torch_engine", "auto"),
        ("openvino", "auto", "stylegan2.openvino.engine", "cpu"),
    ],
)
def test_an_engine_drives_a_device(engine: str, device: str, module: str, driven: str) -> None:
    spec = device_spec(settings(engine=engine), device)
    assert (spec.command.module, spec.device) == (module, driven)


def test_openvino_does_not_run_on_cuda() -> None:
    with pytest.raises(EngineUnavailable, match="MANGANACE_ENGINE=torch"):
        device_spec(settings(engine="openvino"), "cuda:0")


def test_without_openvino_torch_runs_unless_openvino_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    assert device_spec(settings(), "cpu").command.module == "stylegan2.engine.torch_engine"
    with pytest.raises(EngineUnavailable, match="OpenVINO is not installed"):
        device_spec(settings(engine="openvino"), "cpu")


def test_conversions_lie_in_the_cache_folder(tmp_path: Path) -> None:
    assert str(tmp_path / "cache") in device_spec(settings(data_dir=tmp_path), "cpu").command.arguments
    assert str(tmp_path / "x") in device_spec(settings(cache_dir=tmp_path / "x"), "cpu").command.arguments


@pytest.mark.parametrize(("asked", "given"), [(None, usable_cores()), (1, 1), (1000, usable_cores())])
def test_threads_are_never_more_than_the_cores(asked: int | None, given: int) -> None:
    assert device_spec(settings(threads=asked), "cpu").threads == given
