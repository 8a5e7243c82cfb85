"""What a network file holds once it is read: an architecture and plain arrays under canonical names.

Every reader produces this form and every engine consumes it, so that file formats and arithmetic never meet.

Canonical tensor names (float32 arrays; ``R`` is a resolution 4, 8, ... and brackets are shapes):

- ``mapping.w_avg`` [w_dim]
- ``mapping.label.weight`` [embed_dim, label_dim], ``mapping.label.bias`` [embed_dim] (only with `LabelInput.EMBED`)
- ``mapping.I.weight`` [out, in], ``mapping.I.bias`` [out], I = 0 .. layers-1
- ``synthesis.const`` [channels, 4, 4]
- ``synthesis.R.conv0`` (up-sampling, not at R = 4), ``synthesis.R.conv1``: each with ``.weight`` [out, in, kh, kw],
  ``.bias`` [out], ``.style.weight`` [in, w_dim], ``.style.bias`` [in], ``.noise_const`` [R, R], ``.noise_strength`` []
- ``synthesis.R.torgb``: ``.weight`` [image_channels, in, 1, 1], ``.bias``, ``.style.weight``, ``.style.bias``
  (skip: every R; resnet, orig and revised: the last R only)
- ``synthesis.R.skip.weight`` [out, in, 1, 1] (resnet only, R > 4)

Values are those of a training run with equalised learning rates (arXiv:1710.10196): the run-time coefficient is
1 / sqrt(fan_in), times ``mapping.lr_multiplier`` for the weights and biases of the mapping's layers 0, 1, ... alike.
``mapping.label.weight`` is apart: no coefficient at all with `LabelInput.CONCAT`; 1 / sqrt(label_dim), and no
multiplier on weight or bias, with `LabelInput.EMBED`. A mapping of 0 layers is allowed where its input is w_dim long.

Weights are kernels of a correlation (torch's convolution) on [N, C, H, W]; those of ``conv0`` and ``skip`` act after
zero-insertion, before or fused with the FIR filter (a transposed convolution takes them flipped on both axes).
Style biases include the 1 that makes styles start at identity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


class LabelInput(Enum):
    """How a class label enters the mapping network."""

    NONE = "none"
    CONCAT = "concat"
    """z and label @ weight are concatenated, then normalised together (StyleGAN2, TensorFlow)."""
    EMBED = "embed"
    """The label passes a fully connected layer; z and the embedding are normalised apart (stylegan2-ada)."""


class SynthesisKind(Enum):
    """How a synthesis network turns features into an image (arXiv:1912.04958, figure 7; section 3 for REVISED)."""

    SKIP = "skip"
    RESNET = "resnet"
    ORIG = "orig"
    REVISED = "revised"
    """`stylegan_revised` of configs a to d: one ToRGB at the end, of the progressive-growing list of them."""


@dataclass(frozen=True, slots=True)
class MappingSpec:
    """The mapping network z -> w: sizes and constants that the arrays do not tell."""

    z_dim: int
    w_dim: int
    layers: int
    label_dim: int = 0
    label_input: LabelInput = LabelInput.NONE
    lr_multiplier: float = 0.01
    activation: str = "lrelu"
    normalize_z: bool = True


@dataclass(frozen=True, slots=True)
class SynthesisSpec:
    """The synthesis network ws -> image: sizes and constants that the arrays do not tell."""

    resolution: int
    w_dim: int
    image_channels: int = 3
    kind: SynthesisKind = SynthesisKind.SKIP
    activation: str = "lrelu"
    resample_kernel: tuple[float, ...] = (1.0, 3.0, 3.0, 1.0)
    """FIR taps, one axis, before normalisation; the filter is their outer product."""
    conv_clamp: float | None = None
    """Layers' outputs are clamped to +-conv_clamp (stylegan2-ada); None: not at all."""

    @property
    def num_ws(self) -> int:
        """How many w's the network takes: 2 * log2(resolution) - 2."""
        return 2 * (self.resolution.bit_length() - 1) - 2

    @property
    def block_resolutions(self) -> tuple[int, ...]:
        return tuple(2**power for power in range(2, self.resolution.bit_length()))


@dataclass(frozen=True, slots=True)
class Network:
    """One generator, read from a file. ``tensors`` are under the canonical names of this module's docstring."""

    mapping: MappingSpec
    synthesis: SynthesisSpec
    tensors: Mapping[str, "Array"] = field(repr=False)
    source_format: str
    """"tensorflow", "torch" or "safetensors"."""
    sha256: str
    """Of the file's bytes, hexadecimal."""

    @property
    def parameter_count(self) -> int:
        return sum(int(array.size) for array in self.tensors.values())

    @property
    def w_avg(self) -> "Array":
        return self.tensors["mapping.w_avg"]


@dataclass(frozen=True, slots=True)
class NetworkDescription:
    """What callers need to know of a network without holding its weights."""

    name: str
    path: str
    sha256: str
    z_dim: int
    w_dim: int
    num_ws: int
    resolution: int
    image_channels: int
    label_dim: int
    w_avg: "Array" = field(repr=False)
    """[w_dim] float32."""
