"""Tables on the terminal: each figure beside what it is compared to."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TypeVar

Name = TypeVar("Name", str, int)


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    lines = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    print(f"\n{title}")
    for number, line in enumerate(lines):
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))


def seconds(action: Callable[[], object], repeats: int = 7) -> float:
    """The median of several runs, after one that is not counted."""
    action()
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        taken.append(time.perf_counter() - started)
    return median(taken)


def seconds_of_each(actions: Mapping[Name, Callable[[], object]], repeats: int = 7) -> dict[Name, float]:
    """The median of each, taken in turns: what else the machine does meanwhile slows all of them alike."""
    taken: dict[Name, list[float]] = {name: [] for name in actions}
    for turn in range(repeats + 1):
        for name, action in actions.items():
            started = time.perf_counter()
            action()
            if turn:
                taken[name].append(time.perf_counter() - started)
    return {name: median(each) for name, each in taken.items()}


def fastest(action: Callable[[], object], repeats: int = 7, clock: Callable[[], float] = time.perf_counter) -> float:
    """The shortest of several runs, after one that is not counted: what a machine that others use too can do."""
    action()
    taken = []
    for _ in range(repeats):
        started = clock()
        action()
        taken.append(clock() - started)
    return min(taken)


def milliseconds(value_s: float) -> str:
    return f"{1000 * value_s:.1f}"


def times(value: float) -> str:
    return f"{value:.2f}x"
