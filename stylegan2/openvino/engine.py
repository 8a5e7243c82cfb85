"""The CPU's engine: OpenVINO, and PyTorch for what OpenVINO does not render as PyTorch does.

Runs in a process of its own.
"""

import argparse
import ctypes
import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openvino

from stylegan2.checkpoint import file_sha256
from stylegan2.engine import child
from stylegan2.errors import UnsupportedNetwork
from stylegan2.openvino.converted import ConvertedNetwork
from stylegan2.openvino.converting import ConversionRefused, convert_apart
from stylegan2.openvino.stored import discard, folder_of, use

if TYPE_CHECKING:
    from stylegan2.engine.torch_engine import TorchEngine
    from stylegan2.engine.wire import Array, Message


class OpenVinoEngine:
    """`stylegan2.engine.child.Engine` with OpenVINO."""

    def __init__(self, cache: Path, threads: int | None = None) -> None:
        """`cache`: the folder of stored conversions; it is made where there is none."""
        self._cache = cache
        self._threads = threads
        self._converted: dict[str, ConvertedNetwork] = {}
        self._refused: dict[str, TorchEngine] = {}
        self._version = openvino.get_version().partition("-")[0]

    def describe(self) -> dict[str, Any]:
        engine, version = "openvino", self._version
        if self._refused:
            told = next(iter(self._refused.values())).describe()
            torch = f"{told['engine']} {told['version']} for {', '.join(self._refused)}"
            engine, version = (engine, f"{version}, {torch}") if self._converted else (told["engine"], told["version"])
        return {
            "engine": engine,
            "version": version,
            "device": "cpu",
            "device_name": "CPU",
            "memory_bytes": child.machine_memory_bytes(),
            "devices": ["cpu"],
        }

    def load(self, network: str, message: "Message", tensors: "dict[str, Array]") -> str:
        if tensors:
            raise UnsupportedNetwork("this engine reads files itself")
        path = Path(message["path"])
        try:
            self._converted[network] = self._conversion_of(path)
        except ConversionRefused as refusal:
            print(f"OpenVINO does not serve {network}, PyTorch does: {refusal}", file=sys.stderr)  # noqa: T201
            self._refused[network] = self._torch()
            return self._refused[network].load(network, message, tensors)
        return self._converted[network].sha256

    def map(self, network: str, z: "Array", labels: "Array | None") -> "Array":
        if network in self._refused:
            return self._refused[network].map(network, z, labels)
        return self._converted[network].map(z, labels)

    def synthesize(self, network: str, ws: "Array", noises: "Sequence[Message]") -> "Array":
        if network in self._refused:
            return self._refused[network].synthesize(network, ws, noises)
        return self._converted[network].synthesize(ws, noises)

    def failure_kind(self, error: Exception) -> str:
        out_of_memory = "bad_alloc" in str(error) or "allocate memory" in str(error)
        return child.OUT_OF_MEMORY if out_of_memory else child.ENGINE_ERROR

    def release(self) -> None:
        gc.collect()

    def _conversion_of(self, path: Path) -> ConvertedNetwork:
        """From the cache; made, or made anew where it cannot be read. Raises ConversionRefused."""
        folder = folder_of(self._cache, file_sha256(path))
        if use(folder):
            try:
                return ConvertedNetwork(folder, self._threads)
            except (OSError, ValueError, KeyError, RuntimeError) as error:
                print(f"{folder.name} cannot be read and is made anew: {error}", file=sys.stderr)  # noqa: T201
                discard(folder)
        convert_apart(path, folder, self._threads)
        try:
            return ConvertedNetwork(folder, self._threads)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ConversionRefused(f"its conversion cannot be read: {error}") from error

    def _torch(self) -> "TorchEngine":
        from stylegan2.engine.torch_engine import TorchEngine

        return next(iter(self._refused.values()), None) or TorchEngine("cpu", self._threads)


def make(options: argparse.Namespace) -> "child.Engine":
    """On "auto": PyTorch where there is a CUDA device that it can use, else OpenVINO on the CPU."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", type=Path, required=True)
    cache = parser.parse_known_args(options.rest)[0].cache
    if options.device == "auto" and _cuda_is_there():
        from stylegan2.engine.torch_engine import make as make_torch

        engine = make_torch(options)
        if engine.describe()["device"] != "cpu":
            return engine
    return OpenVinoEngine(cache, options.threads)


def _cuda_is_there() -> bool:
    """Asked of NVIDIA's driver, because importing PyTorch for it takes seconds and 180 MB."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int(0)
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


if __name__ == "__main__":
    child.run(make)
