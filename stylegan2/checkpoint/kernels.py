"""The resampling filter's taps, however a file states them."""

from typing import Any

import numpy as np

from stylegan2.checkpoint.arrays import PickledArray
from stylegan2.checkpoint.validation import MAX_KERNEL_TAPS
from stylegan2.errors import UnreadableFile, UnsupportedNetwork


def resample_taps(value: Any) -> tuple[float, ...]:
    """Taps along one axis. ``value`` is None (NVIDIA's code then takes [1, 1]), numbers along one axis, or a filter
    of two axes, which must be the outer product of its taps."""
    if value is None:
        return (1.0, 1.0)
    taps = _as_array(value)
    if taps.ndim == 0:
        taps = taps.reshape(1)
    if taps.ndim == 2:
        taps = _one_axis(taps)
    if taps.ndim != 1:
        raise UnsupportedNetwork(f"a resampling kernel of {taps.ndim} axes is not known")
    return tuple(float(tap) for tap in taps)


def _as_array(value: Any) -> "np.ndarray[Any, np.dtype[np.float64]]":
    if type(value) is PickledArray and value.array is not None and value.array.dtype.kind in "fiu":
        if value.array.size > MAX_KERNEL_TAPS**2:
            raise UnsupportedNetwork(f"a resampling kernel of {value.array.size} taps is not known")
        return np.asarray(value.array, dtype=np.float64)
    rows = value if isinstance(value, list | tuple) else [value]
    if len(rows) > MAX_KERNEL_TAPS:
        raise UnsupportedNetwork(f"a resampling kernel of {len(rows)} taps is not known")
    if rows and all(isinstance(row, list | tuple) and len(row) == len(rows) for row in rows):
        return np.array([[_tap(tap) for tap in row] for row in rows])
    return np.array([_tap(tap) for tap in rows], dtype=np.float64)


def _tap(value: Any) -> float:
    if type(value) not in (int, float) or abs(value) > 1e30:
        raise UnreadableFile("a resampling kernel holds something other than numbers")
    return float(value)


def _one_axis(filter2d: "np.ndarray[Any, np.dtype[np.float64]]") -> "np.ndarray[Any, np.dtype[np.float64]]":
    total = filter2d.sum()
    if not np.isfinite(total) or total == 0:
        raise UnsupportedNetwork("the resampling kernel sums to nothing")
    normal = filter2d / total
    taps: np.ndarray[Any, np.dtype[np.float64]] = normal.sum(axis=0)
    if not np.allclose(np.outer(taps, taps), normal, rtol=0, atol=1e-6):
        raise UnsupportedNetwork("the resampling kernel is not the outer product of one axis' taps")
    return taps
