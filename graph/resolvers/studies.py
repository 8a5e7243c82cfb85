"""What researchers ask and do about studies."""

from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.scalars import JSON

from domain.errors import as_argument
from domain.services.studies.reporting import Analysis
from domain.studies import codebook
from domain.studies.records import SessionOverview
from domain.studies.results import Grouping
from graph.context import Context, Info
from graph.ids import global_id, key_of
from graph.schema.generations import Generation
from graph.schema.paging import After, Before, First, Last, given, page_of
from graph.schema.participation import WithdrawalReceipt
from graph.schema.payloads import answered
from graph.schema.studies import (
    Simulated,
    Study,
    StudyConnection,
    StudyDesignInput,
    StudyEstimate,
    StudyRepair,
    StudyResults,
    StudySession,
    StudySessionConnection,
)
from graph.schema.study_packs import PackStimuliInput, PackStimuliPayload, StimulusPack
from graph.schema.study_payloads import (
    CreateStudyInput,
    CreateStudyPayload,
    CreateStudySessionInput,
    CreateStudySessionPayload,
    DeleteStudyPayload,
    RenderStudyPayload,
    RenewStudyLinkPayload,
    RepairStudySessionPayload,
    StudyInput,
    StudySessionInput,
    UpdateStudyInput,
    UpdateStudyPayload,
    WithdrawPayload,
)

T = TypeVar("T")
P = TypeVar("P")

STUDIES, SESSIONS = "studies", "study-sessions"
IN = ("input", "id")

StudyId = Annotated[strawberry.ID, strawberry.argument(description="A study's.")]
SessionId = Annotated[
    strawberry.ID | None, strawberry.argument(description="A study session's; left out: everybody's answers.")
]
Planned = Annotated[StudyDesignInput, strawberry.argument(description="What participants would see.")]
Applied = Annotated[
    bool, strawberry.argument(description="Whether what the design's rules leave out is left out; false: everything.")
]
By = Annotated[Grouping | None, strawberry.argument(description="Left out: everybody together.")]
NewStudy = Annotated[CreateStudyInput, strawberry.argument(description="What it is.")]
Changes = Annotated[UpdateStudyInput, strawberry.argument(description="Which study, and what of it.")]
Which = Annotated[StudyInput, strawberry.argument(description="Which study.")]
Invitation = Annotated[CreateStudySessionInput, strawberry.argument(description="To which study.")]
Packing = Annotated[PackStimuliInput, strawberry.argument(description="Of which study.")]
WhichSession = Annotated[StudySessionInput, strawberry.argument(description="Which study session.")]


@strawberry.type(description="Questions about studies.")
class StudyQuery:
    @strawberry.field(description="One study of the caller's.")
    async def study(self, info: Info, id: StudyId) -> Study:
        key = key_of("Study", id, ("id",))
        return Study.from_domain(await info.context.services.reporting.study(info.context.caller, key))

    @strawberry.field(description="The caller's studies, newest first; page size 1 to 100, 20 where none is given.")
    async def studies(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> StudyConnection:
        reporting, caller = info.context.services.reporting, info.context.caller
        page = await reporting.studies(caller, page_of(STUDIES, first, after, last, before))
        return StudyConnection.from_page(page, STUDIES, Study.from_domain, lambda: reporting.study_count(caller))

    @strawberry.field(description="A study's sessions, newest first; page size 1 to 100, 20 where none is given.")
    async def study_sessions(
        self,
        info: Info,
        study_id: StudyId,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> StudySessionConnection:
        reporting, caller = info.context.services.reporting, info.context.caller
        key = key_of("Study", study_id, ("studyId",))
        page = await reporting.sessions(caller, key, page_of(SESSIONS, first, after, last, before))
        return StudySessionConnection.from_page(
            page, SESSIONS, StudySession.from_domain, lambda: reporting.session_count(caller, key)
        )

    @strawberry.field(description="What rendering a study takes, before anything starts.")
    async def study_estimate(self, info: Info, study_id: StudyId) -> StudyEstimate:
        key = key_of("Study", study_id, ("studyId",))
        return StudyEstimate.from_domain(await info.context.services.study_rendering.estimate(info.context.caller, key))

    @strawberry.field(description="What rendering a study of this design would take, before there is one.")
    async def estimate_study(self, info: Info, design: Planned) -> StudyEstimate:
        services = info.context.services
        with as_argument():
            request = design.to_domain()
            draft = await services.research.draft(info.context.caller, request)
        return StudyEstimate.from_domain(
            await services.study_rendering.estimate_design(draft, request.randomisation_seed)
        )

    @strawberry.field(description="What a study found, or what one session's answers are.")
    async def study_results(
        self,
        info: Info,
        study_id: StudyId,
        by: By = strawberry.UNSET,
        session_id: SessionId = strawberry.UNSET,
        apply_exclusions: Applied = True,
        simulated: Simulated = 0,
    ) -> StudyResults:
        key, session = key_of("Study", study_id, ("studyId",)), given(session_id)
        asked = Analysis(
            by=given(by),
            session_id=None if session is None else key_of("StudySession", session, ("sessionId",)),
            apply_exclusions=apply_exclusions,
            simulated=simulated,
        )
        return StudyResults.from_domain(await info.context.services.reporting.findings(info.context.caller, key, asked))

    @strawberry.field(
        description="The columns of a study's rows: types, meanings, units, levels, and when they are missing."
    )
    def study_codebook(self) -> JSON:
        return JSON(codebook.to_json())

    @strawberry.field(description="SVG: the strengths that were chosen, a box and the points of each emotion.")
    async def study_plot(
        self, info: Info, study_id: StudyId, apply_exclusions: Applied = True, simulated: Simulated = 0
    ) -> str:
        key = key_of("Study", study_id, ("studyId",))
        asked = Analysis(apply_exclusions=apply_exclusions, simulated=simulated)
        return await info.context.services.reporting.plot(info.context.caller, key, asked)


@strawberry.type(description="Requests that change studies.")
class StudyMutation:
    @strawberry.mutation(description="Begin a study: a design, and the text that participants agree to.")
    async def create_study(self, info: Info, input: NewStudy) -> CreateStudyPayload:
        verb = info.context.changing(_create(info.context, input))
        return await answered(CreateStudyPayload, verb, study=lambda study: study)

    @strawberry.mutation(description="Change a study; a design that somebody was invited to stays, beside the new one.")
    async def update_study(self, info: Info, input: Changes) -> UpdateStudyPayload:
        verb = info.context.changing(_change(info.context, input))
        return await answered(UpdateStudyPayload, verb, study=lambda study: study)

    @strawberry.mutation(description="Delete a study that nobody was invited to, with the images made for it.")
    async def delete_study(self, info: Info, input: Which) -> DeleteStudyPayload:
        verb = info.context.changing(_delete(info.context, input))
        return await answered(DeleteStudyPayload, verb, deleted_id=lambda gone: gone)

    @strawberry.mutation(description="Render a study's pictures, as bulk work; after a cancel what exists stays.")
    async def render_study(self, info: Info, input: Which) -> RenderStudyPayload:
        verb = info.context.changing(_render(info.context, input))
        return await answered(RenderStudyPayload, verb, generation=Generation.from_domain)

    @strawberry.mutation(description="Stop rendering a study; what is made stays.")
    async def cancel_study_rendering(self, info: Info, input: Which) -> RenderStudyPayload:
        verb = info.context.changing(_cancel(info.context, input))
        return await answered(RenderStudyPayload, verb, generation=lambda one: one and Generation.from_domain(one))

    @strawberry.mutation(
        description="What participants see, as one file for an experiment program of your own; CONFLICT while pictures "
        "are missing."
    )
    async def pack_stimuli(self, info: Info, input: Packing) -> PackStimuliPayload:
        return await answered(PackStimuliPayload, _pack(info.context, input), pack=lambda pack: pack)

    @strawberry.mutation(description="Invite a participant: a session with all its trials, and the link into it.")
    async def create_study_session(self, info: Info, input: Invitation) -> CreateStudySessionPayload:
        links = info.context.services.study_links
        return await answered(
            CreateStudySessionPayload,
            info.context.changing(_invite(info.context, input)),
            session=StudySession.from_domain,
            bearer=lambda invited: links.bearer(invited.session.id),
        )

    @strawberry.mutation(
        description="A new link into a session that goes on, for whoever lost theirs; the old one stays good."
    )
    async def renew_study_link(self, info: Info, input: WhichSession) -> RenewStudyLinkPayload:
        verb = info.context.changing(_renew(info.context, input))
        return await answered(RenewStudyLinkPayload, verb, bearer=info.context.services.study_links.bearer)

    @strawberry.mutation(description="Delete a session that nobody has consented to.")
    async def delete_study_session(self, info: Info, input: WhichSession) -> DeleteStudyPayload:
        verb = info.context.changing(_delete_session(info.context, input))
        return await answered(DeleteStudyPayload, verb, deleted_id=lambda gone: gone)

    @strawberry.mutation(
        description="Bring back trials that are missing, and complete a session whose trials are all answered; answers "
        "are never touched."
    )
    async def repair_study_session(self, info: Info, input: WhichSession) -> RepairStudySessionPayload:
        verb = info.context.changing(_repair(info.context, input))
        return await answered(RepairStudySessionPayload, verb, repair=StudyRepair.from_domain)

    @strawberry.mutation(description="Erase a participant and all their answers, as they can do themselves.")
    async def erase_participant(self, info: Info, input: WhichSession) -> WithdrawPayload:
        verb = info.context.changing(_erase(info.context, input))
        return await answered(WithdrawPayload, verb, receipt=WithdrawalReceipt.from_domain)


async def _create(context: Context, sent: CreateStudyInput) -> Study:
    services, caller = context.services, context.caller
    study = await services.research.create(caller, sent.name, sent.consent_text, sent.design.to_domain())
    return Study.from_domain(await services.reporting.study(caller, study.id))


async def _change(context: Context, sent: UpdateStudyInput) -> Study:
    services, caller, key = context.services, context.caller, key_of("Study", sent.id, IN)
    design = given(sent.design)
    request = None if design is None else design.to_domain()
    await services.research.change(caller, key, given(sent.name), given(sent.consent_text), request)
    return Study.from_domain(await services.reporting.study(caller, key))


async def _delete(context: Context, sent: StudyInput) -> strawberry.ID:
    await context.services.study_deletion.delete(context.caller, key_of("Study", sent.id, IN))
    return sent.id


async def _render(context: Context, sent: StudyInput) -> Any:
    return await context.services.study_rendering.render(context.caller, key_of("Study", sent.id, IN))


async def _cancel(context: Context, sent: StudyInput) -> Any:
    return await context.services.study_rendering.cancel(context.caller, key_of("Study", sent.id, IN))


async def _pack(context: Context, sent: PackStimuliInput) -> StimulusPack:
    key = key_of("Study", sent.study_id, ("input", "studyId"))
    pack = await context.services.stimulus_packs.offer(context.caller, key, given(sent.participants))
    name = f"{global_id('StudyVersion', pack.version.id)}.zip?participants={pack.participants}"
    return StimulusPack.from_domain(pack, context.services.urls.download(f"stimuli/{name}"))


async def _invite(context: Context, sent: CreateStudySessionInput) -> SessionOverview:
    key = key_of("Study", sent.study_id, ("input", "studyId"))
    return await context.services.research.invite(context.caller, key, given(sent.label))


async def _renew(context: Context, sent: StudySessionInput) -> str:
    return await context.services.research.renew_link(context.caller, key_of("StudySession", sent.id, IN))


async def _delete_session(context: Context, sent: StudySessionInput) -> strawberry.ID:
    await context.services.research.delete_session(context.caller, key_of("StudySession", sent.id, IN))
    return strawberry.ID(global_id("StudySession", key_of("StudySession", sent.id, IN)))


async def _repair(context: Context, sent: StudySessionInput) -> Any:
    return await context.services.research.repair(context.caller, key_of("StudySession", sent.id, IN))


async def _erase(context: Context, sent: StudySessionInput) -> Any:
    return await context.services.taking_part.withdraw(context.caller, key_of("StudySession", sent.id, IN))
