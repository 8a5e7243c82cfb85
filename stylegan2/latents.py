"""From seeds to ws: the arithmetic between a face's numbers and the synthesis network's input.

NumPy only, plain functions and nothing imported from this package, so that an engine in an old interpreter can use
the same file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Union

    from stylegan2.face import Edit, Face, StyleMix
    from stylegan2.network import NetworkDescription

    Array = np.ndarray[Any, np.dtype[Any]]
    Source = Union[int, tuple[int, int, float]]
    """What a z comes from: a seed, or (start, end, t): a position on the great circle between two seeds' z's."""


def z_from_seed(seed: int, z_dim: int) -> Array:
    """The latent of a seed (0 to 2^32 - 1): float64 [1, z_dim], standard normal, a stream of its own per seed."""
    return np.random.RandomState(seed).randn(1, z_dim)


def noise_stream(seed: int, z_dim: int, resolutions: Sequence[int]) -> tuple[Array, ...]:
    """What the seed's stream holds after z: one float32 [1, 1, R, R] per resolution, drawn in their order.

    This is how NVIDIA's TensorFlow command line makes the noise of seedNNNN.png.
    """
    stream = np.random.RandomState(seed)
    stream.randn(1, z_dim)
    return tuple(stream.randn(1, 1, size, size).astype(np.float32) for size in resolutions)


def noise_resolutions(resolution: int) -> tuple[int, ...]:
    """The sizes of a network's noise inputs, in the order of its layers: 4, 8, 8, 16, 16, ... resolution."""
    return (4, *(2**power for power in range(3, resolution.bit_length()) for _ in range(2)))


def z_of(source: Source, z_dim: int) -> Array:
    """The latent of a seed, or of a position between two: float64 [1, z_dim]."""
    if isinstance(source, tuple):
        start, end, t = source
        return slerp(z_from_seed(start, z_dim), z_from_seed(end, z_dim), t)
    return z_from_seed(source, z_dim)


def sources_of(face: Face, num_ws: int) -> tuple[Source, ...]:
    """What the mapping network has to map for a face, each once."""
    return tuple(dict.fromkeys(source for layer in _layers(face, num_ws) for source in layer))


def layer_seeds(seed: int, mixes: Iterable[StyleMix], num_ws: int) -> list[int]:
    """The seed of each layer; where two mixes overlap the later one counts."""
    seeds = [seed] * num_ws
    for mix in mixes:
        seeds[mix.first : mix.last] = [mix.seed] * (mix.last - mix.first)
    return seeds


def _layers(face: Face, num_ws: int) -> list[tuple[Source, ...]]:
    """What each layer's w is made of: one source, or the two ends of a straight way."""
    starts = layer_seeds(face.seed, face.mixes, num_ws)
    if face.morph is None:
        return [(seed,) for seed in starts]
    ways = list(zip(starts, layer_seeds(face.morph.seed, face.morph.mixes, num_ws)))
    if face.morph.space.value == "w":
        return [(start,) if start == end else (start, end) for start, end in ways]
    return [(start if start == end else (start, end, face.morph.t),) for start, end in ways]


def one_hot(label: int, label_dim: int) -> Array:
    """float32 [1, label_dim]: what a conditional mapping network takes for a class."""
    return np.eye(1, label_dim, label, dtype=np.float32)


def truncate(ws: Array, w_avg: Array, psi: float, cutoff: int | None = None) -> Array:
    """ws drawn towards w_avg [w_dim] on the first `cutoff` layers (None: all): w_avg + psi * (w - w_avg).

    Takes and gives [..., num_ws, w_dim] (float32); psi 1 leaves them as they are, psi 0 gives w_avg exactly.
    """
    truncated = np.array(ws, np.float32)
    if psi != 1:
        w = truncated[..., :cutoff, :]
        truncated[..., :cutoff, :] = w_avg + np.float32(psi) * (w - w_avg)
    return truncated


def apply_edits(ws: Array, edits: Iterable[Edit]) -> Array:
    """ws [num_ws, w_dim] + strength * weight * offset of every edit, the same bits in whatever order they come."""
    edited = np.array(ws, np.float64)
    for edit in sorted(edits, key=lambda each: (each.direction.sha256, each.direction.name, each.strength)):
        if edit.strength != 0:
            edited += (edit.strength * edit.direction.weight) * np.asarray(edit.direction.offset, np.float64)
    return edited.astype(np.float32)


def latents_of(face: Face, description: NetworkDescription, w_by_source: Mapping[Source, Array]) -> Array:
    """A face's ws, float32 [num_ws, w_dim], from the mapped w [w_dim] of each of `sources_of(face, num_ws)`.

    In NVIDIA's order: broadcast, mix, truncate; then the edits. A morph takes its mixed ends and is truncated as they
    are. The face is one that `check_face` let pass.
    """
    t = 0.0 if face.morph is None else face.morph.t
    ws = np.stack([_w(layer, t, w_by_source) for layer in _layers(face, description.num_ws)])
    ws = truncate(ws, description.w_avg, face.psi, face.cutoff)
    return apply_edits(ws, face.edits)


def _w(layer: tuple[Source, ...], t: float, w_by_source: Mapping[Source, Array]) -> Array:
    """One layer's w, float32 [w_dim]."""
    ends = [np.asarray(w_by_source[source], np.float32).reshape(-1) for source in layer]
    return ends[0] if len(ends) == 1 else lerp(ends[0], ends[1], t)


def lerp(start: Array, end: Array, t: float) -> Array:
    """The straight way from start (t = 0) to end (t = 1), for w and ws; both ends are met exactly."""
    return np.asarray((1 - t) * start + t * end)


def slerp(start: Array, end: Array, t: float) -> Array:
    """The way along the great circle from start (t = 0) to end (t = 1), for z [..., z_dim].

    Between z's the straight way passes through latents that are too short for normal draws; this one does not.
    """
    lengths = np.linalg.norm(start, axis=-1, keepdims=True) * np.linalg.norm(end, axis=-1, keepdims=True)
    cosine = np.sum(start * end, axis=-1, keepdims=True) / np.maximum(lengths, np.finfo(np.float64).tiny)
    angle = np.arccos(np.clip(cosine, -1, 1))
    sine = np.sin(angle)
    straight = sine < 1e-6  # (nearly) parallel: the circle is undetermined, and the straight way as good
    safe = np.where(straight, 1, sine)
    along_circle = (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / safe
    return np.asarray(np.where(straight, lerp(start, end, t), along_circle))
