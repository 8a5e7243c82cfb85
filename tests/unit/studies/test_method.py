"""Who sees what, in which order, from which start: balanced whatever the number of participants."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.networks import Emotion
from domain.studies.design import Design
from domain.studies.drawing import Drawing
from domain.studies.faces import faces_of, practice_faces
from domain.studies.pools import Pool, Sex
from domain.studies.stimuli import Stimuli, trial_recipes
from domain.studies.trials import PlannedTrial, TrialKind, trials_of, williams_rows
from tests.fixtures.study_designs import DIRECTIONS, POOL, design

DRAWING = Drawing("seed")


def of_kind(trials: tuple[PlannedTrial, ...], kind: TrialKind) -> list[PlannedTrial]:
    return [trial for trial in trials if trial.kind is kind]


@pytest.mark.parametrize("steps", [2, 3, 11, 21, 50, 101])
@pytest.mark.parametrize("global_strength", [1.0, 0.1, 0.2, -1.7, 5.0])
def test_strengths_are_numpys_to_the_bit(steps: int, global_strength: float) -> None:
    made = design(steps=steps, global_strength=global_strength).strengths
    assert list(made) == list(np.round(np.linspace(0, 1, steps) * global_strength, 5))


def test_everybody_sees_the_overlap_and_as_many_men_as_women() -> None:
    one = design(faces=6, overlap=4)
    for slot in range(30):
        faces = faces_of(one, DRAWING, slot)
        assert {100, 101, 200, 201} <= {face.seed for face in faces}
        assert Counter(face.sex for face in faces) == {Sex.MAN: 3, Sex.WOMAN: 3}
        assert len(set(faces)) == 6


def test_without_equal_numbers_the_overlap_is_the_first_of_the_pool() -> None:
    one = design(faces=5, overlap=3, equal_sexes=False, pool=Pool("p", (1, 2), (11, 12, 13, 14, 15)))
    assert [face.seed for face in one.pool.faces] == [1, 11, 2, 12, 13, 14, 15]
    for slot in range(10):
        assert [face.seed for face in faces_of(one, DRAWING, slot)][:3] == [1, 11, 2]


@given(faces=st.integers(1, 10), overlap=st.integers(0, 10), slots=st.integers(1, 40), seed=st.text("abc", min_size=1))
def test_drawn_faces_are_shown_equally_often_after_any_number(faces: int, overlap: int, slots: int, seed: str) -> None:
    one = design(faces=2 * faces, overlap=2 * min(faces, overlap))
    shown = Counter(face for slot in range(slots) for face in faces_of(one, Drawing(seed), slot))
    drawn = [shown[face] for sex in Sex for face in one.pool.of(sex)[one.overlap // 2 :]]
    if one.overlap < one.faces:
        assert max(drawn) - min(drawn) <= 1


def test_each_face_is_shown_with_each_emotion_once() -> None:
    one = design(faces=8, overlap=2)
    for slot in range(5):
        shown = Counter((trial.face, trial.emotion) for trial in trials_of(one, DRAWING, slot))
        assert shown == Counter((face, emotion) for face in faces_of(one, DRAWING, slot) for emotion in Emotion)


@pytest.mark.parametrize("count", range(1, 9))
def test_a_williams_square_balances_places_and_neighbours(count: int) -> None:
    rows = williams_rows(count)
    for place in range(count):
        assert len(set(Counter(row[place] for row in rows).values())) == 1
    neighbours = Counter(pair for row in rows for pair in pairwise(row))
    assert set(neighbours) == {(one, other) for one in range(count) for other in range(count) if one != other}
    assert len(set(neighbours.values())) <= 1


@pytest.mark.parametrize("emotions", [1, 3, 6])
def test_emotions_stand_everywhere_equally_often_over_participants(emotions: int) -> None:
    one = design(directions=DIRECTIONS[:emotions])
    rows = len(williams_rows(emotions))
    orders = [[trial.emotion for trial in trials_of(one, DRAWING, slot)] for slot in range(rows)]
    for place in range(len(orders[0])):
        assert set(Counter(order[place] for order in orders).values()) == {rows // emotions}


@pytest.mark.parametrize("faces", [12, 14, 20])
def test_no_face_is_seen_twice_in_a_row(faces: int) -> None:
    one = design(faces=faces)
    for slot in range(20):
        assert all(before.face != after.face for before, after in pairwise(trials_of(one, DRAWING, slot)))


def test_starts_are_balanced_for_each_emotion_at_any_time() -> None:
    one, counts = design(steps=5), {emotion: Counter(dict.fromkeys(range(5), 0)) for emotion in Emotion}
    for slot in range(12):
        for trial in trials_of(one, DRAWING, slot):
            counts[trial.emotion][trial.start] += 1
        for emotion in Emotion:
            assert max(counts[emotion].values()) - min(counts[emotion].values()) <= 1


def test_practice_repeats_and_attention_stand_where_they_belong() -> None:
    one = design(faces=4, practice_trials=3, repeated_share=0.25, attention_trials=2)
    trials = trials_of(one, DRAWING, 3)
    assert [trial.place for trial in trials] == list(range(one.trials)) == list(range(3 + 24 + 2 + 6))
    assert [trial.kind for trial in trials[:3]] == [TrialKind.PRACTICE] * 3
    assert [trial.kind for trial in trials[-6:]] == [TrialKind.REPEATED] * 6
    for again in trials[-6:]:
        first = trials[again.repeats or 0]
        assert (first.kind, first.face, first.emotion) == (TrialKind.MAIN, again.face, again.emotion)
    checks = of_kind(trials, TrialKind.ATTENTION)
    assert {check.target for check in checks} == {0, 20}
    assert all(check.start + (check.target or 0) == 20 for check in checks), "who does not move fails"
    assert [check.place for check in checks] == [3 + 8, 3 + 17]


def test_practice_shows_faces_that_count_for_nothing_where_the_pool_has_them() -> None:
    one = design(faces=4, overlap=4, practice_trials=5)
    practised = practice_faces(one, DRAWING)
    assert len(set(practised)) == 5
    assert not set(practised) & set(faces_of(one, DRAWING, 0))
    assert len(practice_faces(design(practice_trials=5, pool=Pool("p", (1, 2), (3, 4)), overlap=4), DRAWING)) == 5


def test_the_same_seed_gives_the_same_study_and_slots_differ() -> None:
    one = design(faces=8, repeated_share=0.5)
    assert trials_of(one, Drawing("x"), 4) == trials_of(one, Drawing("x"), 4)
    assert trials_of(one, Drawing("x"), 4) != trials_of(one, Drawing("x"), 5)
    assert trials_of(one, Drawing("x"), 4) != trials_of(one, Drawing("y"), 4)


def stimuli(one: Design, slots: int = 1) -> Stimuli:
    return Stimuli.of(one, "seed", slots)


def test_a_whole_pool_has_each_face_with_each_emotion_at_each_step() -> None:
    made = stimuli(design())
    assert len(made) == len(list(made)) == 20 * 6 * 21
    keys = {recipe.key for recipe in made.recipes()}
    assert len(keys) == made.pictures == 20 * (6 * 20 + 1)
    assert {face for face, _ in made.pairs} == set(POOL.faces)


def test_what_the_first_participant_sees_first_is_rendered_first() -> None:
    one = design(faces=8, overlap=2, practice_trials=2)
    trials = trials_of(one, DRAWING, 0)
    seen = list(dict.fromkeys((trial.face, trial.emotion) for trial in trials))
    assert list(stimuli(one).pairs[: len(seen)]) == seen


def test_with_a_planned_number_only_what_they_see_is_rendered() -> None:
    one = design(faces=4, overlap=4, participants=10)
    assert len(stimuli(one).pairs) == 4 * 6
    some = design(faces=4, overlap=2, participants=2)
    seen = {face for slot in range(2) for face in faces_of(some, DRAWING, slot)}
    assert {face for face, _ in stimuli(some).pairs} == seen
    assert {face for face, _ in stimuli(some, 3).pairs} > seen


def test_a_trials_recipes_are_the_sliders_steps() -> None:
    recipes = list(trial_recipes(design(steps=3), 42, Emotion.SAD))
    assert [[(edit.direction, edit.strength) for edit in recipe.edits] for recipe in recipes] == [
        [],
        [("neutral->sad", 0.5)],
        [("neutral->sad", 1.0)],
    ]
    assert len({recipe.key for recipe in recipes}) == 3


def test_a_design_survives_its_json_and_every_part_of_it_changes_the_hash() -> None:
    from domain.studies.design import ResumePolicy, canonical, protocol_hash

    one = design()
    assert Design.from_json(one.to_json()) == one
    assert canonical(Design.from_json(one.to_json()).to_json()) == canonical(one.to_json())
    others = [
        one,
        design(faces=6),
        design(overlap=0),
        design(equal_sexes=False),
        design(steps=11),
        design(global_strength=0.5),
        design(psi=0.7),
        design(practice_trials=1),
        design(repeated_share=0.1),
        design(attention_trials=1),
        design(resume=ResumePolicy(1.0)),
        design(pool=Pool("tiny", POOL.women, POOL.men)),
        design(directions=DIRECTIONS[:2]),
    ]
    assert len({protocol_hash(other, "seed") for other in others} | {protocol_hash(one, "other")}) == len(others) + 1
