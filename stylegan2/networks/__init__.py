"""The two networks of StyleGAN2 in PyTorch, written to be read as their definition.

`Generator` runs a network that was read from a file. Beneath it are plain functions of tensors, differentiable
throughout, so that training can use the same definition: `MappingNetwork.from_tensors` and
`SynthesisNetwork.from_tensors` take the canonical tensors as they are, parameters included.
"""

from stylegan2.networks.generator import Generator, to_uint8
from stylegan2.networks.mapping import MappingNetwork
from stylegan2.networks.noise import ItemNoise
from stylegan2.networks.synthesis import SynthesisNetwork

__all__ = ["Generator", "ItemNoise", "MappingNetwork", "SynthesisNetwork", "to_uint8"]
