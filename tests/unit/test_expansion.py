"""Requests for many images become recipes in a fixed order, and what does not fit is refused with its place."""

from dataclasses import replace
from itertools import count, product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.errors import UserFault
from domain.expansion import expand, spaced
from domain.explorations import (
    MAX_IMAGES,
    EmotionGridRequest,
    Exploration,
    FacesRequest,
    LayerRange,
    MixRequest,
    SeedRange,
    Seeds,
    StripRequest,
    Subject,
    TruncationGridRequest,
)
from domain.networks import Direction, Emotion, Network, ServedNetwork
from domain.recipe import NoiseMode, Recipe, RecipeMix
from domain.requests import MAX_SEED, DirectionStrength, EmotionStrength, FaceRequest
from tests.fakes.catalogue import CATALOGUE, DIRECTIONS, NETWORK, edit, recipe

SERVED = CATALOGUE.served[0]
HAPPY, SAD = Emotion.HAPPY, Emotion.SAD
RANDOM = FaceRequest(noise=NoiseMode.RANDOM)
SEVEN = Subject(face=FaceRequest(seed=7))

seeds = st.integers(0, MAX_SEED)
strengths = st.floats(-5, 5)


def expanded(request: Exploration, source: Recipe | None = None) -> list[Recipe]:
    numbers = count(1000)
    return list(expand(request, SERVED, source, lambda: next(numbers)))


def strength_of(one: Recipe, emotion: Emotion) -> float:
    return next((each.strength for each in one.edits if each.direction == f"neutral->{emotion.value}"), 0.0)


@given(strengths, strengths, st.integers(2, 101))
def test_strengths_are_numpys_linspace_rounded_to_five_places(start: float, end: float, steps: int) -> None:
    assert list(spaced(start, end, steps)) == np.round(np.linspace(start, end, steps), 5).tolist()


@given(st.lists(seeds, min_size=1, max_size=MAX_IMAGES))
def test_faces_come_in_the_order_of_their_seeds_and_differ_in_nothing_else(listed: list[int]) -> None:
    made = expanded(FacesRequest(seeds=Seeds(tuple(listed)), face=FaceRequest(psi=0.7)))
    assert made == [recipe(seed, psi=0.7) for seed in listed]


@given(st.integers(0, MAX_SEED), st.integers(1, MAX_IMAGES))
def test_a_range_is_the_list_of_its_seeds_or_is_refused_at_the_end_of_all_seeds(first: int, number: int) -> None:
    request = FacesRequest(seeds=Seeds(range=SeedRange(first, number)))
    if first + number - 1 > MAX_SEED:
        with pytest.raises(UserFault) as refused:
            expanded(request)
        assert refused.value.field == ("input", "range", "count")
    else:
        assert [one.seed for one in expanded(request)] == list(range(first, first + number))


def test_random_noise_is_drawn_for_each_face_and_once_for_what_shows_the_same_face() -> None:
    faces = expanded(FacesRequest(seeds=Seeds((1, 2, 3)), face=RANDOM))
    assert len({one.noise_draw for one in faces}) == 3
    grid = expanded(TruncationGridRequest(seeds=Seeds((1, 2)), psis=(0.0, 1.0), face=RANDOM))
    assert grid[0].noise_draw == grid[1].noise_draw != grid[2].noise_draw
    strip = expanded(StripRequest(subject=Subject(face=replace(RANDOM, seed=7)), emotion=HAPPY))
    assert len({one.noise_draw for one in strip}) == 1


@given(strengths, strengths, st.integers(2, 101))
def test_a_strip_changes_one_emotion_and_keeps_everything_else(start: float, end: float, steps: int) -> None:
    assume(start != end)
    source = replace(recipe(7, edit(HAPPY, 0.3), edit(SAD, -1.0)), mixes=(RecipeMix(9, 0, 2),))
    strip = expanded(StripRequest(subject=Subject("x"), emotion=HAPPY, start=start, end=end, steps=steps), source)
    assert [strength_of(one, HAPPY) for one in strip] == list(spaced(start, end, steps))
    for one in strip:
        assert replace(one, edits=()) == replace(source, edits=())
        assert strength_of(one, SAD) == -1.0
        assert all(each.strength for each in one.edits)


def test_a_strip_from_a_seed_keeps_the_edits_that_its_face_is_given_and_strength_0_is_the_face_without() -> None:
    face = FaceRequest(seed=7, emotions=(EmotionStrength(SAD, 0.5),))
    strip = expanded(StripRequest(subject=Subject(face=face), direction="neutral->happy", steps=3))
    assert strip == [
        recipe(7, edit(SAD, 0.5)),
        recipe(7, edit(SAD, 0.5), edit(HAPPY, 0.5)),
        recipe(7, edit(SAD, 0.5), edit(HAPPY, 1.0)),
    ]


def test_a_strip_without_image_or_seed_is_of_one_face_that_is_drawn() -> None:
    assert len({one.seed for one in expanded(StripRequest(subject=Subject(face=FaceRequest()), emotion=HAPPY))}) == 1


@given(st.permutations(list(Emotion)), st.integers(0, 6), st.lists(strengths, min_size=1, max_size=40))
def test_an_emotion_grid_has_a_row_for_each_emotion_then_for_each_direction(
    order: list[Emotion], split: int, columns: list[float]
) -> None:
    request = EmotionGridRequest(
        subject=SEVEN,
        emotions=tuple(order[:split]),
        directions=tuple(f"neutral->{emotion.value}" for emotion in order[split:]),
        strengths=tuple(columns),
    )
    made = expanded(request)
    assert len(made) == len(order) * len(columns)
    for one, (emotion, strength) in zip(made, product(order, columns), strict=True):
        assert one == recipe(7, *([edit(emotion, strength)] if strength else []))


@given(st.lists(seeds, min_size=1, max_size=16), st.lists(st.floats(-2, 2), min_size=1, max_size=16))
def test_a_truncation_grid_has_a_row_for_each_seed_and_a_column_for_each_psi(
    rows: list[int], psis: list[float]
) -> None:
    made = expanded(TruncationGridRequest(seeds=Seeds(tuple(rows)), psis=tuple(psis)))
    assert [(one.seed, one.psi) for one in made] == list(product(rows, psis))


@given(
    st.lists(seeds, min_size=1, max_size=12),
    st.lists(seeds, min_size=1, max_size=12),
    st.integers(0, 5).flatmap(lambda first: st.builds(LayerRange, st.just(first), st.integers(1, 6 - first))),
)
def test_a_mix_has_the_layers_of_its_column_in_the_face_of_its_row(
    rows: list[int], columns: list[int], layers: LayerRange
) -> None:
    made = expanded(MixRequest(rows=tuple(rows), columns=tuple(columns), layers=layers, with_parents=True))
    for one, (row, column) in zip(made, product(rows, columns), strict=False):
        mixes = (RecipeMix(column, layers.first, layers.count),) if row != column else ()
        assert one == replace(recipe(row), mixes=mixes)
    assert made[len(rows) * len(columns) :] == [recipe(seed) for seed in [*rows, *columns]]


LAYERS = LayerRange(0, 4)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (FacesRequest(seeds=Seeds()), "seeds"),
        (FacesRequest(seeds=Seeds((1,), SeedRange(1, 1))), "seeds"),
        (FacesRequest(seeds=Seeds(())), "seeds"),
        (FacesRequest(seeds=Seeds((1,) * 257)), "seeds"),
        (FacesRequest(seeds=Seeds((1, -1))), "seeds.1"),
        (FacesRequest(seeds=Seeds(range=SeedRange(0, 0))), "range.count"),
        (FacesRequest(seeds=Seeds(range=SeedRange(0, 10**12))), "range.count"),
        (FacesRequest(seeds=Seeds(range=SeedRange(-1, 2))), "range.first"),
        (FacesRequest(seeds=Seeds((1,)), face=FaceRequest(psi=9)), "truncationPsi"),
        (StripRequest(subject=SEVEN), "emotion"),
        (StripRequest(subject=SEVEN, emotion=HAPPY, direction="neutral->sad"), "emotion"),
        (StripRequest(subject=SEVEN, direction="neutral->bored"), "direction"),
        (StripRequest(subject=SEVEN, emotion=HAPPY, start=float("nan")), "from"),
        (StripRequest(subject=SEVEN, emotion=HAPPY, start=0.5, end=0.5), "to"),
        (StripRequest(subject=SEVEN, emotion=HAPPY, end=5.1), "to"),
        (StripRequest(subject=SEVEN, emotion=HAPPY, steps=1), "steps"),
        (StripRequest(subject=SEVEN, emotion=HAPPY, steps=102), "steps"),
        (StripRequest(subject=Subject(face=FaceRequest(seed=1, label=3)), emotion=HAPPY), "face.label"),
        (EmotionGridRequest(subject=SEVEN, strengths=(1,)), "emotions"),
        (EmotionGridRequest(subject=SEVEN, emotions=(HAPPY,)), "strengths"),
        (EmotionGridRequest(subject=SEVEN, emotions=(HAPPY, HAPPY), strengths=(1,)), "emotions.1"),
        (
            EmotionGridRequest(subject=SEVEN, emotions=(HAPPY,), directions=("neutral->happy",), strengths=(1,)),
            "directions.0",
        ),
        (EmotionGridRequest(subject=SEVEN, emotions=(HAPPY,), strengths=(1, 6)), "strengths.1"),
        (EmotionGridRequest(subject=SEVEN, emotions=(HAPPY, SAD), strengths=(1,) * 129), "strengths"),
        (TruncationGridRequest(seeds=Seeds((1,)), psis=()), "truncationPsis"),
        (TruncationGridRequest(seeds=Seeds((1,)), psis=(0, 2.5)), "truncationPsis.1"),
        (TruncationGridRequest(seeds=Seeds((1, 2)), psis=(0,) * 129), "truncationPsis"),
        (MixRequest(rows=(), columns=(1,), layers=LAYERS), "rows"),
        (MixRequest(rows=(1,), columns=(), layers=LAYERS), "columns"),
        (MixRequest(rows=(1, MAX_SEED + 1), columns=(1,), layers=LAYERS), "rows.1"),
        (MixRequest(rows=(1,) * 16, columns=(1,) * 17, layers=LAYERS), "columns"),
        (MixRequest(rows=(1,) * 16, columns=(1,) * 15, layers=LAYERS, with_parents=True), "columns"),
        (MixRequest(rows=(1,), columns=(2,), layers=LayerRange(6, 1)), "layers.first"),
        (MixRequest(rows=(1,), columns=(2,), layers=LayerRange(3, 4)), "layers.count"),
        (MixRequest(rows=(1,), columns=(2,), layers=LayerRange(0, 0)), "layers.count"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(request_: Exploration, field: str) -> None:
    with pytest.raises(UserFault) as refused:
        expanded(request_)
    assert refused.value.field == ("input", *field.split("."))


def test_a_face_that_is_full_of_edits_takes_no_further_direction_but_another_strength_of_one_it_has() -> None:
    many = tuple(Direction(f"d{number}", f"{number:064x}") for number in range(64))
    served = ServedNetwork(replace(NETWORK), (*many, *DIRECTIONS))
    face = FaceRequest(seed=1, directions=tuple(DirectionStrength(each.name, 1.0) for each in many))
    subject = Subject(face=face)
    with pytest.raises(UserFault, match="64 edits already"):
        expand(StripRequest(subject=subject, emotion=HAPPY), served, None, lambda: 0)
    assert len(expand(StripRequest(subject=subject, direction="d5"), served, None, lambda: 0)) == 11


def test_a_conditional_networks_label_is_that_of_every_face() -> None:
    served = ServedNetwork(Network("b" * 64, "classes", 16, 6, label_dim=4))
    request = MixRequest(rows=(1,), columns=(2,), layers=LAYERS, with_parents=True, face=FaceRequest(label=3))
    assert [one.label for one in expand(request, served, None, lambda: 0)] == [3, 3, 3]
