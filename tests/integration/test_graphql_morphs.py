"""Morphs through the front door: frames, the file, what is refused, cancelling, crashes, deleting, sweeping."""

import asyncio
import hashlib
import io
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from domain.access import Scope
from domain.animations import AnimationFile, AnimationFormat, AnimationPace, ClaimedAnimation
from infrastructure.animations.animator import Animator
from infrastructure.animations.plan import Plan
from infrastructure.sweep import sweep
from infrastructure.webp_text import webp_packet
from infrastructure.xmp import recipe_in_packet
from tests.fakes.engines import failing
from tests.fixtures.invariants import check_invariants
from tests.integration.animating import QUICK, animating, ledger_of
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import listening

ANIMATION = "animation { url mediaType format width height frames fps loop durationMs sha256 sizeBytes }"
NODES = """nodes { id index seed truncationPsi noise recipe sha256 mixes { seed } emotions { emotion strength }
  morph { seed position space mixes { seed first count } } }"""
GENERATION = f"id status done total error {{ code message }} {ANIMATION} images(first: 100) {{ {NODES} }}"
MORPH = f"""mutation($input: MorphInput!) {{ morph(input: $input) {{
  generation {{ {GENERATION} }} userErrors {{ code message field }} }} }}"""
LOOK = f"query($id: ID!) {{ generation(id: $id) {{ {GENERATION} }} }}"
CANCEL = "mutation($id: ID!) { cancelGeneration(input: {id: $id}) { generation { status done } } }"
STORED = "{ generations { totalCount } service { queueLength } }"
TWO: list[dict[str, Any]] = [{"seed": 1}, {"seed": 2}]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running
        await check_invariants(running.database)


async def ask(service: GraphQLService, **given: Any) -> dict[str, Any]:
    payload: dict[str, Any] = (await service.data(MORPH, {"input": {"stops": TWO, "frames": 5, **given}}))["morph"]
    return payload


async def accepted(service: GraphQLService, **given: Any) -> str:
    payload = await ask(service, **given)
    assert payload["userErrors"] == []
    generation_id: str = payload["generation"]["id"]
    return generation_id


async def look(service: GraphQLService, generation_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await service.data(LOOK, {"id": generation_id}))["generation"]
    return found


async def ended(service: GraphQLService, generation_id: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while (found := await look(service, generation_id))["status"] in ("QUEUED", "RUNNING"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


async def made(service: GraphQLService, **given: Any) -> dict[str, Any]:
    generation_id = await accepted(service, **given)
    await service.render()
    async with animating(service):
        return await ended(service, generation_id)


async def content(service: GraphQLService, animation: dict[str, Any]) -> bytes:
    response = await service.client.get(animation["url"])
    assert response.status_code == 200
    return response.content


async def test_a_morph_is_a_generation_whose_frames_become_one_file(service: GraphQLService) -> None:
    generation_id = await accepted(service, fps=10)
    await service.render()
    waiting = await look(service, generation_id)
    assert (waiting["status"], waiting["done"], waiting["total"], waiting["animation"]) == ("RUNNING", 5, 5, None)
    async with animating(service):
        found = await ended(service, generation_id)
    animation = found["animation"]
    assert (found["status"], found["error"]) == ("SUCCEEDED", None)
    file = await content(service, animation)
    assert animation == {
        "url": f"/static/animations/{animation['sha256'][:2]}/{animation['sha256']}.webp",
        "mediaType": "image/webp",
        "format": "WEBP",
        "width": 16,
        "height": 16,
        "frames": 5,
        "fps": 10,
        "loop": False,
        "durationMs": 500,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sizeBytes": len(file),
    }
    with Image.open(io.BytesIO(file)) as picture:
        assert (picture.format, picture.size, picture.n_frames) == ("WEBP", (16, 16), 5)  # type: ignore[attr-defined]


async def test_frames_are_images_that_say_where_they_lie(service: GraphQLService) -> None:
    nodes = (await made(service, space="Z"))["images"]["nodes"]
    assert [(node["index"], node["seed"], node["noise"]) for node in nodes] == [
        (0, 1, "CONST"),
        (1, 1, "CONST"),
        (2, 1, "CONST"),
        (3, 2, "CONST"),
        (4, 2, "CONST"),
    ]
    assert [node["morph"] for node in nodes] == [
        None,
        {"seed": 2, "position": 0.25, "space": "Z", "mixes": []},
        {"seed": 2, "position": 0.5, "space": "Z", "mixes": []},
        {"seed": 1, "position": 0.25, "space": "Z", "mixes": []},
        None,
    ]
    assert "morph" not in nodes[0]["recipe"]


@pytest.mark.parametrize(("form", "media_type"), [("GIF", "image/gif"), ("MP4", "video/mp4")])
async def test_other_formats_are_read_by_ffmpeg_too(service: GraphQLService, form: str, media_type: str) -> None:
    animation = (await made(service, format=form, fps=10))["animation"]
    assert (animation["mediaType"], animation["durationMs"]) == (media_type, 500)
    response = await service.client.get(animation["url"])
    assert response.headers["content-type"] == media_type
    with av.open(io.BytesIO(response.content), "r") as container:
        assert len(list(container.decode(video=0))) == 5


async def test_the_file_is_cached_for_ever_and_served_in_ranges(service: GraphQLService) -> None:
    animation = (await made(service))["animation"]
    response = await service.client.get(animation["url"], headers={"Range": "bytes=0-3"})
    assert (response.status_code, response.content) == (206, b"RIFF")
    assert "immutable" in response.headers["cache-control"]
    again = await service.client.get(animation["url"], headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304
    elsewhere = animation["url"].replace(".webp", ".mp4")
    assert (await service.client.get(elsewhere)).status_code == 404


async def test_a_loop_shares_the_renders_of_the_way_back_and_ends_before_the_first_stop(
    service: GraphQLService,
) -> None:
    found = await made(service, frames=8, loop=True)
    nodes = found["images"]["nodes"]
    assert [node["seed"] for node in nodes] == [1, 1, 1, 2, 2, 2, 1, 1]
    assert [node["sha256"] for node in nodes[1:4]] == [node["sha256"] for node in reversed(nodes[5:])]
    assert nodes[-1]["sha256"] != nodes[0]["sha256"]
    assert len(service.engines.rendered) == 5
    with Image.open(io.BytesIO(await content(service, found["animation"]))) as picture:
        assert (picture.n_frames, picture.info["loop"]) == (8, 0)  # type: ignore[attr-defined]


async def test_one_face_goes_through_strengths(service: GraphQLService) -> None:
    stops = [{"seed": 7}, {"seed": 7, "emotions": [{"emotion": "HAPPY", "strength": 1}]}]
    nodes = (await made(service, stops=stops))["images"]["nodes"]
    strengths = [sum(one["strength"] for one in node["emotions"]) for node in nodes]
    assert strengths == [0, 0.25, 0.5, 0.75, 1]
    assert {(node["seed"], node["morph"]) for node in nodes} == {(7, None)}


async def test_an_image_is_a_stop_with_its_edits_and_its_truncation(service: GraphQLService) -> None:
    sad = [{"emotion": "SAD", "strength": 0.5}]
    image = await service.image(seed=9, truncationPsi=0.9, emotions=sad)
    nodes = (await made(service, stops=[{"imageId": image["id"]}, {"seed": 3}]))["images"]["nodes"]
    assert {node["truncationPsi"] for node in nodes} == {0.9}
    assert nodes[0]["sha256"] == image["sha256"]
    assert [node["emotions"] for node in nodes] == [
        sad,
        [{"emotion": "SAD", "strength": 0.375}],
        [{"emotion": "SAD", "strength": 0.25}],
        [{"emotion": "SAD", "strength": 0.125}],
        [],
    ]


async def test_a_frame_of_a_morph_takes_on_an_emotion(service: GraphQLService) -> None:
    frame = (await made(service))["images"]["nodes"][1]
    happy = await service.edited(frame["id"], emotions=[{"emotion": "HAPPY", "strength": 1}])
    recipe = (await service.data("query($id: ID!) { image(id: $id) { recipe } }", {"id": happy["id"]}))["image"]
    assert {**recipe["recipe"], "edits": []} == frame["recipe"]


async def test_the_same_morph_again_has_the_same_file_without_any_work(service: GraphQLService) -> None:
    first = await made(service)
    rendered = len(service.engines.rendered)
    written: list[Plan] = []

    async def never(plan: Plan) -> AnimationFile:
        written.append(plan)
        raise AssertionError("it is made already")

    generation_id = await accepted(service)
    animator = Animator(ledger_of(service), service.files, "test", QUICK, never)
    animator.start(alone=True)
    second = await ended(service, generation_id)
    await animator.stop()
    assert second["status"] == "SUCCEEDED"
    assert second["animation"] == first["animation"]
    assert (len(service.engines.rendered), written) == (rendered, [])


async def test_waiting_for_a_morph_waits_for_its_file(service: GraphQLService) -> None:
    async with animating(service), asyncio.TaskGroup() as group:
        asked = group.create_task(ask(service, waitMs=20000))
        while not asked.done():
            await service.render()
            await asyncio.sleep(0.02)
    generation = asked.result()["generation"]
    assert (generation["status"], generation["animation"]["frames"]) == ("SUCCEEDED", 5)


async def test_who_follows_a_morph_hears_of_its_file_before_the_end(service: GraphQLService) -> None:
    generation_id = await accepted(service)
    await service.render()
    follow = f"subscription($id: ID!) {{ generationUpdated(id: $id) {{ status done {ANIMATION} }} }}"
    seen: list[dict[str, Any]] = []
    animator = Animator(ledger_of(service), service.files, "test", QUICK)
    async with listening(service.app) as server, server.stream(follow, {"id": generation_id}) as response:
        async for line in response.aiter_lines():
            if line.startswith("data:") and len(line) > 7:
                seen.append(json.loads(line[5:])["data"]["generationUpdated"])
                if len(seen) == 1:
                    animator.start(alone=True)
    await animator.stop()
    assert (seen[0]["status"], seen[0]["done"], seen[0]["animation"]) == ("RUNNING", 5, None)
    assert (seen[-1]["status"], seen[-1]["animation"]["frames"]) == ("SUCCEEDED", 5)


async def test_the_estimate_of_a_morph_counts_the_writing_of_its_file(service: GraphQLService) -> None:
    generation_id = await accepted(service)
    service.engines.pace = 0.5

    async def estimate() -> float | None:
        query = "query($id: ID!) { generation(id: $id) { estimatedSeconds } }"
        seconds: float | None = (await service.data(query, {"id": generation_id}))["generation"]["estimatedSeconds"]
        return seconds

    assert await estimate() is None, "no file was written yet"
    service.animation_pace.saw(AnimationFormat.WEBP, 10, 1.0)
    assert await estimate() == 5 * 0.5 + 5 * 0.1
    await service.render()
    assert await estimate() == 5 * 0.1


async def test_who_writes_an_animation_measures_how_long_a_frame_took(service: GraphQLService) -> None:
    generation_id = await accepted(service)
    await service.render()
    pace = AnimationPace()
    animator = Animator(ledger_of(service), service.files, "test", QUICK, pace=pace)
    animator.start(alone=True)
    await ended(service, generation_id)
    await animator.stop()
    assert (pace.seconds({AnimationFormat.WEBP: 5}) or 0) > 0
    assert pace.seconds({AnimationFormat.GIF: 1}) is None


async def test_the_animations_of_a_page_cost_one_statement(service: GraphQLService) -> None:
    many = "{ generations { nodes { id animation { url frames } } } }"

    async def statements() -> int:
        with service.statements() as sent:
            nodes = (await service.data(many))["generations"]["nodes"]
        assert all(node["animation"]["frames"] == 5 for node in nodes)
        return len(sent)

    await made(service)
    few = await statements()
    for _ in range(7):
        await made(service)
    assert await statements() == few


async def test_an_animation_says_what_it_was_made_from_and_its_file_carries_it(service: GraphQLService) -> None:
    generation_id = (await made(service, easing="EASE_IN", space="Z"))["id"]
    query = "query($id: ID!) { generation(id: $id) { animation { url recipe } } }"
    animation = (await service.data(query, {"id": generation_id}))["generation"]["animation"]
    recipe = animation["recipe"]
    assert [stop["seed"] for stop in recipe["morph"]] == [1, 2]
    assert (recipe["space"], recipe["easing"], recipe["frames"], recipe["fps"]) == ("z", "ease_in", 5, 24)
    packet = webp_packet(io.BytesIO(await content(service, animation)))
    assert packet is not None
    assert json.loads(recipe_in_packet(packet) or "") == recipe


async def test_after_a_death_between_frames_and_file_the_file_is_made(service: GraphQLService) -> None:
    generation_id = await accepted(service)
    await service.render()
    claim = await ledger_of(service, "the one that died").claim()
    assert claim is not None
    async with animating(service):
        found = await ended(service, generation_id)
    assert found["animation"]["frames"] == 5


async def test_a_death_between_file_and_row_loses_nothing_and_leaves_no_second_file(service: GraphQLService) -> None:
    generation_id = await accepted(service)
    await service.render()
    dying = Animator(ledger_of(service), service.files, "Manganace test", QUICK)
    claim = await ledger_of(service).claim()
    assert claim is not None
    file = await dying._made(claim)
    before = (await look(service, generation_id))["status"]
    async with animating(service):
        found = await ended(service, generation_id)
    assert before == "RUNNING"
    assert found["animation"]["sha256"] == file.sha256
    assert [path.stem for path in service.files.path("animations").rglob("*.*")] == [file.sha256]


async def test_a_result_that_comes_too_late_changes_nothing(service: GraphQLService) -> None:
    generation_id = await accepted(service)
    await service.render()
    late = await ledger_of(service, lease_s=-1).claim()
    assert late is not None
    await ledger_of(service).requeue(everything=False)
    await ledger_of(service).finish(late, AnimationFile("0" * 64, 1, 1, 1, 1, 1))
    assert (await look(service, generation_id))["animation"] is None
    async with animating(service):
        assert (await ended(service, generation_id))["animation"]["frames"] == 5


async def test_a_canceled_morph_keeps_its_frames_and_has_no_file(service: GraphQLService) -> None:
    generation_id = await accepted(service)
    (claim,) = await service.ledger.claim(1)
    await service.finish(claim)
    canceled = (await service.data(CANCEL, {"id": generation_id}))["cancelGeneration"]["generation"]
    assert canceled == {"status": "CANCELED", "done": 1}
    async with animating(service):
        await asyncio.sleep(0.2)
        found = await look(service, generation_id)
    assert (found["status"], found["done"], found["animation"]) == ("CANCELED", 1, None)
    assert len(found["images"]["nodes"]) == 1


async def test_canceling_while_the_file_is_written_stops_that_and_keeps_all_frames(service: GraphQLService) -> None:
    begun, dropped = asyncio.Event(), asyncio.Event()

    async def slow(plan: Plan) -> AnimationFile:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            dropped.set()
        raise AssertionError

    generation_id = await accepted(service)
    await service.render()
    animator = Animator(ledger_of(service), service.files, "test", QUICK, slow)
    animator.start(alone=True)
    await asyncio.wait_for(begun.wait(), 10)
    canceled = (await service.data(CANCEL, {"id": generation_id}))["cancelGeneration"]["generation"]
    await asyncio.wait_for(dropped.wait(), 10)
    await animator.stop()
    assert canceled == {"status": "CANCELED", "done": 5}
    found = await look(service, generation_id)
    assert (found["status"], len(found["images"]["nodes"]), found["animation"]) == ("CANCELED", 5, None)


async def test_stopping_the_service_hands_the_work_back(service: GraphQLService) -> None:
    begun = asyncio.Event()

    async def slow(plan: Plan) -> AnimationFile:
        begun.set()
        await asyncio.sleep(60)
        raise AssertionError

    generation_id = await accepted(service)
    await service.render()
    animator = Animator(ledger_of(service), service.files, "test", QUICK, slow)
    animator.start(alone=True)
    await asyncio.wait_for(begun.wait(), 10)
    await animator.stop()
    claim: ClaimedAnimation | None = await ledger_of(service).claim()
    assert claim is not None
    assert (claim.attempt, claim.fence) == (1, 2)
    assert (await look(service, generation_id))["status"] == "RUNNING"


async def test_a_morph_one_of_whose_frames_fails_fails_with_that_reason(service: GraphQLService) -> None:
    service.engines.fail_seed(2, failing("RENDER_FAILED", final=True))
    generation_id = await accepted(service, frames=2)
    await service.render()
    async with animating(service):
        found = await ended(service, generation_id)
    assert (found["status"], found["done"], found["animation"]) == ("FAILED", 1, None)
    assert found["error"]["code"] == "RENDER_FAILED"


async def test_a_frame_whose_picture_is_gone_fails_the_morph_at_once(service: GraphQLService, tmp_path: Path) -> None:
    generation_id = await accepted(service)
    await service.render()
    next((tmp_path / "static" / "images").rglob("*.png")).unlink()
    async with animating(service):
        found = await ended(service, generation_id)
    assert (found["status"], found["done"]) == ("FAILED", 5)
    assert found["error"]["code"] == "FRAMES_MISSING"
    assert str(tmp_path) not in found["error"]["message"]


@pytest.mark.parametrize("harm", ["no picture", "another picture"])
async def test_a_damaged_frame_fails_the_morph_at_once(service: GraphQLService, tmp_path: Path, harm: str) -> None:
    generation_id = await accepted(service)
    await service.render()
    frame = next((tmp_path / "static" / "images").rglob("*.png"))
    if harm == "no picture":
        frame.write_bytes(b"no picture")
    else:
        Image.new("RGB", (16, 16)).save(frame)
    async with animating(service):
        found = await ended(service, generation_id)
    assert found["error"]["code"] == "FRAMES_MISSING"


async def test_a_sweep_leaves_files_with_rows_and_takes_those_without(service: GraphQLService, tmp_path: Path) -> None:
    animation = (await made(service))["animation"]
    kept = tmp_path / animation["url"].removeprefix("/")
    orphans = [
        kept.with_name(f"{'0' * 64}.mp4"),
        kept.parent.parent / f".new.{'0' * 16}.partial",
    ]
    for path in orphans:
        path.write_bytes(b"x")
    for path in (kept, *orphans):
        os.utime(path, (time.time() - 7200,) * 2)
    swept = await sweep(tmp_path / "static", service.database.units)
    assert swept.removed == 2
    assert [path.exists() for path in (kept, *orphans)] == [True, False, False]


async def test_an_animation_goes_with_the_last_of_its_images(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        await _delete_two_morphs(service)
        await check_invariants(service.database, deleted=10)


async def _delete_two_morphs(service: GraphQLService) -> None:
    first, twin = await made(service), await made(service)
    delete = "mutation($ids: [ID!]!) { deleteImages(input: {imageIds: $ids}) { userErrors { code } } }"

    async def forget(generation: dict[str, Any], number: slice) -> tuple[bool, int]:
        ids = [node["id"] for node in generation["images"]["nodes"]][number]
        assert (await service.data(delete, {"ids": ids}))["deleteImages"]["userErrors"] == []
        left = (await look(service, generation["id"]))["animation"]
        return left is not None, (await service.client.get(first["animation"]["url"])).status_code

    assert await forget(first, slice(4)) == (True, 200)
    assert await forget(first, slice(4, 5)) == (False, 200)
    assert await forget(twin, slice(5)) == (False, 404)


async def test_where_access_is_on_a_morph_is_its_owners_and_its_address_is_signed(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        ann, bob = [await service.of(owner, Scope.READ, Scope.GENERATE) for owner in ("ann", "bob")]
        image = await ann.image(seed=1)
        stops = [{"imageId": image["id"]}, {"seed": 2}]
        found = await made(ann, stops=stops)
        address = found["animation"]["url"]
        assert address.startswith("/pictures/")
        assert (await service.client.get(address)).status_code == 200
        _, _, segment, path = address.split("/", 3)
        assert (await service.client.get(f"/static/{path}")).status_code == 404
        assert (await service.client.get(f"/pictures/{segment[:-4]}AAAA/{path}")).status_code == 404
        assert await look(bob, found["id"]) is None
        (error,) = (await ask(bob, stops=stops))["userErrors"]
        assert (error["code"], error["field"]) == ("NOT_FOUND", ["input", "stops", "0", "imageId"])


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"stops": TWO[:1]}, "INVALID", "stops"),
    ({"stops": TWO * 9}, "INVALID", "stops"),
    ({"stops": [{"seed": 1}, {}]}, "INVALID", "stops.1"),
    ({"stops": [{"seed": 1}, {"imageId": "rubbish"}]}, "INVALID", "stops.1.imageId"),
    ({"stops": [{"seed": 1}, {"imageId": "SW1hZ2U6MDA="}]}, "NOT_FOUND", "stops.1.imageId"),
    (
        {"stops": [{"seed": 1}, {"seed": 1, "emotions": [{"emotion": "SAD", "strength": 6}]}]},
        "INVALID",
        "stops.1.emotions.0.strength",
    ),
    ({"fps": 0}, "INVALID", "fps"),
    ({"fps": 51, "format": "GIF"}, "INVALID", "fps"),
    ({"frames": 257}, "INVALID", "frames"),
    ({"frames": 5, "seconds": 1}, "INVALID", "frames"),
    ({"frames": None, "seconds": 0}, "INVALID", "seconds"),
    ({"truncationPsi": 3}, "INVALID", "truncationPsi"),
    ({"truncationCutoff": -1}, "INVALID", "truncationCutoff"),
    ({"label": 1}, "INVALID", "label"),
    ({"network": "nobody"}, "NOT_FOUND", "network"),
    ({"sessionId": "U2Vzc2lvbjox"}, "NOT_FOUND", "sessionId"),
    ({"waitMs": 30001}, "INVALID", "waitMs"),
]


@pytest.mark.parametrize(("given", "code", "field"), BAD)
async def test_what_the_user_can_mend_is_a_user_error_with_its_place_and_nothing_is_stored(
    service: GraphQLService, given: dict[str, Any], code: str, field: str
) -> None:
    payload = await ask(service, **given)
    (error,) = payload["userErrors"]
    assert payload["generation"] is None
    assert (error["code"], error["field"]) == (code, ["input", *field.split(".")])
    assert await service.data(STORED) == {"generations": {"totalCount": 0}, "service": {"queueLength": 0}}


async def test_an_idempotency_key_gives_the_same_morph(service: GraphQLService) -> None:
    first = await accepted(service, idempotencyKey="k")
    assert await accepted(service, idempotencyKey="k") == first
    (error,) = (await ask(service, idempotencyKey="k", loop=True))["userErrors"]
    assert error["code"] == "IDEMPOTENCY_CONFLICT"
