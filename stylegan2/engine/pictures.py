"""From faces to pictures through an engine's process, and what counts as a picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stylegan2.engine.process import EngineProcess
from stylegan2.errors import EngineError
from stylegan2.face import Face, NoiseMode
from stylegan2.latents import latents_of, one_hot, sources_of, z_of
from stylegan2.network import NetworkDescription

if TYPE_CHECKING:
    from stylegan2.engine.wire import Message

Array = np.ndarray[Any, np.dtype[Any]]

CANARY_LEVELS = 1
CANARY_SHARE = 0.99


def render(process: EngineProcess, description: NetworkDescription, faces: Sequence[Face], timeout_s: float) -> Array:
    """Pictures uint8 [N, H, W, C] of faces of one network, by two calls of at most `timeout_s` each.

    Raises `EngineError` for what is no picture: NaN somewhere in its making, or one colour all over.
    """
    ws = _ws_of(process, description, faces, timeout_s)
    command = {"command": "synthesize", "network": description.name, "noises": [_noise_of(face) for face in faces]}
    _, results = process.call(command, {"ws": ws}, timeout_s=timeout_s)
    size = description.resolution
    pictures = _expect(results.get("pictures"), (len(faces), size, size, description.image_channels))
    for face, picture in zip(faces, pictures, strict=True):
        if (picture == picture[0, 0]).all():
            raise EngineError(f"seed {face.seed}: not a picture, but one colour all over")
    return pictures


def canary_face(description: NetworkDescription) -> Face:
    """The face that shows whether an engine works: always the same one."""
    return Face(network=description.name, seed=0, psi=0.7, label=0 if description.label_dim else None)


def same_picture(one: Array, other: Array) -> bool:
    """Equal but for the last bits of an engine's sums: 1 level apart at most, 99% of values identical."""
    differences = np.abs(one.astype(np.int16) - other)
    return bool(differences.max() <= CANARY_LEVELS and (differences == 0).mean() >= CANARY_SHARE)


def _ws_of(process: EngineProcess, description: NetworkDescription, faces: Sequence[Face], timeout_s: float) -> Array:
    """float32 [N, num_ws, w_dim]; each seed, or position between two, is mapped once with each label."""
    sources = [sources_of(face, description.num_ws) for face in faces]
    rows = list(dict.fromkeys((source, face.label) for face, its in zip(faces, sources, strict=True) for source in its))
    arrays = {"z": np.concatenate([z_of(source, description.z_dim) for source, _ in rows])}
    if description.label_dim:
        labels = [one_hot(label, description.label_dim) for _, label in rows if label is not None]
        arrays["labels"] = np.concatenate(labels)
    _, results = process.call({"command": "map", "network": description.name}, arrays, timeout_s=timeout_s)
    w = dict(zip(rows, _expect(results.get("w"), (len(rows), description.w_dim)), strict=True))
    if not np.isfinite(results["w"]).all():
        raise EngineError("the mapping network gives values that are not finite")
    return np.stack(
        [
            latents_of(face, description, {source: w[source, face.label] for source in its})
            for face, its in zip(faces, sources, strict=True)
        ]
    )


def _expect(array: Array | None, shape: tuple[int, ...]) -> Array:
    if array is None or array.shape != shape:
        given = "nothing" if array is None else list(array.shape)
        raise EngineError(f"the engine answers {given} where {list(shape)} is due")
    return array


def _noise_of(face: Face) -> "Message":
    streams = {NoiseMode.SEED: face.seed, NoiseMode.RANDOM: face.noise.draw}
    if face.noise.mode in streams:
        return {"mode": "stream", "seed": streams[face.noise.mode]}
    return {"mode": face.noise.mode.value}
