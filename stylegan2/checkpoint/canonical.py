"""From a format's arrays to a `Network`: float32, contiguous, no larger than the file can hold, checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stylegan2.checkpoint.validation import check_network
from stylegan2.errors import UnreadableFile
from stylegan2.network import MappingSpec, Network, SynthesisSpec

if TYPE_CHECKING:
    from stylegan2.network import Array


@dataclass(frozen=True, slots=True)
class RawTensor:
    """A view of the file's bytes, laid out as the canonical tensor, and what is to be added to its values."""

    array: "Array"
    plus: float = 0.0


@dataclass(frozen=True, slots=True)
class RawNetwork:
    """What a format's reader found, before anything is copied."""

    mapping: MappingSpec
    synthesis: SynthesisSpec
    tensors: Mapping[str, RawTensor]
    source_format: str


def no_noise(layer: str, resolution: int) -> Iterator[tuple[str, RawTensor]]:
    """What stands for the noise of a layer that was built without: zero, at strength zero."""
    yield f"{layer}.noise_const", RawTensor(np.broadcast_to(np.float32(0), (resolution, resolution)))
    yield f"{layer}.noise_strength", RawTensor(np.zeros((), np.float32))


def to_network(raw: RawNetwork, file_bytes: int, sha256: str) -> Network:
    """Copy the tensors to float32 and check them all. Raises UnreadableFile and UnsupportedNetwork."""
    _check_total(raw, file_bytes)
    tensors = {name: _float32(name, tensor) for name, tensor in raw.tensors.items()}
    network = Network(raw.mapping, raw.synthesis, tensors, raw.source_format, sha256)
    check_network(network)
    return network


def _check_total(raw: RawNetwork, file_bytes: int) -> None:
    """Tensors that share bytes (nothing that is trained does) could fill memory from a small file."""
    total = sum(tensor.array.nbytes for name, tensor in raw.tensors.items() if not name.endswith(".noise_const"))
    if total > file_bytes:
        raise UnreadableFile(f"the network claims {total} bytes of weights from a file of {file_bytes}")


def _float32(name: str, tensor: RawTensor) -> "Array":
    if tensor.array.dtype.kind != "f":
        raise UnreadableFile(f"tensor {name} holds {tensor.array.dtype}, not floating-point numbers")
    with np.errstate(over="ignore", invalid="ignore"):
        array = np.array(tensor.array, dtype=np.float32, order="C", copy=True)
    if tensor.plus:
        array += np.float32(tensor.plus)
    array.setflags(write=False)
    return array
