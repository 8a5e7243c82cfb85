"""What a picture costs the CPU by resolution and by batch, beside what it would have to cost."""

import tempfile
from pathlib import Path

from infrastructure.cores import usable_cores
from stylegan2.engine.terms import EngineCommand
from stylegan2.openvino.command import openvino_command
from tests.benchmarks.contenders import contenders, in_turns
from tests.benchmarks.networks import config_f
from tests.benchmarks.plots import plot_sizes
from tests.benchmarks.roofline import measured_machine, work_of
from tests.benchmarks.tables import milliseconds, print_table, times

RESOLUTIONS = (64, 128, 256, 512, 1024)
BATCHES = (1, 4)
ROUNDS = 3
Measured = dict[str, list[float]]


def run() -> None:
    threads, rows = usable_cores(), []
    machine = measured_machine("cpu", threads)
    curves: Measured = {"openvino": [], "torch": [], "roofline": []}
    with tempfile.TemporaryDirectory() as cache:
        for resolution in RESOLUTIONS:
            network = config_f(resolution)
            with contenders([openvino_command(Path(cache)), EngineCommand()], network) as engines:
                for batch in BATCHES:
                    in_turns(engines, batch, ROUNDS)
                    ours, torch = (min(engine.processor_s) / threads for engine in engines)
                    floor_s = machine.floor_s(work_of(network, batch))
                    giga = work_of(network).multiply_adds / 1e9
                    clock = [milliseconds(min(engine.seconds)) for engine in engines]
                    rows.append([resolution, batch, f"{giga:.1f}", *clock, milliseconds(floor_s), times(ours / floor_s),
                                 times(torch / floor_s)])  # fmt: skip
                    if batch == 1:
                        for name, seconds in (("openvino", ours), ("torch", torch), ("roofline", floor_s)):
                            curves[name].append(seconds)
    print_table(
        f"Config f by size, {threads} threads: {machine.multiply_adds_a_second / 1e9:.0f} G multiply-adds and "
        f"{machine.bytes_a_second / 1e9:.0f} GB a second; ratios are of processor time",
        ["px", "batch", "G mult-adds", "openvino ms", "torch ms", "roofline ms", "openvino", "torch"],
        rows,
    )
    plot_sizes(RESOLUTIONS, curves)
