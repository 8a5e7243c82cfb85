"""The benchmarks run, on something small, and count what they say they count."""

from pathlib import Path

import numpy as np

from stylegan2.engine.terms import EngineCommand
from tests.benchmarks.contenders import contenders, in_turns
from tests.benchmarks.history import FILTERS, fill, measured
from tests.benchmarks.networks import config_f
from tests.benchmarks.roofline import work_of


async def test_the_historys_benchmark_runs_on_a_short_history(fresh_address: str, tmp_path: Path) -> None:
    await fill(fresh_address, 210)
    [found] = await measured([fresh_address], tmp_path, repeats=1)
    filtered = [f"{name}, counted" for name in FILTERS]
    assert [name for name, _, _ in found][-2 - len(filtered) :] == ["newest", "newest, counted", *filtered]
    assert all(seconds > 0 and bare > 0 for _, seconds, bare in found)


def test_engines_are_compared_on_the_same_picture() -> None:
    with contenders([EngineCommand(), EngineCommand()], config_f(8)) as engines:
        in_turns(engines, batch=2, rounds=2)
        for engine in engines:
            assert len(engine.seconds) == 2
            assert min(engine.seconds) > 0
    first, second = (engine.pictures for engine in engines)
    assert first is not None
    assert second is not None
    assert first.shape == (2, 8, 8, 3)
    assert first.std() > 10
    assert np.array_equal(first, second)


def test_work_is_counted_by_hand_as_by_the_benchmark() -> None:
    network = config_f(8)
    convolutions = 512 * 512 * 9 * (4 * 4 + 4 * 4 + 8 * 8)
    colours = 512 * 3 * (4 * 4 + 8 * 8)
    assert work_of(network).multiply_adds == convolutions + colours
    pixels = 512 * (4 * (4 * 4) + 4 * (8 * 8)) + 3 * (4 * 4 + 8 * 8)
    weights = 3 * 512 * 512 * 9 + 2 * 512 * 3
    assert work_of(network, batch=4).moved_bytes == 4 * (pixels + weights / 4)
