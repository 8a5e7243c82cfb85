"""A recipe has one text and one key, and those that were written before there were mixes and morphs keep theirs."""

from dataclasses import replace

import pytest

from domain.networks import Emotion
from domain.recipe import MorphSpace, Recipe, RecipeMix, RecipeMorph
from tests.fakes.catalogue import edit, recipe

PLAIN = recipe(42, edit(Emotion.HAPPY, 0.8))
MIXED = replace(PLAIN, mixes=(RecipeMix(7, 0, 4),))

MORPHED = replace(MIXED, morph=RecipeMorph(9, (RecipeMix(8, 2, 4),), MorphSpace.Z, 0.25))


def test_the_key_of_a_recipe_without_mixes_is_what_it_was_before_there_were_mixes() -> None:
    assert "mixes" not in PLAIN.to_json()
    assert PLAIN.key == "3393e19d7e82f0431632d404e674ba61e27fd89b18c52cd65c1dbb174fec9135"


def test_a_mix_is_a_part_of_the_recipe_and_comes_back() -> None:
    assert MIXED.to_json()["mixes"] == [{"seed": 7, "first": 0, "count": 4}]
    assert MIXED.key != PLAIN.key
    assert Recipe.from_json(MIXED.to_json()) == MIXED
    assert Recipe.from_json(PLAIN.to_json()) == PLAIN


def test_the_order_of_mixes_matters_because_the_later_one_counts() -> None:
    two = (RecipeMix(7, 0, 4), RecipeMix(8, 2, 4))
    assert replace(PLAIN, mixes=two).key != replace(PLAIN, mixes=two[::-1]).key


def test_a_position_of_a_morph_is_a_part_of_the_recipe_and_comes_back() -> None:
    assert MORPHED.to_json()["morph"] == {
        "seed": 9,
        "mixes": [{"seed": 8, "first": 2, "count": 4}],
        "space": "z",
        "position": 0.25,
    }
    assert "morph" not in MIXED.to_json()
    assert len({MORPHED.key, MIXED.key, PLAIN.key}) == 3
    assert Recipe.from_json(MORPHED.to_json()) == MORPHED


def test_a_version_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="recipe version 2 is not known"):
        Recipe.from_json({**PLAIN.to_json(), "version": 2})
