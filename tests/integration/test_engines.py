"""Recipes to engine processes and back as encoded pictures; what goes wrong there, in the domain's words."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from domain.errors import EnginesStopped, RenderFailed
from domain.generations import ClaimedRender, Priority
from domain.ids import new_id
from domain.networks import Catalogue
from domain.recipe import MorphSpace, NoiseMode, Recipe, RecipeEdit, RecipeMix, RecipeMorph
from infrastructure.catalogue import LoadedCatalogue
from infrastructure.encoding import PictureEncoder
from infrastructure.engines import RunnerEngines, face_of
from infrastructure.recipe_reading import recipe_from_png
from stylegan2.directions import Direction
from stylegan2.face import Face, Morph, StyleMix
from stylegan2.face import MorphSpace as LibraryMorphSpace
from stylegan2.face import NoiseMode as LibraryNoiseMode
from stylegan2.runner import DeviceSpec, Runner
from tests.engines.fake_engine import SHA256, SIZE, W_DIM
from tests.engines.fakes import QUICK, described, fake_device, picture_of
from tests.integration.dispatching import until

SMILE = Direction("smile", "happy", 1.0, np.ones((6, W_DIM), np.float32))
LOADED = LoadedCatalogue(Catalogue(), {"fake": described()}, {(SHA256, SMILE.sha256): SMILE})


def recipe(seed: int, *edits: RecipeEdit) -> Recipe:
    return Recipe(SHA256, seed, 1.0, None, None, NoiseMode.CONST, None, edits, SIZE, SIZE)


def claim(seed: int, generation_id: str = "g", attempt: int = 1, of: Recipe | None = None) -> ClaimedRender:
    return ClaimedRender(new_id(), generation_id, 1, attempt, Priority.INTERACTIVE, of or recipe(seed), 5.0)


@asynccontextmanager
async def engines(*devices: DeviceSpec, ready: bool = True) -> AsyncIterator[RunnerEngines]:
    runner = Runner(LOADED.descriptions, devices, QUICK)
    encoder = PictureEncoder("Manganace test", threads=2)
    adapter = RunnerEngines(runner, LOADED, encoder)
    runner.start()
    try:
        await until(lambda: not ready or any(device.ready for device in adapter.devices()), timeout_s=60)
        yield adapter
    finally:
        await asyncio.to_thread(runner.close)
        encoder.close()


async def test_everyone_gets_their_own_face_encoded_with_its_recipe() -> None:
    async with engines(fake_device()) as adapter:
        made = await asyncio.gather(*(adapter.render(claim(seed)) for seed in range(10)))
        assert adapter.pace_s() is not None
    for seed, rendered in enumerate(made):
        with Image.open(io.BytesIO(rendered.encoded.image)) as picture:
            assert np.array_equal(np.asarray(picture), picture_of(Face("fake", seed)))
        assert recipe_from_png(rendered.encoded.image) == recipe(seed)
        assert rendered.device == "gpu:0"
        assert rendered.queue_ms >= 5.0


async def test_devices_are_told_with_their_engine() -> None:
    async with engines(fake_device()) as adapter:
        (device,) = adapter.devices()
    assert (device.name, device.engine, device.ready) == ("gpu:0", "fake", True)
    assert device.detail.startswith("fake 1; process ")


async def test_room_is_told_when_it_grows() -> None:
    async with engines(fake_device(batch_size=4, slow_s=0.1)) as adapter:
        told: list[int] = []
        adapter.when_room(lambda: told.append(adapter.room()))
        assert adapter.room() == 8
        await adapter.render(claim(1))
        assert told == [8, 8]


async def test_a_poisonous_face_fails_alone_with_a_message_free_of_internals() -> None:
    async with engines(fake_device(poison=[3])) as adapter:
        results = await asyncio.gather(*(adapter.render(claim(seed)) for seed in range(5)), return_exceptions=True)
    failure = results.pop(3)
    assert isinstance(failure, RenderFailed)
    assert (failure.code, failure.message, failure.final) == (
        "RENDER_FAILED",
        "the engine failed to render this face",
        False,
    )
    assert not any(isinstance(result, BaseException) for result in results)


async def test_a_face_that_does_not_fit_into_memory_says_so() -> None:
    async with engines(fake_device(oom=[3])) as adapter:
        with pytest.raises(RenderFailed) as raised:
            await adapter.render(claim(3))
    assert raised.value.code == "OUT_OF_MEMORY"


async def test_a_canceled_generation_leaves_the_queue_and_others_stay() -> None:
    async with engines(fake_device(batch_size=1, slow_s=0.3)) as adapter:
        renders = [asyncio.create_task(adapter.render(claim(seed, f"g{seed % 2}"))) for seed in range(6)]
        await asyncio.sleep(0.1)
        adapter.cancel("g1")
        adapter.cancel("g1")
        adapter.cancel("unknown")
        results = await asyncio.gather(*renders, return_exceptions=True)
    stopped = [isinstance(result, EnginesStopped) for result in results]
    assert stopped == [False, True, False, True, False, True]
    assert not adapter._futures


async def test_a_render_whose_task_is_cancelled_leaves_the_queue_too() -> None:
    async with engines(fake_device(batch_size=1, slow_s=0.3)) as adapter:
        first, second = (asyncio.create_task(adapter.render(claim(seed))) for seed in (1, 2))
        await asyncio.sleep(0.1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert adapter._runner.waiting() == 0
        await first


async def test_a_closed_runner_gives_the_work_back() -> None:
    async with engines(fake_device(batch_size=1, slow_s=0.5)) as adapter:
        renders = [asyncio.create_task(adapter.render(claim(seed))) for seed in range(3)]
        await asyncio.sleep(0.2)
        await asyncio.to_thread(adapter._runner.close)
        results = await asyncio.gather(*renders, return_exceptions=True)
        assert [isinstance(result, EnginesStopped) for result in results] == [False, True, True]
        with pytest.raises(EnginesStopped):
            await adapter.render(claim(9))


async def test_without_any_engine_work_is_given_back_and_there_is_no_room() -> None:
    async with engines(fake_device(refuse="no driver"), ready=False) as adapter:
        await until(adapter.unavailable_reason, timeout_s=60)
        assert "no driver" in (adapter.unavailable_reason() or "")
        assert adapter.room() == 0
        with pytest.raises(EnginesStopped):
            await adapter.render(claim(1))


def test_a_recipe_is_said_in_the_librarys_words() -> None:
    edit = RecipeEdit("smile", SMILE.sha256, 0.5)
    noisy = replace(recipe(7, edit), noise=NoiseMode.RANDOM, noise_draw=9, psi=0.25, cutoff=3)
    face = face_of(noisy, LOADED)
    assert (face.network, face.seed, face.psi, face.cutoff) == ("fake", 7, 0.25, 3)
    assert (face.noise.mode, face.noise.draw) == (LibraryNoiseMode.RANDOM, 9)
    assert [(each.direction, each.strength) for each in face.edits] == [(SMILE, 0.5)]


def test_a_mix_takes_its_layers_from_the_first_to_before_the_last() -> None:
    mixed = replace(recipe(7), mixes=(RecipeMix(8, 0, 4), RecipeMix(9, 4, 2)))
    assert face_of(mixed, LOADED).mixes == (StyleMix(8, 0, 4), StyleMix(9, 4, 6))


def test_a_position_of_a_morph_reaches_the_library_as_it_is() -> None:
    morphed = replace(recipe(7), morph=RecipeMorph(8, (RecipeMix(9, 4, 2),), MorphSpace.Z, 0.25))
    assert face_of(morphed, LOADED).morph == Morph(8, 0.25, LibraryMorphSpace.Z, (StyleMix(9, 4, 6),))


def test_a_direction_is_known_by_its_content_under_whatever_name_the_recipe_gives_it() -> None:
    two = (RecipeEdit("grin", SMILE.sha256, 0.5), RecipeEdit("smile", SMILE.sha256, 0.25))
    assert [edit.direction.name for edit in face_of(recipe(7, *two), LOADED).edits] == ["grin", "smile"]


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        (replace(recipe(1), network_sha256="e" * 64), "NETWORK_MISSING"),
        (recipe(1, RecipeEdit("smile", "e" * 64, 1.0)), "DIRECTION_MISSING"),
    ],
)
async def test_what_is_not_served_any_more_fails_for_good(missing: Recipe, code: str) -> None:
    async with engines(fake_device(), ready=False) as adapter:
        with pytest.raises(RenderFailed) as raised:
            await adapter.render(claim(1, of=missing))
    assert (raised.value.code, raised.value.final) == (code, True)


async def test_a_recipe_that_no_network_takes_fails_for_good() -> None:
    async with engines(fake_device(), ready=False) as adapter:
        with pytest.raises(RenderFailed, match="cutoff") as raised:
            await adapter.render(claim(1, of=replace(recipe(1), cutoff=99)))
    assert (raised.value.code, raised.value.final) == ("INVALID", True)
