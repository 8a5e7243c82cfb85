"""The TensorFlow engine, but its pictures are float32, to be compared more closely. Python 3.7 syntax.

``--channels-first`` builds the graph that a GPU gets. A CPU cannot run its convolutions, so that each of them is
turned round here, and all that surrounds them is tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow.compat.v1 as tf

from stylegan2.engine import child
from stylegan2.tensorflow import engine, generator
from stylegan2.tensorflow.layout import Layout

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from stylegan2.engine.wire import Array, Message

TO_LAST, TO_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]


class ImageEngine(engine.TensorFlowEngine):
    def synthesize(self, network: str, ws: Array, noises: Sequence[Message]) -> Array:
        network_generator, z_dim, resolution = self._generators[network]
        return network_generator.image(ws, [engine._drawn(noise, z_dim, resolution) for noise in noises])


def turned_round(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operation on [N, C, H, W], by way of [N, H, W, C]."""

    def turned(x: Any, kernel: Any, *rest: Any, **named: Any) -> Any:
        assert named["data_format"] == "NCHW"
        arguments = [turn(each) for each in rest]
        options = {name: turn(each) for name, each in named.items()}
        return tf.transpose(operation(tf.transpose(x, TO_LAST), kernel, *arguments, **options), TO_FIRST)

    return turned


def turn(argument: Any) -> Any:
    """Strides and an output's shape, as they are for [N, H, W, C]; anything else as it is."""
    if isinstance(argument, tf.Tensor):
        return tf.gather(argument, TO_LAST)
    if isinstance(argument, list):
        return [argument[axis] for axis in TO_LAST]
    return "NHWC" if argument == "NCHW" else argument


def make(options: argparse.Namespace) -> ImageEngine:
    if "--channels-first" in options.rest:
        options.rest.remove("--channels-first")
        for name in ("conv2d", "conv2d_transpose", "depthwise_conv2d"):
            setattr(tf.nn, name, turned_round(getattr(tf.nn, name)))
        setattr(generator, "Layout", lambda channels_first: Layout(channels_first=True))  # noqa: B010 - mypy's view
    made = engine.make(options)
    made.__class__ = ImageEngine
    return made  # type: ignore[return-value]


if __name__ == "__main__":
    child.run(make)
