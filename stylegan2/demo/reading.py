"""Reads generated changes off pictures by what the renderer would have changed: nothing is asked of the network.

A seed's person is known, so the renderer can draw the same person with each emotion, with each action unit, and a
little altered in each identity factor. A generated change is then written, by least squares over the pixels, as a sum
of those rendered changes. Pictures are compared at a quarter of their size, where softness does not count as movement.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from stylegan2.demo.expression import EMOTIONS, prototypes
from stylegan2.demo.people import IDENTITY, calm, showing
from stylegan2.demo.teacher import paint

SHRINK = 4
ALTERED = 0.5
"""By how much a factor is altered, standard deviations, or an action unit."""
STRONGEST, LEVELS = 1.5, 16
"""A rendered emotion is drawn at this many intensities up to the strongest."""
VISIBLE = 0.004
"""Identity factors that change the picture less than this (mean, of 2) cannot be read from it."""


def small(pictures: Tensor) -> Tensor:
    """[N, 3, R, R] -> pixels [N, P] of a quarter of the size."""
    return F.avg_pool2d(pictures, SHRINK).flatten(1)


@dataclass(frozen=True, slots=True)
class Person:
    """What rendering says about one person at rest: how pixels change [count, P] with what."""

    semantics: Tensor
    """[1, 82]"""
    rest: Tensor
    """[1, P]"""
    emotions: Tensor
    """[6, P]"""

    def shares(self, changes: Tensor) -> Tensor:
        """Generated changes [N, P] -> how much of each rendered emotion is in them [N, 6]; 1 is all of it."""
        return _least_squares(self.emotions, changes)

    def intensities(self, emotion: str, changes: Tensor, resolution: int) -> Tensor:
        """Generated changes [N, P] -> the intensity at which the rendered emotion comes nearest to each [N].

        The rendered emotion is a path of pictures; a projection on its end would call a smile that opens the mouth
        further than the rendered one less of a smile.
        """
        levels = torch.linspace(0, STRONGEST, LEVELS)
        added = levels[:, None] * prototypes()[EMOTIONS.index(emotion)]
        states = self.semantics.repeat(LEVELS, 1)  # whatever the person shows already stays
        states[:, len(IDENTITY) :] += added
        path = small(paint(states, resolution))  # [LEVELS, P]
        path = path - path[:1]
        legs = path[1:] - path[:-1]
        lengths = legs.square().sum(1)
        share = ((changes @ legs.t() - (path[:-1] * legs).sum(1)) / lengths).clamp(0, 1)  # [N, LEVELS - 1]
        points = path[:-1] + share[..., None] * legs
        nearest = (changes[:, None] - points).square().sum(2).argmin(1, keepdim=True)
        return ((nearest + share.gather(1, nearest)) * (STRONGEST / (LEVELS - 1)))[:, 0]

    def units(self, emotion: str, change: Tensor, resolution: int) -> Tensor:
        """Generated change [P] -> action units [17] that it shows, read near the rendered emotion.

        Each unit is altered a little in the rendered emotion; the difference between the generated and the rendered
        change is written as a sum of those alterations.
        """
        shown = showing(self.semantics, emotion)
        units = shown[0, len(IDENTITY) :]
        step = torch.where(units >= ALTERED, -ALTERED, ALTERED)
        drawn = shown.repeat(len(units), 1)
        drawn[:, len(IDENTITY) :] += torch.diag(step)
        whole = self.emotions[EMOTIONS.index(emotion)]
        ways = (small(paint(drawn, resolution)) - self.rest - whole) / step[:, None]
        return units + _least_squares(ways, (change - whole)[None], ridge=0.02)[0]

    def identity_moved(self, changes: Tensor, resolution: int) -> Tensor:
        """Generated changes [N, P] -> mean distance that identity moves, in standard deviations [N].

        Emotions explain what they can first; identity factors compete for the rest of the change.
        """
        drawn = calm(self.semantics).repeat(len(IDENTITY), 1)
        drawn[:, : len(IDENTITY)] += ALTERED * torch.eye(len(IDENTITY))
        ways = (small(paint(drawn, resolution)) - self.rest) / ALTERED
        ways = ways[ways.abs().mean(1) > VISIBLE]
        found = _least_squares(torch.cat((self.emotions, ways)), changes, ridge=0.02)
        return found[:, len(EMOTIONS) :].abs().sum(1) / max(len(ways), 1)


def person(semantics: Tensor, resolution: int) -> Person:
    """Render one person [1, 82] at rest and with each emotion."""
    states = [calm(semantics), *(showing(semantics, emotion) for emotion in EMOTIONS)]
    pixels = small(paint(torch.cat(states), resolution))
    return Person(semantics, pixels[:1], pixels[1:] - pixels[:1])


def _least_squares(ways: Tensor, changes: Tensor, ridge: float = 1e-4) -> Tensor:
    """changes [N, P] as sums of ways [K, P]: coefficients [N, K]; the ridge is a share of the mean way's energy."""
    gram = ways @ ways.t()
    gram = gram + ridge * gram.diagonal().mean() * torch.eye(len(ways))
    coefficients: Tensor = torch.linalg.solve(gram, ways @ changes.t()).t()
    return coefficients
