"""H.264 in MP4, as browsers play it: 4:2:0, BT.709, ready to play before it has come whole.

The same pictures give the same bytes with the same version of the libraries: one thread, no times, no versions.
"""

from pathlib import Path
from typing import Any

import av
from av.codec.context import Flags
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation

from infrastructure.animations.av_frames import BITEXACT, video_frames
from infrastructure.animations.plan import NoEncoder, Pictures, Plan

H264 = "libx264"
OPTIONS = {"crf": "16", "preset": "veryfast", "bf": "0"}
"""44 dB for a face of 1024 px: what is lost is not seen. Slower presets take up to twice as long for as many bytes.

Without B-frames: with them the same pictures can come out as other bytes, for all that x264 runs in one thread.
"""

EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP | Interpolation.BITEXACT


def write_mp4(plan: Plan, pictures: Pictures, target: Path) -> tuple[int, int]:
    """Width and height, which have to be even. Raises NoEncoder where the build of FFmpeg has no libx264."""
    if H264 not in av.codecs_available:
        raise NoEncoder("this build of PyAV cannot write H.264 (it has no libx264); ask for a WebP or a GIF")
    options = {"movflags": "+faststart", **BITEXACT}
    with av.open(str(target), "w", format="mp4", options=options) as container:
        container.metadata["comment"] = plan.recipe
        stream: Any = container.add_stream(H264, rate=plan.fps, options=OPTIONS)
        size = (0, 0)
        for frame in video_frames(plan, pictures):
            if frame.pts == 0:
                size = frame.width, frame.height
                _set_up(stream, size)
            container.mux(stream.encode(_as_video(frame)))
        container.mux(stream.encode(None))
    return size


def _set_up(stream: Any, size: tuple[int, int]) -> None:
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_count = 1
    context.flags |= Flags.bitexact
    context.color_range = ColorRange.MPEG
    context.colorspace = Colorspace.ITU709
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709


def _as_video(frame: av.VideoFrame) -> av.VideoFrame:
    moved = frame.reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, interpolation=int(EXACT)
    )
    moved.pts, moved.time_base = frame.pts, frame.time_base
    return moved
