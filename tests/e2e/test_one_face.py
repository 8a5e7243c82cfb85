"""The main flow over the wire: a seed in, a picture out, an emotion on it, the history, the subscriptions."""

import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.e2e.server import GENERATE, RunningService, command

UPDATED = "subscription Updated($id: ID!) { generationUpdated(id: $id) { id status image { url } } }"
HISTORY = """
query History($first: Int, $after: String, $filter: ImageFilter) {
  imageHistory(first: $first, after: $after, filter: $filter) {
    nodes { id seed } totalCount pageInfo { hasNextPage endCursor }
  }
}
"""


def pixels(data: bytes) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_seed_becomes_a_picture_that_is_served(service: RunningService) -> None:
    payload = service.generate(seed=42)
    assert payload["userErrors"] == []
    image = payload["generation"]["image"]
    assert payload["generation"]["status"] == "SUCCEEDED"
    assert (image["seed"], image["width"]) == (42, 32)
    response = service.file(image["url"])
    assert response.headers["content-type"] == "image/png"
    assert "immutable" in response.headers["cache-control"]
    assert hashlib.sha256(response.content).hexdigest() == image["sha256"]
    assert pixels(response.content).shape == (32, 32, 3)
    assert service.file(image["thumbnailUrl"]).headers["content-type"] == "image/webp"


def test_a_file_can_be_fetched_in_ranges_and_revalidated(service: RunningService) -> None:
    import httpx

    address = service.url + service.generate(seed=43)["generation"]["image"]["url"]
    whole = httpx.get(address)
    part = httpx.get(address, headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, whole.content[:8])
    again = httpx.get(address, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_emotion_gives_a_different_picture_whose_source_is_the_first(service: RunningService) -> None:
    plain = service.generate(seed=7)["generation"]["image"]
    happy = service.apply(plain["id"], emotions=[{"emotion": "HAPPY", "strength": 0.8}])["generation"]["image"]
    assert happy["source"]["id"] == plain["id"]
    assert happy["emotions"] == [{"emotion": "HAPPY", "strength": 0.8}]
    assert happy["sha256"] != plain["sha256"]


def test_no_emotion_at_all_gives_back_the_plain_face(service: RunningService) -> None:
    plain = service.generate(seed=8)["generation"]["image"]
    happy = service.apply(plain["id"], emotions=[{"emotion": "HAPPY", "strength": 1}])["generation"]["image"]
    again = service.apply(happy["id"])["generation"]["image"]
    assert again["sha256"] == plain["sha256"]


def test_history_pages_through_what_was_made(service: RunningService) -> None:
    for _ in range(3):
        service.generate(seed=900)
    seen: list[str] = []
    after = None
    while True:
        page = service.data(HISTORY, {"first": 2, "after": after, "filter": {"seed": 900}})["imageHistory"]
        assert page["totalCount"] == 3
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == 3


@pytest.mark.parametrize("seed", [0, 2**32 - 1, "4294967295"])
def test_the_first_and_the_last_seed_work(service: RunningService, seed: int | str) -> None:
    image = service.generate(seed=seed)["generation"]["image"]
    assert image["seed"] == int(seed)


def test_a_subscription_ends_with_the_terminal_state(service: RunningService) -> None:
    generation = service.generate(seed=77, waitMs=0)["generation"]
    with service.socket() as connection:
        states = [event["data"]["generationUpdated"] for event in service.subscribe(connection, UPDATED, generation)]
    assert states[-1]["status"] == "SUCCEEDED"
    assert states[-1]["image"]["url"].endswith(".png")


def test_a_late_subscriber_gets_the_terminal_state(service: RunningService) -> None:
    generation = service.generate(seed=78)["generation"]
    with service.socket() as connection:
        events = list(service.subscribe(connection, UPDATED, {"id": generation["id"]}))
    assert [event["data"]["generationUpdated"]["status"] for event in events] == ["SUCCEEDED"]


def test_completions_since_the_last_one_seen_are_not_missed(service: RunningService) -> None:
    first, *rest = [service.generate(seed=seed)["generation"]["id"] for seed in (201, 202, 203)]
    query = "subscription Done($after: ID) { generationCompleted(after: $after) { id status } }"
    with service.socket() as connection:
        events = service.subscribe(connection, query, {"after": first})
        seen = [next(events)["data"]["generationCompleted"]["id"] for _ in rest]
    assert seen == rest


def test_subscriptions_come_over_server_sent_events_too(service: RunningService) -> None:
    import httpx

    generation = service.generate(seed=79)["generation"]
    body = {"query": UPDATED, "variables": {"id": generation["id"]}}
    headers = {"Accept": "text/event-stream"}
    with httpx.stream("POST", f"{service.url}/graphql", json=body, headers=headers, timeout=30) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        text = "".join(response.iter_text())
    assert "\r" not in text
    data = [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: {")]
    assert data[-1]["data"]["generationUpdated"]["status"] == "SUCCEEDED"


def test_the_same_input_twice_is_rendered_once_and_remembered_twice(service: RunningService) -> None:
    first = service.generate(seed=300)["generation"]["image"]
    second = service.generate(seed=300)["generation"]["image"]
    assert first["id"] != second["id"]
    assert first["url"] == second["url"]
    made = service.file("/metrics").text
    assert service.generate(seed=300)["generation"]["image"]["url"] == first["url"]
    assert _rendered(service.file("/metrics").text) == _rendered(made)


def _rendered(metrics: str) -> str:
    return next(line for line in metrics.splitlines() if line.startswith("manganace_renders_total{"))


def test_one_key_is_one_generation_and_other_input_is_a_conflict(service: RunningService) -> None:
    first = service.generate(seed=310, idempotencyKey="once")["generation"]
    again = service.generate(seed=310, idempotencyKey="once", waitMs=1)["generation"]
    assert again["id"] == first["id"]
    refused = service.generate(seed=311, idempotencyKey="once")
    assert refused["generation"] is None
    assert [error["code"] for error in refused["userErrors"]] == ["IDEMPOTENCY_CONFLICT"]


def test_64_clients_each_get_their_own_face(service: RunningService, data_dir: Path, tmp_path: Path) -> None:
    seeds = range(5000, 5064)
    alone = command(data_dir, "generate", "--network", "tiny", "--seeds", "5000-5063", "--out", str(tmp_path))
    assert alone.returncode == 0, alone.stderr
    with ThreadPoolExecutor(64) as clients:
        answers = list(
            clients.map(lambda seed: service.ask(GENERATE, {"input": {"seed": seed, "waitMs": 30000}}), seeds)
        )
    for seed, answer in zip(seeds, answers, strict=True):
        image = answer["data"]["generateFace"]["generation"]["image"]
        served = pixels(service.file(image["url"]).content).astype(int)
        expected = pixels((tmp_path / f"seed{seed}.png").read_bytes()).astype(int)
        assert np.abs(served - expected).max() <= 1
        assert (served == expected).mean() >= 0.999
