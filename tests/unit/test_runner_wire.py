"""The messages between a runner and its engines' processes."""

import ast
import mmap
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from stylegan2.engine.wire import Channel, PeerGone

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array

ENGINE = Path(__file__).parents[2] / "stylegan2" / "engine"

sent_arrays = st.sampled_from(["|u1", "<i8", "<f4", "<f8"]).flatmap(
    lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=0, min_side=0, max_dims=4, max_side=5))
)


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    one, other = socket.socketpair()
    with mmap.mmap(-1, 4096) as memory:
        channels = Channel(one, memory), Channel(other, memory)
        yield channels
        for channel in channels:
            channel.close()


def over(ends: tuple[Channel, Channel], message: dict[str, object], arrays: "dict[str, Array]") -> "dict[str, Array]":
    """Sent in a thread: an array may be larger than the socket's buffer."""
    sender = threading.Thread(target=ends[0].send, args=(message, arrays))
    sender.start()
    received, results = ends[1].receive(time.monotonic() + 20)
    sender.join()
    assert received == message
    return results


@settings(deadline=None)  # a thread each, on a machine that may be busy
@given(arrays=st.dictionaries(st.text(), sent_arrays, max_size=3))
def test_arrays_arrive_as_they_were_sent(arrays: "dict[str, Array]") -> None:
    one, other = socket.socketpair()
    with one, other, mmap.mmap(-1, 64) as memory:  # so small that some uint8 arrays fit and others do not
        results = over((Channel(one, memory), Channel(other, memory)), {"command": "\u00e9cho"}, arrays)
    assert list(results) == list(arrays)
    for name, array in arrays.items():
        assert results[name].dtype == array.dtype
        assert results[name].shape == array.shape
        assert results[name].tobytes() == array.tobytes()


def test_an_array_far_larger_than_the_sockets_buffer_arrives_whole(ends: tuple[Channel, Channel]) -> None:
    weights = np.arange(3_000_000, dtype=np.float32)
    assert np.array_equal(over(ends, {}, {"weights": weights})["weights"], weights)


def test_pictures_in_shared_memory_become_the_receivers_own(ends: tuple[Channel, Channel]) -> None:
    first = over(ends, {}, {"pictures": np.full((2, 4), 1, np.uint8)})["pictures"]
    over(ends, {}, {"pictures": np.full((2, 4), 2, np.uint8)})
    assert (first == 1).all()


def test_an_array_that_is_not_contiguous_arrives_in_its_own_order(ends: tuple[Channel, Channel]) -> None:
    turned = np.arange(6, dtype=np.float64).reshape(2, 3).T
    assert np.array_equal(over(ends, {}, {"turned": turned})["turned"], turned)


def test_an_array_of_objects_is_not_sent(ends: tuple[Channel, Channel]) -> None:
    with pytest.raises(TypeError, match="dtype object"):
        ends[0].send({}, {"objects": np.array([object()])})


def test_the_end_of_the_other_side_is_told_in_the_middle_of_a_message() -> None:
    one, other = socket.socketpair()
    other.sendall(struct.pack("!I", 100) + b'{"mess')
    other.close()
    with one, pytest.raises(PeerGone):
        Channel(one).receive()


def test_an_absurd_header_is_refused_before_memory_is_taken_for_it() -> None:
    one, other = socket.socketpair()
    with one, other:
        other.sendall(struct.pack("!I", 2**32 - 1))
        with pytest.raises(ValueError, match="a header of 4294967295 bytes"):
            Channel(one).receive()


def test_waiting_ends_at_the_deadline(ends: tuple[Channel, Channel]) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        ends[0].receive(started + 0.05)
    assert time.monotonic() - started >= 0.05


@pytest.mark.parametrize("module", ["__init__.py", "wire.py", "child.py"])
def test_an_interpreter_of_python_3_7_can_read_what_runs_in_it(module: str) -> None:
    tree = ast.parse((ENGINE / module).read_text(), feature_version=(3, 7))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert all(node.module is not None for node in imports)
    ours = {node.module for node in imports if str(node.module).startswith("stylegan2")}
    assert ours <= {"stylegan2.engine.wire"}
