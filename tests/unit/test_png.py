"""PNG files of our own writing: every reader finds the same pixels in them, and they are no larger than Pillow's."""

import heapq
import io
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from infrastructure.png import Text, png
from infrastructure.png.deflate import END, SMALL_BYTES, deflated
from infrastructure.png.filtering import paeth
from infrastructure.png.huffman import LONGEST, BitStream, code_lengths, codes

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

DOCS = Path(__file__).parents[2] / "docs"


def photograph(size: int) -> Bytes:
    picture = Image.fromarray(skimage.data.astronaut())  # type: ignore[no-untyped-call]
    return np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC))


def face() -> Bytes:
    """One of the demo network's, out of a contact sheet."""
    with Image.open(DOCS / "demo-faces-people.png") as sheet:
        return np.asarray(sheet.convert("RGB").crop((2, 14, 130, 142)))


def noise(height: int, width: int, channels: int, spread: int = 256) -> Bytes:
    return np.random.RandomState(height).randint(0, spread, (height, width, channels)).astype(np.uint8)


def read_by_pillow(file: bytes) -> Bytes:
    with Image.open(io.BytesIO(file)) as picture:
        pixels = np.asarray(picture)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def read_by_ffmpeg(file: bytes) -> Bytes:
    with av.open(io.BytesIO(file), "r", format="png_pipe") as container:
        frame = next(container.decode(video=0))
    pixels: Bytes = frame.to_ndarray(format=frame.format.name).astype(np.uint8)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


PICTURES = {
    "one pixel": noise(1, 1, 3),
    "one column": noise(300, 1, 3),
    "one row, grey": noise(1, 300, 1),
    "odd sizes": noise(37, 41, 3),
    "noise of several pieces": noise(700, 701, 3),
    "grey noise": noise(513, 511, 1),
    "little noise": noise(300, 301, 3, spread=5),
    "one colour": np.full((256, 256, 3), 7, np.uint8),
    "a photograph": photograph(512),
    "half a photograph, half even ground": np.concatenate((photograph(512), np.zeros((512, 512, 3), np.uint8))),
    "a face": face(),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_reader_finds_the_same_pixels(name: str) -> None:
    pixels = PICTURES[name]
    file = png(pixels)
    assert np.array_equal(read_by_pillow(file), pixels)
    assert np.array_equal(read_by_ffmpeg(file), pixels)


def test_readers_verify_every_chunk_and_find_the_texts() -> None:
    texts = (Text("Software", "Manganace"), Text("anything", "ü — {}\n"))
    file = png(photograph(300), texts)
    with Image.open(io.BytesIO(file)) as picture:
        picture.verify()
    with Image.open(io.BytesIO(file)) as picture:
        assert {text.keyword: text.text for text in texts}.items() <= picture.info.items()


@pytest.mark.parametrize("pixels", [photograph(1024), photograph(512), face()], ids=["enlarged", "photograph", "face"])
def test_a_file_is_no_larger_than_pillows_at_level_1(pixels: Bytes) -> None:
    theirs = io.BytesIO()
    Image.fromarray(pixels).save(theirs, "PNG", compress_level=1)
    assert len(png(pixels)) <= len(theirs.getvalue())


def test_even_ground_costs_next_to_nothing() -> None:
    assert len(png(np.full((1024, 1024, 3), 200, np.uint8))) < 10_000


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from((1, 3)), st.integers(0, 2**32 - 1))
def test_the_filter_is_the_one_that_the_standard_defines(height: int, width: int, channels: int, seed: int) -> None:
    pixels = np.random.RandomState(seed).choice((0, 1, 2, 127, 128, 254, 255), (height, width, channels))
    filtered = paeth(pixels.astype(np.uint8), 0, height).reshape(height, -1)
    assert (filtered[:, 0] == 4).all()
    assert np.array_equal(filtered[:, 1:].reshape(pixels.shape), _by_the_standard(pixels))


def _by_the_standard(pixels: "np.ndarray[Any, Any]") -> Bytes:
    """PNG, third edition, 9.4, a value at a time."""
    framed = np.pad(pixels.astype(int), ((1, 0), (1, 0), (0, 0)))
    out = np.empty(pixels.shape, np.uint8)
    for (y, x, channel), value in np.ndenumerate(pixels):
        left, above, corner = framed[y + 1, x, channel], framed[y, x + 1, channel], framed[y, x, channel]
        estimate = left + above - corner
        nearest = min((left, above, corner), key=lambda neighbour: abs(estimate - neighbour))
        out[y, x, channel] = (int(value) - nearest) % 256
    return out


skewed = st.lists(st.integers(1, 1_000_000), min_size=2, max_size=300)


@given(skewed)
def test_codes_are_complete_and_short_enough_and_none_is_the_start_of_another(frequencies: list[int]) -> None:
    lengths = code_lengths(np.array(frequencies))
    assert 1 <= lengths.min() <= lengths.max() <= LONGEST
    assert sum(2.0 ** -int(length) for length in lengths) == 1
    texts = sorted(
        f"{int(code):0{length}b}"[::-1] for code, length in zip(codes(lengths), lengths.tolist(), strict=True)
    )
    assert not any(later.startswith(earlier) for earlier, later in pairwise(texts))


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=300))
def test_codes_are_as_short_as_huffmans(frequencies: list[int]) -> None:
    """Of these frequencies no code needs more than 15 bits without a bound, or next to none."""
    heap = list(frequencies)
    heapq.heapify(heap)
    best = 0
    while len(heap) > 1:
        merged = heapq.heappop(heap) + heapq.heappop(heap)
        best += merged
        heapq.heappush(heap, merged)
    ours = int(np.dot(code_lengths(np.array(frequencies)), frequencies))
    assert best <= ours <= best * 1.001


def test_frequencies_that_would_need_longer_codes_get_bounded_ones() -> None:
    fibonacci = [1, 1]
    while len(fibonacci) < 40:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    lengths = code_lengths(np.array(fibonacci))
    assert lengths.max() == LONGEST
    assert sum(2.0 ** -int(length) for length in lengths) == 1


@given(st.lists(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(1, 64)), min_size=1), min_size=1))
def test_bits_follow_each_other_without_gaps(batches: list[list[tuple[int, int]]]) -> None:
    stream, expected, at = BitStream(), 0, 0
    for batch in batches:
        pieces = [(bits & ((1 << length) - 1), length) for bits, length in batch]
        stream.add(np.array([b for b, _ in pieces], np.uint64), np.array([length for _, length in pieces], np.uint8))
        for bits, length in pieces:
            expected |= bits << at
            at += length
    assert stream.finished() == expected.to_bytes((at + 7) // 8, "little")


@given(
    st.integers(SMALL_BYTES, SMALL_BYTES + 9),
    st.floats(0.01, 1.0),
    st.integers(0, 2**32 - 1),
)
def test_pieces_of_any_distribution_come_back(size: int, spread: float, seed: int) -> None:
    draw = np.random.RandomState(seed)
    data = (draw.standard_normal(size) * 128 * spread).astype(np.int64).astype(np.uint8)
    small = data[:1000]
    stream = deflated(data) + deflated(small) + deflated(data) + END
    assert zlib.decompress(stream, -15) == data.tobytes() + small.tobytes() + data.tobytes()
