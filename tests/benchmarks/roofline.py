"""What a picture has to cost: multiplications by the speed of a matrix product, bytes by the speed of a copy."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from stylegan2.network import Network
from tests.benchmarks.tables import fastest

FLOAT32_BYTES = 4


@dataclass(frozen=True, slots=True)
class Work:
    """Of one picture of a batch."""

    multiply_adds: float
    moved_bytes: float
    """Weights once a batch; each layer's pixels in once and out once, and no pass besides."""


@dataclass(frozen=True, slots=True)
class Machine:
    """As measured in this run."""

    multiply_adds_a_second: float
    bytes_a_second: float

    def floor_s(self, work: Work) -> float:
        """The least time, were arithmetic and memory both fully used."""
        return max(work.multiply_adds / self.multiply_adds_a_second, work.moved_bytes / self.bytes_a_second)


def work_of(network: Network, batch: int = 1, value_bytes: int = FLOAT32_BYTES) -> Work:
    """Counted from the kernels' shapes: a convolution that doubles does nine products for each pixel it is given."""
    multiply_adds, values, weights = 0, 0, 0
    for name, tensor in network.tensors.items():
        if tensor.ndim != 4 or not name.startswith("synthesis."):
            continue
        size, doubles = int(name.split(".")[1]), name.split(".")[2] == "conv0"
        outputs, inputs, *kernel = tensor.shape
        pixels = (size // 2 if doubles else size) ** 2
        multiply_adds += outputs * inputs * math.prod(kernel) * pixels
        values += inputs * pixels + outputs * size**2
        weights += tensor.size
    return Work(multiply_adds, value_bytes * (values + weights / batch))


def measured_machine(device: str, threads: int = 1, half: bool = False) -> Machine:
    """By torch: a product of two large matrices, a copy of a large tensor.

    On a CPU by processor time, by thread: programs beside this one would slow the clock's.
    """
    import torch

    if device == "cpu":
        torch.set_num_threads(threads)
    dtype, side = (torch.float16, 8192) if half else (torch.float32, 2048)
    one, other = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    source = torch.randn(64 * 2**20, device=device)
    target = torch.empty_like(source)

    def fastest_s(action: Callable[[], object]) -> float:
        if device != "cpu":
            return on_device_s(action)
        return fastest(action, clock=time.process_time) / threads

    product_s = fastest_s(lambda: one @ other)
    copy_s = fastest_s(lambda: target.copy_(source))
    return Machine(side**3 / product_s, 2 * source.numel() * source.element_size() / copy_s)


def on_device_s(action: Callable[[], object], repeats: int = 10) -> float:
    """The shortest time between two events around it on the current CUDA device."""
    import torch

    taken = []
    for _ in range(repeats):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        action()
        end.record()
        torch.cuda.synchronize()
        taken.append(float(start.elapsed_time(end)) / 1000)
    return min(taken)
