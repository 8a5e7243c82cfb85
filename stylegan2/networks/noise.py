"""Noise inputs of a batch in which every picture may choose its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stylegan2.face import NoiseMode

ItemNoise = NoiseMode | Sequence[np.ndarray[Any, np.dtype[Any]]]
"""CONST, NONE, or a picture's own noise inputs: one [1, 1, R, R] per layer (`latents.noise_stream`)."""


def noise_inputs(
    constants: Sequence[Tensor], noise: NoiseMode | Sequence[ItemNoise], count: int
) -> list[Tensor | None]:
    """One tensor [count or 1, 1, R, R] per layer, or None where there is no noise at all.

    `constants` are the layers' own, [R, R] each. Raises ValueError where `noise` does not fit `count` or the layers.
    """
    items = [noise] * count if isinstance(noise, NoiseMode) else list(noise)
    if len(items) != count:
        raise ValueError(f"{len(items)} noise inputs are given for {count} pictures")
    if all(item is NoiseMode.NONE for item in items):
        return [None] * len(constants)
    if all(item is NoiseMode.CONST for item in items):
        return [constant[None, None] for constant in constants]
    return [torch.stack([_layer_noise(item, layer, constants) for item in items]) for layer in range(len(constants))]


def _layer_noise(item: ItemNoise, layer: int, constants: Sequence[Tensor]) -> Tensor:
    """[1, R, R] for one picture and one layer."""
    constant = constants[layer]
    if item is NoiseMode.CONST:
        return constant[None]
    if item is NoiseMode.NONE:
        return torch.zeros_like(constant)[None]
    if isinstance(item, NoiseMode):
        raise ValueError(f"noise mode {item.value} needs its noise inputs drawn first (latents.noise_stream)")
    if len(item) != len(constants) or item[layer].shape != (1, 1, *constant.shape):
        expected = [int(each.shape[0]) for each in constants]
        raise ValueError(f"noise inputs have to be one [1, 1, R, R] for each R of {expected}")
    return torch.tensor(item[layer], dtype=constant.dtype, device=constant.device)[0]
