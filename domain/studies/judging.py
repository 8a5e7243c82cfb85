"""Which answers a design's exclusion rules leave out: told beside each, never taken away."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from domain.studies.answering import attention_passed
from domain.studies.exclusions import Exclusions, Rule
from domain.studies.ports import Point
from domain.studies.records import Run, SessionStatus
from domain.studies.trials import TrialKind

OF_INTEREST = (TrialKind.MAIN, TrialKind.REPEATED)
JUDGED = (*OF_INTEREST, TrialKind.ATTENTION)
"""The trials whose answers are points."""

Verdict = tuple[Point, tuple[Rule, ...]]
"""An answer, and the rules that leave it out."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """By one rule: how many participants lose answers to it, and how many answers to main trials those are."""

    rule: Rule
    participants: int
    answers: int


def points_of(run: Run) -> list[Point]:
    """A run's answers, as results need them."""
    return [
        Point(
            session_id=run.session.id,
            version_id=run.version.id,
            status=run.session.status,
            place=trial.planned.place,
            kind=trial.planned.kind,
            emotion=trial.planned.emotion,
            sex=trial.planned.face.sex,
            gender=run.participant.gender if run.participant else None,
            step=answer.step,
            strength=answer.strength,
            response_ms=answer.response_ms,
            moved=answer.moved,
            repeats=trial.planned.repeats,
            target=trial.planned.target,
        )
        for trial, answer in run.trials
        if answer is not None and trial.planned.kind in JUDGED
    ]


def judged(points: Iterable[Point], exclusions: Mapping[str, Exclusions]) -> Iterator[Verdict]:
    """`points` come session by session; `exclusions` by version."""
    for _, some in groupby(points, key=lambda point: point.session_id):
        own = list(some)
        rules = exclusions[own[0].version_id]
        about_all = participant_rules(rules, own[0].status, own)
        for point in own:
            yield point, (*about_all, *answer_rules(rules, point))


def participant_rules(rules: Exclusions, status: SessionStatus, points: Sequence[Point]) -> tuple[Rule, ...]:
    """Those that leave a participant out, with everything they answered."""
    sliders = [point.moved for point in points if point.kind in OF_INTEREST]
    failed = sum(attention_passed(point.target, point.step) is False for point in points)
    broken = {
        Rule.ATTENTION: rules.max_failed_attention is not None and failed > rules.max_failed_attention,
        Rule.UNMOVED: rules.max_unmoved_share is not None
        and sliders.count(False) > rules.max_unmoved_share * len(sliders),
        Rule.INCOMPLETE: rules.complete_only and status is not SessionStatus.COMPLETED,
    }
    return tuple(rule for rule, is_broken in broken.items() if is_broken)


def answer_rules(rules: Exclusions, point: Point) -> tuple[Rule, ...]:
    """Those that leave this answer out, whoever gave it."""
    least = rules.min_response_ms
    return (Rule.TOO_FAST,) if least is not None and point.kind in OF_INTEREST and point.response_ms < least else ()


def left_out(verdicts: Sequence[Verdict], declared: Iterable[Rule]) -> list[LeftOut]:
    """For each rule that is declared, also where it left nothing out."""
    return [
        LeftOut(
            rule,
            participants=len({point.session_id for point, rules in verdicts if rule in rules}),
            answers=sum(rule in rules and point.kind is TrialKind.MAIN for point, rules in verdicts),
        )
        for rule in declared
    ]
