"""Participants who do not exist answer like some: within the slider, alike every time, some of them carelessly."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from domain.studies.codebook import rows_of
from domain.studies.drawing import Drawing
from domain.studies.exclusions import Exclusions, Rule
from domain.studies.judging import judged, points_of
from domain.studies.records import SessionStatus
from domain.studies.simulating import simulated_runs
from domain.studies.trials import TrialKind
from tests.fixtures.studies import SEED, design, planned, version

RULES = Exclusions(min_response_ms=300, max_failed_attention=0, max_unmoved_share=0.4, complete_only=True)


def test_they_have_the_trials_of_their_slots_and_answers_that_could_be_given() -> None:
    for slot, run in enumerate(simulated_runs(version(design()), 20)):
        assert [trial.planned for trial, _ in run.trials] == list(planned(design(), slot))
        for trial, answer in run.trials:
            if answer is not None:
                assert answer.strength == design().strengths[answer.step]
                assert answer.moved == (answer.step != trial.planned.start)
                assert answer.response_ms > 0
        assert all(row["simulated"] for row in rows_of(run))


def test_equal_protocols_have_equal_simulations_and_others_do_not() -> None:
    made = [list(simulated_runs(version(design()), 5)) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0] != list(simulated_runs(version(design(psi=0.7, steps=9)), 5))


def test_some_leave_and_some_do_not_care_so_that_rules_have_something_to_leave_out() -> None:
    runs = list(simulated_runs(version(design(exclusions=RULES)), 80))
    assert 2 <= sum(run.session.status is SessionStatus.DROPPED_OUT for run in runs) <= 20
    points = [point for run in runs for point in points_of(run)]
    broken = Counter(rule for _, rules in judged(points, {"v1": RULES}) for rule in rules)
    assert set(broken) == set(Rule)
    assert all(count < len(points) / 2 for count in broken.values())


def test_sliders_are_left_around_the_middle_and_pulled_towards_their_start() -> None:
    points = [point for run in simulated_runs(version(design(steps=21)), 60) for point in points_of(run)]
    careful = [point for point in points if point.kind is TrialKind.MAIN]
    assert 0.4 < sum(point.strength for point in careful) / len(careful) < 0.6


@given(st.text(max_size=20))
def test_a_uniform_number_is_within_its_bounds(label: str) -> None:
    assert 0 < Drawing(SEED).uniform(label) < 1
