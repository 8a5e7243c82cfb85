"""Which networks the benchmarks run: the one that the settings name first, and config f of any size at random."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from infrastructure.settings import read_settings
from stylegan2.network import MappingSpec, Network, SynthesisSpec

W_DIM = 512
MAPPING = MappingSpec(z_dim=W_DIM, w_dim=W_DIM, layers=8)


def default_network() -> tuple[str, Path]:
    name, path = read_settings().networks[0]
    return name, path.resolve()


def channels(resolution: int) -> int:
    """Of config f (arXiv:1912.04958): 512 up to 64 px, then half at each doubling."""
    return min(512, 32768 // resolution)


def config_f(resolution: int = 1024) -> Network:
    """A network of NVIDIA's largest shape with random weights, small enough that pictures are no single colour."""
    spec, random = SynthesisSpec(resolution, W_DIM), np.random.RandomState(0)
    tensors = {
        name: np.asarray(random.standard_normal(shape) * scale + offset, np.float32)
        for name, shape, scale, offset in _tensors(spec)
    }
    return Network(MAPPING, spec, tensors, "random", "0" * 64)


def _tensors(spec: SynthesisSpec) -> Iterator[tuple[str, tuple[int, ...], float, float]]:
    """Name, shape, standard deviation, mean."""
    yield "mapping.w_avg", (W_DIM,), 0.0, 0.0
    for layer in range(MAPPING.layers):
        yield f"mapping.{layer}.weight", (W_DIM, W_DIM), 1 / MAPPING.lr_multiplier, 0.0
        yield f"mapping.{layer}.bias", (W_DIM,), 0.0, 0.0
    yield "synthesis.const", (channels(4), 4, 4), 1.0, 0.0
    for size in spec.block_resolutions:
        inputs, outputs = channels(max(size // 2, 4)), channels(size)
        convolutions = {"conv0": inputs, "conv1": outputs} if size > 4 else {"conv1": outputs}
        for name, count in convolutions.items():
            yield from _styled(f"synthesis.{size}.{name}", (outputs, count, 3, 3), 1.0)
            yield f"synthesis.{size}.{name}.noise_const", (size, size), 1.0, 0.0
            yield f"synthesis.{size}.{name}.noise_strength", (), 0.0, 0.1
        yield from _styled(f"synthesis.{size}.torgb", (spec.image_channels, outputs, 1, 1), 0.3)


def _styled(name: str, kernel: tuple[int, ...], scale: float) -> Iterator[tuple[str, tuple[int, ...], float, float]]:
    yield f"{name}.weight", kernel, scale, 0.0
    yield f"{name}.bias", kernel[:1], 0.1, 0.0
    yield f"{name}.style.weight", (kernel[1], W_DIM), 0.3, 0.0
    yield f"{name}.style.bias", kernel[1:2], 0.0, 1.0
