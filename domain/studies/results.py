"""What a study found: which strengths were chosen, for each emotion, by everybody and group by group.

Answers of one participant are no independent observations. So the figures treat the participant as the unit: of each
participant's answers to an emotion the mean (the median) counts once, and what is told is the mean and the standard
deviation (the median) of those. The points are the single answers, for box plots.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import sqrt
from statistics import StatisticsError, correlation, fmean, median, stdev

from domain.networks import Emotion
from domain.studies.ports import Interval, Point, Sample, Statistic, Statistics
from domain.studies.trials import TrialKind

MAX_POINTS = 2_000


class Grouping(Enum):
    """What main trials are told apart by."""

    FACE_SEX = "face_sex"
    PARTICIPANT_GENDER = "participant_gender"


@dataclass(frozen=True, slots=True)
class Summary:
    """The answers to main trials of one emotion, of everybody (`group` None) or of one group.

    `points` are all of them. `sd` is None with fewer than two participants; the intervals are None where there is
    nothing to draw again.
    """

    emotion: Emotion
    group: str | None
    points: tuple[float, ...]
    participants: int
    mean: float
    median: float
    sd: float | None
    mean_interval: Interval | None = None
    median_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Retest:
    """How alike the answers are that a participant gave to the same trial twice; all emotions, or one.

    `bias` is the mean of second minus first. `within_sd` is the within-subject standard deviation, the square root of
    the mean squared difference over 2 (Bland and Altman 1996, BMJ 312:1654). `correlation` is Pearson's; None where it
    does not exist.
    """

    emotion: Emotion | None
    pairs: int
    bias: float
    within_sd: float
    correlation: float | None


def thinned(values: Sequence[float], most: int = MAX_POINTS) -> Sequence[float]:
    """As they are, up to so many; of more, so many at equal distances in their order of size, the ends among them.

    So boxes and whiskers stay where they are, but for a part in `most`.
    """
    if len(values) <= most:
        return values
    ranked, last = sorted(values), len(values) - 1
    return [ranked[round(place * last / (most - 1))] for place in range(most)]


def main_points(points: Iterable[Point]) -> list[Point]:
    return [point for point in points if point.kind is TrialKind.MAIN]


async def summaries(points: Iterable[Point], by: Grouping | None, statistics: Statistics) -> list[Summary]:
    """By emotion, then group; empty ones are left out."""
    grouped: dict[tuple[Emotion, str | None], list[Point]] = defaultdict(list)
    for point in main_points(points):
        grouped[point.emotion, _group(point, by)].append(point)
    order = sorted(grouped, key=lambda key: (list(Emotion).index(key[0]), key[1] or ""))
    units = [(_per_participant(grouped[key], fmean), _per_participant(grouped[key], median)) for key in order]
    samples = [
        sample
        for means, medians in units
        for sample in (Sample(Statistic.MEAN, means), Sample(Statistic.MEDIAN, medians))
    ]
    intervals = iter(await statistics.intervals(samples))
    return [
        _summary(*key, grouped[key], means, medians, next(intervals), next(intervals))
        for key, (means, medians) in zip(order, units, strict=True)
    ]


def retests(points: Iterable[Point]) -> list[Retest]:
    """Over all emotions first, then each that was repeated."""
    pairs = _pairs(points)
    if not pairs:
        return []
    by_emotion = [(emotion, pairs[emotion]) for emotion in Emotion if emotion in pairs]
    everything = [pair for _, some in by_emotion for pair in some]
    return [_retest(None, everything), *(_retest(emotion, some) for emotion, some in by_emotion)]


def _group(point: Point, by: Grouping | None) -> str | None:
    match by:
        case None:
            return None
        case Grouping.FACE_SEX:
            return point.sex.value
        case Grouping.PARTICIPANT_GENDER:
            return point.gender.value if point.gender else "not said"


def _per_participant(points: Sequence[Point], of: Callable[[Sequence[float]], float]) -> tuple[float, ...]:
    strengths: Mapping[str, list[float]] = defaultdict(list)
    for point in points:
        strengths[point.session_id].append(point.strength)
    return tuple(of(some) for some in strengths.values())


def _summary(
    emotion: Emotion,
    group: str | None,
    points: Sequence[Point],
    means: Sequence[float],
    medians: Sequence[float],
    mean_interval: Interval | None,
    median_interval: Interval | None,
) -> Summary:
    return Summary(
        emotion=emotion,
        group=group,
        points=tuple(point.strength for point in points),
        participants=len(means),
        mean=fmean(means),
        median=median(medians),
        sd=stdev(means) if len(means) > 1 else None,
        mean_interval=mean_interval,
        median_interval=median_interval,
    )


def _pairs(points: Iterable[Point]) -> dict[Emotion, list[tuple[float, float]]]:
    """(first, second) answers; a repeated trial whose first was not answered has none."""
    answered = {(point.session_id, point.place): point for point in points}
    pairs: dict[Emotion, list[tuple[float, float]]] = defaultdict(list)
    for point in answered.values():
        first = None if point.repeats is None else answered.get((point.session_id, point.repeats))
        if first is not None:
            pairs[point.emotion].append((first.strength, point.strength))
    return pairs


def _retest(emotion: Emotion | None, pairs: Sequence[tuple[float, float]]) -> Retest:
    differences = [second - first for first, second in pairs]
    try:
        coefficient = correlation(*zip(*pairs, strict=True))
    except StatisticsError:  # fewer than two, or all of them alike
        coefficient = None
    within = sqrt(fmean(difference**2 for difference in differences) / 2)
    return Retest(emotion, len(pairs), fmean(differences), within, coefficient)
