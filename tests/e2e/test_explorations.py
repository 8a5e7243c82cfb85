"""Many images over the wire, made by the real engine: mixes are what they say, and a single face overtakes them."""

import time
from typing import Any

import numpy as np

from tests.e2e.server import RunningService
from tests.e2e.test_one_face import pixels

EXPLORE = """
mutation($mix: MixStylesInput!) {
  mixStyles(input: $mix) {
    generation { id status images(first: 100) { nodes { index url mixes { seed } } } }
    userErrors { code message field }
  }
}
"""
MANY = """
mutation($faces: GenerateFacesInput!) {
  generateFaces(input: $faces) { generation { id status total } userErrors { code message field } }
}
"""
LOOK = "query($id: ID!) { generation(id: $id) { status done total estimatedSeconds } }"


def mixed(service: RunningService, first: int, count: int) -> list["np.ndarray[Any, np.dtype[np.uint8]]"]:
    """Row 101 with layers of column 102; then the two unmixed."""
    mix = {"rows": [101], "columns": [102], "layers": {"first": first, "count": count}, "withParents": True}
    payload = service.data(EXPLORE, {"mix": {**mix, "waitMs": 30000}})["mixStyles"]
    assert payload["userErrors"] == []
    assert payload["generation"]["status"] == "SUCCEEDED"
    return [pixels(service.file(node["url"]).content) for node in payload["generation"]["images"]["nodes"]]


def test_a_mix_of_all_layers_is_the_columns_face_and_of_some_is_neither(service: RunningService) -> None:
    layers = service.data("{ networks { layers } }")["networks"][0]["layers"]
    everything, row, column = mixed(service, 0, layers)
    assert np.abs(everything.astype(int) - column).max() <= 1
    for first, count in ((0, 3), (layers - 3, 3)):
        some, *_ = mixed(service, first, count)
        assert np.abs(some.astype(int) - column).max() > 1
        assert np.abs(some.astype(int) - row).max() > 1


def test_a_single_face_does_not_wait_for_many(service: RunningService) -> None:
    faces = {"range": {"first": 5000, "count": 256}}
    many = service.data(MANY, {"faces": faces})["generateFaces"]["generation"]
    one = service.generate(seed=4999)["generation"]
    meanwhile = service.data(LOOK, {"id": many["id"]})["generation"]
    assert one["status"] == "SUCCEEDED"
    assert (meanwhile["status"], meanwhile["total"]) == ("RUNNING", 256)
    assert meanwhile["done"] < 256
    assert meanwhile["estimatedSeconds"] > 0
    deadline = time.monotonic() + 120
    while service.data(LOOK, {"id": many["id"]})["generation"]["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert service.data(LOOK, {"id": many["id"]})["generation"] == {
        "status": "SUCCEEDED",
        "done": 256,
        "total": 256,
        "estimatedSeconds": None,
    }
