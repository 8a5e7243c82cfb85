"""Facial expression as action units (FACS; Ekman, Friesen & Hager 2002) and the six emotions as prototypes of them.

The prototypes follow EMFACS (Friesen & Ekman 1983): which action units people use to tell an emotion from a face.
"""

import torch
from torch import Tensor

from stylegan2.directions import EMOTIONS

__all__ = ["ACTION_UNITS", "EMOTIONS", "PROTOTYPES", "prototypes", "saturate", "spontaneous"]

ACTION_UNITS = (
    *("au1", "au2", "au4", "au5", "au6", "au7", "au9", "au10", "au12"),
    *("au15", "au16", "au17", "au20", "au23", "au24", "au25", "au26"),
)
"""1 inner and 2 outer brow raiser, 4 brow lowerer, 5 upper lid raiser, 6 cheek raiser, 7 lid tightener, 9 nose
wrinkler, 10 upper lip raiser, 12 lip corner puller, 15 lip corner depressor, 16 lower lip depressor, 17 chin raiser,
20 lip stretcher, 23 lip tightener, 24 lip pressor, 25 lips part, 26 jaw drop."""

PROTOTYPES: dict[str, dict[str, float]] = {
    "happy": {"au6": 0.9, "au12": 1.0, "au25": 0.75},
    "sad": {"au1": 1.0, "au4": 0.55, "au15": 1.0, "au17": 0.7},
    "angry": {"au4": 1.0, "au5": 0.55, "au7": 0.7, "au23": 0.8, "au24": 0.45, "au17": 0.3},
    "disgusted": {"au9": 1.0, "au10": 0.8, "au15": 0.5, "au16": 0.5, "au4": 0.35, "au7": 0.5, "au25": 0.25},
    "fearful": {"au1": 1.0, "au2": 0.6, "au4": 0.5, "au5": 1.0, "au20": 1.0, "au25": 0.6, "au26": 0.4},
    "surprised": {"au1": 1.0, "au2": 1.0, "au5": 0.8, "au25": 0.5, "au26": 1.0},
}

REVERSIBLE = {"au1": 0.3, "au2": 0.3, "au4": 0.3, "au5": 0.3, "au12": 0.35, "au15": 0.3, "au20": 0.2}
"""How far an action unit can go below rest: a mouth's corners can sink where they could rise, lips cannot part less."""

CALM, SLOPE = 1.4, 0.9
"""An emotion shows where its factor exceeds CALM standard deviations: nine in ten people do not show it."""


def prototypes() -> Tensor:
    """[6, 17]: intensity of each action unit in each emotion."""
    return torch.tensor([[PROTOTYPES[emotion].get(unit, 0.0) for unit in ACTION_UNITS] for emotion in EMOTIONS])


def spontaneous(emotion_factors: Tensor, unit_factors: Tensor) -> Tensor:
    """Action units [N, 17] of people as they come: normal factors [N, 6] and [N, 17], thresholded, mostly calm."""
    intensity = ((emotion_factors - CALM) * SLOPE).clamp(0, 1.25)
    total = intensity.sum(1, keepdim=True)
    intensity = intensity * (total.clamp(max=1.2) / total.clamp(min=1e-6))
    twitch = ((unit_factors - 1.3) * 0.30).clamp(0, 0.4)
    return (intensity @ prototypes().to(intensity) + twitch).clamp(0, 1.25)


def saturate(unit: str, intensity: Tensor) -> Tensor:
    """What a face can do of it: beyond 0 and 1 an intensity flattens out, so that strengths -1 and 2 stay faces."""
    above = torch.where(intensity > 1, 1 + 0.3 * torch.tanh((intensity - 1) / 0.5), intensity)
    lowest = REVERSIBLE.get(unit, 0.0)
    below = lowest * torch.tanh(intensity / lowest) if lowest else torch.zeros_like(intensity)
    return torch.where(intensity < 0, below, above)
