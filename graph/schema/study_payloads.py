"""Inputs and payloads of the mutations about studies."""

import strawberry

from domain.studies.answering import AnswerRequest
from domain.studies.records import Gender, InputDevice, Screen, TrajectoryPoint
from graph.ids import key_of
from graph.schema.generations import Generation
from graph.schema.library_payloads import ERRORS, NULL
from graph.schema.paging import given
from graph.schema.participation import AnswerReceipt, StudyRun, WithdrawalReceipt
from graph.schema.payloads import UserError
from graph.schema.studies import Study, StudyDesignInput, StudyRepair, StudySession

STUDY_ID = "A study's."
SESSION_ID = "A study session's."
DEVICE_KEY = "Drawn once by the client and kept on the device; needed where the study goes on only there."


@strawberry.input(description="A study to begin.")
class CreateStudyInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    consent_text: str = strawberry.field(description="What participants agree to; kept, and never overwritten.")
    design: StudyDesignInput = strawberry.field(description="What participants see.")


@strawberry.input(description="What to change; what is left out stays.")
class UpdateStudyInput:
    id: strawberry.ID = strawberry.field(description=STUDY_ID)
    name: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 200 characters.")
    consent_text: str | None = strawberry.field(default=strawberry.UNSET, description="A new version of the text.")
    design: StudyDesignInput | None = strawberry.field(default=strawberry.UNSET, description="A whole new design.")


@strawberry.input(description="A study.")
class StudyInput:
    id: strawberry.ID = strawberry.field(description=STUDY_ID)


@strawberry.input(description="Whom to invite.")
class CreateStudySessionInput:
    study_id: strawberry.ID = strawberry.field(description=STUDY_ID)
    label: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own, e.g. an id of a recruitment service; no name."
    )


@strawberry.input(description="A study session.")
class StudySessionInput:
    id: strawberry.ID = strawberry.field(description=SESSION_ID)


@strawberry.input(description="A participant's consent.")
class GiveConsentInput:
    consent_version: int = strawberry.field(description="Of the text that they were shown.")
    device_key: str | None = strawberry.field(default=strawberry.UNSET, description=DEVICE_KEY)


@strawberry.input(description="What a participant says about themselves; all of it may be left out.")
class DescribeParticipantInput:
    age: int | None = strawberry.field(default=strawberry.UNSET, description="In years.")
    gender: Gender | None = strawberry.field(default=strawberry.UNSET, description="One of four.")
    device_key: str | None = strawberry.field(default=strawberry.UNSET, description=DEVICE_KEY)


@strawberry.input(description="Where the slider stood at a time.")
class TrajectoryPointInput:
    at_ms: float = strawberry.field(description="Milliseconds since the images were shown.")
    step: int = strawberry.field(description="From 0.")


@strawberry.input(description="The participant's screen.")
class ScreenInput:
    width: int = strawberry.field(description="In CSS pixels.")
    height: int = strawberry.field(description="In CSS pixels.")
    pixel_ratio: float = strawberry.field(default=1.0, description="Device pixels to a CSS pixel.")
    refresh_hz: float | None = strawberry.field(default=strawberry.UNSET, description="As the client estimates it.")

    def to_domain(self) -> Screen:
        return Screen(self.width, self.height, self.pixel_ratio, given(self.refresh_hz))


@strawberry.input(description="An answer; it is kept once this is answered.")
class AnswerTrialInput:
    trial_id: strawberry.ID = strawberry.field(description="A trial's.")
    step: int = strawberry.field(description="Where the slider was left, from 0.")
    response_ms: float = strawberry.field(
        description="From the images being shown to the answer, by a clock that only runs forward (performance.now())."
    )
    moved: bool = strawberry.field(description="Whether the slider was moved.")
    idempotency_key: str = strawberry.field(description="The same key with the same answer is the same answer.")
    trajectory: list[TrajectoryPointInput] = strawberry.field(
        default_factory=list, description="The slider's way, at most 500 points, in the order of time."
    )
    input_device: InputDevice = strawberry.field(default=InputDevice.UNKNOWN, description="What moved the slider.")
    screen: ScreenInput | None = strawberry.field(default=strawberry.UNSET, description="What it was shown on.")
    device_key: str | None = strawberry.field(default=strawberry.UNSET, description=DEVICE_KEY)

    def to_domain(self) -> AnswerRequest:
        """Raises Invalid or NotFound."""
        screen = given(self.screen)
        return AnswerRequest(
            trial_id=key_of("Trial", self.trial_id, ("input", "trialId")),
            step=self.step,
            response_ms=self.response_ms,
            moved=self.moved,
            idempotency_key=self.idempotency_key,
            trajectory=tuple(TrajectoryPoint(point.at_ms, point.step) for point in self.trajectory),
            input_device=self.input_device,
            screen=None if screen is None else screen.to_domain(),
            device_key=given(self.device_key),
        )


@strawberry.type(description="What createStudy answers.")
class CreateStudyPayload:
    study: Study | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What updateStudy answers.")
class UpdateStudyPayload:
    study: Study | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What deleteStudy and deleteStudySession answer.")
class DeleteStudyPayload:
    deleted_id: strawberry.ID | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What renderStudy and cancelStudyRendering answer.")
class RenderStudyPayload:
    generation: Generation | None = strawberry.field(description="Null too where nothing was ever rendered.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


BEARER = (
    "What the participant's client sends as `Authorization: Bearer …`; it opens this session and nothing else, for "
    "half a year."
)


@strawberry.type(description="What createStudySession answers.")
class CreateStudySessionPayload:
    session: StudySession | None = strawberry.field(description=NULL)
    bearer: str | None = strawberry.field(description=BEARER)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What renewStudyLink answers.")
class RenewStudyLinkPayload:
    bearer: str | None = strawberry.field(description=BEARER)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What repairStudySession answers.")
class RepairStudySessionPayload:
    repair: StudyRepair | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What giveConsent and describeParticipant answer.")
class StudyRunPayload:
    run: StudyRun | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What answerTrial answers.")
class AnswerTrialPayload:
    answer: AnswerReceipt | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What withdrawing answers.")
class WithdrawPayload:
    receipt: WithdrawalReceipt | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
