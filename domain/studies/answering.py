"""What an answer has to be: checked whole before any of it is kept."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from domain.errors import Conflict, Invalid
from domain.requests import MAX_KEY_LENGTH
from domain.studies.design import Design
from domain.studies.records import InputDevice, Screen, TrajectoryPoint, Trial

MAX_RESPONSE_MS = 24 * 3600 * 1000.0
MAX_TRAJECTORY = 500
MAX_PIXELS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRequest:
    """As it was sent. The same key with the same content is the same answer, however often it comes."""

    trial_id: str
    step: int
    response_ms: float
    moved: bool
    idempotency_key: str
    trajectory: tuple[TrajectoryPoint, ...] = ()
    input_device: InputDevice = InputDevice.UNKNOWN
    screen: Screen | None = None
    device_key: str | None = None

    @property
    def fingerprint(self) -> str:
        sent = {**asdict(self), "input_device": self.input_device.value, "idempotency_key": None, "device_key": None}
        return hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()


def check_answer(request: AnswerRequest, trial: Trial, design: Design) -> None:
    """Raises Invalid with a path into the input."""
    key = request.idempotency_key
    if not (0 < len(key) <= MAX_KEY_LENGTH and key.isprintable()):
        raise Invalid(f"idempotencyKey is 1 to {MAX_KEY_LENGTH} printable characters", ("input", "idempotencyKey"))
    _check_step(request.step, design.steps, ("input", "step"))
    _check_time(request.response_ms, ("input", "responseMs"))
    if request.step != trial.planned.start and not request.moved:
        message = f"the slider started at step {trial.planned.start}, so an answer of {request.step} was moved"
        raise Invalid(message, ("input", "moved"))
    _check_trajectory(request.trajectory, design.steps)
    if request.screen is not None:
        _check_screen(request.screen)


def check_turn(trial: Trial, next_trial: Trial | None) -> None:
    """Trials are answered in the order in which the server has them. Raises Conflict."""
    if next_trial is not None and trial.id != next_trial.id:
        raise Conflict(f"trial {next_trial.planned.place + 1} has to be answered first", ("input", "trialId"))


def attention_passed(target: int | None, step: int | None) -> bool | None:
    """Whether the step that was asked for, or the one beside it, was given; None where nothing was asked for."""
    return None if target is None or step is None else abs(step - target) <= 1


def _check_trajectory(points: Sequence[TrajectoryPoint], steps: int) -> None:
    if len(points) > MAX_TRAJECTORY:
        message = f"a trajectory has at most {MAX_TRAJECTORY} points; thin it out"
        raise Invalid(message, ("input", "trajectory"))
    for index, point in enumerate(points):
        _check_time(point.at_ms, ("input", "trajectory", str(index), "atMs"))
        _check_step(point.step, steps, ("input", "trajectory", str(index), "step"))
    for index, (before, after) in enumerate(pairwise(points), start=1):
        if after.at_ms < before.at_ms:
            raise Invalid("a trajectory runs forward in time", ("input", "trajectory", str(index), "atMs"))


def _check_screen(screen: Screen) -> None:
    for name, value in (("width", screen.width), ("height", screen.height)):
        if not 1 <= value <= MAX_PIXELS:
            raise Invalid(f"{name} is 1 to {MAX_PIXELS} CSS pixels", ("input", "screen", name))
    for name, number in (("pixelRatio", screen.pixel_ratio), ("refreshHz", screen.refresh_hz)):
        if number is not None and not (math.isfinite(number) and 0 < number <= 10_000):
            raise Invalid(f"{name} is a number above 0", ("input", "screen", name))


def _check_step(step: int, steps: int, path: Sequence[str]) -> None:
    if not 0 <= step < steps:
        raise Invalid(f"a step of this slider is 0 to {steps - 1}", path)


def _check_time(milliseconds: float, path: Sequence[str]) -> None:
    if not 0 <= milliseconds <= MAX_RESPONSE_MS:  # false for NaN
        raise Invalid("a time is 0 to 86400000 milliseconds", path)
