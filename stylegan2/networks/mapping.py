"""The mapping network z -> w (arXiv:1812.04948, section 2)."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from stylegan2.errors import InvalidFace
from stylegan2.network import LabelInput, MappingSpec
from stylegan2.networks.activations import activation
from stylegan2.networks.layers import Dense, normalize, tensor_of


@dataclass(frozen=True, slots=True, eq=False)
class MappingNetwork:
    """Fully connected layers, after z and the class label are put together."""

    spec: MappingSpec
    label: Dense | None
    layers: tuple[Dense, ...]

    @classmethod
    def from_tensors(cls, spec: MappingSpec, tensors: Mapping[str, Tensor]) -> "MappingNetwork":
        """`tensors` are under their canonical names; raises `UnsupportedNetwork` where one is missing."""
        act = activation(spec.activation)
        layers = (
            Dense.from_tensors(tensors, f"mapping.{index}", lr_multiplier=spec.lr_multiplier, act=act)
            for index in range(spec.layers)
        )
        return cls(spec, _label_layer(spec, tensors), tuple(layers))

    def __call__(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z [N, z_dim], labels [N, label_dim] (conditional networks only, and they need them) -> w [N, w_dim]."""
        x = self._inputs(z, self._embedding(labels))
        for layer in self.layers:
            x = layer(x)
        return x

    def _embedding(self, labels: Tensor | None) -> Tensor | None:
        if (self.label is None) != (labels is None):
            needed = "needs labels" if labels is None else "takes no labels"
            raise InvalidFace(f"this network {needed}")
        return None if self.label is None or labels is None else self.label(labels)

    def _inputs(self, z: Tensor, embedding: Tensor | None) -> Tensor:
        if self.spec.label_input is LabelInput.EMBED and embedding is not None:
            z = normalize(z) if self.spec.normalize_z else z
            return torch.cat([z, normalize(embedding)], 1)  # [N, z_dim + embed_dim]
        x = z if embedding is None else torch.cat([z, embedding], 1)
        return normalize(x) if self.spec.normalize_z else x


def _label_layer(spec: MappingSpec, tensors: Mapping[str, Tensor]) -> Dense | None:
    if spec.label_input is LabelInput.EMBED:
        return Dense.from_tensors(tensors, "mapping.label")
    if spec.label_input is LabelInput.CONCAT:
        return Dense(tensor_of(tensors, "mapping.label.weight"), None)  # used as it is, without a coefficient
    return None
