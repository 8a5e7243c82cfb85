"""An engine without a network, whose misfortunes are ordered by the test. Python 3.7 syntax and NumPy only.

Its w is the head of z, so that faces with psi 1 and no edits can be told by their seed; its pictures are drawn from the
bytes of ws, so that no two faces look alike. ``--orders`` is a JSON object:

- hang, die, lose, oom, poison, constant, nan: seeds that do that to the batch they are in
- live: a file; while it exists, the JSON object in it is added to the orders
- once: a file; the first such misfortune creates it, and while it exists there is no other
- oom_above: the largest batch that fits
- slow_s: how long a batch takes
- changed: a file; while it exists, every picture comes out inverted
- refuse: the reason why the engine cannot be made
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylegan2.engine import child
from stylegan2.latents import z_from_seed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from stylegan2.engine.wire import Array, Message

Z_DIM = W_DIM = 8
SIZE = 16
SHA256 = "of-the-fake-network"


class DeviceIsGone(Exception):
    pass


class FakeEngine:
    def __init__(self, device: str, orders: dict[str, Any]) -> None:
        if "refuse" in orders:
            raise RuntimeError(orders["refuse"])
        self._device = device
        self._first_orders = orders

    @property
    def _orders(self) -> dict[str, Any]:
        live = Path(self._first_orders.get("live", "/nowhere"))
        return dict(self._first_orders, **json.loads(live.read_text())) if live.exists() else self._first_orders

    def describe(self) -> dict[str, Any]:
        devices = ["gpu:0", "gpu:1"] if self._device == "auto" else [self._device]
        return {
            "engine": "fake",
            "version": "1",
            "device": devices[0],
            "device_name": f"process {os.getpid()}",
            "memory_bytes": None,
            "devices": devices,
        }

    def load(self, network: str, message: Message, tensors: dict[str, Array]) -> str:
        if "path" in message:
            return SHA256
        assert tensors["mapping.w_avg"].shape == (message["mapping"]["w_dim"],)
        assert message["synthesis"]["kind"] == "skip"
        return str(message["sha256"])

    def map(self, network: str, z: Array, labels: Array | None) -> Array:
        w = z[:, :W_DIM].astype(np.float32)
        w[np.isin(w[:, 0], self._heads("nan"))] = np.nan
        return w

    def synthesize(self, network: str, ws: Array, noises: Sequence[Message]) -> Array:
        time.sleep(self._orders.get("slow_s", 0))
        if len(ws) > self._orders.get("oom_above", len(ws)) or self._strikes("oom", ws):
            raise MemoryError("the batch is too large")
        if self._strikes("hang", ws):
            time.sleep(3600)
        if self._strikes("die", ws):
            os._exit(3)
        if self._strikes("lose", ws):
            raise DeviceIsGone("an illegal memory access was encountered")
        if self._strikes("poison", ws):
            raise ValueError("this latent cannot be rendered")
        pictures = np.stack([_picture(each) for each in ws])
        if self._strikes("constant", ws):
            pictures[self._struck("constant", ws)] = 0
        return 255 - pictures if Path(self._orders.get("changed", "/nowhere")).exists() else pictures

    def failure_kind(self, error: Exception) -> str:
        return child.DEVICE_LOST if isinstance(error, DeviceIsGone) else child.ENGINE_ERROR

    def release(self) -> None:
        sys.stderr.write("memory is given back\n")

    def _struck(self, misfortune: str, ws: Array) -> Array:
        return np.isin(ws[:, 0, 0], self._heads(misfortune))

    def _heads(self, misfortune: str) -> list[Any]:
        return [np.float32(z_from_seed(seed, Z_DIM)[0, 0]) for seed in self._orders.get(misfortune, [])]

    def _strikes(self, misfortune: str, ws: Array) -> bool:
        if not self._struck(misfortune, ws).any():
            return False
        if "once" not in self._orders:
            return True
        if Path(self._orders["once"]).exists():
            return False
        Path(self._orders["once"]).touch()
        return True


def _picture(ws: Array) -> Array:
    seed = np.frombuffer(ws.astype("<f4").tobytes(), np.uint32)
    return np.random.RandomState(seed).randint(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)


def make(options: argparse.Namespace) -> FakeEngine:
    orders = json.loads(options.rest[options.rest.index("--orders") + 1]) if options.rest else {}
    return FakeEngine(options.device, orders)


if __name__ == "__main__":
    child.run(make)
