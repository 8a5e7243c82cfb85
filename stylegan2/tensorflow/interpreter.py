"""Where a Python 3.7 is, the last that TensorFlow 1.14 exists for; the Makefile asks here too.

Standard library only.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

VERSION = "3.7"


def find_python() -> str | None:
    """What PYTHON37 names, else the first that really runs of PATH's and pyenv's; None where there is none."""
    if named := os.environ.get("PYTHON37"):
        return named if _answers(named) else None
    return next(filter(_answers, _candidates()), None)


def _candidates() -> Iterator[str]:
    """pyenv's shim on PATH may be there and refuse to run, while the version it stands for is installed."""
    if on_path := shutil.which(f"python{VERSION}"):
        yield on_path
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from (str(path) for path in sorted(versions.glob(f"{VERSION}.*/bin/python{VERSION}"), reverse=True))


def _answers(python: str) -> bool:
    question = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        answer = subprocess.run(question, capture_output=True, timeout=30, check=False)  # noqa: S603 - the user's own
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.stdout.decode().strip() == VERSION


if __name__ == "__main__":
    sys.stdout.write(find_python() or "")
