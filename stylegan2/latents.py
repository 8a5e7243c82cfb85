"""From seeds to ws: the arithmetic between a face's numbers and the synthesis network's input.

NumPy only, plain functions and nothing imported from this package, so that an engine in an old interpreter can use
the same file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stylegan2.face import Edit, Face, StyleMix
    from stylegan2.network import NetworkDescription

    Array = np.ndarray[Any, np.dtype[Any]]


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


def seeds_of(face: Face) -> tuple[int, ...]:
    """The seeds whose w's a face is made of, its own first, each once."""
    return tuple(dict.fromkeys((face.seed, *(mix.seed for mix in face.mixes))))


def one_hot(label: int, label_dim: int) -> Array:
    """float32 [1, label_dim]: what a conditional mapping network takes for a class."""
    return np.eye(1, label_dim, label, dtype=np.float32)


def broadcast(w: Array, num_ws: int) -> Array:
    """The same w [w_dim] for every layer: float32 [num_ws, w_dim]."""
    return np.tile(np.asarray(w, np.float32).reshape(1, -1), (num_ws, 1))


def mix_styles(ws: Array, mixes: Iterable[StyleMix], w_by_seed: Mapping[int, Array]) -> Array:
    """Layers first to last (exclusive) of each mix take its seed's w; where two overlap the later one counts."""
    mixed = np.array(ws, np.float32)
    for mix in mixes:
        mixed[mix.first : mix.last] = w_by_seed[mix.seed]
    return mixed


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


def latents_of(face: Face, description: NetworkDescription, w_by_seed: Mapping[int, Array]) -> Array:
    """A face's ws, float32 [num_ws, w_dim], from the mapped w [w_dim] of each of `seeds_of(face)`.

    In NVIDIA's order: broadcast, mix, truncate; then the edits. The face is one that `check_face` let pass.
    """
    ws = broadcast(w_by_seed[face.seed], description.num_ws)
    ws = mix_styles(ws, face.mixes, w_by_seed)
    ws = truncate(ws, description.w_avg, face.psi, face.cutoff)
    return apply_edits(ws, face.edits)


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
