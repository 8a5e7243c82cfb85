"""Recipes come back from every format that is given away, and from nothing that a stranger makes up."""

import io
import struct
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from domain.copies import CopyForm, CopyFormat
from domain.errors import Invalid
from domain.networks import Emotion
from domain.recipe import NoiseMode, Recipe, RecipeEdit, RecipeMix
from infrastructure.copying import converted
from infrastructure.encoding import encode
from infrastructure.recipe_reading import recipe_in
from infrastructure.xmp import MAX_PACKET_BYTES, NAMESPACE, recipe_in_packet, xmp_packet
from tests.fakes.catalogue import edit, recipe

SERVICE = "Manganace test"
PLAIN = recipe(42, edit(Emotion.HAPPY, 0.8))
ODD = replace(
    recipe(2**32 - 1, RecipeEdit('</manganace:recipe> & "ünglücklich" \x01', "f" * 64, -0.25)),
    noise=NoiseMode.RANDOM,
    noise_draw=7,
    cutoff=3,
    mixes=(RecipeMix(5, 0, 2),),
)
FORMS = [
    CopyForm(),
    CopyForm(CopyFormat.WEBP),
    CopyForm(CopyFormat.WEBP, 80),
    CopyForm(CopyFormat.JPEG),
    CopyForm(CopyFormat.JPEG, 40),
]


def picture(channels: int = 3) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.random.RandomState(0).randint(0, 256, (24, 16, channels)).astype(np.uint8)


def copy_of(made: Recipe, form: CopyForm, channels: int = 3) -> bytes:
    png = encode(picture(channels), made, SERVICE).image
    return png if form.format is CopyFormat.PNG else converted(png, made, form, SERVICE)


@pytest.mark.parametrize("made", [PLAIN, ODD], ids=["plain", "odd"])
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_recipe_comes_back_from_every_format(form: CopyForm, made: Recipe) -> None:
    assert recipe_in(io.BytesIO(copy_of(made, form))) == made


@pytest.mark.parametrize("channels", [1, 3])
def test_a_webp_loses_nothing_unless_a_quality_is_asked_for(channels: int) -> None:
    def pixels(form: CopyForm) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
        with Image.open(io.BytesIO(copy_of(PLAIN, form, channels))) as opened:
            assert opened.format == form.format.name
            return np.asarray(opened.convert("RGB"))

    original = pixels(CopyForm())
    assert np.array_equal(pixels(CopyForm(CopyFormat.WEBP)), original)
    assert not np.array_equal(pixels(CopyForm(CopyFormat.WEBP, 50)), original)


def test_a_recipe_that_a_jpeg_has_no_room_for_is_refused() -> None:
    long = recipe(1, *(RecipeEdit(f"direction {number} {'x' * 1000}", "e" * 64, 1.0) for number in range(64)))
    with pytest.raises(Invalid, match="too long for a JPEG"):
        copy_of(long, CopyForm(CopyFormat.JPEG))
    assert recipe_in(io.BytesIO(copy_of(long, CopyForm(CopyFormat.WEBP)))) == long


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    parts = [bytes((0xFF, kind)) + struct.pack(">H", len(data) + 2) + data for kind, data in segments]
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xda"


APP1 = b"http://ns.adobe.com/xap/1.0/\0"
RECIPE_AS_ATTRIBUTE = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    f"xmlns:m='{NAMESPACE}' m:recipe='{PLAIN.canonical}'/></rdf:RDF>"
).encode()
LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(10))
    + b"]><x>&k;</x>"
)


def test_a_recipe_that_another_tool_wrote_as_an_attribute_is_found() -> None:
    assert recipe_in_packet(RECIPE_AS_ATTRIBUTE) == PLAIN.canonical
    assert recipe_in(io.BytesIO(webp((b"VP8L", b"odd"), (b"XMP ", RECIPE_AS_ATTRIBUTE)))) == PLAIN
    fill = jpeg((0xE0, b"JFIF"), (0xE1, b"Exif\0\0"), (0xE1, APP1 + RECIPE_AS_ATTRIBUTE))
    assert recipe_in(io.BytesIO(fill.replace(b"\xff\xe1", b"\xff\xff\xff\xe1"))) == PLAIN


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "not a PNG, WebP or JPEG"),
        (b"GIF89a", "not a PNG, WebP or JPEG"),
        (b"RIFF\0\0\0\0WAVE", "not a PNG, WebP or JPEG"),
        (webp(), "no recipe"),
        (webp((b"VP8L", b"pixels")), "no recipe"),
        (webp((b"XMP ", b"<x/>")), "no recipe"),
        (webp((b"XMP ", b"<x>")), "malformed"),
        (webp((b"XMP ", b"")), "malformed"),
        (webp((b"XMP ", b"\xff\xfe\0\0")), "malformed"),
        (webp((b"XMP ", b'<?xml version="1.0" encoding="nonsense"?><x/>')), "malformed"),
        (webp((b"XMP ", LAUGHS)), "document type"),
        (webp((b"XMP ", b"<x>" * 60_000)), "malformed"),
        (webp((b"XMP ", b" " * (MAX_PACKET_BYTES + 1))), "too long"),
        (webp((b"XMP ", xmp_packet("[]", SERVICE))), "malformed"),
        (webp((b"XMP ", xmp_packet("[" * 50_000, SERVICE))), "malformed"),
        (webp((b"XMP ", xmp_packet(PLAIN.canonical + " ", SERVICE))), "canonical"),
        (webp((b"VP8L", b"pixels"))[:15], "cut short"),
        (webp((b"XMP ", RECIPE_AS_ATTRIBUTE))[:-9], "cut short"),
        (webp() + 10_001 * b"VP8L\0\0\0\0", "too many chunks"),
        (webp() + b"VP8L\xff\xff\xff\xff", "no recipe"),
        (webp() + b"XMP \xff\xff\xff\xff", "too long"),
        (jpeg(), "no recipe"),
        (jpeg((0xE1, b"Exif\0\0")), "no recipe"),
        (jpeg((0xE1, APP1 + b"<x/>")), "no recipe"),
        (jpeg((0xE1, APP1 + LAUGHS)), "document type"),
        (b"\xff\xd8", "cut short"),
        (b"\xff\xd8\xff\xe1\xff\xff" + APP1, "cut short"),
        (b"\xff\xd8\xff\xe1\0\0", "malformed"),
        (b"\xff\xd8\0\0", "malformed"),
        (b"\xff\xd8" + 1001 * b"\xff\xe0\0\2", "too many segments"),
        (b"\xff\xd8" + 5000 * b"\xff", "too many segments"),
    ],
)
def test_a_file_without_a_recipe_of_ours_is_refused_with_its_reason(file: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        recipe_in(io.BytesIO(file))


@given(st.sampled_from([b"\xff\xd8", b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n", b""]), st.binary(max_size=200))
def test_no_bytes_are_more_than_refused(start: bytes, tail: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        recipe_in(io.BytesIO(start + tail))


def _png_of_pixels() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 40_000_000, b"IDAT") + bytes(40_000_004)


@pytest.mark.parametrize(
    "make",
    [
        _png_of_pixels,
        lambda: webp((b"VP8L", bytes(40_000_000))),
        lambda: b"\x89PNG\r\n\x1a\n" + 10_000 * struct.pack(">I4sI", 0, b"tEXt", 0),
    ],
    ids=["png", "webp", "many chunks"],
)
def test_pixels_are_passed_over_unread(make: Callable[[], bytes]) -> None:
    file = io.BytesIO(make())
    tracemalloc.start()
    try:
        started = time.process_time()
        with pytest.raises(ValueError, match=r"no recipe|too many"):
            recipe_in(file)
        assert time.process_time() - started < 0.5
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
