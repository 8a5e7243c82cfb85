"""Reads files that want harm, in a process that watches itself: what it opens, starts and connects to, and its memory.

    python -m tests.faults.reading FOLDER EXAMPLES

All files of FOLDER and EXAMPLES damaged ones, under a limit of memory; what happened is printed as JSON.
"""

import json
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stylegan2.checkpoint import read_network
from stylegan2.errors import StyleGanError
from tests.unit.hostile_pickles import HOSTILE_PICKLES
from tests.unit.test_checkpoint_fuzz import SAMPLES

MEMORY_BYTES = 256 * 2**20
"""What reading may take on top of what the process had: the files have a few megabytes at most."""


class Watch:
    """An audit hook, for the time in which a file is read."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self._reading: str | None = None
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Reading the very file is no event."""
        if self._reading is None or (event == "open" and str(arguments[0]) == self._reading and arguments[1] == "r"):
            return
        self.events[f"{event} {str(arguments)[:80]}"] += 1

    def read(self, path: Path) -> None:
        """Whatever is no StyleGanError ends the process."""
        self._reading = str(path)
        try:
            read_network(path)
        except StyleGanError:
            self.outcomes["refused"] += 1
        else:
            self.outcomes["read"] += 1
        finally:
            self._reading = None


def fuzz(watch: Watch, examples: int) -> None:
    """Files that are damaged at random, and pickles that call what they should not."""

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(SAMPLES), st.data())
    def damaged(sample: bytes, data: st.DataObject) -> None:
        content = bytearray(sample)
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        _read(watch, bytes(content))

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(HOSTILE_PICKLES)
    def hostile(content: bytes) -> None:
        _read(watch, content)

    damaged()
    hostile()


def _read(watch: Watch, content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        watch.read(Path(file.name))


def main(folder: Path, examples: int) -> None:
    watch = Watch()
    for sample in SAMPLES:  # what is imported late is imported now
        _read(watch, sample)
    assert watch.outcomes == {"read": len(SAMPLES)}
    watch.events.clear()
    watch.outcomes.clear()
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY_BYTES, size + MEMORY_BYTES))
    for path in sorted(folder.iterdir()):
        watch.read(path)
    refused = watch.outcomes["refused"]
    fuzz(watch, examples)
    print(json.dumps({"refused": refused, "read": watch.outcomes["read"], "events": watch.events}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
