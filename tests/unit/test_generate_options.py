import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.commands.generate import direction_strength, emotion_strength, seed_list


def test_seeds_are_numbers_and_ranges() -> None:
    assert seed_list("0,1,42-45,1") == (0, 1, 42, 43, 44, 45)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, unique=True))
def test_any_list_of_seeds_comes_back(seeds: list[int]) -> None:
    assert seed_list(",".join(map(str, seeds))) == tuple(seeds)


@pytest.mark.parametrize("text", ["", "x", "1-", "-1", "5-3", "4294967296", "0-4294967295", "1.5", "1,,2"])
def test_what_is_not_a_seed_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        seed_list(text)


def test_an_emotion_is_a_name_and_a_strength() -> None:
    edit = emotion_strength("HAPPY=0.8")
    assert (edit.emotion.value, edit.strength) == ("happy", 0.8)
    with pytest.raises(argparse.ArgumentTypeError, match="happy, sad"):
        emotion_strength("bored=1")
    with pytest.raises(argparse.ArgumentTypeError, match="not a number"):
        emotion_strength("happy=much")


def test_a_directions_name_may_hold_an_equals_sign() -> None:
    assert direction_strength("a=b=1").direction == "a=b"
