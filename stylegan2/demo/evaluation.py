"""Measures the shipped files: how near the pictures are, and whether each direction does its work and nothing else."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import repeat
from pathlib import Path

import torch
from torch import Tensor

from stylegan2.demo.expression import EMOTIONS
from stylegan2.demo.faces import Faces, load
from stylegan2.demo.mapping import Z_DIM
from stylegan2.demo.people import IDENTITY, semantics_of
from stylegan2.demo.reading import person, small
from stylegan2.demo.teacher import paint
from stylegan2.latents import z_from_seed

PSI = 0.6
STEPS = 21
ROUNDING = 1e-6
AT_REST = 0.3
"""Sum of action units up to which a person counts as calm."""
FIRST_UNSEEN = 1_000_000
"""Seeds from here on; training draws its people elsewhere, so that every seed is unseen."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """Pictures against portraits of the same people."""

    psi: float
    psnr: float
    """Decibels, mean over people."""
    l1: float
    """Mean absolute difference, of 255 levels."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the six emotion directions do at strength 1 to people at rest; rows are directions."""

    people: int
    shares: Tensor
    """[6, 6]: share of each rendered emotion in the generated change."""
    units: Tensor
    """[6, 17]: action units that the pictures show."""
    identity: Tensor
    """[6]: standard deviations that identity factors move, mean."""
    identity_rendered: Tensor
    """[6]: the same reading of rendered emotions, which move nobody: the error of the reading."""
    recognised: float
    """Share of pictures in which the wanted emotion's share is the largest."""


@dataclass(frozen=True, slots=True)
class Sweeps:
    """Strength 0 to 1 in 21 steps."""

    people: int
    monotone: dict[str, float] = field(default_factory=dict)
    """Share of people whose emotion grows, or stays, at every step."""


def calm_seeds(count: int, psi: float, first: int = FIRST_UNSEEN) -> list[int]:
    """Seeds of people who are nearly at rest at this psi."""
    found: list[int] = []
    for seed, semantics in _people(first):
        if float(semantics[len(IDENTITY) :].sum()) * psi <= AT_REST:
            found.append(seed)
        if len(found) == count:
            break
    return found


def _people(first: int) -> Iterator[tuple[int, Tensor]]:
    for seed in range(first, 2**32):
        z = torch.tensor(z_from_seed(seed, Z_DIM), dtype=torch.float32)
        yield seed, semantics_of(z)[0]


def nearness(faces: Faces, psi: float, count: int = 100) -> Nearness:
    seeds = range(FIRST_UNSEEN, FIRST_UNSEEN + count)
    portraits = paint(semantics_of(faces.z(seeds)) * psi, faces.network.synthesis.resolution)
    error = (faces.pictures(faces.ws(seeds, psi)) - portraits) / 2
    decibels = -10 * torch.log10(error.square().mean((1, 2, 3)))
    return Nearness(psi, float(decibels.mean()), float(error.abs().mean()) * 255)


def answers(faces: Faces, count: int = 16) -> Answers:
    """Ask `count` calm people for each emotion."""
    asked = [faces.offset(emotion) for emotion in EMOTIONS]
    resolution = faces.network.synthesis.resolution
    shares, units, identity, rendered = [], [], [], []
    for seed in calm_seeds(count, PSI):
        who = person(semantics_of(faces.z([seed])) * PSI, resolution)
        ws = faces.ws([seed], PSI)
        pixels = small(faces.pictures(torch.cat([ws, *(ws + offset for offset in asked)])))
        changes = pixels[1:] - pixels[:1]
        shares.append(who.shares(changes))
        each = zip(EMOTIONS, changes, strict=True)
        units.append(torch.stack([who.units(emotion, change, resolution) for emotion, change in each]))
        both = who.identity_moved(torch.cat((changes, who.emotions)), resolution)
        identity.append(both[: len(EMOTIONS)])
        rendered.append(both[len(EMOTIONS) :])
    everyone = torch.stack(shares)  # [N, 6, 6]
    right = everyone.argmax(2) == torch.arange(len(EMOTIONS))
    return Answers(
        len(everyone),
        everyone.mean(0),
        torch.stack(units).mean(0),
        torch.stack(identity).mean(0),
        torch.stack(rendered).mean(0),
        float(right.float().mean()),
    )


def sweeps(path: Path, count: int = 200, workers: int = 1) -> Iterator[Sweeps]:
    """Each of `count` seeds goes through all six emotions; yields the shares so far."""
    good = dict.fromkeys(EMOTIONS, 0)
    seeds = range(FIRST_UNSEEN, FIRST_UNSEEN + count)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for people, grown in enumerate(pool.map(sweep, repeat(path), seeds), start=1):
            for emotion in grown:
                good[emotion] += 1
            yield Sweeps(people, {emotion: number / people for emotion, number in good.items()})


def sweep(path: Path, seed: int) -> list[str]:
    """The emotions that grow, or stay, at every step from strength 0 to 1."""
    torch.set_num_threads(1)
    faces = _loaded(path)
    who = person(semantics_of(faces.z([seed])) * PSI, faces.network.synthesis.resolution)
    ws, strengths = faces.ws([seed], PSI), torch.linspace(0, 1, STEPS)[:, None, None]
    grown = []
    for emotion in EMOTIONS:
        pixels = small(faces.pictures(ws + strengths * faces.offset(emotion)))
        intensities = who.intensities(emotion, pixels - pixels[:1], faces.network.synthesis.resolution)
        if bool((intensities.diff() >= -ROUNDING).all()):
            grown.append(emotion)
    return grown


_loaded = lru_cache(maxsize=1)(load)
