"""The process that answers stays light: what is heavy is the engines', or imported when it is needed."""

import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "openvino", "matplotlib", "pyarrow", "pandas", "scipy", "av", "skimage")
LOOK = f"import sys, main; print(*[name for name in {HEAVY} if name in sys.modules])"


def test_the_service_imports_nothing_heavy_before_somebody_asks_for_it() -> None:
    found = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == []
