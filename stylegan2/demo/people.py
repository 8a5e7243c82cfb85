"""Who can be drawn: independent normal factors, and the semantic vector that a latent z stands for.

A fixed orthonormal matrix reads the factors from z. A semantic vector is identity factors, then action units;
w will be linear in it, which is why directions, truncation and interpolation behave.
"""

from functools import lru_cache

import torch
from torch import Tensor

from stylegan2.demo.expression import ACTION_UNITS, EMOTIONS, prototypes, spontaneous

COARSE = (
    *("masc", "age", "yaw", "pitch", "roll", "face_w", "face_l", "jaw", "chin", "cheek"),
    *("hair_len", "hair_vol", "hair_part", "hair_fringe", "hair_curl", "hairline", "bald"),
    *("ear", "neck", "glasses", "glass_shape", "collar"),
)
"""Factors that the layers of 4 and 8 pixels should own: pose, head and hair shape."""
FEATURES = (
    *("eye_size", "eye_gap", "eye_tilt", "eye_open", "lid_fold", "gaze"),
    *("brow_h", "brow_thick", "brow_arch", "brow_tilt", "nose_w", "nose_l", "nose_bridge", "nose_tip"),
    *("lip_w", "lip_up", "lip_low", "mouth_y", "beard", "moustache", "wrinkle", "light_x", "light_y"),
)
"""16 and 32 pixels: features and light; the expression is theirs too."""
FINE = (
    *("ancestry", "skin_red", "skin_shift", "freckle", "makeup", "lip_hue", "hair_light", "hair_red", "grey"),
    *("iris_hue", "iris_light", "brow_dark", "light_warm", "bg_hue", "bg_light", "bg_sat"),
    *("cloth_hue", "cloth_light", "cloth_sat", "glass_dark"),
)
"""64 pixels and up: colour."""

IDENTITY = (*COARSE, *FEATURES, *FINE)
SEMANTICS = (*IDENTITY, *ACTION_UNITS)
FACTOR_COUNT = len(IDENTITY) + len(EMOTIONS) + len(ACTION_UNITS)
GROUPS = torch.tensor([0] * len(COARSE) + [1] * len(FEATURES) + [2] * len(FINE) + [1] * len(ACTION_UNITS))
"""Which group of layers owns each semantic: 0 coarse, 1 middle, 2 fine."""
LIMIT = 2.7
"""Identity factors are cut here: nobody is further out."""


@lru_cache(maxsize=4)
def projection(z_dim: int) -> Tensor:
    """Orthonormal rows [factors, z_dim]: factors = projection @ z. Fixed for ever: seeds are people."""
    generator = torch.Generator().manual_seed(20240)
    q, _ = torch.linalg.qr(torch.randn(z_dim, FACTOR_COUNT, generator=generator, dtype=torch.float64))
    rows: Tensor = q.t().float().contiguous()
    return rows


def factors_of(z: Tensor) -> Tensor:
    """[N, z_dim] -> factors [N, 88], about standard normal; z is normalised as the mapping network does it."""
    unit = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
    return unit @ projection(z.shape[1]).to(z).t()


def semantics_of(z: Tensor) -> Tensor:
    """[N, z_dim] -> semantic vectors [N, 82]."""
    factors = factors_of(z)
    identity, emotions, units = torch.split(factors, [len(IDENTITY), len(EMOTIONS), len(ACTION_UNITS)], 1)
    return torch.cat((identity.clamp(-LIMIT, LIMIT), spontaneous(emotions, units)), 1)


def calm(semantics: Tensor) -> Tensor:
    """The same people [N, 82], at rest."""
    return torch.cat((semantics[:, : len(IDENTITY)], torch.zeros_like(semantics[:, len(IDENTITY) :])), 1)


def showing(semantics: Tensor, emotion: str, intensity: float = 1.0) -> Tensor:
    """The same people [N, 82], showing one emotion and nothing else."""
    units = prototypes()[EMOTIONS.index(emotion)].to(semantics) * intensity
    return torch.cat((semantics[:, : len(IDENTITY)], units.expand(len(semantics), -1)), 1)
