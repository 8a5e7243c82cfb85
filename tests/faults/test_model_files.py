"""Networks' files that want harm, read by a process that watches itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.server import PROJECT
from tests.unit.test_checkpoint_hostile import write_hostile_files

pytestmark = pytest.mark.fault


@pytest.mark.timeout(1200)
@pytest.mark.skipif(sys.platform != "linux", reason="the process reads its size in /proc")
def test_no_file_makes_its_reader_open_start_or_reach_anything_nor_take_memory(tmp_path: Path, rounds: int) -> None:
    folder, elsewhere = tmp_path / "files", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    write_hostile_files(folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.reading", str(folder), str(50 * rounds)],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path / "examples")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["events"] == {}
    assert told["refused"] == len(list(folder.iterdir())) > 80
    assert list(elsewhere.iterdir()) == []
