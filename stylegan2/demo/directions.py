"""Directions in w+: known by construction, because w is linear in the semantics; then set to what pictures show.

An emotion is its prototype of action units times their rows of the embedding. A network that learned them unequally
well would answer one of them weakly: `emotion_units` asks for as much more as its pictures were found to lack.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from stylegan2.demo.expression import ACTION_UNITS, EMOTIONS, prototypes
from stylegan2.demo.mapping import embedding
from stylegan2.demo.people import SEMANTICS
from stylegan2.demo.teacher import scaled
from stylegan2.directions import Direction
from stylegan2.network import Network

Array = np.ndarray[Any, np.dtype[Any]]

OTHERS: dict[str, dict[str, float]] = {
    "smile": {"au12": 0.9, "au6": 0.5, "au25": 0.25},
    "age": {"age": 1.2},
    "masculinity": {"masc": 1.0},
    "skin tone": {"ancestry": 1.0},
    "hair length": {"hair_len": 1.5},
    "hair colour": {"hair_light": 1.5},
    "beard": {"beard": 1.6},
    "head turn": {"yaw": 2.7},
    "nod": {"pitch": 2.7},
    "gaze": {"gaze": 2.7},
    "open eyes": {"au5": 0.6},
    "raised brows": {"au1": 0.9, "au2": 0.9},
    "light": {"light_x": 1.5},
}
"""What strength 1 changes, in standard deviations of a factor or intensities of an action unit."""
LEAST_MORE, MOST_MORE = -0.2, 0.5
"""Calibration adds no more than this to an action unit."""


def emotion_units(shown: Tensor | None = None) -> Tensor:
    """[6, 17] action units to ask for, so that pictures show the prototypes.

    `shown` [6, 17] are the units that pictures show when the prototypes are asked for: what is missing is added.
    Units that an emotion does not have are left alone.
    """
    wanted = prototypes()
    if shown is None:
        return wanted
    missing = (wanted - shown).clamp(LEAST_MORE, MOST_MORE)
    return torch.where(wanted > 0, wanted + missing, 0.0)


def make_directions(network: Network, units: Tensor) -> list[Direction]:
    """The six emotions as [6, 17] action units, then `OTHERS`; for this network alone."""
    num_ws = network.synthesis.num_ws
    emotions = [
        Direction(
            name=f"neutral->{emotion}",
            emotion=emotion,
            weight=1.0,
            offset=_offset(dict(zip(ACTION_UNITS, row.tolist(), strict=True)), num_ws),
            network_sha256=network.sha256,
            provenance=f"action units of {emotion} (EMFACS), calibrated on this network's pictures",
        )
        for emotion, row in zip(EMOTIONS, units, strict=True)
    ]
    others = [
        Direction(
            name=name,
            emotion=None,
            weight=1.0,
            offset=_offset(semantics, num_ws),
            network_sha256=network.sha256,
            provenance="known by construction: " + ", ".join(f"{key} {value:+g}" for key, value in semantics.items()),
        )
        for name, semantics in OTHERS.items()
    ]
    return [*emotions, *others]


def _offset(semantics: dict[str, float], num_ws: int) -> Array:
    change = torch.tensor([[semantics.get(name, 0.0) for name in SEMANTICS]])
    return (scaled(change) @ embedding()).expand(num_ws, -1).numpy()
