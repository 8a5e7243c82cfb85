"""The child process that does statistics: JSON in by stdin, JSON out by stdout, one question, then it ends.

SciPy and matplotlib take more memory than the whole service has at rest, and are needed for seconds a day.
"""

import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import numpy as np

from domain.studies.results import thinned

RESAMPLES = 9_999
LEVEL = 0.95
SEED = 20_191_204
"""Of the draws: the same answers have the same intervals."""

BATCH_VALUES = 2_000_000
"""Drawn at once: 16 MB."""

STATISTICS = {"mean": np.mean, "median": np.median}
BOX, POINT = "#3b6ea5", "#d1603d"


def interval(statistic: str, values: Sequence[float]) -> tuple[float, float] | None:
    """95% by the bias-corrected and accelerated bootstrap (Efron 1987); by percentiles where that does not exist.

    None for fewer than two different values.
    """
    from scipy.stats import bootstrap

    if len(set(values)) < 2:
        return None
    options: dict[str, Any] = {
        "n_resamples": RESAMPLES,
        "confidence_level": LEVEL,
        "batch": max(1, BATCH_VALUES // len(values)),
    }
    for method in ("BCa", "percentile"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # says that BCa does not exist, which is seen below
            found = bootstrap(
                (np.asarray(values, dtype=np.float64),),
                STATISTICS[statistic],
                method=method,
                rng=np.random.default_rng(SEED),
                **options,
            ).confidence_interval
        if np.isfinite(found.low) and np.isfinite(found.high):
            return float(found.low), float(found.high)
    return None


def box_plot(title: str, groups: Mapping[str, Sequence[float]], axis: str) -> str:
    """SVG: for each group its quartiles, its median, and its points beside each other, thinned out where too many."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "manganace", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(max(4.0, 1.1 * len(groups) + 1.6), 4.2), layout="constrained")
        axes = figure.add_subplot()
        _draw(axes, groups)
        axes.set_title(title, fontsize=11, parse_math=False)
        axes.set_ylabel(axis)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        svg = StringIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Title": title})
    return svg.getvalue()


def _draw(axes: Any, groups: Mapping[str, Sequence[float]]) -> None:
    if not any(groups.values()):
        axes.text(0.5, 0.5, "no answers yet", ha="center", va="center", transform=axes.transAxes)
        axes.set_xticks([])
        return
    places = range(1, len(groups) + 1)
    axes.boxplot(
        [list(values) for values in groups.values()],
        positions=places,
        widths=0.5,
        showfliers=False,  # points are drawn
        boxprops={"color": BOX},
        whiskerprops={"color": BOX},
        capprops={"color": BOX},
        medianprops={"color": BOX, "linewidth": 2.2},
    )
    for place, values in zip(places, map(thinned, groups.values()), strict=True):
        axes.plot(_spread(place, len(values)), list(values), "o", color=POINT, alpha=0.55, markersize=3.5, mew=0)
    labels = [f"{name}\n(n = {len(values)})" for name, values in groups.items()]
    axes.set_xticks(list(places), labels, parse_math=False)


def _spread(place: int, count: int) -> list[float]:
    """Beside each other without chance, so that the same answers make the same plot."""
    golden = 0.618_033_988_749_895
    return [place + 0.34 * ((index * golden) % 1 - 0.5) for index in range(count)]


def answer(question: Mapping[str, Any]) -> Any:
    if "samples" in question:
        return [interval(sample["statistic"], sample["values"]) for sample in question["samples"]]
    return box_plot(question["title"], question["groups"], question["axis"])


if __name__ == "__main__":
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
