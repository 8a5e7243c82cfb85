"""Where a morph's frames lie: evenly, from stop to stop, and with one recipe for what is the same picture."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.animations import AnimationFormat
from domain.errors import Invalid
from domain.morphing import morph_frames
from domain.morphs import Easing, MorphRequest, Stop, frame_count, places
from domain.networks import Emotion
from domain.recipe import MorphSpace, NoiseMode, Recipe, RecipeMix, RecipeMorph
from domain.requests import DirectionStrength, EmotionStrength
from tests.fakes.catalogue import CATALOGUE, edit, recipe

SERVED = CATALOGUE.served[0]
IMAGE = replace(recipe(7, edit(Emotion.SAD, 0.5), psi=0.8), mixes=(RecipeMix(8, 0, 2),), noise=NoiseMode.NONE)


def happy(strength: float) -> tuple[EmotionStrength, ...]:
    return (EmotionStrength(Emotion.HAPPY, strength),)


def frames(*stops: Stop, **given_values: Any) -> list[Recipe]:
    recipes, _ = morph_frames(MorphRequest(stops=stops, **given_values), SERVED, {"image": IMAGE})
    return list(recipes)


def along(*path: Any, count: int, loop: bool = False, easing: Easing = Easing.LINEAR) -> list[float]:
    """How far each frame is, in stops."""
    return [place.start + place.position for place in places(count, len(path), easing, loop=loop)]


def test_frames_are_evenly_spaced_from_the_first_stop_to_the_last() -> None:
    assert along(*"abc", count=5) == [0, 0.5, 1, 1.5, 2]
    assert along(*"ab", count=4) == [0, 0.333333, 0.666667, 1]


def test_a_loop_goes_on_to_the_first_stop_and_does_not_show_it_twice() -> None:
    assert along(*"abc", count=6, loop=True) == [0, 0.5, 1, 1.5, 2, 2.5]
    last = list(places(6, 3, Easing.LINEAR, loop=True))[-1]
    assert (last.start, last.end) == (2, 0)


@given(st.integers(2, 256), st.integers(2, 16), st.booleans())
def test_steps_are_equal_whatever_the_numbers_are(count: int, stops: int, loop: bool) -> None:
    at = along(*range(stops), count=count, loop=loop)
    step = stops / count if loop else (stops - 1) / (count - 1)
    assert at[0] == 0
    assert at[-1] == pytest.approx(stops - step if loop else stops - 1, abs=1e-6)
    assert [later - earlier for earlier, later in pairwise(at)] == pytest.approx([step] * (count - 1), abs=3e-6)


@pytest.mark.parametrize(
    ("easing", "first_quarter", "last_quarter"),
    [
        (Easing.LINEAR, 0.25, 0.25),
        (Easing.EASE_IN, 0.0625, 0.4375),
        (Easing.EASE_OUT, 0.4375, 0.0625),
        (Easing.EASE_IN_OUT, 0.15625, 0.15625),
    ],
)
def test_easing_moves_time_between_two_stops_and_meets_both(
    easing: Easing, first_quarter: float, last_quarter: float
) -> None:
    at = along(*"ab", count=5, easing=easing)
    assert (at[0], at[-1]) == (0, 1)
    assert at[1] == first_quarter
    assert at[-1] - at[-2] == last_quarter
    assert all(earlier < later for earlier, later in pairwise(at))


def test_a_frame_on_a_stop_has_the_recipe_of_that_face() -> None:
    made = frames(Stop(seed=1), Stop(seed=2, emotions=happy(1)), frames=3)
    assert (made[0], made[2]) == (recipe(1), recipe(2, edit(Emotion.HAPPY, 1)))


def test_between_two_stops_the_nearer_face_is_the_recipes_own() -> None:
    made = frames(Stop(seed=1), Stop(seed=2), frames=5, space=MorphSpace.Z)
    assert [(one.seed, one.morph) for one in made[1:4]] == [
        (1, RecipeMorph(2, (), MorphSpace.Z, 0.25)),
        (1, RecipeMorph(2, (), MorphSpace.Z, 0.5)),
        (2, RecipeMorph(1, (), MorphSpace.Z, 0.25)),
    ]


@given(st.integers(2, 128), st.sampled_from([Easing.LINEAR, Easing.EASE_IN_OUT]))
def test_the_way_back_of_a_loop_of_two_is_the_way_there(half: int, easing: Easing) -> None:
    made = frames(Stop(seed=5), Stop(seed=3, emotions=happy(0.7)), frames=2 * half, loop=True, easing=easing)
    assert [one.key for one in made[1:half]] == [one.key for one in reversed(made[half + 1 :])]
    assert len({one.key for one in made}) == half + 1


def test_edits_change_evenly_and_one_that_an_end_lacks_is_zero_there() -> None:
    made = frames(
        Stop(seed=1, emotions=happy(1)), Stop(seed=1, directions=(DirectionStrength("neutral->sad", -1),)), frames=5
    )
    strengths = [{one.direction: one.strength for one in each.edits} for each in made]
    assert strengths == [
        {"neutral->happy": 1.0},
        {"neutral->happy": 0.75, "neutral->sad": -0.25},
        {"neutral->happy": 0.5, "neutral->sad": -0.5},
        {"neutral->happy": 0.25, "neutral->sad": -0.75},
        {"neutral->sad": -1.0},
    ]
    assert {one.morph for one in made} == {None}


def test_an_image_brings_its_seed_mixes_and_edits_and_what_is_left_out() -> None:
    made = frames(Stop(seed=1), Stop(image_id="image"), frames=3)
    assert made[2] == replace(IMAGE, noise=NoiseMode.CONST)
    assert made[0] == recipe(1, psi=0.8)
    middle = made[1]
    assert (middle.seed, middle.mixes, middle.morph) == (1, (), RecipeMorph(7, IMAGE.mixes, MorphSpace.W, 0.5))
    assert frames(Stop(seed=1), Stop(image_id="image"), frames=2, psi=0.3)[1].psi == 0.3


def test_edits_of_a_stop_replace_those_of_its_image() -> None:
    plain, sadder = Stop(image_id="image", emotions=()), Stop(image_id="image", emotions=happy(0.2))
    assert [one.edits for one in frames(plain, sadder, frames=2)] == [(), (edit(Emotion.HAPPY, 0.2),)]


@pytest.mark.parametrize(
    ("given_values", "count"),
    [
        ({}, 24),
        ({"loop": True}, 48),
        ({"fps": 1}, 2),
        ({"frames": 2}, 2),
        ({"frames": 256}, 256),
        ({"seconds": 2.5, "fps": 10}, 25),
        ({"seconds": 0.1, "fps": 20}, 2),
    ],
)
def test_how_many_frames_it_takes(given_values: dict[str, Any], count: int) -> None:
    assert frame_count(MorphRequest(stops=(Stop(seed=1), Stop(seed=2)), **given_values)) == count


def test_a_long_path_without_a_length_takes_as_many_frames_as_there_may_be() -> None:
    assert frame_count(MorphRequest(stops=tuple(Stop(seed=seed) for seed in range(16)))) == 256


TWO = (Stop(seed=1), Stop(seed=2))
MORPHED = replace(recipe(1), morph=RecipeMorph(2, (), MorphSpace.W, 0.5))
OTHER = replace(recipe(1), edits=(replace(edit(Emotion.HAPPY, 1), sha256="f" * 64),))
FOREIGN = replace(recipe(1), network_sha256="f" * 64)
BAD: list[tuple[dict[str, Any], str]] = [
    ({"stops": TWO[:1]}, "stops"),
    ({"stops": TWO * 9}, "stops"),
    ({"stops": (TWO[0], Stop())}, "stops.1"),
    ({"stops": (TWO[0], Stop(seed=1, image_id="image"))}, "stops.1"),
    ({"stops": (TWO[0], Stop(seed=-1))}, "stops.1.seed"),
    ({"stops": (TWO[0], Stop(seed=1, emotions=happy(6)))}, "stops.1.emotions.0.strength"),
    ({"stops": (TWO[0], Stop(seed=1, directions=(DirectionStrength("no", 1),)))}, "stops.1.directions.0.direction"),
    ({"stops": (TWO[0], Stop(image_id="morphed"))}, "stops.1.imageId"),
    ({"stops": (TWO[0], Stop(image_id="foreign"))}, "stops.1.imageId"),
    ({"stops": (Stop(seed=1, emotions=happy(1)), Stop(image_id="other"))}, "stops.1"),
    ({"fps": 0}, "fps"),
    ({"fps": 61}, "fps"),
    ({"fps": 51, "format": AnimationFormat.GIF}, "fps"),
    ({"frames": 1}, "frames"),
    ({"frames": 257}, "frames"),
    ({"frames": 4, "seconds": 1.0}, "frames"),
    ({"stops": TWO * 3, "frames": 5}, "frames"),
    ({"seconds": float("nan")}, "seconds"),
    ({"seconds": -1.0}, "seconds"),
    ({"seconds": 1e300}, "seconds"),
    ({"seconds": 10.7}, "seconds"),
    ({"psi": 2.5}, "truncationPsi"),
    ({"cutoff": 7}, "truncationCutoff"),
    ({"label": 0}, "label"),
]


@pytest.mark.parametrize(("given_values", "field"), BAD)
def test_what_cannot_be_made_is_refused_with_its_place(given_values: dict[str, Any], field: str) -> None:
    request = MorphRequest(**{"stops": TWO, **given_values})
    images = {"image": IMAGE, "morphed": MORPHED, "other": OTHER, "foreign": FOREIGN}
    with pytest.raises(Invalid) as refused:
        morph_frames(request, SERVED, images)
    assert refused.value.field == ("input", *field.split("."))


def test_the_same_morph_has_the_same_key_and_another_another() -> None:
    def key(**values: Any) -> str:
        return morph_frames(MorphRequest(stops=TWO, **values), SERVED, {})[1].key

    assert key() == key(wait_ms=5)
    assert len({key(), key(fps=25), key(loop=True), key(format=AnimationFormat.GIF), key(psi=0.6)}) == 5
