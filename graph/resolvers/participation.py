"""What participants ask and do: their link names the one session that there is for them."""

from typing import Annotated

import strawberry

from domain.studies import records
from graph.context import Context, Info
from graph.schema.paging import given
from graph.schema.participation import AnswerReceipt, StudyRun, WithdrawalReceipt
from graph.schema.payloads import answered
from graph.schema.study_payloads import (
    AnswerTrialInput,
    AnswerTrialPayload,
    DescribeParticipantInput,
    GiveConsentInput,
    StudyRunPayload,
    WithdrawPayload,
)

ReceiptId = Annotated[strawberry.ID, strawberry.argument(description="A receipt's.")]
Consent = Annotated[GiveConsentInput, strawberry.argument(description="To which text.")]
About = Annotated[DescribeParticipantInput, strawberry.argument(description="What they say.")]
Given = Annotated[AnswerTrialInput, strawberry.argument(description="The answer.")]


@strawberry.type(description="What a participant asks.")
class ParticipationQuery:
    @strawberry.field(description="The study session that the caller's link opens.")
    async def study_run(self, info: Info) -> StudyRun:
        return await _run(info.context)

    @strawberry.field(
        description="The proof of a withdrawal: for whoever withdrew, by their link, and for the study's researcher."
    )
    async def withdrawal_receipt(self, info: Info, id: ReceiptId) -> WithdrawalReceipt:
        receipt = await info.context.services.taking_part.receipt(info.context.caller, id)
        return WithdrawalReceipt.from_domain(receipt)


@strawberry.type(description="What a participant does.")
class ParticipationMutation:
    @strawberry.mutation(description="Agree to the consent text; before that nothing is shown and nothing is kept.")
    async def give_consent(self, info: Info, input: Consent) -> StudyRunPayload:
        return await answered(StudyRunPayload, _consent(info.context, input), run=StudyRun.from_domain)

    @strawberry.mutation(description="Say something about oneself; it replaces what was said before.")
    async def describe_participant(self, info: Info, input: About) -> StudyRunPayload:
        return await answered(StudyRunPayload, _describe(info.context, input), run=lambda run: run)

    @strawberry.mutation(description="Answer the next trial, once. The last one's answer completes the session.")
    async def answer_trial(self, info: Info, input: Given) -> AnswerTrialPayload:
        return await answered(AnswerTrialPayload, _answer(info.context, input), answer=AnswerReceipt.from_domain)

    @strawberry.mutation(description="Leave the study: the person and all their answers are erased, now and for good.")
    async def withdraw_from_study(self, info: Info) -> WithdrawPayload:
        return await answered(WithdrawPayload, _withdraw(info.context), receipt=WithdrawalReceipt.from_domain)


async def _run(context: Context) -> StudyRun:
    session = await context.services.taking_part.session(context.caller, context.caller.participating())
    return StudyRun.from_domain(session)


async def _consent(context: Context, sent: GiveConsentInput) -> records.StudySession:
    return await context.services.taking_part.give_consent(
        context.caller, context.caller.participating(), sent.consent_version, given(sent.device_key)
    )


async def _describe(context: Context, sent: DescribeParticipantInput) -> StudyRun:
    await context.services.taking_part.describe(
        context.caller, context.caller.participating(), given(sent.age), given(sent.gender), given(sent.device_key)
    )
    return await _run(context)


async def _answer(context: Context, sent: AnswerTrialInput) -> records.Answer:
    return await context.services.taking_part.answer(context.caller, context.caller.participating(), sent.to_domain())


async def _withdraw(context: Context) -> records.Withdrawal:
    return await context.services.taking_part.withdraw(context.caller, context.caller.participating())
