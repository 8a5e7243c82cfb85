"""A morph by the real engine and over the wire: smooth, through its faces, and finished whatever dies in between."""

import io
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from tests.e2e.server import RunningService, command, running_service
from tests.e2e.test_one_face import pixels

MORPH = """
mutation($input: MorphInput!) {
  morph(input: $input) {
    generation { id status animation { url frames } images(first: 100) { nodes { url } } }
    userErrors { code message field }
  }
}
"""
LOOK = "query($id: ID!) { generation(id: $id) { status done total animation { url frames } error { code } } }"


def morph(service: RunningService, **given: Any) -> dict[str, Any]:
    payload = service.data(MORPH, {"input": {"waitMs": 30000, **given}})["morph"]
    assert payload["userErrors"] == []
    generation: dict[str, Any] = payload["generation"]
    return generation


def frames_of(service: RunningService, generation: dict[str, Any]) -> list["np.ndarray[Any, np.dtype[Any]]"]:
    return [pixels(service.file(node["url"]).content).astype(int) for node in generation["images"]["nodes"]]


@pytest.mark.parametrize("space", ["Z", "W"])
def test_a_morph_begins_and_ends_with_its_faces_and_moves_on_the_way(service: RunningService, space: str) -> None:
    stops: list[dict[str, Any]] = [{"seed": 71}, {"seed": 72, "emotions": [{"emotion": "HAPPY", "strength": 1}]}]
    made = morph(service, stops=stops, frames=9, space=space)
    assert made["status"] == "SUCCEEDED"
    frames = frames_of(service, made)
    faces = [service.generate(**stop)["generation"]["image"] for stop in stops]
    for frame, face in zip((frames[0], frames[-1]), faces, strict=True):
        assert np.array_equal(frame, pixels(service.file(face["url"]).content))
    steps = [np.abs(after - before).mean() for before, after in pairwise(frames)]
    whole = np.abs(frames[-1] - frames[0]).mean()
    assert 0 < min(steps) <= max(steps) < 0.6 * whole


def test_the_way_through_z_is_another_than_the_one_through_w(service: RunningService) -> None:
    stops = [{"seed": 71}, {"seed": 72}]
    middles = [frames_of(service, morph(service, stops=stops, frames=3, space=space))[1] for space in ("Z", "W")]
    assert np.abs(middles[0] - middles[1]).max() > 1


def test_an_mp4_shows_the_frames_that_were_rendered(service: RunningService) -> None:
    made = morph(service, stops=[{"seed": 73}, {"seed": 74}], frames=12, format="MP4", fps=12)
    with av.open(io.BytesIO(service.file(made["animation"]["url"]).content), "r") as container:
        video = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    frames = frames_of(service, made)
    assert len(video) == len(frames) == 12
    for shown, frame in zip(video, frames, strict=True):
        assert np.abs(shown.mean((0, 1)) - frame.mean((0, 1))).max() < 3


def writers(service: RunningService) -> list[int]:
    """The processes that write animations for this service: in sessions of their own, but known by their parent."""
    found = subprocess.run(
        ["pgrep", "-f", "infrastructure.animations.writing"], capture_output=True, text=True, check=False
    )
    return [int(number) for number in found.stdout.split() if parent_of(int(number)) == service.process.pid]


def parent_of(process_id: int) -> int:
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def until(condition: Any, timeout_s: float = 60) -> Any:
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_a_service_that_is_killed_while_it_writes_the_file_finishes_it_after_its_start(tmp_path: Path) -> None:
    stops = [{"seed": seed} for seed in range(16)]
    with running_service(tmp_path) as service:
        made = morph(service, stops=stops, frames=64, format="GIF", waitMs=0)
        children = until(lambda: writers(service))
        service.process.send_signal(signal.SIGKILL)
        service.process.wait(10)
        until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    with running_service(tmp_path) as service:
        until(lambda: service.data(LOOK, {"id": made["id"]})["generation"]["status"] not in ("QUEUED", "RUNNING"))
        found = service.data(LOOK, {"id": made["id"]})["generation"]
        assert (found["status"], found["done"], found["error"]) == ("SUCCEEDED", 64, None)
        with Image.open(io.BytesIO(service.file(found["animation"]["url"]).content)) as picture:
            assert picture.n_frames == 64  # type: ignore[attr-defined]


def test_a_stop_while_the_file_is_written_is_orderly(tmp_path: Path) -> None:
    stops = [{"seed": seed} for seed in range(16)]
    with running_service(tmp_path) as service:
        made = morph(service, stops=stops, frames=64, format="GIF", waitMs=0)
        until(lambda: writers(service))
        assert service.stop() == 0
    with running_service(tmp_path) as service:
        until(lambda: service.data(LOOK, {"id": made["id"]})["generation"]["status"] == "SUCCEEDED")


def test_the_command_line_writes_a_morph_without_a_service(tmp_path: Path) -> None:
    target = tmp_path / "out" / "a.webp"
    done = command(tmp_path, "morph", "--seeds", "1,2", "--frames", "4", "--fps", "8", "--out", str(target))
    assert done.returncode == 0, done.stderr
    with Image.open(target) as picture:
        assert (picture.format, picture.n_frames) == ("WEBP", 4)  # type: ignore[attr-defined]
    refused = command(tmp_path, "morph", "--seeds", "1,2", "--frames", "300", "--out", str(target))
    assert (refused.returncode, "frames is 2 to 256" in refused.stderr) == (1, True)
