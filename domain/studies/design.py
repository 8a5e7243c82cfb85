"""A study's design: everything that decides what participants see, in one canonical form with one hash.

It holds what it was made from (the pool's seeds, the network and the directions by their content) and no reference to
anything that could change under it.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from domain.expansion import evenly, to_five_places
from domain.networks import Emotion
from domain.studies.drawing import METHOD
from domain.studies.exclusions import NO_EXCLUSIONS, Exclusions
from domain.studies.pools import Pool


@dataclass(frozen=True, slots=True)
class EmotionDirection:
    """What an emotion is in this study: a direction by name and content."""

    emotion: Emotion
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DesignNetwork:
    """What renders the faces; the name is for people, the hash decides."""

    name: str
    sha256: str
    resolution: int


@dataclass(frozen=True, slots=True)
class ResumePolicy:
    """Until how many hours after their last step a participant may go on (0: never), and whether elsewhere too."""

    hours: float = 24.0
    same_device: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """Which text a participant agrees to; the text itself is kept beside the design."""

    number: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Checked by `domain.studies.designing`.

    `faces` are shown to each participant: the first `overlap` of the pool, the same for everybody, and the rest drawn.
    `participants` is how many are planned: then only what they see is rendered, else the whole pool.
    """

    network: DesignNetwork
    directions: tuple[EmotionDirection, ...]
    pool: Pool
    faces: int
    overlap: int
    equal_sexes: bool
    steps: int
    global_strength: float
    psi: float
    label: int | None
    practice_trials: int
    repeated_share: float
    attention_trials: int
    participants: int | None
    resume: ResumePolicy
    consent: Consent
    exclusions: Exclusions = NO_EXCLUSIONS

    @property
    def emotions(self) -> tuple[Emotion, ...]:
        return tuple(direction.emotion for direction in self.directions)

    @property
    def strengths(self) -> tuple[float, ...]:
        """NumPy's ``round(linspace(0, 1, steps) * global_strength, 5)``, to the bit: what the slider's steps show."""
        return tuple(to_five_places(part * self.global_strength) for part in evenly(0.0, 1.0, self.steps))

    @property
    def main_trials(self) -> int:
        """Each face with each emotion, once."""
        return self.faces * len(self.directions)

    @property
    def repeated_trials(self) -> int:
        """Half a trial is rounded up."""
        return int(self.repeated_share * self.main_trials + 0.5)

    @property
    def trials(self) -> int:
        return self.practice_trials + self.main_trials + self.attention_trials + self.repeated_trials

    def direction(self, emotion: Emotion) -> EmotionDirection:
        return next(direction for direction in self.directions if direction.emotion is emotion)

    def to_json(self) -> dict[str, Any]:
        document = asdict(self)
        document["directions"] = [
            {"emotion": one.emotion.name, "name": one.name, "sha256": one.sha256} for one in self.directions
        ]
        document["pool"] = self.pool.to_json()
        if self.exclusions == NO_EXCLUSIONS:  # as designs were written, and hashed, before there were any
            del document["exclusions"]
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Design":
        """The inverse of `to_json`."""
        parts = {
            "network": DesignNetwork(**document["network"]),
            "directions": tuple(
                EmotionDirection(Emotion[one["emotion"]], one["name"], one["sha256"]) for one in document["directions"]
            ),
            "pool": Pool.from_json(document["pool"]),
            "resume": ResumePolicy(**document["resume"]),
            "consent": Consent(**document["consent"]),
            "exclusions": Exclusions(**document.get("exclusions", {})),
        }
        return cls(**{**document, **parts})


def canonical(document: dict[str, Any]) -> str:
    """The same text for the same content: sorted keys, no spaces, shortest round-trip floats."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def protocol(design: Design, seed: str) -> dict[str, Any]:
    """What a preregistration fixes: the design, and everything that chance will decide."""
    return {"format": "manganace-study/1", "design": design.to_json(), "drawing": {"method": METHOD, "seed": seed}}


def protocol_hash(design: Design, seed: str) -> str:
    """SHA-256 of the protocol's canonical form."""
    return hashlib.sha256(canonical(protocol(design, seed)).encode()).hexdigest()
