"""The history's benchmark runs: what it writes past the ledger still fits the tables."""

from pathlib import Path

from tests.benchmarks.history import FILTERS, measured


async def test_the_historys_benchmark_runs_on_a_short_history(tmp_path: Path) -> None:
    found = await measured(tmp_path, 210, repeats=1)
    filtered = [f"{name}, counted" for name in FILTERS]
    assert [name for name, _, _ in found][-2 - len(filtered) :] == ["newest", "newest, counted", *filtered]
    assert all(seconds > 0 and bare > 0 for _, seconds, bare in found)
