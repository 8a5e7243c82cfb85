"""How to start the TensorFlow engine, or exactly what it lacks. The present interpreter's side; no TensorFlow here."""

import subprocess
import sys
from pathlib import Path

from stylegan2.engine.terms import EngineCommand
from stylegan2.errors import EngineUnavailable
from stylegan2.tensorflow.interpreter import find_python

ENVIRONMENT = Path(__file__).resolve().parents[2] / ".venv-tensorflow"


def tensorflow_command(environment: Path = ENVIRONMENT) -> EngineCommand:
    """The engine in a virtual environment with TensorFlow 1.14; raises EngineUnavailable where there is none."""
    python = environment / "bin" / "python"
    if not python.exists():
        raise EngineUnavailable(_how_to_make(environment))
    check_packages(python)
    return EngineCommand(
        name="tensorflow",
        python=str(python),
        module="stylegan2.tensorflow.engine",
        arguments=("--reader", sys.executable),
        environment=(("PYTHONWARNINGS", "ignore::FutureWarning,ignore::DeprecationWarning"),),  # its own, of its age
    )


def check_packages(python: Path) -> None:
    """Raises EngineUnavailable where that Python does not start, or is without TensorFlow; does not import it."""
    question = "import importlib.util, sys; sys.exit(importlib.util.find_spec('tensorflow') is None)"
    try:
        answer = subprocess.run([python, "-c", question], capture_output=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineUnavailable(
            f"{python} does not start ({error}): remove {python.parents[1]} and run make engine-tensorflow"
        ) from error
    if answer.returncode:
        raise EngineUnavailable(f"{python} has no TensorFlow: run make engine-tensorflow")


def _how_to_make(environment: Path) -> str:
    missing = f"the TensorFlow engine is not installed ({environment.name} is missing): "
    if find_python() is not None:
        return missing + "run make engine-tensorflow"
    return missing + (
        "TensorFlow 1.14 needs Python 3.7, which was not found on PATH nor among pyenv's versions; "
        "install it (pyenv install 3.7), or set PYTHON37 to its file, then run make engine-tensorflow"
    )
