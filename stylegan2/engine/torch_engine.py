"""StyleGAN2 in PyTorch, on a CPU or one CUDA device. Runs in a process of its own."""

import argparse
import gc
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylegan2.checkpoint import read_network
from stylegan2.cuda.picture_maker import PictureMaker, picture_maker
from stylegan2.engine import child
from stylegan2.errors import UnsupportedNetwork
from stylegan2.face import NoiseMode
from stylegan2.latents import noise_resolutions, noise_stream
from stylegan2.networks import Generator, to_uint8

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array, Message
    from stylegan2.networks.noise import ItemNoise


MOST_A_BATCH = 32
MEMORY_SHARE = 0.8
"""Of the free memory that a batch may fill: others live there too."""


class TorchEngine:
    """`stylegan2.engine.child.Engine` with PyTorch."""

    def __init__(self, device: str, threads: int | None = None, precision: str = "float32") -> None:
        """`device`: "cpu", "cuda", "cuda:N", or "auto": the first CUDA device, else the CPU.

        `precision`: "float32", or "auto": float16 on CUDA, for networks that it renders as float32 does.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        # Float32 means float32: the same face has to come out of a GPU, of a CPU and of another engine.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
        self._devices = _devices()
        self._device = torch.device(self._devices[0] if device == "auto" else device)
        torch.zeros(1, device=self._device)  # a device that is not there says so now
        self._generators: dict[str, tuple[Generator, int, int]] = {}
        self._half = precision == "auto" and self._device.type == "cuda"
        self._makers: dict[str, PictureMaker] = {}
        self._batch_size = MOST_A_BATCH

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
            **({"batch_size": self._batch_size} if self._device.type == "cuda" else {}),
        }

    def load(self, network: str, message: "Message", tensors: "dict[str, Array]") -> str:
        if tensors:
            raise UnsupportedNetwork("this engine reads files itself")
        read = read_network(Path(message["path"]))
        generator = Generator.from_network(read, self._device)
        self._generators[network] = generator, read.mapping.z_dim, read.synthesis.resolution
        self._makers.pop(network, None)
        if self._half and (maker := picture_maker(network, read, generator)):
            self._makers[network] = maker
        if self._device.type == "cuda":
            self._batch_size = min(self._batch_size, self._fitting(network, read.synthesis.num_ws))
        return read.sha256

    def map(self, network: str, z: "Array", labels: "Array | None") -> "Array":
        generator, *_ = self._generators[network]
        return generator.map(z, labels).float().cpu().numpy()

    def synthesize(self, network: str, ws: "Array", noises: "Sequence[Message]") -> "Array":
        generator, z_dim, resolution = self._generators[network]
        drawn = [_drawn(noise, z_dim, resolution) for noise in noises]
        if network in self._makers:
            return self._makers[network].pictures(ws, drawn)
        image = generator.synthesize(ws, drawn)
        if not torch.isfinite(image).all():  # uint8 would hide it
            raise ArithmeticError("not a picture: the network gives values that are not finite")
        return to_uint8(image).cpu().numpy()

    def _fitting(self, network: str, num_ws: int) -> int:
        """How many faces a batch may have: what one more takes, seen from two, in the memory that is free now."""
        generator, *_ = self._generators[network]
        ws = np.zeros((2, num_ws, generator.synthesis.spec.w_dim), np.float32)
        torch.cuda.reset_peak_memory_stats(self._device)
        before = torch.cuda.memory_allocated(self._device)
        self.synthesize(network, ws, [{"mode": "none"}] * len(ws))
        each = (torch.cuda.max_memory_allocated(self._device) - before) / len(ws)
        torch.cuda.empty_cache()
        free, _ = torch.cuda.mem_get_info(self._device)
        return max(1, min(MOST_A_BATCH, int(MEMORY_SHARE * free / max(each, 1))))

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
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", choices=["auto", "float32"], default="auto")
    precision = parser.parse_known_args(options.rest)[0].precision
    logging.basicConfig(format="%(message)s")  # the runner's log has the rest
    return TorchEngine(options.device, options.threads, precision)


if __name__ == "__main__":
    child.run(make)
