"""Perception studies as researchers see them: designs, invitations, progress, and what was found."""

from datetime import datetime
from typing import Annotated, Self

import strawberry
from strawberry.scalars import JSON

from domain.recipe import plain_float
from domain.services.studies.rendering import Estimate
from domain.services.studies.reporting import Findings, StudyOverview
from domain.services.studies.researching import Repair, manifest
from domain.studies import records, results
from domain.studies.designing import AT, DEFAULT_STEPS, DesignRequest
from domain.studies.exclusions import NO_EXCLUSIONS, Exclusions, Rule
from domain.studies.judging import LeftOut
from domain.studies.pools import Sex
from domain.studies.ports import Interval, StudyFormat
from domain.studies.simulating import MAX_SIMULATED
from domain.studies.trials import TrialKind
from graph.context import Info
from graph.ids import global_id, key_of
from graph.schema.enums import Emotion
from graph.schema.generations import Generation
from graph.schema.paging import Connection, given

StudyExclusionRule = Rule
StudySessionStatus = records.SessionStatus
strawberry.enum(
    StudySessionStatus,
    name="StudySessionStatus",
    description="INVITED until there is consent, RUNNING from the first answer on. DROPPED_OUT and WITHDRAWN have "
    "given their slot in the counterbalancing back; of the withdrawn no data is left.",
)
strawberry.enum(records.Gender, description="As a participant said.")
strawberry.enum(records.InputDevice, description="What moved the slider.")
strawberry.enum(
    TrialKind,
    description="REPEATED shows a main trial again; ATTENTION asks for one end of the slider.",
)
strawberry.enum(Sex, name="FaceSex", description="How a face was judged to look when the pool was curated.")
strawberry.enum(results.Grouping, name="StudyGrouping", description="What main trials are told apart by.")

strawberry.enum(StudyFormat, description="What a study's rows are exported as.")

Simulated = Annotated[
    int,
    strawberry.argument(
        description="Instead of what was answered, what so many participants answer who do not exist, 1 to "
        f"{MAX_SIMULATED}: to try an analysis with before there are data. They are marked, and kept nowhere."
    ),
]
ExportForm = Annotated[StudyFormat, strawberry.argument(description="The kind of file.")]


strawberry.enum(
    Rule,
    name="StudyExclusionRule",
    description="TOO_FAST leaves out single answers; the others a participant with all their answers.",
)


@strawberry.input(description="Whom and what the analysis leaves out. Nothing is deleted; every row says what holds.")
class StudyExclusionsInput:
    min_response_ms: float | None = strawberry.field(
        default=strawberry.UNSET, description="Answers to main and repeated trials that took less."
    )
    max_failed_attention: int | None = strawberry.field(
        default=strawberry.UNSET, description="Participants who failed more attention trials."
    )
    max_unmoved_share: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="Participants who left a larger share of their sliders unmoved, 0 to 1; main and repeated trials.",
    )
    complete_only: bool = strawberry.field(default=False, description="Participants who did not answer every trial.")

    def to_domain(self) -> Exclusions:
        share, least = given(self.max_unmoved_share), given(self.min_response_ms)
        return Exclusions(
            min_response_ms=None if least is None else plain_float(least),
            max_failed_attention=given(self.max_failed_attention),
            max_unmoved_share=None if share is None else plain_float(share),
            complete_only=self.complete_only,
        )


@strawberry.input(description="What participants see. It is fixed as soon as somebody is invited.")
class StudyDesignInput:
    faces: int = strawberry.field(description="How many faces each participant sees, 1 to 500.")
    overlap: int = strawberry.field(
        default=0, description="The first so many of the pool are the same for everybody; the rest is drawn."
    )
    equal_sexes: bool = strawberry.field(default=True, description="As many men as women.")
    steps: int = strawberry.field(default=DEFAULT_STEPS, description="Positions of the slider, 2 to 101.")
    global_strength: float = strawberry.field(
        default=1.0, description="The strength at the slider's end: round(linspace(0, 1, steps) * globalStrength, 5)."
    )
    emotions: list[Emotion] | None = strawberry.field(default=strawberry.UNSET, description="Left out: all six.")
    network: str | None = strawberry.field(default=strawberry.UNSET, description="Left out: the default network.")
    pool_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A pool of seeds; left out: the one that was curated for the network."
    )
    truncation_psi: float | None = strawberry.field(default=strawberry.UNSET, description="Left out: the pool's own.")
    label: int | None = strawberry.field(default=strawberry.UNSET, description="For conditional networks.")
    practice_trials: int = strawberry.field(default=0, description="Before the others; not counted.")
    repeated_share: float = strawberry.field(default=0.0, description="0 to 1: main trials that are shown twice.")
    attention_trials: int = strawberry.field(default=0, description="Trials that ask for one end of the slider.")
    participants: int | None = strawberry.field(
        default=strawberry.UNSET, description="How many are planned; left out: every face of the pool is rendered."
    )
    resume_hours: float = strawberry.field(default=24.0, description="How long after a pause one may go on.")
    same_device: bool = strawberry.field(default=False, description="Whether only on the device it was begun on.")
    randomisation_seed: str | None = strawberry.field(
        default=strawberry.UNSET, description="What every order is drawn by: letters and digits; left out: drawn."
    )

    exclusions: StudyExclusionsInput | None = strawberry.field(
        default=strawberry.UNSET, description="Declared beforehand, and hashed with the design; left out: none."
    )

    def to_domain(self) -> DesignRequest:
        """Raises Invalid or NotFound."""
        pool, rules = given(self.pool_id), given(self.exclusions)
        emotions = given(self.emotions)
        return DesignRequest(
            faces=self.faces,
            overlap=self.overlap,
            equal_sexes=self.equal_sexes,
            steps=self.steps,
            global_strength=self.global_strength,
            emotions=tuple(Emotion) if emotions is None else tuple(emotions),
            network=given(self.network),
            pool_id=None if pool is None else key_of("SeedPool", pool, (*AT, "poolId")),
            psi=given(self.truncation_psi),
            label=given(self.label),
            practice_trials=self.practice_trials,
            repeated_share=self.repeated_share,
            attention_trials=self.attention_trials,
            participants=given(self.participants),
            resume_hours=self.resume_hours,
            same_device=self.same_device,
            randomisation_seed=given(self.randomisation_seed),
            exclusions=NO_EXCLUSIONS if rules is None else rules.to_domain(),
        )


@strawberry.type(description="Where the invited are, as in a CONSORT flow diagram.")
class StudyCounts:
    invited: int = strawberry.field(description="No consent yet.")
    consented: int = strawberry.field(description="No answer yet.")
    running: int = strawberry.field(description="At least one answer.")
    completed: int = strawberry.field(description="Every trial is answered.")
    dropped_out: int = strawberry.field(
        description="Stayed away for longer than the policy allows, or than an invitation holds."
    )
    withdrawn: int = strawberry.field(description="Erased.")
    answers: int = strawberry.field(description="All answers that are kept.")


@strawberry.type(description="A perception study, with the version of its design that holds now.")
class Study:
    overview: strawberry.Private[StudyOverview]
    id: strawberry.ID = strawberry.field(description="What the fields about studies take.")
    name: str = strawberry.field(description="For people.")
    version: int = strawberry.field(description="Number of the design, from 1.")
    fixed: bool = strawberry.field(description="Whether somebody was invited to it: then a change is a new version.")
    protocol_sha256: str = strawberry.field(description="One hash of the design and of all that is drawn by chance.")
    trials: int = strawberry.field(description="How many each participant has.")
    strengths: list[float] = strawberry.field(description="What the slider's steps show.")
    counts: StudyCounts = strawberry.field(description="Where the invited are.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def from_domain(cls, overview: StudyOverview) -> Self:
        study, version, counts = overview.study, overview.version, overview.counts
        names = ("invited", "consented", "running", "completed", "dropped_out", "withdrawn", "answers")
        return cls(
            overview=overview,
            id=global_id("Study", study.id),
            name=study.name,
            version=version.number,
            fixed=version.fixed,
            protocol_sha256=version.hash,
            trials=version.design.trials,
            strengths=list(version.design.strengths),
            counts=StudyCounts(**{name: getattr(counts, name) for name in names}),
            created_at=study.created_at,
        )

    @strawberry.field(
        description="For preregistration: the design, the seed that every order is drawn by, and the hash of both. "
        "From it and the network's file every stimulus can be made again."
    )
    def manifest(self) -> JSON:
        return JSON(manifest(self.overview.version))

    @strawberry.field(description="What renders its pictures, or did last.")
    async def rendering(self, info: Info) -> Generation | None:
        key = self.overview.version.generation_id
        found = None if key is None else await info.context.loaders.generations.load(key)
        return None if found is None else Generation.from_domain(found)

    @strawberry.field(description="Where its rows are, one a trial, with the columns of `studyCodebook`.")
    def export_url(self, info: Info, form: ExportForm = StudyFormat.CSV, simulated: Simulated = 0) -> str:
        made_up = f"?simulated={simulated}" if simulated else ""
        return info.context.services.urls.download(f"studies/{self.id}.{form.value}{made_up}")


StudyConnection = Connection[Study]


@strawberry.type(description="One participant's run of a study.")
class StudySession:
    id: strawberry.ID = strawberry.field(description="What the fields about study sessions take.")
    status: StudySessionStatus = strawberry.field(description="Where it is.")
    slot: int = strawberry.field(description="Its place in the counterbalancing, from 0.")
    label: str | None = strawberry.field(description="The researcher's own, e.g. a recruitment id.")
    answered: int = strawberry.field(description="Trials with an answer.")
    trials: int = strawberry.field(description="All trials.")
    created_at: datetime = strawberry.field(description="When somebody was invited.")
    consented_at: datetime | None = strawberry.field(description="When they consented.")
    started_at: datetime | None = strawberry.field(description="When their first answer came.")
    finished_at: datetime | None = strawberry.field(description="When it ended, whatever its end.")

    @classmethod
    def from_domain(cls, overview: records.SessionOverview) -> Self:
        session = overview.session
        return cls(
            id=global_id("StudySession", session.id),
            status=session.status,
            slot=session.slot,
            label=session.label,
            answered=overview.answered,
            trials=overview.trials,
            created_at=session.created_at,
            consented_at=session.consented_at,
            started_at=session.started_at,
            finished_at=session.finished_at,
        )


StudySessionConnection = Connection[StudySession]


@strawberry.type(description="What a study's rendering takes. Figures that were not measured here yet are null.")
class StudyEstimate:
    images: int = strawberry.field(description="All steps of all trials' sliders, once.")
    pictures: int = strawberry.field(description="How many of them differ: the plain face is the same everywhere.")
    missing: int = strawberry.field(description="How many of those are not rendered yet.")
    seconds: float | None = strawberry.field(description="At the measured pace, with what waits already.")
    size_bytes: float | None = strawberry.field(description="Of what is missing, by the newest pictures' mean size.")
    waiting: int = strawberry.field(description="Renders that wait now; faces that somebody waits for go first.")

    @classmethod
    def from_domain(cls, estimate: Estimate) -> Self:
        names = ("images", "pictures", "missing", "seconds", "size_bytes", "waiting")
        return cls(**{name: getattr(estimate, name) for name in names})


@strawberry.type(description="A 95% bootstrap confidence interval over participants.")
class ConfidenceInterval:
    low: float = strawberry.field(description="Its lower end.")
    high: float = strawberry.field(description="Its upper end.")

    @classmethod
    def maybe(cls, interval: Interval | None) -> Self | None:
        return None if interval is None else cls(low=interval.low, high=interval.high)


@strawberry.type(description="The strengths that were chosen for an emotion in main trials; a participant counts once.")
class StudySummary:
    emotion: Emotion = strawberry.field(description="Which one.")
    group: str | None = strawberry.field(description="Of whom, where groups were asked for.")
    answers: int = strawberry.field(description="How many there are.")
    points: list[float] = strawberry.field(
        description=f"Each answer, for box plots; of more than {results.MAX_POINTS}, so many at equal distances in "
        "their order of size, the least and the greatest among them."
    )
    participants: int = strawberry.field(description="How many gave them.")
    mean: float = strawberry.field(description="Of the participants' means.")
    median: float = strawberry.field(description="Of the participants' medians.")
    sd: float | None = strawberry.field(description="Standard deviation between the participants' means.")
    mean_interval: ConfidenceInterval | None = strawberry.field(description="Of the mean.")
    median_interval: ConfidenceInterval | None = strawberry.field(description="Of the median.")

    @classmethod
    def from_domain(cls, summary: results.Summary) -> Self:
        names = ("emotion", "group", "participants", "mean", "median", "sd")
        return cls(
            answers=len(summary.points),
            points=list(results.thinned(summary.points)),
            mean_interval=ConfidenceInterval.maybe(summary.mean_interval),
            median_interval=ConfidenceInterval.maybe(summary.median_interval),
            **{name: getattr(summary, name) for name in names},
        )


@strawberry.type(description="How alike the answers are that were given to the same trial twice.")
class StudyRetest:
    emotion: Emotion | None = strawberry.field(description="Null: all of them.")
    pairs: int = strawberry.field(description="How many trials were answered twice.")
    bias: float = strawberry.field(description="The mean of second minus first.")
    within_sd: float = strawberry.field(description="The within-subject standard deviation (Bland and Altman 1996).")
    correlation: float | None = strawberry.field(description="Pearson's; null where it does not exist.")

    @classmethod
    def from_domain(cls, retest: results.Retest) -> Self:
        names = ("emotion", "pairs", "bias", "within_sd", "correlation")
        return cls(**{name: getattr(retest, name) for name in names})


@strawberry.type(description="What one of the design's rules leaves out, whether it was applied or not.")
class StudyExclusion:
    rule: StudyExclusionRule = strawberry.field(description="Which one.")
    participants: int = strawberry.field(description="How many lose answers to it.")
    answers: int = strawberry.field(description="How many answers to main trials.")

    @classmethod
    def from_domain(cls, found: LeftOut) -> Self:
        return cls(rule=found.rule, participants=found.participants, answers=found.answers)


@strawberry.type(description="What a study found.")
class StudyResults:
    summaries: list[StudySummary] = strawberry.field(description="By emotion, then by group.")
    retests: list[StudyRetest] = strawberry.field(description="All emotions first; empty where nothing was repeated.")
    exclusions: list[StudyExclusion] = strawberry.field(description="One for each rule that a design declares.")
    simulated: int = strawberry.field(description="How many participants were made up; 0: these are real answers.")

    @classmethod
    def from_domain(cls, found: Findings) -> Self:
        return cls(
            summaries=[StudySummary.from_domain(one) for one in found.summaries],
            retests=[StudyRetest.from_domain(one) for one in found.retests],
            exclusions=[StudyExclusion.from_domain(one) for one in found.left_out],
            simulated=found.simulated,
        )


@strawberry.type(description="What was mended.")
class StudyRepair:
    restored: list[int] = strawberry.field(description="Places of trials that were missing, from 0.")
    removed: list[int] = strawberry.field(description="Places of trials that nobody had planned.")
    status: StudySessionStatus = strawberry.field(
        description="COMPLETED where every trial is answered now, RUNNING again where one came back."
    )

    @classmethod
    def from_domain(cls, repair: Repair) -> Self:
        return cls(restored=list(repair.restored), removed=list(repair.removed), status=repair.status)
