"""The CPU's engines on config f's shape at 1024 px, with each other and with those that people use, in one run."""

import tempfile
from pathlib import Path

import numpy as np

from infrastructure.cores import usable_cores
from tests.benchmarks.contenders import Contender, contenders, cpu_commands, in_turns
from tests.benchmarks.networks import config_f
from tests.benchmarks.plots import plot_peers
from tests.benchmarks.roofline import measured_machine, work_of
from tests.benchmarks.tables import print_table, times

ROUNDS = 5
Row = tuple[str, float, float]


def run() -> None:
    network, threads = config_f(), usable_cores()
    with tempfile.TemporaryDirectory() as cache:
        floor_s = measured_machine("cpu", threads).floor_s(work_of(network))
        with contenders(cpu_commands(Path(cache)), network) as engines:
            in_turns(engines, batch=1, rounds=ROUNDS)
            rows = [(engine.name, min(engine.seconds), min(engine.processor_s)) for engine in engines]
            print_rows(engines, rows, floor_s, threads)
    plot_peers([*rows, ("the multiplications alone", floor_s, floor_s * threads)], threads)


def print_rows(engines: list[Contender], rows: list[Row], floor_s: float, threads: int) -> None:
    (_, ours_s, ours_cpu_s), first = rows[0], engines[0].pictures
    table = [
        [
            name,
            f"{seconds:.2f}",
            times(seconds / ours_s),
            f"{processor_s:.2f}",
            times(processor_s / ours_cpu_s) if ours_cpu_s else "-",
            _apart(first, engine.pictures),
        ]
        for (name, seconds, processor_s), engine in zip(rows, engines, strict=True)
    ]
    table.append(["the multiplications alone", f"{floor_s:.2f}", times(floor_s / ours_s), "", "", ""])
    print_table(
        f"Config f at 1024 px, random weights, float32, {threads} threads, best of {ROUNDS} rounds in turns",
        ["", "s a picture", "ratio", "processor s", "ratio", "levels apart"],
        table,
    )


def _apart(one: object, other: object) -> str:
    """The largest difference of two pictures, and how many values are the same."""
    differences = np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16))
    return f"{differences.max()} ({(differences == 0).mean():.2%} same)"
