"""The benchmarks' plots, where BENCH_PLOTS names a folder for them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = "BENCH_PLOTS"


def plot_peers(rows: Sequence[tuple[str, float, float]], threads: int) -> None:
    """Name, seconds on the clock and seconds of processor time: the latter, by thread, are what is drawn."""

    def draw(axes: "Axes") -> None:
        names = [name for name, *_ in rows][::-1]
        values = [processor_s / threads for *_, processor_s in rows][::-1]
        bars = axes.barh(names, values, color=["#9aa4b2", *["#4c72b0"] * (len(names) - 1)])
        axes.bar_label(bars, fmt="%.2f s", padding=4)
        axes.margins(x=0.15)
        axes.set_xlabel(f"processor seconds a picture and thread ({threads} threads)")
        axes.set_title("Config f, 1024 px, on a CPU")

    _save("performance-peers.svg", draw, (7.5, 2.8))


def plot_sizes(resolutions: Sequence[int], curves: Mapping[str, Sequence[float]]) -> None:
    def draw(axes: "Axes") -> None:
        for name, values in curves.items():
            axes.plot(resolutions, values, marker="o", linestyle="--" if name == "roofline" else "-", label=name)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xticks(resolutions, [str(each) for each in resolutions])
        axes.set_xlabel("resolution, px")
        axes.set_ylabel("processor seconds a picture and thread")
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend()
        axes.set_title("Config f by size")

    _save("performance-sizes.svg", draw, (6.0, 4.0))


def _save(name: str, draw: Any, inches: tuple[float, float]) -> None:
    if FOLDER not in os.environ:
        return
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({"svg.hashsalt": "manganace", "svg.fonttype": "none"})
    from matplotlib.figure import Figure

    figure = Figure(figsize=inches, layout="constrained")
    draw(figure.subplots())
    figure.savefig(Path(os.environ[FOLDER]) / name, metadata={"Date": None})
