"""What is told of a study: the participant is the unit, intervals are drawn alike every time, plots show points."""

import asyncio
import math
import statistics
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.networks import Emotion
from domain.studies.pools import Sex
from domain.studies.ports import Interval, Point, Sample, Statistic
from domain.studies.records import Gender, SessionStatus
from domain.studies.results import Grouping, retests, summaries, thinned
from domain.studies.trials import TrialKind
from infrastructure.studies import calculating
from infrastructure.studies.statistics import CalculationFailed, ChildStatistics

SVG = "{http://www.w3.org/2000/svg}"


def point(
    session: str,
    strength: float,
    emotion: Emotion = Emotion.HAPPY,
    *,
    place: int = 0,
    kind: TrialKind = TrialKind.MAIN,
    sex: Sex = Sex.WOMAN,
    gender: Gender | None = None,
    repeats: int | None = None,
) -> Point:
    return Point(
        session_id=session,
        version_id="v1",
        status=SessionStatus.COMPLETED,
        place=place,
        kind=kind,
        emotion=emotion,
        sex=sex,
        gender=gender,
        step=0,
        strength=strength,
        response_ms=900.0,
        moved=True,
        repeats=repeats,
    )


class NoIntervals:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Sample] = []

    async def intervals(self, samples: Sequence[Sample]) -> Sequence[Interval | None]:
        self.asked.extend(samples)
        return [None] * len(samples)

    async def box_plot(self, title: str, groups: object) -> str:
        raise AssertionError("no plot is asked for here")


async def test_each_participant_counts_once_however_many_trials_they_have() -> None:
    points = [*(point("a", 0.2, place=n) for n in range(10)), point("b", 0.8), point("c", 0.8, Emotion.SAD)]
    happy, sad = await summaries(points, None, NoIntervals())
    assert (happy.participants, len(happy.points)) == (2, 11)
    assert happy.mean == pytest.approx(0.5)
    assert happy.median == pytest.approx(0.5)
    assert happy.sd == pytest.approx(statistics.stdev([0.2, 0.8]))
    assert (sad.emotion, sad.sd) == (Emotion.SAD, None)


async def test_only_main_trials_count() -> None:
    points = [point("a", 0.9, kind=kind) for kind in TrialKind if kind is not TrialKind.MAIN]
    assert await summaries(points, None, NoIntervals()) == []
    (only,) = await summaries([*points, point("a", 0.1)], None, NoIntervals())
    assert only.points == (0.1,)


async def test_groups_are_told_apart_by_the_face_or_by_the_participant() -> None:
    points = [
        point("a", 0.1, sex=Sex.MAN, gender=Gender.MALE),
        point("a", 0.3, sex=Sex.WOMAN, gender=Gender.MALE),
        point("b", 0.7, sex=Sex.WOMAN),
    ]
    by_face = await summaries(points, Grouping.FACE_SEX, NoIntervals())
    assert {one.group: one.points for one in by_face} == {"man": (0.1,), "woman": (0.3, 0.7)}
    by_person = await summaries(points, Grouping.PARTICIPANT_GENDER, NoIntervals())
    assert {one.group: one.points for one in by_person} == {"male": (0.1, 0.3), "not said": (0.7,)}


async def test_intervals_are_asked_for_participants_and_given_to_their_summary() -> None:
    asked = NoIntervals()
    await summaries([point("a", 0.0), point("a", 0.0), point("a", 0.6), point("b", 1.0)], None, asked)
    mean, median = asked.asked
    assert mean.statistic is Statistic.MEAN
    assert mean.values == pytest.approx((0.2, 1.0))
    assert median == Sample(Statistic.MEDIAN, (0.0, 1.0))


def test_a_retest_compares_what_one_participant_said_twice() -> None:
    points = [
        point("a", 0.2, place=0),
        point("a", 0.4, place=5, kind=TrialKind.REPEATED, repeats=0),
        point("b", 0.6, place=0),
        point("b", 0.6, place=5, kind=TrialKind.REPEATED, repeats=0),
        point("b", 0.9, Emotion.SAD, place=6, kind=TrialKind.REPEATED, repeats=4),  # its first was not answered
    ]
    everything, happy = retests(points)
    assert (everything.emotion, happy.emotion, happy.pairs) == (None, Emotion.HAPPY, 2)
    assert happy.bias == pytest.approx(0.1)
    assert happy.within_sd == pytest.approx((0.2**2 / 2 / 2) ** 0.5)
    assert happy.correlation == pytest.approx(1.0)
    assert retests(points[:1]) == []


def test_a_correlation_that_does_not_exist_is_not_made_up() -> None:
    same = [point("a", 0.5, place=0), point("a", 0.5, place=1, kind=TrialKind.REPEATED, repeats=0)]
    assert retests(same)[0].correlation is None


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1).map(lambda value: round(value, 2)), min_size=2, max_size=12))
def test_an_interval_encloses_nothing_that_was_not_chosen(values: list[float]) -> None:
    found = calculating.interval("mean", values)
    assert (found is None) == (len(set(values)) < 2)
    if found:
        low, high = found
        assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_intervals_cover_the_mean_about_as_often_as_they_say() -> None:
    """95% intervals of 100 samples of 30 each; the samples are the same in every run."""
    draws = np.random.default_rng(1).normal(0.5, 0.15, size=(100, 30))
    intervals = [calculating.interval("mean", list(sample)) for sample in draws]
    assert sum(low <= 0.5 <= high for low, high in filter(None, intervals)) >= 85


async def test_the_child_answers_in_order_and_alike_every_time() -> None:
    samples = [
        Sample(Statistic.MEAN, (0.1, 0.4, 0.5, 0.9)),
        Sample(Statistic.MEDIAN, (0.5, 0.5)),
        Sample(Statistic.MEDIAN, (0.1, 0.4, 0.5, 0.9, 0.9)),
    ]
    child = ChildStatistics()
    first, second = await asyncio.gather(child.intervals(samples), child.intervals(samples))
    assert first == second
    mean, alike, median = first
    assert alike is None
    assert mean
    assert median
    assert mean.low < 0.475 < mean.high
    assert median.low <= 0.5 <= median.high


async def test_a_plot_is_svg_with_a_box_a_group_and_every_point() -> None:
    groups = {"happy": [0.1, 0.5, 0.55, 0.9], "sad": [0.2], "angry": []}
    plot = await ChildStatistics().box_plot("A <study> & its $emotions$", groups)
    root = ElementTree.fromstring(plot)  # noqa: S314
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert "A <study> & its $emotions$" in texts
    assert all(f"(n = {len(values)})" in texts for values in groups.values())
    assert sum(1 for node in root.iter(f"{SVG}use") if "#d1603d" in (node.get("style") or "")) == 5
    assert plot == await ChildStatistics().box_plot("A <study> & its $emotions$", groups)


async def test_a_study_without_answers_has_a_plot_that_says_so() -> None:
    assert "no answers yet" in await ChildStatistics().box_plot("Nothing", {"happy": []})


async def test_a_child_that_hangs_or_fails_is_an_error_and_is_gone() -> None:
    with pytest.raises(CalculationFailed, match="longer than"):
        await ChildStatistics(timeout_s=0.01).box_plot("late", {"happy": [0.1]})
    with pytest.raises(CalculationFailed, match="Error"):
        await ChildStatistics().box_plot("bad", {"happy": ["x"]})  # type: ignore[list-item]


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=300), st.integers(3, 50))
def test_points_are_thinned_out_without_moving_their_ends_and_quartiles(values: list[float], most: int) -> None:
    shown = thinned(values, most)
    assert len(shown) == min(len(values), most)
    if len(values) <= most:
        assert shown == values
        return
    ranked = sorted(values)
    assert (shown[0], shown[-1]) == (ranked[0], ranked[-1])
    for place, value in enumerate(shown):
        rank = place / (most - 1) * (len(values) - 1)
        assert ranked[math.floor(rank)] <= value <= ranked[min(math.ceil(rank), len(values) - 1)]
