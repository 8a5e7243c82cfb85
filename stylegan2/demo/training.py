"""Paired regression of the synthesis network on rendered portraits; stops and resumes at any minute.

Time is the budget: rate and resolution follow the share of the planned minutes that is spent, however often the run
is interrupted. Adam with a high rate, because learning rates are equalised; the rate decays to zero, which is where
most of the sharpness comes from.
"""

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stylegan2.demo.averaging import meet
from stylegan2.demo.exam import Exam
from stylegan2.demo.lessons import lessons
from stylegan2.demo.loss import importance, regression_loss
from stylegan2.demo.network import SIZES, Synthesis

SAVED_EVERY_S = 150.0
MEETS_EVERY = 8
VALIDATED_EVERY = 400


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. The defaults are those of the network that is shipped: one trainer a CPU core."""

    size: str = "small"
    minutes: float = 90.0
    device: str = "cpu"
    batch: int = 8
    fresh: int = 3
    """How many of a batch are newly painted; the rest is replayed."""
    replay: int = 24_000
    rate: float = 0.008
    half_size_share: float = 0.35
    """Share of the time at half resolution, never below 64 pixels; 0 where the start is a trained network."""
    seed: int = 0

    def on_gpu(self) -> "Plan":
        """Everything freshly painted, larger batches, 256 pixels."""
        return replace(self, size="big", device="cuda", batch=64, fresh=64, replay=1, minutes=25.0, rate=0.015)


@dataclass(frozen=True, slots=True)
class Progress:
    step: int
    seen: int
    minutes: float
    resolution: int
    loss: float
    psnr: float | None
    """Of the averaged weights on people never seen, in decibels; now and then."""


class Trainer:
    """Network, its moving average, optimizer and clock: what a checkpoint holds."""

    def __init__(self, plan: Plan, folder: Path, worker: int = 0, start: Synthesis | None = None) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self._checkpoint = folder / f"worker{worker}.pt"
        self._shared = folder / "shared.bin"
        network = Synthesis(SIZES[plan.size]) if start is None else start
        self.network = network.to(plan.device)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self._parameters = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        self._optimizer = torch.optim.Adam(self._parameters, lr=plan.rate, betas=(0.9, 0.99), fused=True)
        self.step = self.seen = 0
        self._seconds = 0.0
        if self._checkpoint.exists():
            self._resume()
        self._generator = torch.Generator(plan.device).manual_seed(plan.seed + 1000 * worker + self.step)

    def run(self, *, together: bool = False) -> Iterator[Progress]:
        """Train until the planned minutes are spent; `together`: meet other workers in the folder's file."""
        for resolution in self._resolutions():
            yield from self._train_at(resolution, together)
        self.save()

    def save(self) -> None:
        """All or nothing."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "numbers": {"step": self.step, "seen": self.seen, "seconds": self._seconds},
        }
        temporary = self._checkpoint.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(self._checkpoint)

    def _resume(self) -> None:
        state: dict[str, Any] = torch.load(self._checkpoint, map_location=self.plan.device)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        numbers = state["numbers"]
        self.step, self.seen, self._seconds = numbers["step"], numbers["seen"], numbers["seconds"]

    @property
    def _share(self) -> float:
        """Of the planned time that is spent."""
        return self._seconds / (self.plan.minutes * 60)

    def _resolutions(self) -> Iterator[int]:
        full = SIZES[self.plan.size].resolution
        half = max(full // 2, min(64, full))
        if self._share < self.plan.half_size_share:
            yield half
        yield full

    def _train_at(self, resolution: int, together: bool) -> Iterator[Progress]:
        plan, device = self.plan, torch.device(self.plan.device)
        end = plan.half_size_share if resolution < SIZES[plan.size].resolution else 1.0
        exam = Exam(resolution, device)
        weights = importance(resolution, device)
        losses: list[float] = []
        saved, last = time.monotonic(), time.monotonic()
        for recipes, portraits in lessons(plan.batch, plan.fresh, plan.replay, resolution, self._generator):
            if self._share >= end:
                return
            styles = recipes.styles(self.network.size.num_ws)
            loss = regression_loss(self.network(styles, resolution, torch.bfloat16), portraits, weights)
            self._learn(loss)
            if together and self.step % MEETS_EVERY == 0:
                meet(self._parameters, self._shared)
            losses.append(loss.item())
            now = time.monotonic()
            self._seconds += now - last
            last = now
            if now - saved > SAVED_EVERY_S:
                self.save()
                saved = now
            if self.step % 100 == 0:
                psnr = exam.psnr(self.average) if self.step % VALIDATED_EVERY == 0 else None
                mean = sum(losses) / len(losses)
                yield Progress(self.step, self.seen, self._seconds / 60, resolution, mean, psnr)
                losses.clear()

    def _learn(self, loss: Tensor) -> None:
        warm, decay = min(1.0, (self.step + 1) / 150), max(0.0, self._share - 0.3) / 0.7
        rate = self.plan.rate * warm * (0.5 + 0.5 * math.cos(math.pi * min(decay, 1.0))) + 1e-5
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        self.step += 1
        self.seen += self.plan.batch
        keep = min(0.998, (1 + self.step) / (20 + self.step))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
                kept.lerp_(new, 1 - keep)
