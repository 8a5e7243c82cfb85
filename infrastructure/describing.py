"""A network's description, read in a short-lived process: 360 MB of weights leave nothing behind in this one."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from stylegan2.checkpoint import describe_network
from stylegan2.errors import StyleGanError, UnreadableFile
from stylegan2.network import NetworkDescription

PROJECT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 300
REFUSED = 3


def describe_apart(name: str, path: Path) -> NetworkDescription:
    """As `stylegan2.checkpoint.describe_network`, which raises StyleGanError with the reason of a refusal."""
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "infrastructure.describing", name, str(path.resolve())],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableFile(f"reading {path} took longer than {TIMEOUT_S} s") from None
    if done.returncode == REFUSED:
        raise UnreadableFile(done.stderr.strip())
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"its process ended with {done.returncode}"])[-1]
        raise UnreadableFile(f"reading {path} failed: {last}")
    document = json.loads(done.stdout)
    return NetworkDescription(**{**document, "w_avg": np.asarray(document["w_avg"], np.float32)})


def main(name: str, path: str) -> int:
    try:
        description = describe_network(name, Path(path))
    except (StyleGanError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    fields = {field.name: getattr(description, field.name) for field in dataclasses.fields(description)}
    json.dump({**fields, "w_avg": description.w_avg.tolist()}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
