"""Networks as safetensors: the canonical tensors, and one JSON document of the sizes in the header."""

import json
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from stylegan2.checkpoint.arguments import Arguments, record
from stylegan2.checkpoint.canonical import RawNetwork, RawTensor, to_network
from stylegan2.checkpoint.files import write_file
from stylegan2.checkpoint.kernels import resample_taps
from stylegan2.checkpoint.validation import check_network
from stylegan2.errors import UnreadableFile, UnsupportedNetwork
from stylegan2.network import LabelInput, MappingSpec, Network, SynthesisKind, SynthesisSpec

NETWORK_KEY = "stylegan2.network"
FORMAT_VERSION = 1
MAX_HEADER_BYTES = 4 * 2**20
LENGTH_BYTES = 8


def write_network(network: Network, path: Path, *, half: bool = False) -> None:
    """Write safetensors, all or nothing. ``half``: weights and noise in float16, at half the size; biases, w_avg and
    noise strengths stay float32. Raises UnreadableFile where the network is not whole, or too large for float16."""
    check_network(network)
    tensors = {name: _stored(name, array, half) for name, array in sorted(network.tensors.items())}
    write_file(path, pack(tensors, NETWORK_KEY, _description(network)))


def parse_network(content: bytes, sha256: str) -> Network:
    """The network of a safetensors file's bytes."""
    tensors, document = unpack(content, NETWORK_KEY)
    raw = RawNetwork(
        _mapping_spec(Arguments(record(document.get("mapping"), "the header's mapping"))),
        _synthesis_spec(Arguments(record(document.get("synthesis"), "the header's synthesis"))),
        {name: RawTensor(array) for name, array in tensors.items()},
        "safetensors",
    )
    return to_network(raw, len(content), sha256)


def is_safetensors(content: bytes) -> bool:
    length = int.from_bytes(content[:LENGTH_BYTES], "little")
    return content[LENGTH_BYTES : LENGTH_BYTES + 1] == b"{" and LENGTH_BYTES + length <= len(content)


def pack(tensors: dict[str, "np.ndarray[Any, np.dtype[Any]]"], key: str, document: dict[str, Any]) -> bytes:
    """Bytes of a safetensors file. One metadata entry only: several would be written in any order."""
    text = json.dumps({"version": FORMAT_VERSION, **document}, sort_keys=True, allow_nan=False)
    return bytes(safetensors.numpy.save(tensors, metadata={key: text}))


def unpack(content: bytes, key: str) -> tuple[dict[str, "np.ndarray[Any, np.dtype[Any]]"], dict[Any, Any]]:
    """Tensors and the JSON document under ``key`` of a safetensors file. Raises UnreadableFile."""
    header_bytes = int.from_bytes(content[:LENGTH_BYTES], "little")
    if header_bytes > MAX_HEADER_BYTES:
        raise UnreadableFile(f"the safetensors header has {header_bytes} bytes, more than {MAX_HEADER_BYTES}")
    try:
        tensors = safetensors.numpy.load(content)
        header = json.loads(content[LENGTH_BYTES : LENGTH_BYTES + header_bytes])
        document = json.loads(header.get("__metadata__", {}).get(key, "null"))
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableFile(f"damaged safetensors: {str(error)[:200]}") from error
    if type(document) is not dict:
        raise UnreadableFile(f"safetensors of another kind: the header has no {key!r}")
    if document.get("version") != FORMAT_VERSION:
        raise UnsupportedNetwork(f"version {str(document.get('version'))[:20]} of {key!r} is not known")
    return tensors, document


def _stored(name: str, array: "np.ndarray[Any, np.dtype[Any]]", half: bool) -> "np.ndarray[Any, np.dtype[Any]]":
    if not half or array.ndim < 2:
        return np.ascontiguousarray(array).reshape(array.shape)
    with np.errstate(over="ignore"):
        smaller = np.ascontiguousarray(array, dtype=np.float16)
    if not np.isfinite(smaller).all():
        raise UnreadableFile(f"tensor {name} holds values too large for half precision; write it in full")
    return smaller


def _description(network: Network) -> dict[str, Any]:
    return {
        "mapping": {name: _plain(value) for name, value in asdict(network.mapping).items()},
        "synthesis": {name: _plain(value) for name, value in asdict(network.synthesis).items()},
        "source": {"format": network.source_format, "sha256": network.sha256},
    }


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _mapping_spec(arguments: Arguments) -> MappingSpec:
    label_input = arguments.text("label_input", LabelInput.NONE.value)
    if label_input not in {choice.value for choice in LabelInput}:
        raise UnsupportedNetwork(f"label input {label_input!r} is not known")
    return MappingSpec(
        z_dim=arguments.size("z_dim", 0, at_least=1),
        w_dim=arguments.size("w_dim", 0, at_least=1),
        layers=arguments.size("layers", 0),
        label_dim=arguments.size("label_dim", 0),
        label_input=LabelInput(label_input),
        lr_multiplier=float(arguments.number("lr_multiplier", 0.01)),
        activation=arguments.text("activation", "lrelu"),
        normalize_z=arguments.flag("normalize_z", True),
    )


def _synthesis_spec(arguments: Arguments) -> SynthesisSpec:
    kind = arguments.text("kind", SynthesisKind.SKIP.value)
    if kind not in {choice.value for choice in SynthesisKind}:
        raise UnsupportedNetwork(f"synthesis kind {kind!r} is not known")
    return SynthesisSpec(
        resolution=arguments.size("resolution", 0, at_least=4),
        w_dim=arguments.size("w_dim", 0, at_least=1),
        image_channels=arguments.size("image_channels", 3, at_least=1),
        kind=SynthesisKind(kind),
        activation=arguments.text("activation", "lrelu"),
        resample_kernel=resample_taps(arguments.values.get("resample_kernel")),
        conv_clamp=arguments.optional_number("conv_clamp"),
    )
