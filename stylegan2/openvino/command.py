"""How to start the OpenVINO engine, or what it lacks. The runner's side; OpenVINO is not imported here."""

from importlib.util import find_spec
from pathlib import Path

from stylegan2.engine.terms import EngineCommand
from stylegan2.errors import EngineUnavailable


def is_installed() -> bool:
    return find_spec("openvino") is not None


def openvino_command(cache: Path, torch_arguments: tuple[str, ...] = ()) -> EngineCommand:
    """OpenVINO on the CPU; on device "auto", PyTorch where it can use CUDA, with `torch_arguments`.

    `cache` holds converted networks.
    Raises EngineUnavailable where OpenVINO is not installed.
    """
    if not is_installed():
        raise EngineUnavailable("OpenVINO is not installed here: run make install, or set MANGANACE_ENGINE=torch")
    return EngineCommand(
        name="openvino",
        module="stylegan2.openvino.engine",
        arguments=("--cache", str(cache.absolute()), *torch_arguments),
    )
