"""A network that was read from a file, ready to run on one device."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stylegan2.face import NoiseMode
from stylegan2.network import Network
from stylegan2.networks.layers import tensor_of
from stylegan2.networks.mapping import MappingNetwork
from stylegan2.networks.noise import ItemNoise, noise_inputs
from stylegan2.networks.synthesis import SynthesisNetwork

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Generator:
    """Both networks and the constant noise inputs, for inference."""

    mapping: MappingNetwork
    synthesis: SynthesisNetwork
    noise_constants: tuple[Tensor, ...]  # [R, R] each, in the order of the layers

    @classmethod
    def from_network(
        cls, network: Network, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ) -> "Generator":
        """Copy a network's arrays to a device; raises `UnsupportedNetwork` where they do not make a StyleGAN2."""
        with torch.inference_mode():
            tensors = {name: _to_device(array, device, dtype) for name, array in network.tensors.items()}
            mapping = MappingNetwork.from_tensors(network.mapping, tensors)
            synthesis = SynthesisNetwork.from_tensors(network.synthesis, tensors)
            names = _noise_names(network.synthesis.block_resolutions)
            return cls(mapping, synthesis, tuple(tensor_of(tensors, name) for name in names))

    def map(self, z: Array | Tensor, labels: Array | Tensor | None = None) -> Tensor:
        """z [N, z_dim], labels [N, label_dim] (one-hot; conditional networks only) -> w [N, w_dim], not truncated."""
        with torch.inference_mode():
            return self.mapping(self._tensor(z), None if labels is None else self._tensor(labels))

    def synthesize(self, ws: Array | Tensor, noise: NoiseMode | Sequence[ItemNoise] = NoiseMode.CONST) -> Tensor:
        """ws [N, num_ws, w_dim] -> [N, image_channels, R, R], about -1 to 1; noise for all, or one for each picture."""
        with torch.inference_mode():
            inputs = noise_inputs(self.noise_constants, noise, len(ws))
            return self.synthesis(self._tensor(ws), inputs)

    def _tensor(self, values: Array | Tensor) -> Tensor:
        if isinstance(values, np.ndarray):
            values = torch.tensor(values)
        return values.to(self.synthesis.const)


def to_uint8(image: Tensor) -> Tensor:
    """[N, C, H, W] about -1 to 1 -> uint8 [N, H, W, C]: x * 127.5 + 128, clamped to 0..255, truncated."""
    with torch.inference_mode():
        return (image.permute(0, 2, 3, 1) * 127.5 + 128).clamp(0, 255).to(torch.uint8)


def _to_device(array: Array, device: torch.device | str, dtype: torch.dtype) -> Tensor:
    """Kernels are laid out channels last on a CPU, where its convolutions are measurably faster for it."""
    tensor = torch.tensor(array, dtype=dtype, device=device)
    if tensor.ndim == 4 and tensor.device.type == "cpu":
        return tensor.contiguous(memory_format=torch.channels_last)
    return tensor


def _noise_names(resolutions: Sequence[int]) -> list[str]:
    names = [f"synthesis.{size}.{conv}.noise_const" for size in resolutions for conv in ("conv0", "conv1")]
    return names[1:]  # 4x4 has no conv0
