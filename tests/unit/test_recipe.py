"""A recipe has one text and one key, and those that were written before there were mixes keep theirs."""

from dataclasses import replace

import pytest

from domain.networks import Emotion
from domain.recipe import Recipe, RecipeMix
from tests.fakes.catalogue import edit, recipe

PLAIN = recipe(42, edit(Emotion.HAPPY, 0.8))
MIXED = replace(PLAIN, mixes=(RecipeMix(7, 0, 4),))


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


def test_a_version_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="recipe version 2 is not known"):
        Recipe.from_json({**PLAIN.to_json(), "version": 2})
