"""Pictures as FFmpeg's frames (PyAV). What imports this is imported by an animation's own process alone: 30 MB."""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from infrastructure.animations.plan import Pictures, Plan

BITEXACT = {"fflags": "+bitexact"}
"""For containers: no times and no versions in the file."""


def video_frames(plan: Plan, pictures: Pictures) -> Iterator[av.VideoFrame]:
    """In RGB, each 1/fps later than the one before."""
    for index, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
        frame.pts, frame.time_base = index, Fraction(1, plan.fps)
        yield frame
