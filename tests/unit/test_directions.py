"""Directions come from the predecessor's pickles and from our safetensors, and are known by their content."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stylegan2.directions import (
    EMOTIONS,
    Direction,
    default_directions_path,
    read_directions,
    write_directions,
)
from stylegan2.errors import UnreadableFile

NUM_WS, W_DIM = 8, 4
Array = np.ndarray[Any, np.dtype[Any]]


def offset(seed: int = 0) -> Array:
    return np.random.RandomState(seed).randn(NUM_WS, W_DIM).astype(np.float32)


def pickled(value: Any, path: Path, protocol: int = 3) -> Path:
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("shape", [(NUM_WS * W_DIM,), (NUM_WS, W_DIM), (1, NUM_WS, W_DIM), (1, NUM_WS * W_DIM)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_the_predecessors_pickle_is_read(protocol: int, shape: tuple[int, ...], dtype: type, tmp_path: Path) -> None:
    stored: dict[str, Array] = {
        f"neutral->{emotion}": offset(index).astype(dtype) for index, emotion in enumerate(EMOTIONS)
    }
    path = pickled({name: array.reshape(shape) for name, array in stored.items()}, tmp_path / "d.pkl", protocol)
    directions = read_directions(path, NUM_WS, W_DIM)
    assert [direction.emotion for direction in directions] == list(EMOTIONS)
    for direction in directions:
        np.testing.assert_array_equal(direction.offset, stored[direction.name].astype(np.float32))
        assert (direction.weight, direction.network_sha256, str(direction.offset.dtype)) == (1.0, "any", "float32")


@pytest.mark.parametrize(
    ("name", "emotion"),
    [
        ("neutral->happiness", "happy"),
        ("neutral->astonishment", "surprised"),
        ("neutral->fear", "fearful"),
        ("happy->sad", None),
        ("angry->neutral", None),
    ],
)
def test_names_say_which_emotion_a_direction_shows(name: str, emotion: str | None, tmp_path: Path) -> None:
    (direction,) = read_directions(pickled({name: offset()}, tmp_path / "d.pkl"), NUM_WS, W_DIM)
    assert (direction.name, direction.emotion) == (name, emotion)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"neutral->bored": offset()}, "'neutral->bored' is not named like"),
        ({"happy": offset()}, "'happy' is not named like"),
        ({"neutral->": offset()}, "is not named like"),
        ({"sad->sadness": offset()}, "is not named like"),
        ({"neutral->happy": offset()[:7]}, r"shape \(7, 4\) .* takes 8 x 4 .* made for it"),
        ({"neutral->happy": np.zeros(18 * 512)}, r"shape \(9216,\)"),
        ({"neutral->happy": offset().T}, r"shape \(4, 8\)"),
        ({"neutral->happy": offset().astype(np.int64)}, "of int64"),
        ({"neutral->happy": offset() * np.nan}, "not finite"),
        ({"neutral->happy": np.full((NUM_WS, W_DIM), 1e300)}, "not finite"),
        ({"neutral->happy": offset(), "neutral->happiness": offset()}, "two directions have the emotion 'happy'"),
        ({"neutral->happy": [1.0, 2.0]}, "names to arrays"),
        ({1: offset()}, "names to arrays"),
        ({}, "not a dictionary of directions"),
        ([offset()], "not a dictionary of directions"),
    ],
)
def test_a_pickle_that_does_not_fit_is_refused(value: Any, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        read_directions(pickled(value, tmp_path / "d.pkl"), NUM_WS, W_DIM)


def test_a_pickle_that_asks_for_more_than_arrays_is_refused(tmp_path: Path) -> None:
    path = pickled({"neutral->happy": Path("x")}, tmp_path / "d.pkl")
    with pytest.raises(UnreadableFile, match="asks for pathlib"):
        read_directions(path, NUM_WS, W_DIM)


def some_directions() -> list[Direction]:
    return [
        Direction("smile", "happy", 1.5, offset(1), "a" * 64, "least squares on 4,000 seeds"),
        Direction("frown", "sad", -1.0, offset(2)),
        Direction("age", None, 0.25, offset(3)),
    ]


def test_our_own_form_keeps_everything_and_its_order(tmp_path: Path) -> None:
    path = tmp_path / "d.safetensors"
    write_directions(some_directions(), path)
    assert list(read_directions(path, NUM_WS, W_DIM)) == some_directions()
    for read, written in zip(read_directions(path, NUM_WS, W_DIM), some_directions(), strict=True):
        np.testing.assert_array_equal(read.offset, written.offset)


def test_directions_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.safetensors"
    write_directions(some_directions(), path)
    assert len(read_directions(path, NUM_WS, W_DIM, "a" * 64)) == 3
    with pytest.raises(UnreadableFile, match="'smile' was made for the network with sha256 aaaa"):
        read_directions(path, NUM_WS, W_DIM, "b" * 64)


def test_directions_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.safetensors"
    write_directions(some_directions(), path)
    with pytest.raises(UnreadableFile, match="this network takes 18 x 4"):
        read_directions(path, 18, W_DIM)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"emotion": "bored"}, "'bored'; emotions are happy"),
        ({"name": ""}, "empty"),
        ({"name": "a" * 101}, "too long"),
        ({"name": "a\nb"}, "unprintable"),
        ({"name": "happy=1"}, "unprintable"),
        ({"weight": float("nan")}, "not finite"),
        ({"offset": np.zeros(4)}, "num_ws, w_dim"),
    ],
)
def test_a_direction_that_could_not_be_used_is_not_made(fields: dict[str, Any], reason: str) -> None:
    usable: dict[str, Any] = {"name": "smile", "emotion": "happy", "weight": 1.0, "offset": offset()}
    with pytest.raises(UnreadableFile, match=reason):
        Direction(**usable | fields)


def test_names_and_emotions_occur_once(tmp_path: Path) -> None:
    smile, _, age = some_directions()
    for twice, reason in (
        ([age, age], "the name 'age'"),
        ([smile, Direction("grin", "happy", 1.0, offset())], "happy"),
    ):
        with pytest.raises(UnreadableFile, match=reason):
            write_directions(twice, tmp_path / "d.safetensors")
    assert not list(tmp_path.iterdir())


@given(
    arrays(np.float32, (2, 3), elements=st.floats(-1e6, 1e6, width=32)),
    st.floats(-100, 100),
    arrays(np.float32, (2, 3), elements=st.floats(-1e6, 1e6, width=32)),
    st.floats(-100, 100),
)
def test_the_hash_tells_contents_apart(one: Array, weight: float, other: Array, other_weight: float) -> None:
    first, second = Direction("a", None, weight, one), Direction("a", None, other_weight, other)
    same = one.tobytes() == other.tobytes() and np.float64(weight).tobytes() == np.float64(other_weight).tobytes()
    assert (first.sha256 == second.sha256) is same
    assert first.sha256 == Direction("another name", "sad", weight, one.astype(np.float64)).sha256
    assert first.sha256 != Direction("a", None, weight, one.reshape(3, 2)).sha256


def test_a_direction_keeps_its_own_copy_that_cannot_change() -> None:
    values = offset()
    direction = Direction("a", None, 1.0, values)
    values += 1
    np.testing.assert_array_equal(direction.offset, offset())
    with pytest.raises(ValueError, match="read-only"):
        direction.offset[0, 0] = 3


def test_directions_lie_beside_their_network(tmp_path: Path) -> None:
    network = tmp_path / "faces.v2.pkl"
    assert default_directions_path(network) is None
    (tmp_path / "faces.v2.directions.pkl").touch()
    assert default_directions_path(network) == tmp_path / "faces.v2.directions.pkl"
    (tmp_path / "faces.v2.directions.safetensors").touch()
    assert default_directions_path(network) == tmp_path / "faces.v2.directions.safetensors"


def test_a_networks_file_is_no_directions_file(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("neutral->happy")
    with pytest.raises(UnreadableFile, match="neither safetensors nor a pickle"):
        read_directions(path, NUM_WS, W_DIM)
