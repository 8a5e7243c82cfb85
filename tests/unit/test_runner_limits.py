"""What a device teaches about its memory and its speed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from stylegan2.engine.limits import BatchLimit, Watchdog


def run_batches(limit: BatchLimit, fits: int, batches: int) -> int:
    """How many of the batches did not fit."""
    failures = 0
    for _ in range(batches):
        if limit.size > fits:
            failures += 1
            limit.failed(limit.size)
        else:
            limit.fitted(limit.size)
    return failures


@settings(deadline=None, max_examples=50)
@given(ceiling=st.integers(1, 64), fits=st.integers(1, 64))
def test_the_limit_settles_at_what_fits(ceiling: int, fits: int) -> None:
    limit = BatchLimit(ceiling)
    run_batches(limit, fits, 10_000)
    assert limit.size in {min(ceiling, fits), min(ceiling, fits + 1)}
    assert run_batches(limit, fits, 10_000) <= 8


def test_the_limit_is_halved_by_the_first_batch_that_does_not_fit() -> None:
    limit = BatchLimit(8)
    limit.failed(8)
    assert limit.size == 4


def test_small_batches_do_not_make_the_limit_grow() -> None:
    limit = BatchLimit(8)
    limit.failed(8)
    for _ in range(1000):
        limit.fitted(1)
    assert limit.size == 4


def test_the_limit_grows_back_when_memory_is_free_again() -> None:
    limit = BatchLimit(8)
    run_batches(limit, fits=2, batches=200)
    run_batches(limit, fits=8, batches=10_000)
    assert limit.size == 8


def test_the_limit_shrinks_when_what_fitted_fits_no_longer() -> None:
    limit = BatchLimit(8)
    limit.fitted(8)
    limit.failed(8)
    assert limit.size == 4
    limit.failed(4)
    limit.failed(2)
    limit.failed(1)
    assert limit.size == 1


def test_a_call_may_take_ten_times_the_slowest_picture_of_each_face() -> None:
    watchdog = Watchdog(floor_s=30, factor=10)
    assert watchdog.budget_s(8) == 30
    watchdog.saw(seconds=8, count=4)
    assert watchdog.budget_s(1) == 30
    assert watchdog.budget_s(8) == 160


def test_a_slow_first_call_is_forgotten_in_the_end() -> None:
    watchdog = Watchdog(floor_s=1, factor=10)
    watchdog.saw(seconds=60, count=1)
    for _ in range(100):
        watchdog.saw(seconds=0.2, count=1)
    assert watchdog.budget_s(1) == 2
