"""Everything that decides a picture's pixels, in one canonical form with one hash."""

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

RECIPE_VERSION = 1


class NoiseMode(Enum):
    """Noise inputs: the file's constants; drawn from the seed as NVIDIA's command line does; drawn anew; none."""

    CONST = "const"
    SEED = "seed"
    RANDOM = "random"
    NONE = "none"


@dataclass(frozen=True, slots=True, order=True)
class RecipeEdit:
    """One direction, by name and content hash, and how far to go."""

    direction: str
    sha256: str
    strength: float


@dataclass(frozen=True, slots=True, order=True)
class RecipeMix:
    """`count` layers from `first` on take the w of another seed."""

    seed: int
    first: int
    count: int

    def to_json(self) -> dict[str, Any]:
        return {"seed": self.seed, "first": self.first, "count": self.count}


class MorphSpace(Enum):
    """Where the way between two faces lies: on the great circle between their z's, or straight through w."""

    Z = "z"
    W = "w"


@dataclass(frozen=True, slots=True)
class RecipeMorph:
    """A position on the way from the recipe's own seed and mixes to these; between the ends: 0 < `position` < 1."""

    seed: int
    mixes: tuple[RecipeMix, ...]
    space: MorphSpace
    position: float

    def to_json(self) -> dict[str, Any]:
        ends = {"seed": self.seed, "mixes": [mix.to_json() for mix in self.mixes]}
        return {**ends, "space": self.space.value, "position": self.position}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "RecipeMorph":
        mixes = tuple(RecipeMix(**mix) for mix in document["mixes"])
        return cls(document["seed"], mixes, MorphSpace(document["space"]), document["position"])


@dataclass(frozen=True, slots=True)
class Recipe:
    """One picture. `edits` are sorted and hold no zero; `noise_draw` is set for RANDOM only.

    Of two `mixes` that overlap the later counts. A recipe without mixes, or without a morph, is written as it was
    before there were any.
    """

    network_sha256: str
    seed: int
    psi: float
    cutoff: int | None
    label: int | None
    noise: NoiseMode
    noise_draw: int | None
    edits: tuple[RecipeEdit, ...]
    width: int
    height: int
    format: str = "PNG"
    mixes: tuple[RecipeMix, ...] = ()
    morph: RecipeMorph | None = None

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "version": RECIPE_VERSION,
            "network": self.network_sha256,
            "seed": self.seed,
            "psi": self.psi,
            "cutoff": self.cutoff,
            "label": self.label,
            "noise": self.noise.value,
            "noiseDraw": self.noise_draw,
            "edits": [
                {"direction": edit.direction, "sha256": edit.sha256, "strength": edit.strength} for edit in self.edits
            ],
            "width": self.width,
            "height": self.height,
            "format": self.format,
        }
        if self.mixes:
            document["mixes"] = [mix.to_json() for mix in self.mixes]
        if self.morph is not None:
            document["morph"] = self.morph.to_json()
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Recipe":
        """The inverse of `to_json`; ValueError for a version that is not known here."""
        if document.get("version") != RECIPE_VERSION:
            raise ValueError(f"recipe version {document.get('version')!r} is not known; this is {RECIPE_VERSION}")
        return cls(
            network_sha256=document["network"],
            seed=document["seed"],
            psi=document["psi"],
            cutoff=document["cutoff"],
            label=document["label"],
            noise=NoiseMode(document["noise"]),
            noise_draw=document["noiseDraw"],
            edits=tuple(RecipeEdit(**edit) for edit in document["edits"]),
            width=document["width"],
            height=document["height"],
            format=document["format"],
            mixes=tuple(RecipeMix(**mix) for mix in document.get("mixes", ())),
            morph=RecipeMorph.from_json(document["morph"]) if "morph" in document else None,
        )

    @property
    def canonical(self) -> str:
        """The same text for the same picture: sorted keys, no spaces, shortest round-trip floats."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @property
    def key(self) -> str:
        return hashlib.sha256(self.canonical.encode()).hexdigest()


def plain_float(value: float) -> float:
    """The one spelling of a number: 1 and 1.0 are 1.0, -0.0 is 0.0."""
    return float(value) + 0.0


def sorted_edits(edits: list[RecipeEdit]) -> tuple[RecipeEdit, ...]:
    return tuple(sorted(edit for edit in edits if edit.strength != 0))
