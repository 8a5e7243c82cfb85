"""What a design's rules leave out: each by itself, told beside the answers, and part of the design's hash."""

from dataclasses import replace
from typing import Any

import pytest

from domain.studies.codebook import rows_of
from domain.studies.design import Design, protocol_hash
from domain.studies.exclusions import NO_EXCLUSIONS, Exclusions, Rule
from domain.studies.judging import judged, left_out, points_of
from domain.studies.records import Answer, Run, SessionStatus
from domain.studies.trials import TrialKind
from tests.fixtures.studies import SEED, design, run


def answered(changes: dict[TrialKind, dict[str, Any]], of: Design, slot: int = 0) -> Run:
    """A complete run whose answers to trials of a kind are changed."""
    made = run(of, slot)
    trials = []
    for trial, given in made.trials:
        answer: Answer = given or next(answer for _, answer in made.trials if answer)
        target = trial.planned.target
        own = {"step": target} if target is not None else {}
        trials.append((trial, replace(answer, **own | changes.get(trial.planned.kind, {}))))
    return replace(made, session=replace(made.session, status=SessionStatus.COMPLETED), trials=tuple(trials))


def rules_of(some: Run) -> set[Rule]:
    """Of all answers."""
    rules = {some.version.id: some.version.design.exclusions}
    return {rule for _, broken in judged(points_of(some), rules) for rule in broken}


ALL = Exclusions(min_response_ms=500, max_failed_attention=0, max_unmoved_share=0.5, complete_only=True)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, set()),
        ({TrialKind.MAIN: {"response_ms": 499.9}}, {Rule.TOO_FAST}),
        ({TrialKind.MAIN: {"response_ms": 500.0}}, set()),
        ({TrialKind.PRACTICE: {"response_ms": 1.0}, TrialKind.ATTENTION: {"response_ms": 1.0}}, set()),
        ({TrialKind.MAIN: {"moved": False}}, {Rule.UNMOVED}),
        ({TrialKind.REPEATED: {"moved": False}}, set()),
        ({TrialKind.ATTENTION: {"step": 2}}, {Rule.ATTENTION}),
    ],
)
def test_each_rule_leaves_out_what_it_says(changes: dict[TrialKind, dict[str, Any]], broken: set[Rule]) -> None:
    assert rules_of(answered(changes, design(exclusions=ALL))) == broken
    assert rules_of(answered(changes, design())) == set()


def test_who_did_not_finish_is_left_out_only_where_that_was_declared() -> None:
    assert rules_of(run(design(exclusions=Exclusions(complete_only=True)), 0)) == {Rule.INCOMPLETE}
    assert Rule.INCOMPLETE not in rules_of(run(design(), 0))


def test_rows_are_all_there_and_say_which_rules_leave_them_out() -> None:
    quick = answered({TrialKind.MAIN: {"response_ms": 1.0}}, design(exclusions=ALL))
    rows = list(rows_of(quick))
    assert len(rows) == design().trials
    assert {row["exclusion_rules"] for row in rows if row["kind"] == "main"} == {"too_fast"}
    assert {row["excluded"] for row in rows if row["kind"] != "main"} == {False}
    both = answered({TrialKind.MAIN: {"response_ms": 1.0, "moved": False}}, design(exclusions=ALL))
    said = {row["kind"]: (row["excluded"], row["exclusion_rules"]) for row in rows_of(both)}
    assert said["main"] == (True, "unmoved too_fast")
    assert said["practice"] == (True, "unmoved")


def test_what_is_left_out_is_counted_by_rule() -> None:
    of = design(exclusions=ALL)
    runs = [answered({}, of), answered({TrialKind.MAIN: {"moved": False}}, of, 1)]
    points = [point for one in runs for point in points_of(one)]
    found = left_out(list(judged(points, {"v1": ALL})), ALL.declared)
    assert [(one.rule, one.participants, one.answers) for one in found] == [
        (Rule.TOO_FAST, 0, 0),
        (Rule.ATTENTION, 0, 0),
        (Rule.UNMOVED, 1, of.main_trials),
        (Rule.INCOMPLETE, 0, 0),
    ]


def test_rules_are_hashed_with_the_design_and_none_leave_the_hash_of_old() -> None:
    plain, ruled = design(), design(exclusions=ALL)
    assert protocol_hash(plain, SEED) != protocol_hash(ruled, SEED)
    assert "exclusions" not in plain.to_json()
    assert [Design.from_json(one.to_json()) for one in (plain, ruled)] == [plain, ruled]
    assert Design.from_json(plain.to_json()).exclusions == NO_EXCLUSIONS
