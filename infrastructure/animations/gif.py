"""Animated GIF with one palette for all frames, found in a first pass over them, so that nothing flickers."""

import contextlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.codec.context import Flags
from av.filter import Graph

from infrastructure.animations.av_frames import BITEXACT, video_frames
from infrastructure.animations.plan import Pictures, Plan

DITHER = "dither=bayer:bayer_scale=3:diff_mode=none"
"""A pattern that stays where it is: error diffusion crawls from frame to frame."""

FOR_EVER, ONCE = "0", "-1"


def write_gif(plan: Plan, pictures: Pictures, target: Path) -> tuple[int, int]:
    """Width and height. Frames last whole hundredths of a second, in turn longer and shorter where fps asks for it."""
    palette = _palette(plan, pictures)
    options = {"loop": FOR_EVER if plan.loop else ONCE, "final_delay": str(_last_delay(plan)), **BITEXACT}
    with av.open(str(target), "w", format="gif", options=options) as container:
        stream: Any = container.add_stream("gif", rate=plan.fps)
        graph, size = Graph(), (0, 0)
        for frame in video_frames(plan, pictures):
            if frame.pts == 0:
                size = frame.width, frame.height
                _set_up(stream, size)
                _connect(graph, frame, palette)
            graph.vpush(frame, at=0)
            container.mux(stream.encode(graph.vpull()))
        container.mux(stream.encode(None))
    return size


def _last_delay(plan: Plan) -> int:
    """In hundredths of a second: the muxer cannot know when the last frame ends."""
    count = len(plan.frames)
    return plan.duration_ms // 10 - round(100 * (count - 1) / plan.fps)


def _set_up(stream: Any, size: tuple[int, int]) -> None:
    stream.width, stream.height = size
    stream.pix_fmt = "pal8"
    stream.codec_context.flags |= Flags.bitexact


def _palette(plan: Plan, pictures: Pictures) -> av.VideoFrame:
    """16 x 16 colours."""
    graph = Graph()
    for frame in video_frames(plan, pictures):
        if frame.pts == 0:
            source = _source(graph, frame)
            finding = graph.add("palettegen", "stats_mode=full:reserve_transparent=0")
            graph.link_nodes(source, graph.add("format", "pix_fmts=bgra"), finding, graph.add("buffersink"))
            graph.configure()
        graph.vpush(frame)
        with contextlib.suppress(
            BlockingIOError
        ):  # there is none before the end, but frames wait until they are asked for
            graph.vpull()
    graph.vpush(None)
    return graph.vpull()


def _connect(graph: Graph, frame: av.VideoFrame, palette: av.VideoFrame) -> None:
    """The first source takes frames, the second has its one palette already."""
    pictures, colours = _source(graph, frame), _source(graph, palette)
    painting = graph.add("paletteuse", DITHER)
    pictures_in = graph.add("format", "pix_fmts=bgra")
    pictures.link_to(pictures_in)
    pictures_in.link_to(painting, 0, 0)
    colours.link_to(painting, 0, 1)
    painting.link_to(graph.add("buffersink"))
    graph.configure()
    palette.pts = 0
    graph.vpush(palette, at=1)
    graph.vpush(None, at=1)


def _source(graph: Graph, like: av.VideoFrame) -> Any:
    return graph.add_buffer(
        width=like.width, height=like.height, format=like.format, time_base=like.time_base or Fraction(1, 1)
    )
