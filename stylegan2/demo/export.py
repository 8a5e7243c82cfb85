"""From what was trained to the product's network file, and back: every step is exact but the rounding to half
precision. A longer training can therefore start from the file that is shipped.
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stylegan2.demo.mapping import LR_MULTIPLIER, OFFSET, W_DIM, Z_DIM, Mapping, embedding
from stylegan2.demo.network import STYLE_STEP, Layer, Size, StyledConv, Synthesis
from stylegan2.network import MappingSpec, Network, SynthesisSpec

Array = np.ndarray[Any, np.dtype[Any]]
Tensors = dict[str, Tensor]


def exported(mapping: Mapping, synthesis: Synthesis) -> Network:
    """The network under the canonical names of `stylegan2.network`."""
    tensors: Tensors = {"mapping.w_avg": torch.full((W_DIM,), OFFSET), "synthesis.const": synthesis.const}
    for i, dense in enumerate(mapping.dense()):
        tensors |= {f"mapping.{i}.weight": dense.weight, f"mapping.{i}.bias": dense.bias}
    for name, layer in _named(synthesis):
        tensors |= _styled(name, layer)
        if isinstance(layer, Layer):
            tensors |= _convolution(name, layer)
    return Network(
        mapping=MappingSpec(Z_DIM, W_DIM, len(mapping.layers), lr_multiplier=LR_MULTIPLIER),
        synthesis=SynthesisSpec(synthesis.size.resolution, W_DIM),
        tensors={name: tensor.detach().cpu().float().contiguous().numpy() for name, tensor in tensors.items()},
        source_format="safetensors",
        sha256="",
    )


def imported(network: Network) -> tuple[Mapping, Synthesis]:
    """What `exported` made a file of, ready to be trained further. Raises KeyError for any other network."""
    values = {name: torch.tensor(array) for name, array in network.tensors.items()}
    mapping = Mapping(network.mapping.layers)
    resolutions = network.synthesis.block_resolutions
    channels = tuple(len(values[f"synthesis.{resolution}.conv1.bias"]) for resolution in resolutions)
    synthesis = Synthesis(Size(network.synthesis.resolution, channels))
    with torch.no_grad():
        synthesis.const.copy_(values["synthesis.const"])
        for i, dense in enumerate(mapping.dense()):
            dense.weight.copy_(values[f"mapping.{i}.weight"])
            dense.bias.copy_(values[f"mapping.{i}.bias"])
        for name, layer in _named(synthesis):
            _restore(name, layer, values)
    return mapping, synthesis


def w_of(semantics: Tensor) -> Tensor:
    """The w [N, 512] of scaled semantic vectors: exact, where the mapping network only comes close."""
    return OFFSET + semantics @ embedding()


def _named(synthesis: Synthesis) -> list[tuple[str, StyledConv]]:
    layers: list[tuple[str, StyledConv]] = []
    for i, layer in enumerate(synthesis.styled()):
        layers.append((f"synthesis.{4 * 2 ** ((i + 1) // 2)}.conv{0 if layer.up else 1}", layer))
    layers.extend((f"synthesis.{4 * 2**i}.torgb", painter) for i, painter in enumerate(synthesis.painted()))
    return layers


def _styled(name: str, layer: StyledConv) -> Tensors:
    """Styles become affine in w. The embedding's rows are orthogonal: its pseudo-inverse reads the semantics from w."""
    rows = embedding()
    read = rows / rows.square().sum(1, keepdim=True)  # semantics = (w - OFFSET) @ read.T
    acting = layer.style.detach().cpu() * STYLE_STEP @ read  # [in, w_dim]
    return {
        f"{name}.weight": layer.weight,
        f"{name}.bias": layer.bias,
        f"{name}.style.weight": acting * math.sqrt(W_DIM),
        f"{name}.style.bias": layer.style_bias.detach().cpu() - acting.sum(1) * OFFSET,
    }


def _convolution(name: str, layer: Layer) -> Tensors:
    tensors: Tensors = {f"{name}.noise_const": layer.noise, f"{name}.noise_strength": layer.noise_strength}
    if layer.up:  # our transposed convolution mirrors its kernel, a correlation after zero-insertion does not
        tensors[f"{name}.weight"] = layer.weight.flip(2, 3)
    return tensors


def _restore(name: str, layer: StyledConv, values: Tensors) -> None:
    acting = values[f"{name}.style.weight"] / math.sqrt(W_DIM)
    layer.style.copy_(acting @ embedding().t() / STYLE_STEP)
    layer.style_bias.copy_(values[f"{name}.style.bias"] + acting.sum(1) * OFFSET)
    weight = values[f"{name}.weight"]
    layer.weight.copy_(weight.flip(2, 3) if isinstance(layer, Layer) and layer.up else weight)
    layer.bias.copy_(values[f"{name}.bias"])
    if isinstance(layer, Layer):
        layer.noise.copy_(values[f"{name}.noise_const"])
        layer.noise_strength.copy_(values[f"{name}.noise_strength"])
