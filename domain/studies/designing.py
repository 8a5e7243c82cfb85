"""From what a researcher sends to a design that can be carried out. Raises Invalid with a path into the input."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Invalid
from domain.explorations import MAX_STEPS, MIN_STEPS
from domain.networks import Emotion, ServedNetwork
from domain.recipe import plain_float
from domain.requests import MAX_STRENGTH, check_psi
from domain.studies.answering import MAX_RESPONSE_MS
from domain.studies.design import Consent, Design, DesignNetwork, EmotionDirection, ResumePolicy
from domain.studies.exclusions import NO_EXCLUSIONS, Exclusions
from domain.studies.pools import Pool

DEFAULT_STEPS = 21
MAX_FACES = 500
MAX_EXTRA_TRIALS = 100
MAX_PARTICIPANTS = 100_000
MAX_RESUME_HOURS = 24.0 * 365
MAX_TRIALS = 5_000

AT = ("input", "design")


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignRequest:
    """A research setting as it was sent; what is None is the default."""

    faces: int
    overlap: int = 0
    equal_sexes: bool = True
    steps: int = DEFAULT_STEPS
    global_strength: float = 1.0
    emotions: tuple[Emotion, ...] = tuple(Emotion)
    network: str | None = None
    pool_id: str | None = None
    psi: float | None = None
    label: int | None = None
    practice_trials: int = 0
    repeated_share: float = 0.0
    attention_trials: int = 0
    participants: int | None = None
    resume_hours: float = 24.0
    same_device: bool = False
    randomisation_seed: str | None = None
    exclusions: Exclusions = NO_EXCLUSIONS


def design_of(request: DesignRequest, served: ServedNetwork, pool: Pool, psi: float, consent: Consent) -> Design:
    """`psi` is the pool's own, for a request without."""
    _check_faces(request, pool)
    _check_slider(request)
    _check_extras(request)
    _check_exclusions(request)
    _check_label(request.label, served.network.label_dim)
    network = served.network
    design = Design(
        network=DesignNetwork(network.name, network.sha256, network.resolution),
        directions=_directions(request.emotions, served),
        pool=pool,
        faces=request.faces,
        overlap=request.overlap,
        equal_sexes=request.equal_sexes,
        steps=request.steps,
        global_strength=plain_float(request.global_strength),
        psi=check_psi(psi if request.psi is None else request.psi, (*AT, "truncationPsi")),
        label=request.label,
        practice_trials=request.practice_trials,
        repeated_share=plain_float(request.repeated_share),
        attention_trials=request.attention_trials,
        participants=request.participants,
        resume=ResumePolicy(plain_float(request.resume_hours), request.same_device),
        consent=consent,
        exclusions=request.exclusions,
    )
    if design.trials > MAX_TRIALS:
        raise Invalid(f"a participant would have {design.trials} trials; {MAX_TRIALS} are the most", (*AT, "faces"))
    return design


def _directions(emotions: Sequence[Emotion], served: ServedNetwork) -> tuple[EmotionDirection, ...]:
    if not emotions:
        raise Invalid("a study has at least one emotion", (*AT, "emotions"))
    found: list[EmotionDirection] = []
    for index, emotion in enumerate(emotions):
        path = (*AT, "emotions", str(index))
        if emotion in emotions[:index]:
            raise Invalid(f"{emotion.name} is given twice; give each emotion once", path)
        direction = served.emotion(emotion, path)
        found.append(EmotionDirection(emotion, direction.name, direction.sha256))
    return tuple(found)


def _check_faces(request: DesignRequest, pool: Pool) -> None:
    _check_range(request.faces, 1, MAX_FACES, "faces")
    _check_range(request.overlap, 0, request.faces, "overlap")
    if request.participants is not None:
        _check_range(request.participants, 1, MAX_PARTICIPANTS, "participants")
    if not request.equal_sexes:
        _check_enough(request.faces, len(pool.faces), "faces", pool)
        return
    for name, value in (("faces", request.faces), ("overlap", request.overlap)):
        if value % 2:
            raise Invalid(f"with equal numbers of men and women, {name} is even, not {value}", (*AT, name))
    _check_enough(request.faces // 2, len(pool.men), "men", pool)
    _check_enough(request.faces // 2, len(pool.women), "women", pool)


def _check_enough(wanted: int, there: int, what: str, pool: Pool) -> None:
    if wanted > there:
        message = f"the design needs {wanted} {what}, and the pool {pool.name!r} has {there}"
        raise Invalid(message, (*AT, "faces"))


def _check_slider(request: DesignRequest) -> None:
    _check_range(request.steps, MIN_STEPS, MAX_STEPS, "steps")
    strength = request.global_strength
    if not (math.isfinite(strength) and 0 < abs(strength) <= MAX_STRENGTH):
        raise Invalid("globalStrength is a number from -5 to 5, and not 0", (*AT, "globalStrength"))


def _check_extras(request: DesignRequest) -> None:
    _check_range(request.practice_trials, 0, MAX_EXTRA_TRIALS, "practiceTrials")
    _check_range(request.attention_trials, 0, MAX_EXTRA_TRIALS, "attentionTrials")
    _check_range(request.repeated_share, 0, 1, "repeatedShare")
    _check_range(request.resume_hours, 0, MAX_RESUME_HOURS, "resumeHours")
    seed = request.randomisation_seed
    if seed is not None and not (0 < len(seed) <= 100 and seed.isascii() and seed.isalnum()):
        raise Invalid("randomisationSeed is 1 to 100 letters and digits", (*AT, "randomisationSeed"))


def _check_exclusions(request: DesignRequest) -> None:
    rules, at = request.exclusions, "exclusions"
    if rules.min_response_ms is not None:
        _check_range(rules.min_response_ms, 0, MAX_RESPONSE_MS, at, "minResponseMs")
    if rules.max_unmoved_share is not None:
        _check_range(rules.max_unmoved_share, 0, 1, at, "maxUnmovedShare")
    if rules.max_failed_attention is not None:
        if not request.attention_trials:
            path = (*AT, at, "maxFailedAttention")
            raise Invalid("this design has no attention trials that anybody could fail; set attentionTrials", path)
        _check_range(rules.max_failed_attention, 0, request.attention_trials - 1, at, "maxFailedAttention")


def _check_range(value: float, least: float, most: float, *path: str) -> None:
    """`path` within the design; its last part is the value's name."""
    if not least <= value <= most:  # false for NaN
        raise Invalid(f"{path[-1]} is {least:g} to {most:g}, not {value:g}", (*AT, *path))


def _check_label(label: int | None, label_dim: int) -> None:
    if label_dim == 0 and label is not None:
        raise Invalid("this network takes no label", (*AT, "label"))
    if label_dim > 0 and (label is None or not 0 <= label < label_dim):
        raise Invalid(f"this network needs a label, 0 to {label_dim - 1}", (*AT, "label"))
