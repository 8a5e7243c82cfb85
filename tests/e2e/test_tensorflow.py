"""The service with MANGANACE_ENGINE=tensorflow: nothing else of it notices which engine runs."""

import io
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.server import RunningService, running_service
from tests.engines.fakes import eventually, exists
from tests.engines.tensorflow import descendants, installed_command, is_engine


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    installed_command()
    with running_service(tmp_path_factory.mktemp("tensorflow"), engine="tensorflow") as running:
        yield running


def picture(service: RunningService, address: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.int16]]":
    return np.asarray(Image.open(io.BytesIO(service.file(address).content)), np.int16)


def test_a_face_and_its_emotion_are_those_of_the_torch_engine(other: RunningService, service: RunningService) -> None:
    pictures = []
    for each in (service, other):
        image = each.generate(seed=77)["generation"]["image"]
        happy = each.apply(image["id"], emotions=[{"emotion": "HAPPY", "strength": 0.8}])["generation"]["image"]
        pictures.append([picture(each, image["url"]), picture(each, happy["url"])])
    distance = np.abs(np.array(pictures[0]) - np.array(pictures[1]))
    assert distance.max() <= 1
    assert (distance == 0).mean() >= 0.99


def test_an_operator_sees_which_engine_runs(other: RunningService) -> None:
    [device] = other.data("{ service { devices { name engine ready detail } } }")["service"]["devices"]
    detail = device.pop("detail")
    assert device == {"name": "cpu", "engine": "tensorflow", "ready": True}
    assert re.fullmatch(r"tensorflow 1\.14\.0; .+, \d+\.\d GiB", detail)


@pytest.mark.parametrize("ready", [True, False], ids=["ready", "still starting"])
def test_sigterm_leaves_no_process_behind(tmp_path: Path, ready: bool) -> None:
    installed_command()
    with running_service(tmp_path, ready=ready, engine="tensorflow") as stopping:
        assert eventually(lambda: any(map(is_engine, descendants(stopping.process.pid))))
        started = descendants(stopping.process.pid)
        stopping.stop(signal.SIGTERM, timeout_s=10)
        assert eventually(lambda: not any(map(exists, started)))
