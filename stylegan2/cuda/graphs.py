"""Launches recorded once and replayed, and pictures that leave the device beside the making of the next ones.

At batch 1 the device waits for the hundred launches of a picture longer than it computes; a CUDA graph is one launch.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
Make = Callable[[Tensor], tuple[Tensor, Tensor]]
"""ws [N, num_ws, w_dim] on the device -> uint8 [N, H, W, C], and whether every value was finite: bool []."""

MOST_AT_ONCE = 8
"""Pictures a recording; its memory is kept, and more at once were not seen to need less time each."""
WARM_UPS = 3


def pieces(count: int, most: int = MOST_AT_ONCE) -> Iterator[slice]:
    """Consecutive parts of `count` whose sizes are powers of two up to `most`: few sizes, so few recordings."""
    start = 0
    while start < count:
        size = min(most, 1 << ((count - start).bit_length() - 1))
        yield slice(start, start + size)
        start += size


class Recorded:
    """`make` as CUDA graphs, one for each number of pictures that is asked for. What it gives is overwritten by the
    next call for as many."""

    def __init__(self, make: Make, device: torch.device) -> None:
        self._make = make
        self._device = device
        self._pool: Any = None
        self._recordings: dict[int, tuple[Any, Tensor, tuple[Tensor, Tensor]]] = {}

    def __call__(self, ws: Tensor) -> tuple[Tensor, Tensor]:
        if len(ws) not in self._recordings:
            self._recordings[len(ws)] = self._record(ws)
        graph, given, made = self._recordings[len(ws)]
        given.copy_(ws)
        graph.replay()
        return made

    def _record(self, ws: Tensor) -> tuple[Any, Tensor, tuple[Tensor, Tensor]]:
        """Kernels are compiled and algorithms chosen before anything is recorded, on a stream of their own."""
        given = ws.clone()
        aside: Any = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(aside):
            for _ in range(WARM_UPS):
                self._make(given)
        torch.cuda.current_stream(self._device).wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            made = self._make(given)
        self._pool = graph.pool()  # all recordings share their memory: they never run at the same time
        return graph, given, made


class Transfer:
    """Pictures to the host by a stream of their own, through page-locked memory that is kept."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream: Any = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]
        self._host = torch.empty(0, dtype=torch.uint8)

    def pictures(self, make: Make, ws: Tensor) -> Array:
        """All of ws [N, num_ws, w_dim], piece by piece. The array is overwritten by the next call.

        Raises ArithmeticError where a value is not finite: bytes would hide it.
        """
        host, finite = None, []
        for piece in pieces(len(ws)):
            made, is_finite = make(ws[piece])
            if host is None:
                host = self._room((len(ws), *made.shape[1:]))
            finite.append(is_finite.clone())
            self._send(made, host[piece])
        if self._stream is not None:
            self._stream.synchronize()
        if host is None or not torch.stack(finite).all():
            raise ArithmeticError("not a picture: the network gives values that are not finite")
        return host.numpy()

    def _send(self, made: Tensor, target: Tensor) -> None:
        if self._stream is None:
            target.copy_(made)
            return
        staged = made.clone()  # the next piece may be made while this one is under way
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            target.copy_(staged, non_blocking=True)
        staged.record_stream(self._stream)

    def _room(self, shape: tuple[int, ...]) -> Tensor:
        size = int(np.prod(shape))
        if self._host.numel() < size:
            self._host = torch.empty(size, dtype=torch.uint8, pin_memory=self._stream is not None)
        return self._host[:size].view(shape)
