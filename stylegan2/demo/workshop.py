"""The order of work: mapping, synthesis, export, directions. What is there already is not made again."""

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stylegan2.checkpoint import read_network, write_network
from stylegan2.demo.directions import emotion_units, make_directions
from stylegan2.demo.evaluation import answers
from stylegan2.demo.export import exported, imported
from stylegan2.demo.faces import load
from stylegan2.demo.mapping import Mapping, fit
from stylegan2.demo.network import SIZES, Synthesis
from stylegan2.demo.training import Plan, Progress, Trainer
from stylegan2.directions import write_directions

Say = Callable[[str], None]
NAME = "demo-faces"


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where unfinished work and finished files lie."""

    work: Path
    shipped: Path
    say: Say

    @property
    def network_path(self) -> Path:
        return self.shipped / f"{NAME}.safetensors"

    @property
    def directions_path(self) -> Path:
        return self.shipped / f"{NAME}.directions.safetensors"

    def map_seeds(self, plan: Plan, steps: int = 3000) -> None:
        """Fit the mapping network, once."""
        kept = self.work / "mapping.pt"
        if kept.exists():
            self.say("mapping: there already")
            return
        torch.manual_seed(plan.seed)
        mapping = Mapping().to(plan.device)
        for progress in fit(mapping, steps, torch.Generator(plan.device).manual_seed(plan.seed)):
            self.say(f"mapping: step {progress.step} of {steps}, unexplained {progress.unexplained:.4f}")
        torch.save(mapping.state_dict(), kept)

    def train(self, plan: Plan, workers: int = 1, start: Path | None = None) -> None:
        """Train the synthesis network until the planned minutes are spent; goes on where it stopped."""
        (self.work / "shared.bin").unlink(missing_ok=True)
        context = multiprocessing.get_context("spawn")
        partners = [
            context.Process(target=work_along, args=(plan, self.work, worker, start), daemon=True)
            for worker in range(1, workers)
        ]
        for partner in partners:
            partner.start()
        for progress in _training(plan, self.work, 0, start, together=workers > 1):
            self.say(_line(progress, plan))
        for partner in partners:
            partner.join()

    def export(self, plan: Plan) -> None:
        """Write network and directions; the directions are calibrated on what the written network shows."""
        mapping = Mapping()
        mapping.load_state_dict(torch.load(self.work / "mapping.pt", map_location="cpu"))
        synthesis = Synthesis(SIZES[plan.size])
        synthesis.load_state_dict(_mean([torch.load(path, map_location="cpu") for path in self._checkpoints()]))
        self.shipped.mkdir(parents=True, exist_ok=True)
        write_network(exported(mapping, synthesis), self.network_path, half=True)
        self.say(f"export: {self.network_path} has {self.network_path.stat().st_size} bytes")

    def _checkpoints(self) -> list[Path]:
        return sorted(self.work.glob("worker*.pt"))

    def direct(self, people: int = 6) -> None:
        """Write directions, measure what they do, and write them again with that put right."""
        network = read_network(self.network_path)
        write_directions(make_directions(network, emotion_units()), self.directions_path)
        found = answers(load(self.network_path), people)
        diagonal = ", ".join(f"{value:.2f}" for value in found.shares.diagonal().tolist())
        self.say(f"directions: emotions reach {diagonal} of the rendered ones; calibrating")
        write_directions(make_directions(network, emotion_units(found.units)), self.directions_path)


def _mean(states: list[dict[str, Any]]) -> dict[str, Tensor]:
    """Of the workers' moving averages."""
    averages: list[dict[str, Tensor]] = [state["average"] for state in states]
    return {name: torch.stack([each[name] for each in averages]).mean(0) for name in averages[0]}


def work_along(plan: Plan, work: Path, worker: int, start: Path | None) -> None:
    """A further trainer, in a process of its own."""
    for _ in _training(plan, work, worker, start, together=True):
        pass


def _training(plan: Plan, work: Path, worker: int, start: Path | None, *, together: bool) -> Iterator[Progress]:
    if plan.device == "cpu":
        torch.set_num_threads(1)
    network = imported(read_network(start))[1] if start is not None else None
    return Trainer(plan, work, worker, network).run(together=together)


def _line(progress: Progress, plan: Plan) -> str:
    psnr = "" if progress.psnr is None else f", {progress.psnr:.2f} dB on unseen people"
    return (
        f"training: {progress.minutes:.1f} of {plan.minutes:g} min, step {progress.step}, {progress.seen} portraits, "
        f"{progress.resolution} px, loss {progress.loss:.4f}{psnr}"
    )
