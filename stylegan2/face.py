"""Everything that decides the pixels of one picture, in the library's own words."""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stylegan2.directions import Direction

MAX_SEED = 2**32 - 1


class NoiseMode(Enum):
    """Where the noise inputs of the synthesis network come from."""

    CONST = "const"
    """The constants of the file."""
    SEED = "seed"
    """Drawn from the seed's own stream after z, as NVIDIA's TensorFlow command line does."""
    RANDOM = "random"
    """Drawn from `Noise.draw`'s stream."""
    NONE = "none"
    """Zero."""


@dataclass(frozen=True, slots=True)
class Noise:
    """`draw` (0 to 2^32 - 1) is recorded for RANDOM and None for every other mode."""

    mode: NoiseMode = NoiseMode.CONST
    draw: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """``ws += strength * direction.weight * direction.offset``; strength is finite."""

    direction: "Direction"
    strength: float


@dataclass(frozen=True, slots=True)
class StyleMix:
    """Layers ``first`` (inclusive) to ``last`` (exclusive) take the w of another seed."""

    seed: int
    first: int
    last: int


class MorphSpace(Enum):
    """In which latents the way from one face to another lies."""

    Z = "z"
    """Along the great circle between the seeds' z's, which keeps to latents as normal draws are."""
    W = "w"
    """Straight from one w to the other, after the mapping network: the change is more even."""


@dataclass(frozen=True, slots=True)
class Morph:
    """A position `t` (0 to 1) on the way from the face's own seed and mixes to these; layers go each their own way."""

    seed: int
    t: float
    space: MorphSpace = MorphSpace.W
    mixes: tuple[StyleMix, ...] = ()


@dataclass(frozen=True, slots=True)
class Face:
    """One picture to render. Seeds run 0 to 2^32 - 1; psi 0 is the average face, 1 the untruncated one;
    cutoff truncates only the first layers (None: all). Edits are applied where the morph has arrived."""

    network: str
    seed: int
    psi: float = 1.0
    cutoff: int | None = None
    label: int | None = None
    mixes: tuple[StyleMix, ...] = ()
    edits: tuple[Edit, ...] = ()
    noise: Noise = Noise()
    morph: Morph | None = None
