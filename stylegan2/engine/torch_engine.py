"""StyleGAN2 in PyTorch, on a CPU or one CUDA device. Runs in a process of its own."""

import argparse
import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from stylegan2.checkpoint import read_network
from stylegan2.engine import child
from stylegan2.errors import UnsupportedNetwork
from stylegan2.face import NoiseMode
from stylegan2.latents import noise_resolutions, noise_stream
from stylegan2.networks import Generator, to_uint8

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array, Message
    from stylegan2.networks.noise import ItemNoise


class TorchEngine:
    """`stylegan2.engine.child.Engine` with PyTorch."""

    def __init__(self, device: str, threads: int | None = None) -> None:
        """`device`: "cpu", "cuda", "cuda:N", or "auto": the first CUDA device, else the CPU."""
        if threads is not None:
            torch.set_num_threads(threads)
        # Float32 all the way: the same face has to come out of a GPU, of a CPU and of another engine.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.benchmark = False
        self._devices = _devices()
        self._device = torch.device(self._devices[0] if device == "auto" else device)
        torch.zeros(1, device=self._device)  # a device that is not there says so now
        self._generators: dict[str, tuple[Generator, int, int]] = {}

    def describe(self) -> dict[str, Any]:
        name, memory_bytes = "CPU", child.machine_memory_bytes()
        if self._device.type == "cuda":
            properties = torch.cuda.get_device_properties(self._device)
            name, memory_bytes = properties.name, properties.total_memory
        return {
            "engine": "torch",
            "version": torch.__version__,
            "device": str(self._device),
            "device_name": name,
            "memory_bytes": memory_bytes,
            "devices": self._devices,
        }

    def load(self, network: str, message: "Message", tensors: "dict[str, Array]") -> str:
        if tensors:
            raise UnsupportedNetwork("this engine reads files itself")
        read = read_network(Path(message["path"]))
        generator = Generator.from_network(read, self._device)
        self._generators[network] = generator, read.mapping.z_dim, read.synthesis.resolution
        return read.sha256

    def map(self, network: str, z: "Array", labels: "Array | None") -> "Array":
        generator, *_ = self._generators[network]
        return generator.map(z, labels).float().cpu().numpy()

    def synthesize(self, network: str, ws: "Array", noises: "Sequence[Message]") -> "Array":
        generator, z_dim, resolution = self._generators[network]
        drawn = [_drawn(noise, z_dim, resolution) for noise in noises]
        image = generator.synthesize(ws, drawn)
        if not torch.isfinite(image).all():  # uint8 would hide it
            raise ArithmeticError("not a picture: the network gives values that are not finite")
        return to_uint8(image).cpu().numpy()

    def failure_kind(self, error: Exception) -> str:
        """Out of memory by its type, a lost device by trying whether anything still works on it."""
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            return child.OUT_OF_MEMORY
        try:
            torch.zeros(1, device=self._device).add_(1).item()
        except RuntimeError:
            return child.DEVICE_LOST
        return child.ENGINE_ERROR

    def release(self) -> None:
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


def _devices() -> list[str]:
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return cuda or ["cpu"]


def _drawn(noise: "Message", z_dim: int, resolution: int) -> "ItemNoise":
    if noise["mode"] == "stream":
        return noise_stream(noise["seed"], z_dim, noise_resolutions(resolution))
    return NoiseMode(noise["mode"])


def make(options: argparse.Namespace) -> TorchEngine:
    return TorchEngine(options.device, options.threads)


if __name__ == "__main__":
    child.run(make)
