"""The one place where a network's arrays are checked against its sizes, whatever file they came from."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from stylegan2.errors import UnreadableFile, UnsupportedNetwork
from stylegan2.network import LabelInput, MappingSpec, Network, SynthesisKind, SynthesisSpec

if TYPE_CHECKING:
    from stylegan2.network import Array

ACTIVATIONS = frozenset({"linear", "relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "softplus", "swish"})
MAX_RESOLUTION = 4096
MAX_KERNEL_TAPS = 32
KERNEL_SIZE = 3

Shapes = Mapping[str, tuple[int, ...]]


def check_network(network: Network) -> None:
    """Raise UnsupportedNetwork for sizes that no StyleGAN2 has, UnreadableFile for the first tensor that is missing,
    of another shape, not float32 or not finite."""
    check_specs(network.mapping, network.synthesis)
    shapes = {name: array.shape for name, array in network.tensors.items()}
    for name, expected in expected_shapes(network.mapping, network.synthesis, shapes):
        _check_tensor(name, network.tensors.get(name), expected)
    unknown = set(shapes) - {name for name, _ in expected_shapes(network.mapping, network.synthesis, shapes)}
    if unknown:
        raise UnreadableFile(f"tensor {min(unknown)} has no place in this network")


def check_specs(mapping: MappingSpec, synthesis: SynthesisSpec) -> None:
    """Raise UnsupportedNetwork unless every number is in range and every choice is known."""
    resolution = synthesis.resolution
    if not (4 <= resolution <= MAX_RESOLUTION and resolution & (resolution - 1) == 0):
        raise UnsupportedNetwork(f"resolution {resolution} is not a power of two from 4 to {MAX_RESOLUTION}")
    if mapping.w_dim != synthesis.w_dim:
        raise UnsupportedNetwork(f"mapping makes {mapping.w_dim} values of w, synthesis takes {synthesis.w_dim}")
    if (mapping.label_dim > 0) != (mapping.label_input is not LabelInput.NONE):
        raise UnsupportedNetwork(f"label size {mapping.label_dim} does not fit labels {mapping.label_input.value}")
    for activation in (mapping.activation, synthesis.activation):
        if activation not in ACTIVATIONS:
            raise UnsupportedNetwork(f"non-linearity {activation!r} is not one of {', '.join(sorted(ACTIVATIONS))}")
    if not np.isfinite(mapping.lr_multiplier):
        raise UnsupportedNetwork(f"the mapping's learning-rate multiplier is {mapping.lr_multiplier}")
    if synthesis.conv_clamp is not None and not 0 < synthesis.conv_clamp < np.inf:
        raise UnsupportedNetwork(f"conv_clamp {synthesis.conv_clamp} is not a positive number")
    _check_kernel(synthesis.resample_kernel)


def _check_kernel(taps: tuple[float, ...]) -> None:
    usable = 1 <= len(taps) <= MAX_KERNEL_TAPS and bool(np.isfinite(taps).all()) and abs(sum(taps)) > 0
    if not usable:
        raise UnsupportedNetwork(
            f"the resampling kernel {taps[:MAX_KERNEL_TAPS]} is empty, too long or sums to nothing"
        )


def expected_shapes(
    mapping: MappingSpec, synthesis: SynthesisSpec, present: Shapes
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every canonical name and shape. Numbers of channels and hidden features, which no specification holds, are
    those of ``present``; each must then fit its neighbours."""
    yield from _mapping_shapes(mapping, present)
    yield from _synthesis_shapes(synthesis, present)


def _mapping_shapes(mapping: MappingSpec, present: Shapes) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "mapping.w_avg", (mapping.w_dim,)
    features = mapping.z_dim
    if mapping.label_input is not LabelInput.NONE:
        embedded = _first(present, "mapping.label.weight")
        yield "mapping.label.weight", (embedded, mapping.label_dim)
        if mapping.label_input is LabelInput.EMBED:
            yield "mapping.label.bias", (embedded,)
        features += embedded
    for layer in range(mapping.layers):
        outputs = mapping.w_dim if layer == mapping.layers - 1 else _first(present, f"mapping.{layer}.weight")
        yield f"mapping.{layer}.weight", (outputs, features)
        yield f"mapping.{layer}.bias", (outputs,)
        features = outputs
    if features != mapping.w_dim:
        raise UnsupportedNetwork(f"a mapping without layers cannot make {mapping.w_dim} values of {features}")


def _synthesis_shapes(synthesis: SynthesisSpec, present: Shapes) -> Iterator[tuple[str, tuple[int, ...]]]:
    channels = _first(present, "synthesis.const")
    yield "synthesis.const", (channels, 4, 4)
    for resolution in synthesis.block_resolutions:
        block = f"synthesis.{resolution}"
        inputs = channels
        if resolution > 4:
            outputs = _first(present, f"{block}.conv0.weight")
            yield from _layer_shapes(f"{block}.conv0", (outputs, channels), resolution, synthesis.w_dim)
            channels = outputs
        outputs = _first(present, f"{block}.conv1.weight")
        yield from _layer_shapes(f"{block}.conv1", (outputs, channels), resolution, synthesis.w_dim)
        channels = outputs
        if synthesis.kind is SynthesisKind.RESNET and resolution > 4:
            yield f"{block}.skip.weight", (channels, inputs, 1, 1)
        if synthesis.kind is SynthesisKind.SKIP or resolution == synthesis.resolution:
            yield from _modulated_shapes(f"{block}.torgb", (synthesis.image_channels, channels), 1, synthesis.w_dim)


def _layer_shapes(
    name: str, channels: tuple[int, int], resolution: int, w_dim: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _modulated_shapes(name, channels, KERNEL_SIZE, w_dim)
    yield f"{name}.noise_const", (resolution, resolution)
    yield f"{name}.noise_strength", ()


def _modulated_shapes(
    name: str, channels: tuple[int, int], kernel: int, w_dim: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    outputs, inputs = channels
    yield f"{name}.weight", (outputs, inputs, kernel, kernel)
    yield f"{name}.bias", (outputs,)
    yield f"{name}.style.weight", (inputs, w_dim)
    yield f"{name}.style.bias", (inputs,)


def _first(present: Shapes, name: str) -> int:
    shape = present.get(name, ())
    if not shape or shape[0] < 1:
        raise UnreadableFile(f"tensor {name} is missing or empty")
    return shape[0]


def _check_tensor(name: str, array: "Array | None", expected: tuple[int, ...]) -> None:
    if array is None:
        raise UnreadableFile(f"tensor {name} is missing")
    if array.shape != expected:
        raise UnreadableFile(f"tensor {name} has shape {array.shape}; this network needs {expected}")
    if array.dtype != np.float32:
        raise UnreadableFile(f"tensor {name} holds {array.dtype}, not float32")
    if not np.isfinite(array).all():
        raise UnreadableFile(f"tensor {name} holds values that are not finite")
