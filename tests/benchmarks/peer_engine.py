"""stylegan2-ada-pytorch as one of our engines, for comparison: its code is imported from a folder that the person who
measures has fetched, and gets our network's weights. Nothing of it is part of this repository.
"""

import argparse
import sys
import types
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylegan2.checkpoint import read_network
from stylegan2.engine import child
from stylegan2.engine.torch_engine import TorchEngine
from stylegan2.network import Network, SynthesisKind

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array, Message

FLOAT16_RESOLUTIONS, CLAMP = 4, 256
"""What its authors set for their fastest configuration on a GPU."""


class PeerEngine(TorchEngine):
    """Float32 on a CPU, its own mixture of float16 and float32 on CUDA."""

    def __init__(self, folder: Path, device: str, threads: int | None) -> None:
        super().__init__(device, threads)
        sys.path.insert(0, str(folder))
        sys.modules.setdefault("requests", types.ModuleType("requests"))  # it would fetch files by it
        self._peer = import_module("training.networks").Generator
        self._peers: dict[str, Any] = {}

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "engine": "stylegan2-ada-pytorch"}

    def load(self, network: str, message: "Message", tensors: "dict[str, Array]") -> str:
        read = read_network(Path(message["path"]))
        self._peers[network] = self._made(read).to(self._device)
        return read.sha256

    def map(self, network: str, z: "Array", labels: "Array | None") -> "Array":
        with torch.inference_mode():
            ws = self._peers[network].mapping(torch.tensor(z, device=self._device), labels)
            w: Array = ws[:, 0].cpu().numpy()
            return w

    def synthesize(self, network: str, ws: "Array", noises: "Sequence[Message]") -> "Array":
        with torch.inference_mode():
            image = self._peers[network].synthesis(torch.tensor(ws, device=self._device), noise_mode="const")
            pictures = (image.permute(0, 2, 3, 1) * 127.5 + 128).clamp(0, 255).to(torch.uint8)
            array: Array = pictures.cpu().numpy()
            return array

    def _made(self, network: Network) -> Any:
        if network.synthesis.kind is not SynthesisKind.SKIP or network.mapping.label_dim:
            raise ValueError("the comparison is made for unconditional skip networks")
        spec = network.synthesis
        fast = {"num_fp16_res": FLOAT16_RESOLUTIONS, "conv_clamp": CLAMP} if self._device.type == "cuda" else {}
        sizes = {"channel_base": 32768, "channel_max": 512, **fast}
        made = self._peer(network.mapping.z_dim, 0, spec.w_dim, spec.resolution, 3, {}, sizes)
        state = made.state_dict()
        for name, values in _under_its_names(network).items():
            state[name].copy_(torch.tensor(values))
        return made.eval().requires_grad_(False)


def _under_its_names(network: Network) -> dict[str, Any]:
    renamed = {}
    for name, values in network.tensors.items():
        part, layer, leaf = name.partition(".")[0], *name.partition(".")[2].rpartition(".")[::2]
        if part == "mapping":
            renamed[f"mapping.fc{layer}.{leaf}" if layer else f"mapping.{leaf}"] = values
        elif leaf == "const":
            renamed["synthesis.b4.const"] = values
        else:
            flipped = layer.endswith("conv0") and leaf == "weight"
            own = f"synthesis.b{layer}.{leaf}".replace(".style.", ".affine.")
            renamed[own] = np.ascontiguousarray(values[:, :, ::-1, ::-1]) if flipped else values
    return renamed


def make(options: argparse.Namespace) -> PeerEngine:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", type=Path, required=True)
    return PeerEngine(parser.parse_args(options.rest).peer, options.device, options.threads)


if __name__ == "__main__":
    child.run(make)
