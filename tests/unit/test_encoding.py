"""Pictures as files: what is in them, and that the same picture is the same file."""

import io
import struct
import threading
import time
import zlib
from concurrent.futures import wait
from dataclasses import dataclass, field, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from domain.generations import Priority
from domain.networks import Emotion
from domain.recipe import MorphSpace, NoiseMode, Recipe, RecipeEdit, RecipeMix, RecipeMorph
from infrastructure.encoding import PictureEncoder, encode
from infrastructure.png_text import SIGNATURE
from infrastructure.recipe_reading import RECIPE_KEYWORD, recipe_from_png
from tests.fakes.catalogue import edit, recipe

SERVICE = "Manganace test"
RECIPE = recipe(42, edit(Emotion.HAPPY, 0.8))


def noise(height: int, width: int, channels: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.random.RandomState(0).randint(0, 256, (height, width, channels)).astype(np.uint8)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(text: bytes, keyword: str = RECIPE_KEYWORD, flags: bytes = b"\0\0\0\0") -> bytes:
    return SIGNATURE + chunk(b"iTXt", keyword.encode() + b"\0" + flags + text) + chunk(b"IDAT", b"")


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_the_pixels_come_back_as_they_were(channels: int, mode: str) -> None:
    pixels = noise(40, 30, channels)
    encoded = encode(pixels, RECIPE, SERVICE)
    with Image.open(io.BytesIO(encoded.image)) as picture:
        assert (picture.format, picture.mode) == ("PNG", mode)
        assert np.array_equal(np.asarray(picture).reshape(pixels.shape), pixels)
        assert picture.info["Software"] == SERVICE
    assert (encoded.width, encoded.height) == (30, 40)


@pytest.mark.parametrize(("size", "expected"), [(16, 16), (256, 256), (1024, 256)])
def test_the_thumbnail_is_a_webp_of_at_most_256(size: int, expected: int) -> None:
    with Image.open(io.BytesIO(encode(noise(size, size, 3), RECIPE, SERVICE).thumbnail)) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (expected, expected))


def test_the_same_picture_is_the_same_file_and_another_recipe_another() -> None:
    pixels = noise(16, 16, 3)
    first = encode(pixels, RECIPE, SERVICE)
    assert encode(pixels.copy(), replace(RECIPE), SERVICE) == first
    assert encode(pixels, recipe(43), SERVICE).image != first.image


@pytest.mark.parametrize("shape", [(16, 16), (16, 16, 2), (16, 16, 4), (1, 16, 16, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a picture is uint8"):
        encode(np.zeros(shape, np.uint8), RECIPE, SERVICE)


async def test_the_pool_encodes_off_the_event_loop() -> None:
    encoder = PictureEncoder(SERVICE, threads=2)
    try:
        pixels = noise(16, 16, 3)
        assert await encoder.encode(pixels, RECIPE) == encode(pixels, RECIPE, SERVICE)
    finally:
        encoder.close()


@dataclass(frozen=True)
class HeldRecipe(Recipe):
    """Its file is not finished before `gate` opens."""

    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def canonical(self) -> str:
        self.gate.wait(60)
        return RECIPE.canonical


def held() -> HeldRecipe:
    return HeldRecipe(**{part.name: getattr(RECIPE, part.name) for part in fields(RECIPE)})


def test_urgent_pictures_go_before_those_that_can_wait() -> None:
    encoder, order, first = PictureEncoder(SERVICE, threads=1), list[str](), held()
    try:
        encoder.submit(noise(8, 8, 3), first, Priority.BULK)
        waiting = []
        for name, priority in (("a", Priority.BULK), ("b", Priority.INTERACTIVE), ("c", Priority.BULK)):
            future = encoder.submit(noise(8, 8, 3), RECIPE, priority)
            future.add_done_callback(lambda _, name=name: order.append(name))  # type: ignore[misc]
            waiting.append(future)
        first.gate.set()
        wait(waiting, 60)
    finally:
        encoder.close()
    assert order == ["b", "a", "c"]


def test_closing_drops_what_has_not_begun_and_finishes_what_has() -> None:
    encoder, first = PictureEncoder(SERVICE, threads=1), held()
    begun = encoder.submit(noise(8, 8, 3), first)
    while not begun.running():
        time.sleep(0.001)
    dropped = [encoder.submit(noise(8, 8, 3), RECIPE) for _ in range(3)]
    threading.Timer(0.05, first.gate.set).start()
    encoder.close()
    assert begun.result(60).width == 8
    assert all(future.cancelled() for future in dropped)


def test_a_picture_that_cannot_be_encoded_tells_its_asker() -> None:
    encoder = PictureEncoder(SERVICE, threads=1)
    try:
        with pytest.raises(ValueError, match="a picture is uint8"):
            encoder.submit(np.zeros((4, 4), np.uint8), RECIPE).result(60)
        assert encoder.submit(noise(8, 8, 3), RECIPE).result(60).width == 8
    finally:
        encoder.close()


finite = st.floats(allow_nan=False, allow_infinity=False)
edits = st.builds(RecipeEdit, st.text(min_size=1, max_size=20), st.text("0123456789abcdef"), finite)
mixes = st.builds(RecipeMix, st.integers(0, 2**32 - 1), st.integers(0, 17), st.integers(1, 18))
morphs = st.builds(
    RecipeMorph,
    st.integers(0, 2**32 - 1),
    st.lists(mixes, max_size=2).map(tuple),
    st.sampled_from(MorphSpace),
    st.floats(0, 1, exclude_min=True, exclude_max=True),
)
MORPHED = replace(RECIPE, morph=RecipeMorph(7, (), MorphSpace.W, 0.5))


@given(
    st.builds(
        Recipe,
        network_sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
        seed=st.integers(0, 2**32 - 1),
        psi=finite,
        cutoff=st.none() | st.integers(0, 18),
        label=st.none() | st.integers(0, 9),
        noise=st.just(NoiseMode.SEED),
        noise_draw=st.none(),
        edits=st.lists(edits, max_size=3).map(tuple),
        width=st.just(8),
        height=st.just(8),
        mixes=st.lists(mixes, max_size=2).map(tuple),
        morph=st.none() | morphs,
    )
)
def test_any_recipe_comes_back_from_its_png(given_recipe: Recipe) -> None:
    encoded = encode(np.zeros((8, 8, 3), np.uint8), given_recipe, SERVICE)
    assert recipe_from_png(encoded.image).key == given_recipe.key


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "not a PNG"),
        (b"GIF89a", "not a PNG"),
        (SIGNATURE, "cut short"),
        (SIGNATURE + b"\x7f\xff\xff\xffiTXt", "too long"),
        (SIGNATURE + b"\x7f\xff\xff\xfftEXt" + 30 * b"x", "no recipe"),
        (SIGNATURE + chunk(b"iTXt", b"x")[:-1] + b"?", "damaged"),
        (SIGNATURE + 10_001 * chunk(b"tEXt", b""), "too many chunks"),
        (SIGNATURE + chunk(b"IDAT", b""), "no recipe"),
        (png_with(b"{}", keyword="other"), "no recipe"),
        (png_with(b"{}", flags=b"\1\0\0\0"), "compressed"),
        (png_with(b" " * (1 << 18)), "too long"),
        (png_with(b"["), "Expecting"),
        (png_with(b"[]"), "malformed"),
        (png_with(b"\xff"), "codec"),
        (png_with(b"{}"), "version"),
        (png_with(b'{"version":1}'), "malformed"),
        (png_with(RECIPE.canonical.encode() + b" "), "canonical"),
        (png_with(RECIPE.canonical.replace('"seed":42', '"seed":"42"').encode()), "canonical"),
        (png_with(RECIPE.canonical.replace('"seed":42', '"seed":true').encode()), "canonical"),
        (png_with(MORPHED.canonical.replace('"position":0.5', '"position":1').encode()), "canonical"),
        (png_with(MORPHED.canonical.replace('"space":"w"', '"space":"x"').encode()), "MorphSpace"),
        (png_with(MORPHED.canonical.replace('"seed":7', '"seed":true').encode()), "canonical"),
        (png_with(MORPHED.canonical.replace('"mixes":[]', '"mixes":5').encode()), "malformed"),
        (png_with(RECIPE.canonical.replace('"psi":0.5', '"psi":1e400').encode()), "compliant"),
    ],
)
def test_a_file_without_a_recipe_of_ours_is_refused(file: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        recipe_from_png(file)


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_refused(tail: bytes) -> None:
    with pytest.raises(ValueError, match="PNG"):
        recipe_from_png(SIGNATURE + tail)
