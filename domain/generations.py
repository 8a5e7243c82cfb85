"""A generation is what a client asked for; its renders are the pictures it takes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum

from domain.access import LOCAL_OWNER
from domain.animations import AnimationState, NewAnimation
from domain.recipe import Recipe

MAX_ATTEMPTS = 3


class GenerationStatus(Enum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def terminal(self) -> bool:
        return self in (GenerationStatus.SUCCEEDED, GenerationStatus.FAILED, GenerationStatus.CANCELED)


class RenderState(Enum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many renders of a generation are in each state, and how its animation stands; its status follows."""

    queued: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    canceled: int = 0
    animation: AnimationState | None = None

    @property
    def status(self) -> GenerationStatus:
        """One whose only claims were handed back is QUEUED again; of several ends the worst is the generation's."""
        if self.queued or self.running:
            begun = self.running or self.succeeded or self.failed
            return GenerationStatus.RUNNING if begun else GenerationStatus.QUEUED
        if self.canceled:
            return GenerationStatus.CANCELED
        return GenerationStatus.FAILED if self.failed else self._made

    @property
    def _made(self) -> GenerationStatus:
        """With all its images."""
        if self.animation is None:
            return GenerationStatus.SUCCEEDED
        return GenerationStatus.RUNNING if self.animation.pending else GenerationStatus(self.animation.value)

    @property
    def animation_due(self) -> AnimationState | None:
        """What becomes of an animation that waits, once no render does: all of its frames are there, or never will."""
        if self.animation is not AnimationState.WAITING or self.queued or self.running:
            return None
        return AnimationState.CANCELED if self.failed or self.canceled else AnimationState.QUEUED


class Priority(IntEnum):
    """Lower goes first."""

    INTERACTIVE = 0
    BULK = 10


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Generation:
    """`version` grows with every change; `ended_number` orders the terminal ones as they were committed."""

    id: str
    status: GenerationStatus
    version: int
    total: int
    done: int
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    failure: Failure | None = None
    ended_number: int | None = None
    session_id: str | None = None
    owner: str = LOCAL_OWNER


@dataclass(frozen=True, slots=True)
class GenerationFilter:
    """All conditions hold at once; those left out hold for every generation."""

    owner: str | None = None
    status: tuple[GenerationStatus, ...] = ()
    session_id: str | None = None


EVERY_GENERATION = GenerationFilter()


@dataclass(frozen=True, slots=True)
class NewRender:
    """A picture that a new generation takes; `source_id` is the image it is edited from."""

    recipe: Recipe
    source_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewGeneration:
    """What is accepted, whole or not at all.

    The order of `renders` is their index; they may be made as they are read.
    """

    id: str
    owner: str
    mutation: str
    fingerprint: str
    idempotency_key: str | None
    priority: Priority
    renders: Collection[NewRender]
    session_id: str | None = None
    animation: NewAnimation | None = None


@dataclass(frozen=True, slots=True)
class ClaimedRender:
    """A render in this worker's hands: its result counts while the row still has this fence and is RUNNING."""

    id: str
    generation_id: str
    fence: int
    attempt: int
    priority: Priority
    recipe: Recipe
    queued_ms: float


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought, in the order of the queue, and the ids of the generations that it moved: theirs, and those
    that ended because somebody had made their picture meanwhile."""

    renders: Sequence[ClaimedRender] = ()
    moved: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """The one rendering of a recipe: two files named by their content."""

    sha256: str
    thumbnail_sha256: str
    size_bytes: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class FinishedRender:
    claim: ClaimedRender
    picture: Picture


@dataclass(frozen=True, slots=True)
class FailedRender:
    claim: ClaimedRender
    failure: Failure
    final: bool = False
    """No further attempt makes sense."""
