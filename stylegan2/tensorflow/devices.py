"""Which device TensorFlow gets: the first GPU that it can use, the one that was named, or the CPU.

Only that one is shown to TensorFlow, which would otherwise take memory on each.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.client import device_lib

from stylegan2.engine.child import machine_memory_bytes


@dataclass(frozen=True)
class Placement:
    """A device, and how TensorFlow gets at it."""

    device: str
    """ "cpu" or "cuda:I"."""
    device_name: str
    memory_bytes: int | None
    companions: tuple[str, ...]
    """The other devices that "auto" stands for."""
    config: Any
    """tf.ConfigProto"""

    @property
    def tensorflow_name(self) -> str:
        return "/cpu:0" if self.device == "cpu" else "/gpu:0"


def place(device: str, threads: int | None = None) -> Placement:
    """`device`: "cpu", "cuda:I", or "auto". Raises RuntimeError where TensorFlow cannot use the GPU that was named."""
    gpus = [f"cuda:{index}" for index in range(_count_gpus())]
    _quieten(expect_gpu=bool(gpus) and device != "cpu")
    if device == "auto":
        usable = _gpu(gpus[0], threads, tuple(gpus[1:])) if gpus else None
        return usable or _cpu(threads)
    if device == "cpu":
        return _cpu(threads)
    index = "cuda:0" if device == "cuda" else device
    named = _gpu(index, threads) if index in gpus else None  # TensorFlow aborts the process for an absent one
    if named is None:
        raise RuntimeError(
            f"TensorFlow {tf.__version__} cannot use {device}: it needs an NVIDIA driver, CUDA 10.0 and cuDNN 7 "
            "on the library path, and a GPU of their time"
        )
    return named


def _cpu(threads: int | None) -> Placement:
    config = tf.ConfigProto(device_count={"GPU": 0}, intra_op_parallelism_threads=threads or 0)
    return Placement("cpu", "CPU", machine_memory_bytes(), (), config)


def _gpu(device: str, threads: int | None, companions: tuple[str, ...] = ()) -> Placement | None:
    options = tf.GPUOptions(allow_growth=True, visible_device_list=device.partition(":")[2])
    config = tf.ConfigProto(gpu_options=options, intra_op_parallelism_threads=threads or 0)
    try:
        found = [each for each in device_lib.list_local_devices(config) if each.device_type == "GPU"]
    except (tf.errors.OpError, RuntimeError):
        return None
    if not found:
        return None
    described = dict(part.partition(": ")[::2] for part in found[0].physical_device_desc.split(", "))
    return Placement(device, described.get("name", "GPU"), found[0].memory_limit, companions, config)


def _quieten(expect_gpu: bool) -> None:
    """Errors only; and none where it misses the driver of a GPU that nobody asked for. Read at its first message."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2" if expect_gpu else "3")


def _count_gpus() -> int:
    """By the driver itself: asking TensorFlow would take memory on every one of them."""
    count = ctypes.c_int(0)
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    return count.value if driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 else 0
