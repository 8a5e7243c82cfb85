"""The command `morph`: what its options ask for."""

import argparse
from pathlib import Path

import pytest

from domain.animations import AnimationFormat
from domain.errors import Invalid
from domain.morphs import MorphRequest, Stop
from domain.networks import Emotion
from domain.requests import EmotionStrength
from infrastructure.commands.command_line import parser
from infrastructure.commands.morph import request_of

HAPPY = (EmotionStrength(Emotion.HAPPY, 0.5),)


def request(*arguments: str) -> MorphRequest:
    options: argparse.Namespace = parser().parse_args(["morph", *arguments])
    return request_of(options, "tiny")


def test_seeds_are_stops_and_the_name_says_the_format() -> None:
    asked = request("--seeds", "3,1-2", "--out", "a/b.MP4", "--loop", "--seconds", "2")
    assert [stop.seed for stop in asked.stops] == [3, 1, 2]
    assert (asked.format, asked.loop, asked.seconds, asked.network) == (AnimationFormat.MP4, True, 2.0, "tiny")


def test_one_seed_goes_to_its_emotion_and_several_have_it_all_the_way() -> None:
    one = request("--seeds", "5", "--emotion", "happy=0.5", "--out", "a.gif").stops
    assert one == (Stop(seed=5), Stop(seed=5, emotions=HAPPY, directions=()))
    several = request("--seeds", "5,6", "--emotion", "happy=0.5", "--out", "a.gif").stops
    assert [stop.emotions for stop in several] == [HAPPY, HAPPY]


@pytest.mark.parametrize("name", ["a", "a.png", "a.mov", str(Path("a.gif") / "b")])
def test_another_ending_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match=r"\.webp, \.gif or \.mp4"):
        request("--seeds", "1,2", "--out", name)
