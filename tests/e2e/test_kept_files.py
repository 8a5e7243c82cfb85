"""Files of the network that ships, as an operator keeps them: verified, tampered with, lost, and made again."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from infrastructure.files import PARTIAL
from tests.e2e.server import PROJECT, RunningService, command, running_service, settings

SHIPPED: dict[str, Any] = {
    "networks": f"demo-faces={PROJECT / '_pickles' / 'demo-faces.safetensors'}",
    "directions": "",
}
MANY = 96
HAPPY = {"seed": 42, "emotions": [{"emotion": "HAPPY", "strength": 0.8}]}
GENERATE_FACES = """mutation($seeds: SeedRangeInput!) {
  generateFaces(input: {range: $seeds, waitMs: 30000}) { generation { id status done } userErrors { message } } }"""
MORPH = """mutation { morph(input: {stops: [{seed: 0}, {seed: 1}], frames: 4, waitMs: 30000}) {
  generation { status animation { url } } userErrors { message } } }"""
VERIFY = """mutation($id: ID!) { verifyImage(input: {imageId: $id}) {
  verification { file identical largestDifference differingShare } userErrors { code message } } }"""


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[RunningService]:
    with running_service(tmp_path, **SHIPPED) as service:
        yield service


def verified(service: RunningService, image: dict[str, Any]) -> tuple[str, bool | None, int | None]:
    payload = service.data(VERIFY, {"id": image["id"]})["verifyImage"]
    assert payload["userErrors"] == []
    found = payload["verification"]
    return found["file"], found["identical"], found["largestDifference"]


def tamper(path: Path, levels: int) -> None:
    """One value is so much brighter or darker."""
    with Image.open(path) as opened:
        pixels = np.array(opened).astype(int)
    pixels[7, 9, 1] += levels if pixels[7, 9, 1] < 128 else -levels
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    path.write_bytes(file.getvalue())


def test_a_face_is_verified_and_whoever_tampers_with_it_is_found_out(shipped: RunningService, tmp_path: Path) -> None:
    image = shipped.generate(**HAPPY)["generation"]["image"]
    path = tmp_path / image["url"].removeprefix("/")
    assert verified(shipped, image) == ("INTACT", True, 0)
    whole = path.read_bytes()
    tamper(path, 5)
    assert verified(shipped, image) == ("DAMAGED", False, 5)
    path.write_bytes(whole[: len(whole) // 2])
    assert verified(shipped, image) == ("DAMAGED", None, None)
    path.unlink()
    assert verified(shipped, image) == ("MISSING", None, None)
    beside = command(tmp_path, "sweep", "--repair", **SHIPPED)
    assert (beside.returncode, beside.stderr) == (0, "")
    assert path.read_bytes() == whole
    assert verified(shipped, image) == ("INTACT", True, 0)


@pytest.mark.fault
@pytest.mark.slow
def test_a_repair_that_is_killed_is_ended_by_the_next_and_everything_is_as_it_was(tmp_path: Path) -> None:
    with running_service(tmp_path, **SHIPPED) as service:
        made = service.data(GENERATE_FACES, {"seeds": {"first": 0, "count": MANY}})["generateFaces"]
        assert made["generation"]["done"] == MANY, made
        animation = service.data(MORPH)["morph"]["generation"]["animation"]
        service.stop()
    before = {path: path.read_bytes() for path in files(tmp_path)}
    images = [path for path in before if path.suffix == ".png"]
    for path in images[::2]:
        damage(path)
    for path in images[1::2]:
        path.unlink()
    (tmp_path / animation["url"].removeprefix("/")).unlink()

    kill_half_way(tmp_path, images)
    left = [path for path in images if not whole(path)]
    assert 0 < len(left) < len(images)

    dry = command(tmp_path, "sweep", "--repair", "--dry-run", **SHIPPED)
    assert dry.returncode == 0, dry.stderr
    assert f"{len(left) + 1} could be made again, 0 not" in dry.stdout
    elsewhere = command(tmp_path, "sweep", "--repair")
    assert elsewhere.returncode == 1
    assert "not repaired: network 'demo-faces': the network" in elsewhere.stdout
    done = command(tmp_path, "sweep", "--repair", **SHIPPED)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(left) + 1} missing or damaged, {len(left) + 1} made again, 0 not" in done.stdout
    assert {path: path.read_bytes() for path in files(tmp_path)} == before


def files(data_dir: Path) -> list[Path]:
    """Without what the dead left half-written, which a sweep takes when it is old enough."""
    found = (path for path in (data_dir / "static").rglob("*.*") if path.is_file())
    return sorted(path for path in found if path.suffix != PARTIAL)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def whole(path: Path) -> bool:
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == path.stem


def kill_half_way(data_dir: Path, images: list[Path]) -> None:
    """As soon as one of the images is there again."""
    process = subprocess.Popen(
        [sys.executable, "main.py", "sweep", "--repair"],
        cwd=PROJECT,
        env=settings(data_dir, **SHIPPED),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    missing = [path for path in images if not path.exists()]
    deadline = time.monotonic() + 120
    while not any(path.exists() for path in missing):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
