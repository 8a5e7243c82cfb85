"""Designs for tests: small, and whatever a test wants to be otherwise."""

from typing import Any

from domain.networks import Emotion
from domain.studies.design import Consent, Design, DesignNetwork, EmotionDirection, ResumePolicy
from domain.studies.pools import Pool

POOL = Pool("tiny", men=tuple(range(100, 110)), women=tuple(range(200, 210)))
DIRECTIONS = tuple(EmotionDirection(emotion, f"neutral->{emotion.value}", emotion.value * 8) for emotion in Emotion)


def design(**changes: Any) -> Design:
    values: dict[str, Any] = {
        "network": DesignNetwork("faces", "a" * 64, 64),
        "directions": DIRECTIONS,
        "pool": POOL,
        "faces": 4,
        "overlap": 2,
        "equal_sexes": True,
        "steps": 21,
        "global_strength": 1.0,
        "psi": 0.5,
        "label": None,
        "practice_trials": 0,
        "repeated_share": 0.0,
        "attention_trials": 0,
        "participants": None,
        "resume": ResumePolicy(),
        "consent": Consent(1, "c" * 64),
    }
    return Design(**{**values, **changes})
