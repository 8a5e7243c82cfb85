"""Damaged files are refused by the library's own errors and nothing else, wherever the damage is."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stylegan2.checkpoint import check_network, read_network, write_network
from stylegan2.directions import Direction, read_directions, write_directions
from stylegan2.errors import StyleGanError
from tests.unit.network_files import (
    dump,
    network_object,
    random_network,
    static_kwargs,
    tensorflow_state,
    tensorflow_variables,
    torch_generator,
)

OPCODES = st.sampled_from([bytes([code]) for code in range(256)])
SMALL = random_network(resolution=8)


@contextmanager
def written(content: bytes) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield Path(file.name)


def _samples() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample"
        state = tensorflow_state(tensorflow_variables(SMALL), **static_kwargs(SMALL))
        samples = [dump(network_object(state), path, protocol).read_bytes() for protocol in (2, 4, 5)]
        samples += [dump({"G_ema": torch_generator(SMALL)}, path, protocol).read_bytes() for protocol in (3, 4)]
        write_network(SMALL, path)
        return [*samples, path.read_bytes()]


SAMPLES = _samples()


def refuse(content: bytes) -> None:
    with written(content) as path, pytest.raises(StyleGanError):
        read_network(path)


def read_or_refuse(content: bytes) -> None:
    with written(content) as path:
        try:
            check_network(read_network(path))
        except StyleGanError as error:
            assert str(error)  # noqa: PT017 - most damage is refused, some only changes a value


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_a_truncated_file_is_refused(sample: bytes, data: st.DataObject) -> None:
    refuse(sample[: data.draw(st.integers(0, len(sample) - 1))])


@pytest.mark.fault
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_a_flipped_byte_is_read_or_refused(sample: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(sample) - 1))] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(damaged))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SAMPLES), st.data(), st.binary(max_size=12))
def test_cut_out_and_put_in_bytes_are_read_or_refused(sample: bytes, data: st.DataObject, put_in: bytes) -> None:
    start = data.draw(st.integers(0, len(sample)))
    end = data.draw(st.integers(start, min(len(sample), start + 40)))
    read_or_refuse(sample[:start] + put_in + sample[end:])


@pytest.mark.fault
@settings(max_examples=300, deadline=None)
@given(st.lists(OPCODES | st.binary(max_size=4) | st.just(b"\x8c\x05numpy\x8c\x05dtype\x93"), max_size=60))
@example([b")", b"\x85", b"b"])
def test_any_opcodes_are_refused(opcodes: list[bytes]) -> None:
    refuse(b"\x80\x04" + b"".join(opcodes))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(content: bytes) -> None:
    refuse(content)


def _directions() -> list[bytes]:
    offset = SMALL.w_avg[None].repeat(4, axis=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample"
        write_directions([Direction("smile", "happy", 1.0, offset)], path)
        return [path.read_bytes(), dump({"neutral->happy": offset}, path).read_bytes()]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(_directions()), st.data())
def test_damaged_directions_are_read_or_refused(sample: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sample)
    damaged[data.draw(st.integers(0, len(sample) - 1))] = data.draw(st.integers(0, 255))
    with written(bytes(damaged)[: data.draw(st.integers(1, len(sample)))]) as path:
        try:
            read_directions(path, 4, 5)
        except StyleGanError as error:
            assert str(error)  # noqa: PT017
