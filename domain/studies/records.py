"""What is kept of a study: its versions, its sessions, and of participants as little as the method needs."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.studies.design import Design
from domain.studies.trials import PlannedTrial


class SessionStatus(Enum):
    """A study session's way: INVITED until there is consent, RUNNING from the first answer on.

    DROPPED_OUT and WITHDRAWN have given their slot back; of the withdrawn no data is left.
    """

    INVITED = "invited"
    CONSENTED = "consented"
    RUNNING = "running"
    COMPLETED = "completed"
    DROPPED_OUT = "dropped_out"
    WITHDRAWN = "withdrawn"

    @property
    def open(self) -> bool:
        return self in (SessionStatus.INVITED, SessionStatus.CONSENTED, SessionStatus.RUNNING)


class Gender(Enum):
    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNDISCLOSED = "undisclosed"


class InputDevice(Enum):
    """What the slider was moved with."""

    MOUSE = "mouse"
    TOUCH = "touch"
    PEN = "pen"
    KEYBOARD = "keyboard"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StudyVersion:
    """A design with the seed of everything that chance decides. `fixed` once it has a session: then it never changes.

    `hash` is that of `domain.studies.design.protocol`; `generation_id` is the last that rendered its stimuli.
    """

    id: str
    study_id: str
    number: int
    design: Design
    seed: str
    hash: str
    fixed: bool
    created_at: datetime
    generation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Study:
    id: str
    owner: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One of the texts that a study's participants were shown; none is ever changed."""

    study_id: str
    number: int
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class StudySession:
    """One participant's run. `idle_s` is how long ago, by the database's clock, anything came from them."""

    id: str
    study_id: str
    version_id: str
    slot: int
    status: SessionStatus
    created_at: datetime
    idle_s: float
    label: str | None = None
    device_sha256: str | None = None
    consented_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """Personal data, apart from the answers; gone after a withdrawal."""

    id: str
    session_id: str
    consent_number: int
    consented_at: datetime
    age: int | None = None
    gender: Gender | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    id: str
    session_id: str
    planned: PlannedTrial


@dataclass(frozen=True, slots=True)
class SessionOverview:
    """A session, and how many of its trials are answered."""

    session: StudySession
    answered: int
    trials: int


@dataclass(frozen=True, slots=True)
class TrajectoryPoint:
    """Where the slider stood, `at_ms` after the images were shown."""

    at_ms: float
    step: int


@dataclass(frozen=True, slots=True)
class Screen:
    """In CSS pixels; `refresh_hz` as the client estimates it."""

    width: int
    height: int
    pixel_ratio: float = 1.0
    refresh_hz: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One a trial. `created_at` is the server's time, `response_ms` the client's monotonic clock."""

    id: str
    trial_id: str
    session_id: str
    step: int
    strength: float
    response_ms: float
    moved: bool
    trajectory: tuple[TrajectoryPoint, ...]
    input_device: InputDevice
    screen: Screen | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One participant's whole data: every trial in its order, with its answer where there is one."""

    version: StudyVersion
    session: StudySession
    participant: Participant | None
    trials: tuple[tuple[Trial, Answer | None], ...]
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The receipt of an erasure: what was erased, and nothing of what it said."""

    id: str
    study_id: str
    version_number: int
    session_id: str
    answers_erased: int
    withdrawn_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class StudyCounts:
    """As in a CONSORT flow diagram: where each invited participant is now."""

    invited: int = 0
    consented: int = 0
    running: int = 0
    completed: int = 0
    dropped_out: int = 0
    withdrawn: int = 0
    answers: int = 0

    @property
    def sessions(self) -> int:
        return self.invited + self.consented + self.running + self.completed + self.dropped_out + self.withdrawn
