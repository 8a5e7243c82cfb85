"""Directions: offsets in w+ that put an emotion on a face, or change something else, and the files they come from."""

import hashlib
import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylegan2.checkpoint.allowed import numpy_globals
from stylegan2.checkpoint.archive import is_safetensors, pack, unpack
from stylegan2.checkpoint.arguments import Arguments
from stylegan2.checkpoint.arrays import PickledArray
from stylegan2.checkpoint.files import read_file, write_file
from stylegan2.checkpoint.machine import operations_allowance
from stylegan2.checkpoint.opcodes import run_pickle
from stylegan2.errors import StyleGanError, UnreadableFile

if TYPE_CHECKING:
    from stylegan2.network import Array

EMOTIONS = ("happy", "sad", "angry", "disgusted", "fearful", "surprised")
SYNONYMS = {
    "happiness": "happy",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgusted",
    "fear": "fearful",
    "surprise": "surprised",
    "astonishment": "surprised",
}
NEUTRAL = "neutral"
ANY_NETWORK = "any"
DOCUMENT_KEY = "stylegan2.directions"
MAX_FILE_BYTES = 256 * 2**20
MAX_DIRECTIONS = 1000
MAX_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Direction:
    """``ws += strength * weight * offset``. Equal where name, meaning and content are."""

    name: str
    emotion: str | None
    """One of `EMOTIONS`, or None for any other change."""
    weight: float
    offset: "Array" = field(repr=False, compare=False)
    """float32 [num_ws, w_dim], read-only; any real values are taken and copied."""
    network_sha256: str = ANY_NETWORK
    """The network it was made for; "any" fits every network of its shape."""
    provenance: str = ""
    sha256: str = field(init=False)
    """Of weight, shape and values: what a recipe names."""

    def __post_init__(self) -> None:
        """Raises UnreadableFile for values that are not finite, and for names that are unusable or unknown."""
        _check_names(self.name, self.emotion)
        with np.errstate(over="ignore"):
            values = np.array(self.offset, dtype="<f4", order="C")
        if values.ndim != 2 or not np.isfinite(values).all() or not math.isfinite(self.weight):
            raise UnreadableFile(f"direction {self.name!r} holds values that are not finite, or is no [num_ws, w_dim]")
        values.setflags(write=False)
        object.__setattr__(self, "offset", values)
        object.__setattr__(self, "sha256", _content_sha256(values, self.weight))


def read_directions(path: Path, num_ws: int, w_dim: int, network_sha256: str | None = None) -> tuple[Direction, ...]:
    """The directions in a file, in its order: our safetensors, or a pickled dictionary 'neutral->happy' etc. to arrays
    of num_ws * w_dim values, read without executing anything.

    With ``network_sha256``, directions that name another network are refused. Raises UnreadableFile.
    """
    content, _ = read_file(path, MAX_FILE_BYTES)
    try:
        directions = tuple(_parse(content, (num_ws, w_dim)))
        _check_together(directions, network_sha256)
    except (MemoryError, RecursionError, OverflowError) as error:
        raise UnreadableFile(f"{path.name}: the file claims more than this machine can hold") from error
    except StyleGanError as error:
        raise UnreadableFile(f"{path.name}: {error}") from error
    return directions


def write_directions(directions: Sequence[Direction], path: Path) -> None:
    """Write safetensors, all or nothing."""
    _check_together(directions, None)
    entries = [
        {
            "name": direction.name,
            "emotion": direction.emotion,
            "weight": direction.weight,
            "network": direction.network_sha256,
            "provenance": direction.provenance,
        }
        for direction in directions
    ]
    tensors = {direction.name: np.ascontiguousarray(direction.offset) for direction in directions}
    write_file(path, pack(tensors, DOCUMENT_KEY, {"directions": entries}))


def default_directions_path(network_path: Path) -> Path | None:
    """The directions beside a network's file, NAME.directions.safetensors or .pkl; None where there are none."""
    for suffix in (".safetensors", ".pkl"):
        candidate = network_path.with_name(f"{network_path.stem}.directions{suffix}")
        if candidate.is_file():
            return candidate
    return None


def _parse(content: bytes, shape: tuple[int, int]) -> Iterator[Direction]:
    if is_safetensors(content):
        return _from_safetensors(content, shape)
    if content[:1] == b"\x80":
        return _from_pickle(content, shape)
    raise UnreadableFile("neither safetensors nor a pickle of protocol 2 or later")


def _from_safetensors(content: bytes, shape: tuple[int, int]) -> Iterator[Direction]:
    tensors, document = unpack(content, DOCUMENT_KEY)
    entries = document.get("directions")
    if type(entries) is not list or len(entries) > MAX_DIRECTIONS or not all(type(entry) is dict for entry in entries):
        raise UnreadableFile("the header has no list of directions")
    for entry in entries:
        arguments = Arguments(entry)
        name = arguments.text("name", "")
        if name not in tensors:
            raise UnreadableFile(f"direction {name!r} has no values, or is listed twice")
        yield Direction(
            name=name,
            emotion=None if entry.get("emotion") is None else arguments.text("emotion", ""),
            weight=float(arguments.number("weight", 1.0)),
            offset=_offset(name, tensors.pop(name), shape),
            network_sha256=arguments.text("network", ANY_NETWORK),
            provenance=arguments.text("provenance", "", at_most=10_000),
        )
    if tensors:
        raise UnreadableFile(f"the header does not say what direction {min(tensors)!r} is")


def _from_pickle(content: bytes, shape: tuple[int, int]) -> Iterator[Direction]:
    value, _ = run_pickle(memoryview(content), numpy_globals(len(content)), operations_allowance())
    if type(value) is not dict or not 1 <= len(value) <= MAX_DIRECTIONS:
        raise UnreadableFile("the pickle is not a dictionary of directions")
    for name, vector in value.items():
        if type(name) is not str or type(vector) is not PickledArray or vector.array is None:
            raise UnreadableFile("the pickle is not a dictionary of names to arrays")
        offset = _offset(name, vector.array, shape)
        yield Direction(name, _emotion_of(name), 1.0, offset, provenance="a pickled dictionary")


def _offset(name: str, array: "Array", shape: tuple[int, int]) -> "Array":
    num_ws, w_dim = shape
    accepted = {shape, (1, *shape), (num_ws * w_dim,), (1, num_ws * w_dim)}
    if array.dtype.kind != "f" or array.shape not in accepted:
        raise UnreadableFile(
            f"direction {name[:MAX_NAME_CHARS]!r} has shape {array.shape} of {array.dtype}; this network takes "
            f"{num_ws} x {w_dim} floating-point values. Use the directions that were made for it"
        )
    return array.reshape(shape)


def _emotion_of(name: str) -> str | None:
    """What 'neutral->happy' shows; None for a change from one emotion to another."""
    source, arrow, target = name.partition("->")
    known = {NEUTRAL, *EMOTIONS}
    source, target = SYNONYMS.get(source, source), SYNONYMS.get(target, target)
    if not arrow or source not in known or target not in known or source == target:
        raise UnreadableFile(
            f"direction {name[:MAX_NAME_CHARS]!r} is not named like 'neutral->happy', with one of {', '.join(EMOTIONS)}"
        )
    return target if source == NEUTRAL and target != NEUTRAL else None


def _check_names(name: str, emotion: str | None) -> None:
    if not (0 < len(name) <= MAX_NAME_CHARS and name.isprintable() and name == name.strip() and "=" not in name):
        raise UnreadableFile(f"direction {name[:MAX_NAME_CHARS]!r} has a name that is empty, too long or unprintable")
    if emotion is not None and emotion not in EMOTIONS:
        raise UnreadableFile(f"direction {name!r} shows {emotion[:50]!r}; emotions are {', '.join(EMOTIONS)}")


def _check_together(directions: Sequence[Direction], network_sha256: str | None) -> None:
    _refuse_twice("name", (direction.name for direction in directions))
    _refuse_twice("emotion", (direction.emotion for direction in directions if direction.emotion is not None))
    for direction in directions:
        if network_sha256 is not None and direction.network_sha256 not in (ANY_NETWORK, network_sha256):
            raise UnreadableFile(
                f"direction {direction.name!r} was made for the network with sha256 {direction.network_sha256[:64]}, "
                f"this one has {network_sha256}. Use that network, or directions made for this one"
            )


def _refuse_twice(what: str, values: Iterable[Any]) -> None:
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            raise UnreadableFile(f"two directions have the {what} {value!r}; keep one of them")
        seen.add(value)


def _content_sha256(values: "Array", weight: float) -> str:
    digest = hashlib.sha256(struct.pack("<dQQ", weight, *values.shape))
    digest.update(values.tobytes())
    return digest.hexdigest()
