"""A study as a participant sees it: the text they agree to, the next trials, and nothing of anybody else."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from domain.services.studies.taking_part import ShownTrial
from domain.studies import records
from domain.studies.trials import TrialKind
from graph.context import Info
from graph.ids import global_id
from graph.schema.enums import Emotion
from graph.schema.paging import given
from graph.schema.studies import StudySessionStatus

DeviceKey = Annotated[
    str | None, strawberry.argument(description="Needed where the study goes on only on the device it was begun on.")
]
Ahead = Annotated[int, strawberry.argument(description="How many, 1 to 10: load the next one's pictures early.")]


@strawberry.type(description="What participants agree to.")
class ConsentText:
    version: int = strawberry.field(description="What giveConsent takes.")
    text: str = strawberry.field(description="To be shown whole.")


@strawberry.type(description="One face with one emotion: a slider, and a picture for each of its steps.")
class StudyTrial:
    shown: strawberry.Private[ShownTrial]
    id: strawberry.ID = strawberry.field(description="What answerTrial takes.")
    number: int = strawberry.field(description="Its place in the order, from 1.")
    kind: TrialKind = strawberry.field(description="For the instruction that is shown.")
    emotion: Emotion = strawberry.field(description="What the slider adds to the face.")
    start_step: int = strawberry.field(description="Where the slider has to stand at first, from 0.")
    target_step: int | None = strawberry.field(description="What an ATTENTION trial has to ask for.")
    ready: bool = strawberry.field(description="Whether all of its pictures are rendered; ask again where not.")

    @classmethod
    def from_domain(cls, shown: ShownTrial) -> Self:
        planned = shown.trial.planned
        return cls(
            shown=shown,
            id=global_id("Trial", shown.trial.id),
            number=planned.place + 1,
            kind=planned.kind,
            emotion=planned.emotion,
            start_step=planned.start,
            target_step=planned.target,
            ready=shown.ready,
        )

    @strawberry.field(description="The pictures' addresses, one a step; null where it is not rendered yet.")
    def urls(self, info: Info) -> list[str | None]:
        urls = info.context.services.urls
        return [None if picture is None else urls.image(picture) for picture in self.shown.steps]


@strawberry.type(description="How far a participant is.")
class StudyProgress:
    answered: int = strawberry.field(description="Trials with an answer.")
    trials: int = strawberry.field(description="All trials.")


@strawberry.type(description="The study session that the link opens.")
class StudyRun:
    entity: strawberry.Private[records.StudySession]
    status: StudySessionStatus = strawberry.field(description="Where it is.")

    @classmethod
    def from_domain(cls, session: records.StudySession) -> Self:
        return cls(entity=session, status=session.status)

    @strawberry.field(description="The text to agree to before anything else.")
    async def consent_text(self, info: Info) -> ConsentText:
        text = await info.context.services.taking_part.consent_text(info.context.caller, self.entity.id)
        return ConsentText(version=text.number, text=text.text)

    @strawberry.field(description="How many of the trials are answered.")
    async def progress(self, info: Info) -> StudyProgress:
        answered, trials = await info.context.services.taking_part.progress(info.context.caller, self.entity.id)
        return StudyProgress(answered=answered, trials=trials)

    @strawberry.field(description="The first trials without an answer, in the order in which they are to be answered.")
    async def trials(self, info: Info, ahead: Ahead = 2, device_key: DeviceKey = strawberry.UNSET) -> list[StudyTrial]:
        taking = info.context.services.taking_part
        shown = await taking.next_trials(info.context.caller, self.entity.id, ahead, given(device_key))
        return [StudyTrial.from_domain(one) for one in shown]


@strawberry.type(description="An answer that is kept.")
class AnswerReceipt:
    step: int = strawberry.field(description="As it was given.")
    strength: float = strawberry.field(description="What that showed.")
    answered_at: datetime = strawberry.field(description="When it was kept, by the server's clock.")

    @classmethod
    def from_domain(cls, answer: records.Answer) -> Self:
        return cls(step=answer.step, strength=answer.strength, answered_at=answer.created_at)


@strawberry.type(description="The proof of an erasure; it says what was erased and nothing of what it said.")
class WithdrawalReceipt:
    id: strawberry.ID = strawberry.field(description="To be kept by the participant.")
    answers_erased: int = strawberry.field(description="How many answers there were.")
    withdrawn_at: datetime = strawberry.field(description="When.")
    sha256: str = strawberry.field(description="Of the receipt's other fields, so that none can be changed unseen.")

    @classmethod
    def from_domain(cls, receipt: records.Withdrawal) -> Self:
        return cls(
            id=strawberry.ID(receipt.id),
            answers_erased=receipt.answers_erased,
            withdrawn_at=receipt.withdrawn_at,
            sha256=receipt.sha256,
        )
