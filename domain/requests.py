"""What clients ask for, as they sent it, and the rules that turn it into a recipe."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any

from domain.errors import Invalid
from domain.networks import Direction, Emotion, ServedNetwork
from domain.recipe import NoiseMode, Recipe, RecipeEdit, plain_float, sorted_edits

MAX_SEED = 2**32 - 1
MAX_PSI = 2.0
MAX_STRENGTH = 5.0
MAX_EDITS = 64
MAX_WAIT_MS = 30_000
MAX_KEY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class EmotionStrength:
    """Strength 1 is the calibrated full emotion."""

    emotion: Emotion
    strength: float


@dataclass(frozen=True, slots=True)
class DirectionStrength:
    """A direction by the name that `directions` gives it."""

    direction: str
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a request is to be accepted, whatever it asks for."""

    session_id: str | None = None
    idempotency_key: str | None = None
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class FaceRequest(Terms):
    """The input of generateFace."""

    seed: int | None = None
    psi: float = 0.5
    cutoff: int | None = None
    noise: NoiseMode = NoiseMode.CONST
    label: int | None = None
    network: str | None = None
    emotions: tuple[EmotionStrength, ...] = ()
    directions: tuple[DirectionStrength, ...] = ()


@dataclass(frozen=True, slots=True)
class EmotionRequest(Terms):
    """The input of applyEmotion."""

    image_id: str
    emotions: tuple[EmotionStrength, ...] = ()
    directions: tuple[DirectionStrength, ...] = ()


def fingerprint(mutation: str, request: Terms) -> str:
    """Equal for the same mutation and input as sent, `wait_ms` aside."""
    sent = asdict(replace(request, wait_ms=0, idempotency_key=None))
    text = json.dumps([mutation, sent], sort_keys=True, default=_enum_name, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _enum_name(value: object) -> Any:
    if isinstance(value, Enum):
        return value.name
    raise TypeError(f"cannot fingerprint {value!r}")


def check_common(request: Terms) -> None:
    """Raise Invalid for a wait or an idempotency key out of bounds."""
    if not 0 <= request.wait_ms <= MAX_WAIT_MS:
        raise Invalid(f"waitMs is 0 to {MAX_WAIT_MS}", ("input", "waitMs"))
    key = request.idempotency_key
    if key is not None and not (0 < len(key) <= MAX_KEY_LENGTH and key.isprintable()):
        raise Invalid(f"idempotencyKey is 1 to {MAX_KEY_LENGTH} printable characters", ("input", "idempotencyKey"))


def face_recipe(request: FaceRequest, served: ServedNetwork, *, seed: int, draw: int) -> Recipe:
    """The recipe of a request whose random parts have been drawn. Raises Invalid with a path into the input."""
    network = served.network
    check_seed(seed, ("input", "seed"))
    _check_truncation(request, network.layers)
    _check_label(request.label, network.label_dim)
    return Recipe(
        network_sha256=network.sha256,
        seed=seed,
        psi=plain_float(request.psi),
        cutoff=request.cutoff,
        label=request.label,
        noise=request.noise,
        noise_draw=draw if request.noise is NoiseMode.RANDOM else None,
        edits=recipe_edits(served, request.emotions, request.directions),
        width=network.resolution,
        height=network.resolution,
    )


def edited_recipe(source: Recipe, request: EmotionRequest, served: ServedNetwork) -> Recipe:
    """The source's recipe with the request's edits in place of its own."""
    return replace(source, edits=recipe_edits(served, request.emotions, request.directions))


def recipe_edits(
    served: ServedNetwork, emotions: Sequence[EmotionStrength], directions: Sequence[DirectionStrength]
) -> tuple[RecipeEdit, ...]:
    """Sorted, without zeros. Raises Invalid for an unknown direction, a bad strength or an edit given twice."""
    if len(emotions) + len(directions) > MAX_EDITS:
        raise Invalid(f"at most {MAX_EDITS} edits, emotions and directions together", ("input", "directions"))
    edits: list[RecipeEdit] = []
    seen: set[str] = set()
    for list_name, index, direction, strength in _named_edits(served, emotions, directions):
        path = ("input", list_name, str(index))
        if direction.name in seen:
            raise Invalid(f"{direction.name!r} is given twice; give each edit once", path)
        seen.add(direction.name)
        checked = check_strength(strength, (*path, "strength"))
        edits.append(RecipeEdit(direction.name, direction.sha256, checked))
    return sorted_edits(edits)


def _named_edits(
    served: ServedNetwork, emotions: Sequence[EmotionStrength], directions: Sequence[DirectionStrength]
) -> list[tuple[str, int, Direction, float]]:
    by_emotion = [
        (
            "emotions",
            index,
            served.emotion(edit.emotion, ("input", "emotions", str(index), "emotion")),
            edit.strength,
        )
        for index, edit in enumerate(emotions)
    ]
    by_name = [
        (
            "directions",
            index,
            served.direction(edit.direction, ("input", "directions", str(index), "direction")),
            edit.strength,
        )
        for index, edit in enumerate(directions)
    ]
    return by_emotion + by_name


def check_psi(psi: float, path: Sequence[str]) -> float:
    """In its one spelling."""
    if not (math.isfinite(psi) and abs(psi) <= MAX_PSI):
        raise Invalid("truncationPsi is a finite number from -2 to 2", path)
    return plain_float(psi)


def check_strength(strength: float, path: Sequence[str]) -> float:
    """In its one spelling."""
    if not (math.isfinite(strength) and abs(strength) <= MAX_STRENGTH):
        raise Invalid(f"strength is a finite number from -5 to 5, not {strength}", path)
    return plain_float(strength)


def check_seed(seed: int, path: Sequence[str]) -> None:
    if not 0 <= seed <= MAX_SEED:
        raise Invalid(f"a seed is an integer from 0 to {MAX_SEED}", path)


def _check_truncation(request: FaceRequest, layers: int) -> None:
    check_psi(request.psi, ("input", "truncationPsi"))
    if request.cutoff is not None and not 0 <= request.cutoff <= layers:
        raise Invalid(f"truncationCutoff is 0 to {layers} for this network", ("input", "truncationCutoff"))


def _check_label(label: int | None, label_dim: int) -> None:
    if label_dim == 0 and label is not None:
        raise Invalid("this network takes no label", ("input", "label"))
    if label_dim > 0 and (label is None or not 0 <= label < label_dim):
        raise Invalid(f"this network needs a label, 0 to {label_dim - 1}", ("input", "label"))
